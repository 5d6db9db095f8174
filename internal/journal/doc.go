// Package journal is a durable log of records in a directory: what is under a sink's spool, the audit trail and the
// unsealed end of the store.
//
// What it promises, each of which is a test:
//
//   - A record for which Append returned nil survives the end of the process, and with SyncAlways the end of the machine.
//   - Opening never fails because of damage. Intact records come out, lost ones are counted, bad ranges are kept aside in .bad
//     files and named in the Recovery. No record comes out that is not, bit for bit, one that went in.
//   - After a failed fsync nothing is taken any more, until the journal is opened again.
//   - A full disk refuses the records that did not fit and costs no other; when there is room, appending goes on.
//   - An acknowledged record does not come again after a restart.
//   - There is one writer. Readers of other processes need no lock, never see half a record, and survive that acknowledged
//     segments are removed under them.
//
// Sequences begin with 1 and have no gaps but for what is lost. After the machine has gone down, records that were not
// synced may be missing at the end, and their sequences are given again.
//
// # Format
//
// The directory holds:
//
//	lock                            held with flock by the writer; "pid N\n"
//	ack                             the acknowledged position
//	FFFFFFFFFFFFFFFFFFFF-SSSSSSSS.seg  a segment: F is the sequence of its first record, 20 decimal digits; S is its salt, 8
//	                                hexadecimal digits in lower case
//	F-S.OFFSET.bad                  a copy of the bad range of segment F-S that begins at OFFSET
//
// Segments in the order of their names hold the records in the order of their sequences. All integers are little-endian.
// CRC is CRC-32C (Castagnoli, reflected, initial value and final XOR of all ones: crc32.Update of Go).
//
// A segment is a row of blocks of 65536 bytes, the last of which may be shorter. A block begins with a header of 24 bytes:
//
//	 0  4  "SLJ1"
//	 4  4  CRC over bytes 8 to 24 of the header, then the salt as 4 bytes
//	 8  4  place in the block (24 to 65535) of the first frame that begins in it; 0 when none does
//	12  4  number of the block in the segment, from 0
//	16  8  sequence of that frame; when none begins, of the frame that goes on
//
// The bytes of a segment without the block headers are a row of frames, which may cross block headers at any byte:
//
//	 0  4  length n of the payload
//	 4  4  CRC over the payload, then the sequence as 8 bytes, then the salt as 4 bytes
//	 8  8  sequence
//	16  n  payload
//
// Behind the last frame the segment is zero to its end: a frame of 16 zero bytes, or less than 16 bytes before the end of the
// file, ends it. A block header is written with the first byte of a frame behind it, so a segment without records is all
// zeros. The sequence of a frame is larger than that of the one before; a larger step than 1 means that records are
// missing.
//
// The salt is random for each segment, so that a payload cannot hold what a reader would take for a frame when it looks for
// the next one behind damage. Such a reader goes on at the first place behind the bad frame where a checksum matches and the
// sequence is at least the one expected and at most that plus one for each 16 bytes between; the block headers say where
// frames begin, for who wants to begin in the middle or to find a sequence.
//
// ack is 16 bytes, replaced by rename:
//
//	0  4  "SLA1"
//	4  4  CRC over bytes 8 to 16
//	8  8  the acknowledged sequence
package journal
