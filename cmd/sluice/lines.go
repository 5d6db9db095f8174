package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/sluicelog/sluice/internal/unpack"
)

// eachLine calls do with every line of the files, or of stdin when there are none, or for "-": without its end, which
// do gets beside it ("\n", "\r\n", or "" for a last line without one). What is gzip or zstd is uncompressed. A line is valid until do
// returns, however long it is. When ctx ends, the lines that were read are done, also that which has no end yet.
func eachLine(ctx context.Context, e env, files []string, do func(line, end []byte) error) error {
	if len(files) == 0 {
		files = []string{"-"}
	}
	for _, name := range files {
		if err := eachLineOf(ctx, e, name, do); err != nil {
			return err
		}
	}
	return nil
}

func eachLineOf(ctx context.Context, e env, name string, do func(line, end []byte) error) error {
	in := e.stdin
	if name != "-" {
		f, err := openFile(name)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	} else {
		name = "standard input"
	}
	rctx, stop := context.WithCancel(ctx)
	defer stop()
	plain, _, err := unpack.Reader(newInterruptible(rctx, in))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer plain.Close()
	r := bufio.NewReaderSize(plain, 64<<10)
	var long []byte
	for {
		part, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			long = append(long, part...)
			continue
		}
		line := part
		if len(long) > 0 {
			long = append(long, part...)
			line = long
		}
		if len(line) > 0 {
			text, end := cutEnd(line)
			if derr := do(text, end); derr != nil {
				return derr
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return fmt.Errorf("%s: %w", name, err)
		}
		long = long[:0]
	}
}

// openFile opens a file to read lines from.
func openFile(name string) (*os.File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, usageError{err}
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		_ = f.Close()
		return nil, usagef("%s is a directory; want a file", name)
	}
	return f, nil
}

func cutEnd(line []byte) (text, end []byte) {
	text, ok := bytes.CutSuffix(line, []byte("\n"))
	if !ok {
		return line, nil
	}
	text = bytes.TrimSuffix(text, []byte("\r"))
	return text, line[len(text):]
}

// interruptible is a reader whose Read ends with ctx, also while the one below waits for a pipe or a terminal, which nothing ends: a
// goroutine reads ahead by one buffer, and stays behind in its Read.
type interruptible struct {
	ctx    context.Context //nolint:containedctx // an io.Reader takes none
	chunks chan chunk
	free   chan []byte
	rest   chunk
}

type chunk struct {
	data []byte // what of buf has not been given yet
	buf  []byte
	err  error
}

func newInterruptible(ctx context.Context, r io.Reader) *interruptible {
	i := &interruptible{ctx: ctx, chunks: make(chan chunk, 2), free: make(chan []byte, 2)}
	i.free <- make([]byte, 64<<10)
	i.free <- make([]byte, 64<<10)
	go func() {
		for ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case buf := <-i.free:
				n, err := r.Read(buf)
				i.chunks <- chunk{buf[:n], buf, err} // there is room: a chunk has one of the two buffers
				if err != nil {
					return
				}
			}
		}
	}()
	return i
}

func (i *interruptible) Read(p []byte) (int, error) {
	for len(i.rest.data) == 0 {
		if i.rest.err != nil {
			return 0, i.rest.err
		}
		if i.rest.buf != nil {
			i.free <- i.rest.buf
			i.rest.buf = nil
		}
		select {
		case i.rest = <-i.chunks: // what was read is given, also when ctx is done
		default:
			select {
			case <-i.ctx.Done():
				return 0, i.ctx.Err()
			case i.rest = <-i.chunks:
			}
		}
	}
	n := copy(p, i.rest.data)
	i.rest.data = i.rest.data[n:]
	return n, nil
}
