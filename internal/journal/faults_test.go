package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// testFS is the system's file system without fsync, and with faults.
type testFS struct {
	System
	mu sync.Mutex
	// before is asked about each operation (open, rename, remove, readdir, syncdir, write, sync, truncate, allocate, read); a non-nil
	// error is its result.
	before func(op, name string) error
	// room is how many bytes can be written and allocated, negative for any number.
	room int64
	real bool // fsync for real
}

func newTestFS() *testFS { return &testFS{room: -1} }

func (f *testFS) set(before func(op, name string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before = before
}

func (f *testFS) ask(op, name string) error {
	f.mu.Lock()
	before := f.before
	f.mu.Unlock()
	if before == nil {
		return nil
	}
	if err := before(op, name); err != nil {
		return &fs.PathError{Op: op, Path: name, Err: err}
	}
	return nil
}

var errInjected = errors.New("injected")

func (f *testFS) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	if err := f.ask("open", name); err != nil {
		return nil, err
	}
	g, err := f.System.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &testFile{g, f, name}, nil
}

func (f *testFS) Rename(from, to string) error {
	if err := f.ask("rename", to); err != nil {
		return err
	}
	return f.System.Rename(from, to)
}

func (f *testFS) Remove(name string) error {
	if err := f.ask("remove", name); err != nil {
		return err
	}
	return f.System.Remove(name)
}

func (f *testFS) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := f.ask("readdir", name); err != nil {
		return nil, err
	}
	return f.System.ReadDir(name)
}

func (f *testFS) SyncDir(name string) error {
	if err := f.ask("syncdir", name); err != nil || !f.real {
		return err
	}
	return f.System.SyncDir(name)
}

type testFile struct {
	File
	fs   *testFS
	name string
}

func (f *testFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.fs.ask(fmt.Sprintf("read %d %d", off, len(p)), f.name); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, off)
}

func (f *testFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.fs.ask("write", f.name); err != nil {
		n, _ := f.File.WriteAt(p[:len(p)/2], off) // half of it was written
		return n, err
	}
	return f.File.WriteAt(p, off)
}

func (f *testFile) Sync() error {
	if err := f.fs.ask("sync", f.name); err != nil || !f.fs.real {
		return err
	}
	return f.File.Sync()
}

func (f *testFile) Truncate(n int64) error {
	if err := f.fs.ask("truncate", f.name); err != nil {
		return err
	}
	return f.File.Truncate(n)
}

func (f *testFile) Allocate(n int64) error {
	if err := f.fs.ask("allocate", f.name); err != nil {
		return err
	}
	return f.File.Truncate(n) // sparse
}

// The disk is full at each operation in turn that needs room: the call fails, nothing of it is ever read, everything else
// is, and with room appending goes on.
func TestFullDiskAtEachWrite(t *testing.T) {
	needsRoom := map[string]bool{"write": true, "allocate": true, "open": true, "rename": true, "syncdir": false}
	for _, policy := range []SyncPolicy{SyncAlways, SyncNone} {
		for _, rounds := range []int{1, 3} { // for how many operations it stays full
			places := 0
			for at := 1; ; at++ {
				fsys := newTestFS()
				dir := t.TempDir()
				o := Options{SegmentBytes: 1000, Sync: policy, FS: fsys, OnError: func(error) {}}
				j, _ := mustOpen(t, dir, o)
				n, failed := 0, 0
				fsys.set(func(op, name string) error {
					if !needsRoom[op] || strings.HasSuffix(name, lockName) {
						return nil
					}
					if n++; n >= at && n < at+rounds {
						failed++
						return syscall.ENOSPC
					}
					return nil
				})
				var accepted, refused []uint64
				for i := uint64(1); i <= 30; i++ {
					payloads := [][]byte{record(i, 100)}
					if i%7 == 0 { // a call that needs two segments
						payloads = append(payloads, record(100+i, 800), record(200+i, 800))
					}
					last, err := j.Append(context.Background(), payloads...)
					if err != nil && !errors.Is(err, syscall.ENOSPC) {
						t.Fatalf("full at %d: %v", at, err)
					}
					kept := len(payloads)
					if err != nil {
						kept = 0
						if last != 0 {
							kept = len(payloads) - int(uint64(len(accepted)+len(payloads))-last)
						}
					}
					for k, p := range payloads {
						id, _ := number(p)
						if k < kept {
							accepted = append(accepted, id)
						} else {
							refused = append(refused, id)
						}
					}
					if i == 20 {
						if err := j.Ack(3); err != nil && !errors.Is(err, syscall.ENOSPC) {
							t.Fatalf("full at %d: Ack: %v", at, err)
						}
					}
				}
				fsys.set(nil)
				s := j.Stats()
				if s.Appended+s.Failed < uint64(len(accepted)+len(refused)) || s.Last != uint64(len(accepted)) {
					t.Fatalf("full at %d: %d accepted, %d refused: %+v", at, len(accepted), len(refused), s)
				}
				mustClose(t, j)
				j, r := mustOpen(t, dir, o)
				if r.Lost != 0 || r.Last != uint64(len(accepted)) {
					t.Fatalf("full at %d: %d accepted: %+v", at, len(accepted), r)
				}
				for _, rd := range readersOf(t, j) {
					for {
						seq, p, err := rd.TryNext()
						if err != nil {
							break
						}
						if id, err := number(p); err != nil || id != accepted[seq-1] {
							t.Fatalf("full at %d: record %d is %d, want %d: %v", at, seq, id, accepted[seq-1], err)
						}
					}
					if rd.next != uint64(len(accepted))+1 || rd.Lost() != 0 {
						t.Fatalf("full at %d: read up to %d of %d, %d lost", at, rd.next-1, len(accepted), rd.Lost())
					}
					rd.Close()
				}
				mustClose(t, j)
				if failed == 0 {
					break
				}
				places++
			}
			if places < 30 {
				t.Errorf("%s: full at %d places only", policy, places)
			}
			t.Logf("%s: full at each of %d places for %d operations", policy, places, rounds)
		}
	}
}

