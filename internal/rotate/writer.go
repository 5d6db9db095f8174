package rotate

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/sluicelog/sluice/internal/onerror"
)

// ErrClosed is the error of every method of a closed writer but Close. It is an os.ErrClosed.
var ErrClosed = fmt.Errorf("rotate: writer: %w", os.ErrClosed)

// Writer writes records to a file; see the package documentation. Make one with [Open], end it with [Writer.Close]. Safe for
// concurrent use.
type Writer struct {
	opts   Options
	path   string
	names  naming
	times  schedule
	fs     fileSystem
	lock   *lockFile
	errs   onerror.Sink
	stop   chan struct{}
	kick   chan struct{} // wakes the sweeper
	ending sync.Once
	ended  error
	wg     sync.WaitGroup

	// closing is held while files are synced and closed; before mu.
	closing sync.Mutex

	mu      sync.Mutex
	f       file
	id      fs.FileInfo // of f, to tell it from another file of its name
	size    int64
	due     time.Time // when f is to be rotated, zero for never
	torn    bool      // f does not end in a newline
	dirty   bool      // f has what was not synced
	retired []file    // to be synced and closed
	last    time.Time // the stamp of the latest rotated file
	retry   time.Time // no rotation by itself before
	closed  bool
	failed  []error // to be reported once the lock is given back
	stats   Stats
}

// Stats are counts since Open.
type Stats struct {
	// Records and Bytes were written whole; Failed records were not, or not synced when every record is to be.
	Records, Bytes, Failed uint64
	// Rotations and Reopens of the active file; Compressed and Removed rotated files.
	Rotations, Reopens, Compressed, Removed uint64
	// Errors is how many errors OnError was told of.
	Errors uint64
}

// Open opens path for appending, with its directory, or creates it. opts may be nil. A writer for path that exists already is
// [ErrLocked].
func Open(path string, opts *Options) (*Writer, error) { return open(path, opts, osFS{}) }

func open(path string, opts *Options, fsys fileSystem) (*Writer, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(path) // the working directory may change
	if err != nil {
		return nil, err
	}
	o := opts.withDefaults()
	w := &Writer{
		opts: o, path: path, names: newNaming(path), times: newSchedule(&o), fs: fsys,
		errs: onerror.Sink{Component: "rotate", Func: o.OnError},
		stop: make(chan struct{}), kick: make(chan struct{}, 1),
	}
	// Before the lock and before opening, which would hang or make a lock beside a device.
	if info, err := fsys.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, notRegular(path, info)
	}
	if err := fsys.MkdirAll(w.names.dir, 0o750); err != nil {
		return nil, err
	}
	if w.lock, err = takeLock(path, o.Perm); err != nil {
		return nil, err
	}
	if err := w.begin(); err != nil {
		_ = w.lock.release()
		return nil, err
	}
	w.wg.Go(w.watch)
	w.wg.Go(w.sweeper)
	w.wake()
	return w, nil
}

// begin opens the file at Open.
func (w *Writer) begin() error {
	files, err := w.list()
	if err != nil {
		return err
	}
	if len(files) > 0 {
		w.last = files[len(files)-1].stamp
	}
	if err := w.openActive(); err != nil {
		return err
	}
	if w.size == 0 {
		return w.lock.write(time.Now())
	}
	now := time.Now()
	_, born := w.lock.read()
	if modified := w.id.ModTime(); born.IsZero() || modified.Before(born) {
		born = modified
	}
	if born.After(now) {
		born = now
	}
	w.due = w.times.next(born)
	return w.lock.write(born)
}

func notRegular(path string, info fs.FileInfo) error {
	return fmt.Errorf("rotate: %s is %s: want a regular file", path, info.Mode())
}

// openActive opens the path and makes it the file; the one before is retired. On an error nothing changes.
func (w *Writer) openActive() error {
	f, err := w.fs.OpenFile(w.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, w.opts.Perm)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = notRegular(w.path, info)
	}
	torn := false
	if err == nil && info.Size() > 0 {
		var end [1]byte
		_, err = f.ReadAt(end[:], info.Size()-1)
		torn = end[0] != '\n'
	}
	if err != nil {
		_ = f.Close()
		return err
	}
	if w.f != nil {
		w.retired = append(w.retired, w.f)
	}
	w.f, w.id, w.size, w.torn, w.due = f, info, info.Size(), torn, time.Time{}
	return nil
}

// Write writes p, one record, which ends in a newline. The error is nil only when all of it was written. p is not kept.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.unlock()
	if w.closed {
		return 0, ErrClosed
	}
	if len(p) == 0 {
		return 0, nil
	}
	now := time.Now()
	need := int64(len(p))
	if w.torn {
		need++
	}
	if w.opts.MaxBytes > 0 && w.size+need > w.opts.MaxBytes || w.overdue(now) {
		w.tryRotate(now)
	}
	n, err := w.write(p, now)
	if err == nil && w.opts.Sync == SyncAlways {
		err = w.f.Sync()
		w.dirty = err != nil
	}
	if err != nil {
		w.stats.Failed++
		return n, err
	}
	w.stats.Records++
	w.stats.Bytes += uint64(n)
	return n, nil
}

