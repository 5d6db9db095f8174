// Package rotate writes records to a file that is rotated by size, age and clock, compressed, and bounded in number, age
// and bytes.
//
// Its promises, each of which is a test:
//
//   - One Write is one record, and a record is never split over two files. One that is larger than a file may be gets a file
//     of its own.
//   - A record that was not written whole (disk full) is an error of its Write, and the next record starts on a new line. So
//     does the first record after a crash in the middle of a line, and one after a record that did not end its line.
//   - A file that somebody removed, renamed or truncated is noticed within [Options.CheckEvery], and a new one is opened.
//   - A failed rotation loses nothing: the record goes to the old file, the error to OnError, and rotation is tried again.
//   - A rotated file is never overwritten, and their names sort by time: app-2026-01-02T15-04-05.000.log.zst, in UTC. Two in one
//     millisecond count the milliseconds on.
//   - A crash while compressing leaves the plain file or the compressed one. Temporary names, fsync before rename and a look
//     around at Open see to it.
//   - A file has one writer: a second one, of this process or another, is refused with [ErrLocked]. The lock is on a file beside
//     it (app.log.lock), which stays, and also remembers since when the active file has been written.
//   - Write after Close is refused. Close ends the goroutines and waits for them; a compression that runs is broken off and done at
//     the next Open.
//
// The file is opened for appending. Rotation renames an open file, which Unix systems do and Windows does not; the lock is
// taken where there is flock.
package rotate
