package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/internal/journal"
)

// faulty is a file system that is full while full is set, and whose renames fail while stuck is.
type faulty struct {
	journal.System
	full, stuck atomic.Bool
}

func (f *faulty) OpenFile(name string, flag int, perm fs.FileMode) (journal.File, error) {
	file, err := f.System.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &faultyFile{file, f}, nil
}

func (f *faulty) Rename(from, to string) error {
	if f.stuck.Load() && strings.HasSuffix(to, segSuffix) {
		return syscall.EIO
	}
	return f.System.Rename(from, to)
}

type faultyFile struct {
	journal.File
	fs *faulty
}

func (f *faultyFile) WriteAt(b []byte, off int64) (int, error) {
	if f.fs.full.Load() {
		n, _ := f.File.WriteAt(b[:len(b)/2], off)
		return n, syscall.ENOSPC
	}
	return f.File.WriteAt(b, off)
}

func (f *faultyFile) Allocate(size int64) error {
	if f.fs.full.Load() {
		return syscall.ENOSPC
	}
	return f.File.Allocate(size)
}

func TestAFullDiskLosesNothingThatWasTaken(t *testing.T) {
	for _, sync := range []SyncPolicy{SyncAlways, SyncInterval} {
		t.Run(string(sync), func(t *testing.T) {
			dir := t.TempDir()
			disk := &faulty{}
			var reported atomic.Int64
			s := open(t, dir, &Options{Sync: sync, SegmentRecords: 200, Interval: time.Millisecond, fs: disk, OnError: func(err error) {
				if errors.Is(err, syscall.ENOSPC) {
					reported.Add(1)
				}
			}})
			var want []string
			for i := range 3000 {
				if i%500 == 250 {
					disk.full.Store(true)
				}
				if i%500 == 300 {
					time.Sleep(5 * time.Millisecond)
					disk.full.Store(false)
				}
				if err := s.Append([]byte(record(i))); err == nil {
					want = append(want, record(i))
				} else if !errors.Is(err, syscall.ENOSPC) {
					t.Fatal(err)
				}
			}
			mustClose(t, s)
			if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
				t.Error(diff)
			}
			if sync == SyncAlways && len(want) == 3000 || reported.Load() == 0 {
				t.Error("the disk was never full")
			}
			if st := s.Stats(); st.Appended != uint64(len(want)) || st.Refused != uint64(3000-len(want)) {
				t.Errorf("%+v, want %d appended", st, len(want))
			}
		})
	}
}

func TestASegmentThatCannotBeRenamedStaysInTheTail(t *testing.T) {
	dir := t.TempDir()
	disk := &faulty{}
	disk.stuck.Store(true)
	s := open(t, dir, &Options{SegmentRecords: 200, fs: disk, OnError: func(error) {}})
	want := records(0, 500)
	appendAll(t, s, want)
	if err := s.sealNow(); !errors.Is(err, syscall.EIO) {
		t.Errorf("seal: %v", err)
	}
	if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
		t.Error(diff)
	}
	if err := s.Close(t.Context()); !errors.Is(err, syscall.EIO) {
		t.Errorf("Close: %v", err)
	}
	s, rec, err := Recover(dir, nil)
	if err != nil || rec.Tail != 500 || rec.Lost != 0 {
		t.Fatalf("%+v, %v", rec, err)
	}
	mustClose(t, s)
	if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestDamagedFilesNeverFailNorChangeARecord(t *testing.T) {
	origin := t.TempDir()
	s := open(t, origin, &Options{SegmentRecords: 300})
	appendAll(t, s, records(0, 1000))
	if err := s.sealNow(); err != nil {
		t.Fatal(err)
	}
	appendAll(t, s, records(0, 100)) // the tail
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"next": true}
	for _, l := range records(0, 1000) {
		known[l] = true
	}
	copied := t.TempDir() // as a crash leaves it
	if err := os.CopyFS(copied, os.DirFS(origin)); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	r := rand.New(rand.NewPCG(5, 5))
	for round := range 60 {
		dir := filepath.Join(t.TempDir(), "s")
		if err := os.CopyFS(dir, os.DirFS(copied)); err != nil {
			t.Fatal(err)
		}
		damage(t, r, dir, round%2 == 0)
		rd, err := OpenReader(dir)
		if err != nil {
			t.Fatal(err)
		}
		snap, err := rd.Snapshot()
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		errs := len(snap.Damaged())
		for l, err := range snap.Lines() {
			if err != nil {
				errs++
			} else if !known[string(l.Text)] {
				t.Fatalf("round %d: %s", round, l.Text)
			}
		}
		snap.Close()
		if err := rd.Close(); err != nil {
			t.Error(err)
		}
		w, _, err := Recover(dir, &Options{OnError: func(error) {}})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if err := w.Append([]byte("next")); err != nil {
			t.Error(err)
		}
		mustClose(t, w)
	}
}

// damage flips a bit of some file, or cuts it.
func damage(t *testing.T, r *rand.Rand, dir string, cut bool) {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	path := files[r.IntN(len(files))]
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > 0 {
		at := r.IntN(min(len(b), 1<<16))
		if cut {
			b = b[:at]
		} else {
			b[at] ^= 1 << r.IntN(8)
		}
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestARecordIsFoundByAnotherReaderWithinASecond(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	r, err := OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := s.Append([]byte("needle")); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second) // a second on an idle machine: 200 ms until the flush
	for {
		if got := readAll(t, r); len(got) == 1 && got[0] == "needle" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("not found without Flush")
		}
		time.Sleep(10 * time.Millisecond)
	}
	mustClose(t, s)
}

func TestRecordsThatDamageOfTheTailHasCostAreReported(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, &Options{Sync: SyncAlways})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 20 {
		if err := s.Append(fmt.Appendf(nil, `{"msg":"record","n":%d}`, n)); err != nil {
			t.Fatal(err)
		}
	}
	crashed := t.TempDir() // as a crash would leave it
	if err := os.CopyFS(crashed, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	tail, err := filepath.Glob(filepath.Join(crashed, tailDir, "*"+segSuffix))
	if err != nil || len(tail) != 1 {
		t.Fatalf("%v, %v", tail, err)
	}
	b, err := os.ReadFile(tail[0])
	if err != nil {
		t.Fatal(err)
	}
	b[bytes.Index(b, []byte(`"n":7}`))+4] = '8'
	if err := os.WriteFile(tail[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	var told []string
	s, err = Open(crashed, &Options{OnError: func(err error) { told = append(told, err.Error()) }})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(told) != 1 || !strings.Contains(told[0], "damage of the tail has cost 1 records") {
		t.Errorf("told %q", told)
	}
}
