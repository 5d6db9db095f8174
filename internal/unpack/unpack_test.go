package unpack_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/sluicelog/sluice/internal/unpack"
)

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatWasCompressedComesOutAsItWas(t *testing.T) {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		in     []byte
		want   string
		packed bool
	}{
		"plain": {[]byte("a\nb\n"), "a\nb\n", false}, "empty": {nil, "", false}, "begins as zstd does": {[]byte("("), "(", false},
		"gzip": {gzipped(t, "a\nb\n"), "a\nb\n", true}, "two members": {append(gzipped(t, "a\n"), gzipped(t, "b\n")...), "a\nb\n", true},
		"zstd": {z.EncodeAll([]byte("a\nb\n"), nil), "a\nb\n", true},
	} {
		r, packed, err := unpack.Reader(bytes.NewReader(tc.in))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := io.ReadAll(r)
		if string(got) != tc.want || packed != tc.packed || err != nil || r.Close() != nil {
			t.Errorf("%s: %q, packed %v, %v; want %q, %v", name, got, packed, err, tc.want, tc.packed)
		}
	}
}

func TestACutFileIsAnError(t *testing.T) {
	whole := gzipped(t, "a\nb\n")
	for n := 2; n < len(whole); n++ {
		r, _, err := unpack.Reader(bytes.NewReader(whole[:n]))
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if err == nil {
			t.Errorf("the first %d of %d bytes: no error", n, len(whole))
		}
	}
}

func TestAShortLineOnAPipeIsNotWaitedBehind(t *testing.T) {
	in, out := io.Pipe()
	defer in.Close()
	go func() { _, _ = out.Write([]byte("(\n")) }() // and nothing more
	r, _, err := unpack.Reader(in)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 2)
	if _, err := io.ReadFull(r, got); err != nil || string(got) != "(\n" {
		t.Errorf("%q, %v", got, err)
	}
}
