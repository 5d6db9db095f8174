package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// progress tells on a terminal how far a long work on lines has come, and how long it will take. Its methods may be called on nil, which
// tells nothing.
type progress struct {
	w            io.Writer
	size         int64 // bytes of all input, 0 when that is not known
	bytes, lines int64
	began, shown time.Time
}

// progressEvery is how often a line of progress is drawn.
const progressEvery = 200 * time.Millisecond

// newProgress returns nil when standard error is no terminal, or when standard output is one, which lines may be written to.
func newProgress(e env, files []string) *progress {
	if !onTerminal(e.stderr) || onTerminal(e.stdout) {
		return nil
	}
	now := time.Now()
	return &progress{w: e.stderr, size: sizeOf(files), began: now, shown: now}
}

func onTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// sizeOf is the bytes of regular files, 0 when one is none.
func sizeOf(files []string) (size int64) {
	if len(files) == 0 {
		return 0
	}
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() {
			return 0
		}
		size += info.Size()
	}
	return size
}

// add counts a line of so many bytes. It looks at the clock only now and then.
func (p *progress) add(bytes int) {
	if p == nil {
		return
	}
	p.bytes += int64(bytes)
	if p.lines++; p.lines%64 != 0 {
		return
	}
	if now := time.Now(); now.Sub(p.shown) >= progressEvery {
		p.shown = now
		fmt.Fprintf(p.w, "\r%s\x1b[K", p.text(now))
	}
}

// skip leaves out bytes of the input that were read before.
func (p *progress) skip(bytes int64) {
	if p != nil && p.size > 0 {
		p.size -= bytes
	}
}

// done takes the line of progress away.
func (p *progress) done() {
	if p != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// text says how far it is.
func (p *progress) text(now time.Time) string {
	took := now.Sub(p.began).Seconds()
	if took <= 0 {
		return ""
	}
	s := fmt.Sprintf("%d lines, %.1f MB, %.0f lines/s", p.lines, float64(p.bytes)/1e6, float64(p.lines)/took)
	if p.size <= 0 || p.bytes <= 0 {
		return s
	}
	done := min(float64(p.bytes)/float64(p.size), 1)
	left := time.Duration(took * (1 - done) / done * float64(time.Second))
	return fmt.Sprintf("%s, %.0f %%, about %s left", s, 100*done, left.Round(time.Second))
}
