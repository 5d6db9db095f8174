package sluice

import (
	"errors"
	"io"
	"reflect"
	"sync"

	"github.com/sluicelog/sluice/internal/rotate"
)

// files are the log files that the stack has open, by path. Two generations of a chain write to one file through one
// writer; it is closed when the last generation that uses it is.
type files struct {
	mu   sync.Mutex
	open map[string]*logFile
}

// logFile is a rotated file that several generations may share.
type logFile struct {
	files *files
	path  string
	users int

	mu   sync.Mutex
	opts rotate.Options
	w    *rotate.Writer
}

// acquire opens the file at path, or shares it when it is open: with other options it is closed and opened again, between
// two records.
func (f *files) acquire(path string, opts rotate.Options) (io.WriteCloser, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	lf := f.open[path]
	if lf == nil {
		w, err := rotate.Open(path, &opts)
		if err != nil {
			return nil, err
		}
		lf = &logFile{files: f, path: path, opts: opts, w: w}
		if f.open == nil {
			f.open = make(map[string]*logFile)
		}
		f.open[path] = lf
	} else if err := lf.use(opts); err != nil {
		return nil, err
	}
	lf.users++
	return &fileUse{logFile: lf}, nil
}

// reopen reopens every file under its path, for logrotate and SIGHUP.
func (f *files) reopen() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for _, lf := range f.open {
		lf.mu.Lock()
		errs = append(errs, lf.w.Reopen())
		lf.mu.Unlock()
	}
	return errors.Join(errs...)
}

func (lf *logFile) use(opts rotate.Options) error {
	lf.mu.Lock()
	defer lf.mu.Unlock()
	if sameOptions(lf.opts, opts) {
		return nil
	}
	if err := lf.w.Close(); err != nil {
		return err
	}
	w, err := rotate.Open(lf.path, &opts)
	if err != nil { // what was good stays in use
		w, _ = rotate.Open(lf.path, &lf.opts)
		if w != nil {
			lf.w = w
		}
		return err
	}
	lf.w, lf.opts = w, opts
	return nil
}

func sameOptions(a, b rotate.Options) bool {
	a.OnError, b.OnError = nil, nil
	return reflect.DeepEqual(a, b)
}

func (lf *logFile) Write(p []byte) (int, error) {
	lf.mu.Lock()
	defer lf.mu.Unlock()
	return lf.w.Write(p)
}

// fileUse is one generation's share of a file.
type fileUse struct {
	*logFile
	once sync.Once
}

// Close gives the share up; the last one closes the file.
func (u *fileUse) Close() (err error) {
	u.once.Do(func() {
		f := u.files
		f.mu.Lock()
		defer f.mu.Unlock()
		if u.users--; u.users > 0 {
			return
		}
		delete(f.open, u.path)
		u.logFile.mu.Lock()
		w := u.w
		u.logFile.mu.Unlock()
		err = w.Close() // not under the lock: it waits for an OnError, which may log to this file
	})
	return err
}
