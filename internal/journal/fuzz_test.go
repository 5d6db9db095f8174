package journal

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
)

// FuzzSegment opens directories with arbitrary bytes for a segment: nothing fails or panics, both readers agree, what is
// delivered has a rising sequence, and appending goes on. Goroutines and a random salt make its coverage vary, so fuzz it
// with -fuzzminimizetime 5x.
func FuzzSegment(f *testing.F) {
	var l layout
	off := int64(0)
	for n := uint64(1); n < 5; n++ {
		off = l.frame(off, n, 7, record(n, 40))
	}
	whole := l.buf
	f.Add(whole, uint16(0), byte(0))
	f.Add(whole, uint16(30), byte(4))
	f.Add(append(bytes.Clone(whole[:150]), make([]byte, 300)...), uint16(1), byte(0))
	f.Add(append(bytes.Clone(whole), whole...), uint16(1), byte(1))
	f.Add([]byte{}, uint16(0), byte(0))
	f.Fuzz(func(t *testing.T, b []byte, at uint16, flip byte) {
		b = bytes.Clone(b)
		if int(at) < len(b) {
			b[at] ^= flip
		}
		dir := t.TempDir()
		name := filepath.Join(dir, "00000000000000000001-00000007.seg")
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		o := Options{SegmentBytes: 1000, Sync: SyncNone, FS: newTestFS()}
		other, err := OpenReader(dir, 1, &o)
		if err != nil {
			t.Fatal(err)
		}
		count, last := 0, uint64(0)
		for {
			seq, _, err := other.TryNext()
			if err != nil {
				break
			}
			if seq <= last {
				t.Fatalf("%d after %d", seq, last)
			}
			count, last = count+1, seq
		}
		other.Close()
		j, r, err := Open(dir, &o)
		if err != nil {
			t.Fatal(err)
		}
		if r.Records < uint64(count) || count > 0 && r.Last < last {
			t.Fatalf("another process reads %d up to %d: %+v", count, last, r)
		}
		seq, err := j.Append(context.Background(), []byte("more"))
		if err != nil || seq != r.Last+1 {
			t.Fatal(seq, err)
		}
		own := j.Reader(1)
		defer own.Close()
		var p []byte
		for n := uint64(0); ; n++ {
			_, q, err := own.TryNext()
			if err != nil {
				if n != r.Records+1 || string(p) != "more" {
					t.Fatalf("%d read, last %q: %+v", n, p, r)
				}
				break
			}
			p = append(p[:0], q...)
		}
		if err := j.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}