func readersOf(t *testing.T, j *Journal) []*Reader {
	t.Helper()
	o, err := OpenReader(j.dir, 1, &j.opts)
	if err != nil {
		t.Fatal(err)
	}
	return []*Reader{j.Reader(1), o}
}

func TestAFailedFsyncIsNeverForgotten(t *testing.T) {
	for _, policy := range []SyncPolicy{SyncAlways, SyncInterval, SyncNone} {
		fsys := newTestFS()
		dir := t.TempDir()
		failures := 0
		j, _, err := Open(dir, &Options{Sync: policy, Interval: time.Hour, FS: fsys, OnError: func(error) {}})
		if err != nil {
			t.Fatal(err)
		}
		put(t, j, 1, 5, fixed(100))
		fsys.set(func(op, name string) error {
			if op == "sync" && failures == 0 { // once; later ones would succeed
				failures++
				return syscall.EIO
			}
			return nil
		})
		_, err = j.Append(t.Context(), record(6, 100))
		if policy != SyncAlways {
			err = j.Sync(t.Context())
		}
		if !errors.Is(err, syscall.EIO) {
			t.Fatalf("%s: %v", policy, err)
		}
		for range 3 {
			_, err := j.Append(t.Context(), record(7, 100))
			for what, err := range map[string]error{"Append": err, "Sync": j.Sync(t.Context()), "Ack": j.Ack(1), "Stats": j.Stats().Err} {
				if !errors.Is(err, ErrFailed) || !errors.Is(err, syscall.EIO) {
					t.Errorf("%s: %s: %v", policy, what, err)
				}
			}
		}
		if err := j.Close(t.Context()); !errors.Is(err, ErrFailed) {
			t.Errorf("%s: Close: %v", policy, err)
		}
		j, r := mustOpen(t, dir, Options{FS: fsys}) // a new start takes stock
		if r.Last < 5 || r.Last > 6 || r.Lost != 0 {
			t.Errorf("%s: %+v", policy, r)
		}
		put(t, j, r.Last+1, r.Last+1, fixed(100))
	}
}

// A disk that hangs holds a caller no longer than its context allows.
func TestAHangingDiskHoldsNobodyPastItsDeadline(t *testing.T) {
	fsys := newTestFS()
	free := make(chan struct{})
	hang := sync.OnceFunc(func() { <-free })
	j, _ := mustOpen(t, t.TempDir(), Options{Sync: SyncAlways, FS: fsys})
	put(t, j, 1, 1, fixed(100))
	fsys.set(func(op, name string) error {
		if op == "sync" {
			hang()
		}
		return nil
	})
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		if _, err := j.Append(ctx, record(2, 100)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Append: %v", err)
		}
		cancel()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := j.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close: %v", err)
	}
	close(free)
	mustClose(t, j)
}

func TestAPageThatCannotBeReadCostsItsRecordsOnly(t *testing.T) {
	dir := t.TempDir()
	fsys := newTestFS()
	o := Options{FS: fsys}
	j, _ := mustOpen(t, dir, o)
	put(t, j, 1, 500, fixed(512))
	mustClose(t, j)
	fsys.set(func(op, name string) error {
		var off, size int64
		if n, _ := fmt.Sscanf(op, "read %d %d", &off, &size); n == 2 && strings.HasSuffix(name, segmentSuffix) && off <= 100_000 && off+size > 100_000 {
			return syscall.EIO
		}
		return nil
	})
	j, r := mustOpen(t, dir, o)
	if r.Lost == 0 || r.Lost > 10 || r.Records+r.Lost != 500 || !strings.Contains(r.Damage[0].Reason, "cannot be read") {
		t.Errorf("%+v", r)
	}
}

// A real file system without room, where one may be mounted.
func fillDisk(t *testing.T, dir string) {
	ballast := dir + "/ballast"
	if err := os.WriteFile(ballast, make([]byte, 300<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{SegmentBytes: 100_000, Sync: SyncAlways}
	j, _ := mustOpen(t, dir, o)
	var n, refused uint64
	write := func() {
		if _, err := j.Append(t.Context(), record(n+1, 1000+int(n)%97)); err == nil {
			n++
		} else if refused++; !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
	for range 2000 {
		write()
	}
	if n == 0 || refused == 0 {
		t.Fatalf("%d written, %d refused: the disk was never full", n, refused)
	}
	full := refused
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		write()
	}
	if refused != full {
		t.Errorf("%d refused with room on the disk", refused-full)
	}
	for range 2000 {
		write()
	}
	if err := j.Ack(n - 20); err != nil && !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	mustClose(t, j)
	j, r := mustOpen(t, dir, o)
	if r.Lost != 0 || r.Last != n {
		t.Errorf("%d written: %+v", n, r)
	}
	if got := drainBoth(t, j); got[len(got)-1] != n {
		t.Errorf("%d written: %s", n, brief(got))
	}
	t.Logf("%d written, %d refused", n, refused)
	mustClose(t, j)
}
