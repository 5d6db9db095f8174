package rotate

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// wake has the rotated files looked at soon.
func (w *Writer) wake() {
	select {
	case w.kick <- struct{}{}:
	default: // it will be
	}
}

func (w *Writer) sweeper() {
	for {
		select {
		case <-w.stop:
			return
		case <-w.kick:
			w.sweep()
		}
	}
}

func (w *Writer) stopping() bool {
	select {
	case <-w.stop:
		return true
	default:
		return false
	}
}

// list returns the files of rotations, oldest first, temporary ones included.
func (w *Writer) list() ([]rotated, error) {
	entries, err := w.fs.ReadDir(w.names.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // somebody removed the directory: check makes it again
		return nil, err
	}
	var files []rotated
	for _, e := range entries {
		r, ok := w.names.parse(e.Name())
		if !ok || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue // removed meanwhile
		}
		r.size = info.Size()
		files = append(files, r)
	}
	slices.SortStableFunc(files, func(a, b rotated) int { return a.stamp.Compare(b.stamp) })
	return files, nil
}

// sweep closes what was rotated, clears what a crash left, removes what is too much, and compresses the rest.
func (w *Writer) sweep() {
	w.errs.Report(w.retire())
	w.clear()
	w.thin(false)
	w.compress()
	w.thin(true)
}

func (w *Writer) at(name string) string { return filepath.Join(w.names.dir, name) }

func (w *Writer) remove(name string) bool {
	if err := w.fs.Remove(w.at(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.errs.Report(err)
		return false
	}
	return true
}

// clear removes the temporary files of a process that crashed while compressing, and the plain file where the compressed one
// is whole. One that is not is somebody else's doing, and left to him; compression replaces it.
func (w *Writer) clear() {
	files, err := w.list()
	if err != nil {
		w.errs.Report(err)
		return
	}
	plain := make(map[time.Time]rotated)
	for _, r := range files {
		switch {
		case r.temp:
			w.remove(r.name)
		case r.compress == NoCompression:
			plain[r.stamp] = r
		}
	}
	for _, r := range files {
		p, both := plain[r.stamp]
		if r.temp || r.compress == NoCompression || !both {
			continue
		}
		if w.whole(r, p.size) {
			w.remove(p.name)
			delete(plain, r.stamp)
		}
	}
}

// active says whether the file is the one that is written, which a rotation that failed half-way can leave.
func (w *Writer) active(name string) bool {
	w.mu.Lock()
	id := w.id
	w.mu.Unlock()
	info, err := w.fs.Stat(w.at(name))
	return err == nil && os.SameFile(info, id)
}

// thin removes the oldest files as far as the bounds ask; that of the bytes only when asked too, which is after compression.
func (w *Writer) thin(bytes bool) {
	files, err := w.list()
	if err != nil {
		w.errs.Report(err)
		return
	}
	w.mu.Lock()
	total := max(w.size, w.opts.MaxBytes)
	w.mu.Unlock()
	oldest := time.Now().Add(-w.opts.Keep)
	kept, full := 0, false
	for _, r := range slices.Backward(files) {
		full = full || bytes && w.opts.MaxTotalBytes > 0 && total+r.size > w.opts.MaxTotalBytes ||
			w.opts.MaxFiles > 0 && kept >= w.opts.MaxFiles
		if (full || w.opts.Keep > 0 && r.stamp.Before(oldest)) && !w.active(r.name) {
			if w.remove(r.name) {
				w.mu.Lock()
				w.stats.Removed++
				w.mu.Unlock()
			}
			continue
		}
		kept++
		total += r.size
	}
}
