package audit

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/sluicelog/sluice/internal/journal"
)

// readCounter counts the bytes that are read from segments of entries.
type readCounter struct {
	journal.System
	bytes *atomic.Int64
}

type countedFile struct {
	journal.File
	bytes *atomic.Int64
}

func (f countedFile) ReadAt(b []byte, off int64) (int, error) {
	n, err := f.File.ReadAt(b, off)
	f.bytes.Add(int64(n))
	return n, err
}

func (c readCounter) OpenFile(name string, flag int, perm fs.FileMode) (journal.File, error) {
	f, err := c.System.OpenFile(name, flag, perm)
	if err != nil || !strings.HasSuffix(name, ".seg") {
		return f, err
	}
	return countedFile{f, c.bytes}, nil
}

// A log may have years of entries: opening reads its last segment and what the last checkpoint does not cover.
func TestOpeningCostsTheEndOfTheLogAlone(t *testing.T) {
	read := func(n int) int64 {
		t.Helper()
		dir := t.TempDir()
		o := Options{SegmentBytes: 64 << 10}
		tr := mustOpen(t, dir, o)
		l := mustHandler(t, nil, tr)
		var callers sync.WaitGroup
		for c := range 50 {
			callers.Go(func() {
				for i := range n / 50 {
					if err := Log(t.Context(), l, "x", event(50*i+c)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		callers.Wait()
		mustClose(t, tr)
		c := readCounter{bytes: &atomic.Int64{}}
		tr, err := open(dir, &o, c)
		if err != nil {
			t.Fatal(err)
		}
		mustClose(t, tr)
		if r := mustVerify(t, dir, nil); !r.Sound || r.Entries < int64(n)+4 {
			t.Errorf("%d entries: %+v", n, r)
		}
		return c.bytes.Load()
	}
	few, many := read(1500), read(12_000)
	if few == 0 || many > 2*few {
		t.Errorf("%d bytes are read of 1,500 entries, %d of 12,000", few, many)
	}
}

// Whatever the size at which a log was closed or killed, the tree goes on from its tiles as from its entries.
func TestATreeGoesOnFromItsTiles(t *testing.T) {
	dir := t.TempDir()
	o := small()
	n := 0
	for _, more := range []int{0, 1, 3, 120, 126, 250, 5, 300} {
		tr := mustOpen(t, dir, o)
		l := mustHandler(t, nil, tr)
		for range more {
			if err := Log(t.Context(), l, "x", event(n)); err != nil {
				t.Fatal(err)
			}
			n++
		}
		mustClose(t, tr)
		r := mustVerify(t, dir, nil)
		if !r.Sound {
			t.Fatalf("after %d: %+v", n, r)
		}
		edge, err := readEdge(dir, r.Entries)
		if err != nil {
			t.Fatal(err)
		}
		var whole tree
		if _, err := journal.Check(filepath.Join(dir, entriesDir), nil, func(_ uint64, p []byte) error {
			whole.add(tlog.RecordHash(p))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(edge.rows, edge.counts, edge.root()) != fmt.Sprint(whole.rows, whole.counts, whole.root()) {
			t.Fatalf("at %d entries the edge is not the tree's", r.Entries)
		}
	}
	// Without its tiles the log is read.
	if err := os.RemoveAll(filepath.Join(dir, "tile", "0")); err != nil {
		t.Fatal(err)
	}
	before, err := journal.Check(filepath.Join(dir, entriesDir), nil, func(uint64, []byte) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	tr := mustOpen(t, dir, o)
	if got := tr.Stats().Entries; got != int64(before.Last)+1 {
		t.Errorf("%d entries behind %d", got, before.Last)
	}
	mustClose(t, tr)
}

func TestAListOfErasedKeysIsHeldAgainstTheTombstones(t *testing.T) {
	dir := t.TempDir()
	tr := mustOpen(t, dir, Options{})
	e := event(1)
	e.Subject = "s"
	if err := Log(t.Context(), mustHandler(t, nil, tr), "x", e); err != nil {
		t.Fatal(err)
	}
	receipt, err := tr.Erase(t.Context(), "s", "")
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, tr)
	name := filepath.Join(dir, erasedFile)
	whole, err := os.ReadFile(name)
	if err != nil || string(whole) != erasedTitle+receipt.Key+"\n" {
		t.Fatalf("%q, %v", whole, err)
	}
	for _, b := range []string{"", erasedTitle, string(whole) + "x", string(whole[:len(whole)-1]), strings.Replace(string(whole), receipt.Key, strings.Repeat("0", 24), 1)} {
		if err := os.WriteFile(name, []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
		if r := mustVerify(t, dir, nil); r.Sound {
			t.Errorf("%q passes", b)
		}
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	mustClose(t, mustOpen(t, dir, Options{})) // as a log of an earlier version
	if b, err := os.ReadFile(name); err != nil || string(b) != string(whole) {
		t.Errorf("%q, %v", b, err)
	}
	if r := mustVerify(t, dir, nil); !r.Sound {
		t.Errorf("%+v", r)
	}
}
