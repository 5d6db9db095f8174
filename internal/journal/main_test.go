package journal

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluicelog/sluice/internal/childtest"
)

// long is the variable that asks for all rounds.
const long = "SLUICE_LONG"

func TestMain(m *testing.M) { childtest.Main(m) }

func mustOpen(t testing.TB, dir string, opts Options) (*Journal, Recovery) {
	t.Helper()
	if opts.OnError == nil {
		opts.OnError = func(err error) { t.Errorf("OnError: %v", err) }
	}
	j, r, err := Open(dir, &opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close(context.Background()) })
	return j, r
}

func mustClose(t testing.TB, j *Journal) {
	t.Helper()
	if err := j.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// record is a payload that says of itself whether it is intact: its number, a filling, and a checksum of another kind than the
// journal's.
func record(n uint64, size int) []byte {
	b := make([]byte, max(size, 12))
	binary.BigEndian.PutUint64(b, n)
	r := rand.New(rand.NewPCG(n, 1))
	for i := 8; i < len(b)-4; i++ {
		b[i] = byte(r.Uint32())
	}
	binary.BigEndian.PutUint32(b[len(b)-4:], crc32.ChecksumIEEE(b[:len(b)-4]))
	return b
}

// number is the inverse of record.
func number(b []byte) (uint64, error) {
	if len(b) < 12 || crc32.ChecksumIEEE(b[:len(b)-4]) != binary.BigEndian.Uint32(b[len(b)-4:]) {
		return 0, fmt.Errorf("%d bytes that were never written: %.40q", len(b), b)
	}
	return binary.BigEndian.Uint64(b), nil
}

func put(t testing.TB, j *Journal, from, to uint64, size func(uint64) int) {
	t.Helper()
	for n := from; n <= to; n++ {
		if seq, err := j.Append(context.Background(), record(n, size(n))); err != nil || seq != n {
			t.Fatalf("Append of %d: %d, %v", n, seq, err)
		}
	}
}

func fixed(n int) func(uint64) int { return func(uint64) int { return n } }

// drain reads what there is and checks that every record is intact and has its sequence.
func drain(t testing.TB, r *Reader) []uint64 {
	t.Helper()
	var got []uint64
	for {
		seq, p, err := r.TryNext()
		if errors.Is(err, io.EOF) {
			return got
		}
		if err != nil {
			t.Fatal(err)
		}
		n, err := number(p)
		if err != nil || n != seq {
			t.Fatalf("sequence %d delivered record %d: %v", seq, n, err)
		}
		got = append(got, seq)
	}
}

// drainBoth reads a closed directory with a reader of another process and the open journal with one of its own, and
// compares.
func drainBoth(t testing.TB, j *Journal) []uint64 {
	t.Helper()
	r := j.Reader(1)
	defer r.Close()
	got := drain(t, r)
	o, err := OpenReader(j.dir, 1, &j.opts)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	other := drain(t, o)
	if fmt.Sprint(got) != fmt.Sprint(other) {
		t.Fatalf("the journal's reader delivers %d records %v, another process's %d %v", len(got), brief(got), len(other), brief(other))
	}
	return got
}

func brief(s []uint64) string {
	if len(s) > 12 {
		return fmt.Sprintf("%v … %v", s[:6], s[len(s)-6:])
	}
	return fmt.Sprint(s)
}

func segmentFiles(t testing.TB, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"+segmentSuffix))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func copyDir(t testing.TB, from string) string {
	t.Helper()
	to := t.TempDir()
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, e.Name()), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// trimmed cuts the preallocated zeros off a segment.
func trimmed(b []byte) []byte { return bytes.TrimRight(b, "\x00") }

func hasKept(t testing.TB, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), badSuffix) {
			n++
		}
	}
	return n
}
