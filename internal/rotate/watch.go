package rotate

import (
	"errors"
	"io/fs"
	"os"
	"time"
)

// sweepEvery is how often the rotated files are looked at without a rotation, for Keep.
const sweepEvery = time.Minute

// watch looks at the active file until Close.
func (w *Writer) watch() {
	check := time.NewTicker(w.opts.CheckEvery)
	defer check.Stop()
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	var sync <-chan time.Time
	if w.opts.Sync == SyncInterval {
		t := time.NewTicker(w.opts.SyncEvery)
		defer t.Stop()
		sync = t.C
	}
	for {
		select {
		case <-w.stop:
			return
		case <-check.C:
			w.errs.Report(w.check())
		case <-sweep.C:
			w.wake()
		case <-sync:
			w.mu.Lock()
			dirty := w.dirty
			w.mu.Unlock()
			if dirty {
				if err := w.Sync(); !errors.Is(err, ErrClosed) {
					w.errs.Report(err)
				}
			}
		}
	}
}

// check reopens the file if it is not what the path leads to or has shrunk, and rotates it if it is due.
func (w *Writer) check() error {
	w.mu.Lock()
	id := w.id
	w.mu.Unlock()
	found, err := w.fs.Stat(w.path) // may hang on a network's file system: not under the lock
	gone := errors.Is(err, fs.ErrNotExist)
	if err != nil && !gone {
		return err
	}
	w.mu.Lock()
	defer w.unlock()
	if w.id != id || w.closed {
		return nil // reopened meanwhile
	}
	now := time.Now()
	if gone || !os.SameFile(found, id) {
		if err := w.reopen(now); err != nil {
			return err
		}
	}
	if w.lock.lost(w.path + lockSuffix) {
		if err := w.relock(); err != nil {
			return err
		}
	}
	info, err := w.f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < w.size {
		return w.reopen(now)
	}
	w.size = info.Size() // others may append too
	if w.overdue(now) {
		w.tryRotate(now)
	}
	return nil
}

// relock takes the lock anew after its file was removed.
func (w *Writer) relock() error {
	l, err := takeLock(w.path, w.opts.Perm)
	if err != nil {
		return err
	}
	_, born := w.lock.read()
	_ = w.lock.release()
	w.lock = l
	return l.write(born)
}