func (w *Writer) write(p []byte, now time.Time) (int, error) {
	if err := w.terminate(); err != nil {
		return 0, err
	}
	if w.size == 0 {
		w.due = w.times.next(now)
		if err := w.lock.write(now); err != nil {
			w.failed = append(w.failed, err)
		}
	}
	n, err := w.f.Write(p)
	if n > 0 {
		w.size += int64(n)
		w.torn = p[n-1] != '\n'
		w.dirty = true
	}
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return n, err
}

// terminate ends a torn line.
func (w *Writer) terminate() error {
	if !w.torn {
		return nil
	}
	if _, err := w.f.Write([]byte{'\n'}); err != nil {
		return err
	}
	w.size++
	w.torn, w.dirty = false, true
	return nil
}

func (w *Writer) overdue(now time.Time) bool { return !w.due.IsZero() && !now.Before(w.due) }

// tryRotate rotates where there is something to rotate; after a failure not again for a while.
func (w *Writer) tryRotate(now time.Time) {
	if w.size == 0 || now.Before(w.retry) {
		return
	}
	if err := w.rotate(now); err != nil {
		w.retry = now.Add(w.opts.CheckEvery)
		w.failed = append(w.failed, err)
	}
}

// Rotate rotates now. An empty file stays.
func (w *Writer) Rotate() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return ErrClosed
	}
	if w.size == 0 {
		return nil
	}
	return w.rotate(time.Now())
}

func (w *Writer) rotate(now time.Time) error {
	_ = w.terminate() // the file may be full, which is why it is rotated
	to, stamp, err := w.free(now)
	if err != nil {
		return fmt.Errorf("rotate: %w", err)
	}
	err = w.fs.Rename(w.path, to)
	moved := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // somebody else moved it
		return fmt.Errorf("rotate: %w", err)
	}
	if err := w.openActive(); err != nil {
		if moved {
			err = errors.Join(err, w.fs.Rename(to, w.path))
		}
		return fmt.Errorf("rotate: %w", err)
	}
	if moved {
		w.last = stamp
	}
	w.stats.Rotations++
	w.wake()
	return nil
}

// free returns a name for a file that is rotated now, later than the names that are taken.
func (w *Writer) free(now time.Time) (string, time.Time, error) {
	stamp := now.UTC().Truncate(time.Millisecond)
	// A clock that was set back by more goes on with its own time.
	if !stamp.After(w.last) && w.last.Sub(stamp) < time.Minute {
		stamp = w.last.Add(time.Millisecond)
	}
	for ; ; stamp = stamp.Add(time.Millisecond) {
		name, taken := w.names.path(stamp), false
		for _, suffix := range []string{"", suffixes[Zstd], suffixes[Gzip]} {
			_, err := w.fs.Stat(name + suffix)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return "", stamp, err
			}
			taken = taken || err == nil
		}
		if !taken {
			return name, stamp, nil
		}
	}
}

// Reopen opens the path anew, for a SIGHUP after something else has moved the file.
func (w *Writer) Reopen() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return ErrClosed
	}
	return w.reopen(time.Now())
}

func (w *Writer) reopen(now time.Time) error {
	_ = w.terminate()
	if err := w.fs.MkdirAll(w.names.dir, 0o750); err != nil {
		return fmt.Errorf("rotate: %w", err)
	}
	due, id := w.due, w.id
	if err := w.openActive(); err != nil {
		return fmt.Errorf("rotate: %w", err)
	}
	switch {
	case w.size == 0: // the next record sets due
	case os.SameFile(id, w.id):
		w.due = due
	default:
		w.due = w.times.next(now)
	}
	w.stats.Reopens++
	w.wake()
	return nil
}

// unlock gives mu back and reports what failed under it: OnError may log to this very writer.
func (w *Writer) unlock() {
	errs := w.failed
	w.failed = nil
	w.mu.Unlock()
	for _, err := range errs {
		w.errs.Report(err)
	}
}

// Sync forces what was written to disk, without holding up writers.
func (w *Writer) Sync() error {
	w.closing.Lock()
	defer w.closing.Unlock()
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return ErrClosed
	}
	f, retired := w.f, w.retired
	w.retired, w.dirty = nil, false
	w.mu.Unlock()
	errs := make([]error, 0, 2*len(retired)+1)
	for _, r := range retired {
		errs = append(errs, r.Sync(), r.Close())
	}
	err := f.Sync()
	if err != nil {
		w.mu.Lock()
		w.dirty = true
		w.mu.Unlock()
	}
	return errors.Join(append(errs, err)...)
}

// retire syncs, unless the policy is none, and closes the files that are written no more.
func (w *Writer) retire() error {
	w.closing.Lock()
	defer w.closing.Unlock()
	w.mu.Lock()
	retired := w.retired
	w.retired = nil
	w.mu.Unlock()
	var errs []error
	for _, f := range retired {
		if w.opts.Sync != SyncNone {
			errs = append(errs, f.Sync())
		}
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// Stats returns the counts.
func (w *Writer) Stats() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.stats
	s.Errors = w.errs.Count()
	return s
}

// Close forces what was written to disk unless the policy is [SyncNone], ends the goroutines and waits for them, and gives the
// lock back. Further calls return the same error.
func (w *Writer) Close() error {
	w.ending.Do(func() {
		w.mu.Lock()
		w.closed = true
		w.mu.Unlock()
		close(w.stop)
		w.wg.Wait()
		w.mu.Lock()
		_ = w.terminate()
		w.retired = append(w.retired, w.f)
		w.mu.Unlock()
		w.ended = errors.Join(w.retire(), w.lock.release())
	})
	return w.ended
}
