package rotate

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/sluicelog/sluice/internal/childtest"
)

func TestMain(m *testing.M) { childtest.Main(m) }

// quiet are options without time, compression and fsync, for tests of something else.
func quiet() Options {
	return Options{Compress: NoCompression, Sync: SyncNone}
}

func mustOpen(t testing.TB, path string, opts Options, fsys fileSystem) *Writer {
	t.Helper()
	if opts.OnError == nil {
		opts.OnError = func(err error) { t.Errorf("OnError: %v", err) }
	}
	if fsys == nil {
		fsys = osFS{}
	}
	w, err := open(path, &opts, fsys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func put(t testing.TB, w *Writer, records ...string) {
	t.Helper()
	for _, r := range records {
		if n, err := w.Write([]byte(r)); n != len(r) || err != nil {
			t.Fatalf("Write(%.40q) = %d, %v", r, n, err)
		}
	}
}

func mustClose(t testing.TB, w *Writer) {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func content(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r io.Reader = bytes.NewReader(b)
	switch filepath.Ext(path) {
	case ".zst":
		z, err := zstd.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		r = z
	case ".gz":
		if r, err = gzip.NewReader(r); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	if b, err = io.ReadAll(r); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return string(b)
}

// files returns the names in the directory of path but for the lock: rotated files in order of their names, then the active one.
func files(t testing.TB, path string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if n := e.Name(); n != filepath.Base(path) && !strings.HasSuffix(n, ".lock") {
			names = append(names, n)
		}
	}
	if _, err := os.Stat(path); err == nil {
		names = append(names, filepath.Base(path))
	}
	return names
}

// contents returns what the files have.
func contents(t testing.TB, path string) []string {
	t.Helper()
	var all []string
	for _, n := range files(t, path) {
		all = append(all, content(t, filepath.Join(filepath.Dir(path), n)))
	}
	return all
}

// faultFS lets a test decide about each operation: op is open, stat, rename, remove, readdir, write or sync; a non-nil error
// is its result.
type faultFS struct {
	osFS
	mu     sync.Mutex
	before func(op, name string) error
	// room is how many bytes can be written, negative for any number.
	room int
}

func newFaultFS() *faultFS { return &faultFS{room: -1} }

func (f *faultFS) set(before func(op, name string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before = before
}

func (f *faultFS) setRoom(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.room = n
}

func (f *faultFS) ask(op, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.before == nil {
		return nil
	}
	return f.before(op, name)
}

// failing returns a decision that fails one operation on names that contain part.
func failing(op, part string) func(string, string) error {
	return func(o, name string) error {
		if o == op && strings.Contains(name, part) {
			return &fs.PathError{Op: op, Path: name, Err: errInjected}
		}
		return nil
	}
}

var errInjected = errors.New("injected")

func (f *faultFS) OpenFile(name string, flag int, perm fs.FileMode) (file, error) {
	if err := f.ask("open", name); err != nil {
		return nil, err
	}
	g, err := f.osFS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &faultFile{g, f, name}, nil
}

func (f *faultFS) Stat(name string) (fs.FileInfo, error) {
	if err := f.ask("stat", name); err != nil {
		return nil, err
	}
	return f.osFS.Stat(name)
}

func (f *faultFS) Rename(from, to string) error {
	if err := f.ask("rename", from); err != nil {
		return err
	}
	return f.osFS.Rename(from, to)
}

func (f *faultFS) Remove(name string) error {
	if err := f.ask("remove", name); err != nil {
		return err
	}
	return f.osFS.Remove(name)
}

func (f *faultFS) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := f.ask("readdir", name); err != nil {
		return nil, err
	}
	return f.osFS.ReadDir(name)
}

type faultFile struct {
	file
	fs   *faultFS
	name string
}

func (f *faultFile) Write(p []byte) (int, error) {
	if err := f.fs.ask("write", f.name); err != nil {
		return 0, err
	}
	f.fs.mu.Lock()
	room := f.fs.room
	if room >= 0 {
		f.fs.room = max(0, room-len(p))
	}
	f.fs.mu.Unlock()
	if room >= 0 && room < len(p) {
		n, _ := f.file.Write(p[:room])
		return n, &fs.PathError{Op: "write", Path: f.name, Err: errInjected}
	}
	return f.file.Write(p)
}

func (f *faultFile) Sync() error {
	if err := f.fs.ask("sync", f.name); err != nil {
		return err
	}
	return f.file.Sync()
}

// errorLog collects what OnError is told.
type errorLog struct {
	mu   sync.Mutex
	errs []error
}

func (l *errorLog) add(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errs = append(l.errs, err)
}

func (l *errorLog) has(target error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.errs, func(err error) bool { return errors.Is(err, target) })
}
