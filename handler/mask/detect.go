package mask

import (
	"context"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// maxStray is how many calls of a detector may overrun their budget at a time.
const maxStray = 4

// entities masks what the detector finds in s, which patterns have left.
func (w *walker) entities(s string) (string, bool) {
	if masked(s) || !strings.ContainsFunc(s, func(r rune) bool { return wordRune(r) && (r >= 0x80 || !digit(byte(r))) }) {
		return s, false
	}
	found, ok := w.m.detect(w.ctx, s)
	var spans []span
	for _, e := range found {
		if ok = ok && 0 <= e.Start && e.Start < e.End && e.End <= len(s) && boundary(s, e.Start) && boundary(s, e.End); !ok {
			break
		}
		name := e.Type
		if !validName(name) {
			name = "ENTITY"
		}
		if a := w.m.entityKinds[name]; a != Allow {
			spans = appendOutside(spans, s, span{e.Start, e.End, name, "", a, float32(e.Score)})
		}
	}
	if !ok {
		w.count("UNINSPECTED")
		return markUninspected, true
	}
	if len(spans) == 0 {
		return s, false
	}
	return w.join(s, merge(spans)), true
}

func boundary(s string, i int) bool { return i == len(s) || utf8.RuneStart(s[i]) }

// detect calls the detector within its budget. A call cannot be stopped, only left: those that were left and still run
// are counted, and beyond maxStray no other is begun.
func (m *Masker) detect(ctx context.Context, s string) (found []Entity, ok bool) {
	if m.strays.Load() >= maxStray {
		return nil, false
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.budget)
	defer cancel()
	s = strings.Clone(s) // a stray must not see the caller's buffer change
	done := make(chan []Entity, 1)
	var over atomic.Bool // whichever side sets it second settles the count
	go func() {
		defer func() {
			if recover() != nil {
				close(done)
			}
			if over.Swap(true) {
				m.strays.Add(-1)
			}
		}()
		done <- m.detector.Detect(ctx, s, nil)
	}()
	timer := time.NewTimer(m.budget)
	defer timer.Stop()
	select {
	case found, ok = <-done:
		return found, ok
	case <-timer.C:
		m.strays.Add(1)
		if over.Swap(true) {
			m.strays.Add(-1)
		}
		return nil, false
	}
}
