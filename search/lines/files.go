package lines

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"os"
)

// Files returns the lines of files, one after the other.
func Files(names ...string) Source {
	return func(context.Context) iter.Seq2[[]byte, error] {
		return func(yield func([]byte, error) bool) {
			for _, name := range names {
				f, err := os.Open(name)
				if err != nil {
					yield(nil, err)
					return
				}
				going := read(f, yield)
				_ = f.Close() // it was read only
				if !going {
					return
				}
			}
		}
	}
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
