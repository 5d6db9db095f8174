package lines

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/sluicelog/sluice/internal/unpack"
)

// Files returns the lines of files, one after the other. What is gzip or zstd is uncompressed, and a byte order mark before the first
// line is left out.
func Files(names ...string) Source {
	return func(context.Context) iter.Seq2[[]byte, error] {
		return func(yield func([]byte, error) bool) {
			for _, name := range names {
				f, err := os.Open(name)
				if err != nil {
					yield(nil, err)
					return
				}
				going := readFile(f, name, yield)
				_ = f.Close() // it was read only
				if !going {
					return
				}
			}
		}
	}
}

func readFile(f *os.File, name string, yield func([]byte, error) bool) bool {
	named := func(line []byte, err error) bool {
		if err != nil {
			err = fmt.Errorf("%s: %w", name, err)
		}
		return yield(line, err)
	}
	plain, _, err := unpack.Reader(f)
	if err != nil {
		return named(nil, err)
	}
	first := true
	going := read(plain, func(line []byte, err error) bool {
		if first {
			first, line = false, bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		return named(line, err)
	})
	return plain.Close() == nil && going // nothing is written
}

// Reader returns the lines of whatever open opens; it is called for each request.
func Reader(open func() (io.ReadCloser, error)) Source {
	return func(context.Context) iter.Seq2[[]byte, error] {
		return func(yield func([]byte, error) bool) {
			r, err := open()
			if err != nil {
				yield(nil, err)
				return
			}
			read(r, yield)
			_ = r.Close()
		}
	}
}

// Of returns lines that are in memory.
func Of(lines [][]byte) Source {
	return func(context.Context) iter.Seq2[[]byte, error] {
		return func(yield func([]byte, error) bool) {
			for _, l := range lines {
				if !yield(l, nil) {
					return
				}
			}
		}
	}
}

// read yields the lines of r, however long they are, and says whether to go on.
func read(r io.Reader, yield func([]byte, error) bool) bool {
	b := bufio.NewReaderSize(r, 256<<10)
	var long []byte
	for {
		part, err := b.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			long = append(long, part...)
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			yield(nil, err)
			return false
		}
		line := part
		if len(long) > 0 {
			long = append(long, part...)
			line = long
		}
		if len(line) > 0 {
			line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
			if !yield(line, nil) {
				return false
			}
		}
		if err != nil {
			return true
		}
		long = long[:0]
	}
}
