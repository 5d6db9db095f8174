package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
)

// eachLine calls do with every line of the files, or of stdin when there are none, or for "-": without its end, which
// do gets beside it ("\n", "\r\n", or "" for a last line without one). A line is valid until do returns, however long it is.
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
	var in io.Reader
	if name == "-" {
		stdin, stop := interruptible(ctx, e.stdin)
		defer stop()
		in = stdin
	} else {
		f, err := os.Open(name)
		if err != nil {
			return usageError{err}
		}
		defer f.Close()
		in = f
	}
	r := bufio.NewReaderSize(in, 64<<10)
	var long []byte
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		part, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			long = append(long, part...)
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
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
		if err != nil {
			return nil
		}
		long = long[:0]
	}
}

// interruptible is r, of which a read ends when ctx does. A read of r itself may then go on for as long as the process.
func interruptible(ctx context.Context, r io.Reader) (in io.Reader, stop func()) {
	pr, pw := io.Pipe()
	go func() {
		_, err := io.CopyBuffer(struct{ io.Writer }{pw}, struct{ io.Reader }{r}, make([]byte, 64<<10))
		_ = pw.CloseWithError(err)
	}()
	end := context.AfterFunc(ctx, func() { _ = pw.CloseWithError(ctx.Err()) })
	return pr, func() {
		end()
		_ = pr.Close()
	}
}

func cutEnd(line []byte) (text, end []byte) {
	text, ok := bytes.CutSuffix(line, []byte("\n"))
	if !ok {
		return line, nil
	}
	text = bytes.TrimSuffix(text, []byte("\r"))
	return text, line[len(text):]
}
