// Package unpack reads files that may be compressed.
package unpack

import (
	"bufio"
	"compress/gzip"
	"io"

	"github.com/klauspost/compress/zstd"
)

// The first bytes of what is compressed: RFC 1952 section 2.3.1, RFC 8878 section 3.1.1.
const (
	gzipMagic = "\x1f\x8b"
	zstdMagic = "\x28\xb5\x2f\xfd"
)

// Reader returns what is in r, uncompressed when r begins as gzip or zstd do, and whether it does. It waits for no more bytes of r than
// tell the formats apart. Close frees what it took and leaves r open.
func Reader(r io.Reader) (in io.ReadCloser, packed bool, err error) {
	b := bufio.NewReaderSize(r, 64<<10)
	switch {
	case begins(b, gzipMagic):
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, true, err
		}
		return z, true, nil
	case begins(b, zstdMagic):
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, true, err
		}
		return z.IOReadCloser(), true, nil
	}
	return io.NopCloser(b), false, nil
}

// begins looks at one byte more only while those before are right: a pipe may have given all that it will for now.
func begins(b *bufio.Reader, magic string) bool {
	for i := range len(magic) {
		if got, err := b.Peek(i + 1); err != nil || got[i] != magic[i] {
			return false
		}
	}
	return true
}
