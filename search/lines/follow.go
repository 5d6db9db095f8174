package lines

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/sluicelog/sluice/internal/unpack"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
)

// follow is Tail for files. Its error is nil when yield has returned false.
func (s *Searcher) follow(ctx context.Context, x *eval.Exec, limit int, yield func(search.Hit, error) bool) error {
	var r eval.Record
	n, last := uint64(0), int64(eval.NoTime)
	take := func(line []byte, use func(search.Hit) bool) bool {
		if n++; n == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		r.Parse(line)
		if r.Time == eval.NoTime { // a line of a stack trace, of the record before it
			r.Time = last
		}
		last = r.Time
		return !x.Match(&r) || use(x.Hit(&r, id(n)))
	}
	var before []search.Hit
	keep := func(h search.Hit) bool {
		if limit > 0 && len(before) == limit {
			before = append(before[:0], before[1:]...)
		}
		if limit > 0 {
			before = append(before, h)
		}
		return true
	}
	var growing []*follower
	defer func() {
		for _, f := range growing {
			f.close()
		}
	}()
	for _, name := range s.files {
		switch packed, err := packed(name); {
		case err != nil:
			return err
		case packed:
			for line, err := range Files(name)(ctx) {
				if err != nil {
					return err
				}
				take(line, keep)
			}
			continue
		}
		f := &follower{name: name}
		growing = append(growing, f)
		if _, err := f.next(func(line []byte) bool { return take(line, keep) && ctx.Err() == nil }); err != nil {
			return err
		}
	}
	for _, h := range before {
		if !yield(h, nil) {
			return nil
		}
	}
	tick := time.NewTicker(s.poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		for _, f := range growing {
			going, err := f.next(func(line []byte) bool { return take(line, func(h search.Hit) bool { return yield(h, nil) }) })
			if !going || err != nil {
				return err
			}
		}
	}
}

// follower reads a file as it grows, also over the rotations of a log: the file is renamed and made anew, or copied and truncated.
type follower struct {
	name string
	file *os.File // nil while there is none
	at   int64    // bytes of it that were read
	line []byte   // the beginning of a line whose end has not been written yet
}

func (f *follower) close() {
	if f.file != nil {
		_ = f.file.Close() // it was read only
		f.file = nil
	}
}

// next calls yield with the lines that have been written since the last call, without their ends, until yield returns false. A file
// that is missing may come.
func (f *follower) next(yield func(line []byte) bool) (going bool, err error) {
	for {
		if f.file == nil {
			if err := f.open(); err != nil || f.file == nil {
				return true, err
			}
		}
		if info, err := f.file.Stat(); err == nil && info.Size() < f.at { // truncated
			f.at, f.line = 0, nil
		}
		if going, err := f.read(yield); err != nil || !going {
			return going, err
		}
		// What was written before a renaming has been read; what a writer adds to the old file later is read until there is a new one.
		if !f.replaced() {
			return true, nil
		}
		if going, err := f.read(yield); err != nil || !going {
			return going, err
		}
		if len(f.line) > 0 && !yield(f.line) {
			return false, nil
		}
		f.close()
		f.at, f.line = 0, nil
	}
}

func (f *follower) open() error {
	file, err := os.Open(f.name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	f.file = file
	return err
}

// replaced says whether the name is another file's by now.
func (f *follower) replaced() bool {
	now, err := os.Stat(f.name)
	if err != nil {
		return false
	}
	was, err := f.file.Stat()
	return err == nil && !os.SameFile(was, now)
}

func (f *follower) read(yield func(line []byte) bool) (going bool, err error) {
	r := bufio.NewReaderSize(io.NewSectionReader(f.file, f.at, 1<<62), 256<<10)
	for {
		part, err := r.ReadSlice('\n')
		f.at += int64(len(part))
		f.line = append(f.line, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			return true, nil
		case err != nil:
			return false, err
		}
		line := bytes.TrimSuffix(bytes.TrimSuffix(f.line, []byte("\n")), []byte("\r"))
		going := yield(line)
		f.line = f.line[:0]
		if !going {
			return false, nil
		}
	}
}

// packed says whether a file is compressed: it does not grow.
func packed(name string) (bool, error) {
	file, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer file.Close()
	in, packed, err := unpack.Reader(file)
	if err != nil {
		return true, err
	}
	return packed, in.Close()
}
