package store

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("SLUICE_STORE_CHILD"); dir != "" {
		child(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

// open opens the store in dir and closes it when the test ends.
func open(t *testing.T, dir string, opts *Options) *Store {
	t.Helper()
	s, err := Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

func mustClose(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func appendAll(t *testing.T, s *Store, lines []string) {
	t.Helper()
	for _, l := range lines {
		if err := s.Append([]byte(l)); err != nil {
			t.Fatal(err)
		}
	}
}

// contents returns all lines that another process finds in dir.
func contents(t *testing.T, dir string) []string {
	t.Helper()
	r, err := OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return readAll(t, r)
}

func readAll(t *testing.T, r *Reader) []string {
	t.Helper()
	snap, err := r.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	var out []string
	last := uint64(0)
	for l, err := range snap.Lines() {
		if err != nil {
			t.Fatal(err)
		}
		if l.Seq <= last {
			t.Fatalf("record %d behind %d", l.Seq, last)
		}
		last = l.Seq
		out = append(out, string(l.Text))
	}
	return out
}

var levels = []string{"DEBUG", "INFO", "INFO", "INFO", "WARN", "ERROR"}

// record is the line of record i of a stream of ten users.
func record(i int) string {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(i) * 7 * time.Millisecond)
	return fmt.Sprintf(`{"time":"%s","level":"%s","msg":"track %d enhanced in %d ms","user_id":"u_%03d","n":%d}`,
		at.Format(time.RFC3339Nano), levels[i%len(levels)], i, i*i%977, i%10, i)
}

func records(from, to int) []string {
	var out []string
	for i := from; i < to; i++ {
		out = append(out, record(i))
	}
	return out
}
