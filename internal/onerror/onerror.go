// Package onerror is where the errors of sinks and workers go: they are never swallowed.
package onerror

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Sink counts errors and hands them to a function, or, without one, writes the first of a kind per minute to stderr.
// A kind is the component and the error's dynamic type and the first 64 bytes of its text, whatever numbers it has. The zero value is ready.
// Safe for concurrent use; a panicking function is contained.
type Sink struct {
	// Component names who reports, for example "async".
	Component string
	// Func receives every error; nil means stderr.
	Func func(error)

	count atomic.Uint64
	mu    sync.Mutex
	seen  map[string]time.Time
	w     io.Writer
}

// maxKinds bounds what is remembered; past it all is forgotten and each kind may be written once more.
const maxKinds = 64

// Report takes err; nil is ignored.
func (s *Sink) Report(err error) {
	if err == nil {
		return
	}
	s.count.Add(1)
	if s.Func != nil {
		defer func() { _ = recover() }()
		s.Func(err)
		return
	}
	text := err.Error()
	kind := fmt.Sprintf("%T:%.64s", err, strings.Map(letters, text))
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if last, ok := s.seen[kind]; ok && now.Sub(last) < time.Minute {
		return
	}
	if s.seen == nil || len(s.seen) >= maxKinds {
		s.seen = make(map[string]time.Time)
	}
	s.seen[kind] = now
	w := s.w
	if w == nil {
		w = os.Stderr
	}
	_, _ = fmt.Fprintf(w, "sluice: %s: %s\n", s.Component, text)
}

// letters leaves the digits out.
func letters(r rune) rune {
	if r >= '0' && r <= '9' {
		return -1
	}
	return r
}

// Count is how many errors were reported.
func (s *Sink) Count() uint64 { return s.count.Load() }
