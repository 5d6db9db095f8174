package audit

import (
	"errors"
	"io/fs"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/sluicelog/sluice/internal/journal"
)

// failingFS fails operations on segments of entries when told to.
type failingFS struct {
	journal.System
	sync, write atomic.Int32 // how many of them fail
}

type failingFile struct {
	journal.File
	fs *failingFS
}

func (f *failingFS) OpenFile(name string, flag int, perm fs.FileMode) (journal.File, error) {
	g, err := f.System.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &failingFile{g, f}, nil
}

func (f *failingFile) Sync() error {
	if f.fs.sync.Add(-1) >= 0 {
		return syscall.EIO
	}
	return f.File.Sync()
}

func (f *failingFile) WriteAt(p []byte, off int64) (int, error) {
	if f.fs.write.Add(-1) >= 0 {
		n, _ := f.File.WriteAt(p[:len(p)/2], off)
		return n, syscall.ENOSPC
	}
	return f.File.WriteAt(p, off)
}

func TestAFailedFsyncIsNeverForgotten(t *testing.T) {
	dir := t.TempDir()
	fsys := &failingFS{}
	tr, err := open(dir, &Options{OnError: func(error) {}}, fsys)
	if err != nil {
		t.Fatal(err)
	}
	l := mustHandler(t, nil, tr)
	if err := Log(t.Context(), l, "before", event(1)); err != nil {
		t.Fatal(err)
	}
	fsys.sync.Store(1) // once; later ones would succeed
	for range 5 {
		if err := Log(t.Context(), l, "after", event(2)); !errors.Is(err, ErrNotRecorded) || !errors.Is(err, syscall.EIO) {
			t.Fatal(err)
		}
		if err := tr.Healthy(); !errors.Is(err, syscall.EIO) {
			t.Errorf("healthy: %v", err)
		}
	}
	if err := tr.Close(t.Context()); err == nil {
		t.Error("Close says that all is well")
	}
	tr = mustOpen(t, dir, Options{})
	if err := Log(t.Context(), mustHandler(t, nil, tr), "opened again", event(3)); err != nil {
		t.Error(err)
	}
	mustClose(t, tr)
	if r := mustVerify(t, dir, nil); !r.Sound {
		t.Errorf("%+v", r)
	}
}

// A write that fails for want of room refuses its entries and no other, and the log says so itself.
func TestRefusedWritesAreInTheLog(t *testing.T) {
	dir := t.TempDir()
	fsys := &failingFS{}
	tr, err := open(dir, &Options{}, fsys)
	if err != nil {
		t.Fatal(err)
	}
	l := mustHandler(t, nil, tr)
	want := 0
	for i := range 40 {
		fsys.write.Store(int32(i % 4 % 2)) // every other one
		err := Log(t.Context(), l, "x", event(i))
		switch {
		case i%4%2 == 1 && !errors.Is(err, syscall.ENOSPC):
			t.Fatalf("%d: %v", i, err)
		case i%4%2 == 0 && err != nil:
			t.Fatalf("%d: %v", i, err)
		case err == nil:
			want++
		}
	}
	mustClose(t, tr)
	got := types(t, dir)
	if count(got, TypeEvent) != want || count(got, TypeRefused) != 20 {
		t.Errorf("%d events, want %d; %d entries about refusals", count(got, TypeEvent), want, count(got, TypeRefused))
	}
	if s := tr.Stats(); s.Recorded != uint64(want) || s.Refused != 20 {
		t.Errorf("%+v", s)
	}
}

// fillDisk is run on a small file system of its own.
func fillDisk(t *testing.T, dir string, makeRoom func()) {
	tr := mustOpen(t, dir, Options{SegmentBytes: 40_000, CheckpointEntries: 50, OnError: func(error) {}})
	l := mustHandler(t, nil, tr)
	recorded, refused := 0, 0
	log := func(n int) {
		for i := range n {
			e := event(i)
			e.Reason = strings.Repeat("x", 300)
			if err := Log(t.Context(), l, "x", e); err == nil {
				recorded++
			} else if refused++; !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
		}
	}
	log(3000)
	if recorded == 0 || refused == 0 || tr.Healthy() == nil {
		t.Fatalf("%d recorded, %d refused, healthy %v", recorded, refused, tr.Healthy())
	}
	before := refused
	makeRoom()
	log(50)
	if refused != before {
		t.Errorf("%d refused with room on the disk", refused-before)
	}
	mustClose(t, tr)
	got := types(t, dir)
	if count(got, TypeEvent) != recorded || count(got, TypeRefused) == 0 {
		t.Errorf("%d events, want %d; %d entries about refusals", count(got, TypeEvent), recorded, count(got, TypeRefused))
	}
	t.Logf("%d recorded, %d refused", recorded, refused)
}
