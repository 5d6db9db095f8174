package entity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/mask/entity/internal/tag"
	"github.com/sluicelog/sluice/internal/onerror"
)

// Finder is a mask.Detector that can say why it failed. A Guard calls Find instead of Detect.
type Finder interface {
	// Find appends the entities in text to dst. With an error, what it returns beside it does not count.
	Find(ctx context.Context, text string, dst []mask.Entity) ([]mask.Entity, error)
}

// GuardOptions are the limits of a Guard. The zero value, and nil, are recommended.
type GuardOptions struct {
	// Budget is the time that the detector may take for a text. Zero means 50 ms; clamped to 1 ms to 10 s.
	Budget time.Duration
	// Failures is how many failures in a row open the breaker: the detector is then not asked. Zero means 5; at least 1.
	Failures int
	// Pause is how long the breaker stays open; then one text is tried. Zero means 30 s.
	Pause time.Duration
	// Calls is how many calls may run at a time, those that were left behind because they overran the budget among them. Texts beyond
	// go to the tagger. Zero means 8; at least 1.
	Calls int
	// Fallback is the tagger that takes over. Nil means a new one.
	Fallback *Tagger
	// OnError receives each failure. Nil: the first of a kind per minute goes to standard error.
	OnError func(error)
}

// GuardStats are the counters of a Guard.
type GuardStats struct {
	// Calls is how many texts the detector was asked about.
	Calls uint64
	// Timeouts, Panics, Errors and Invalid are how many of these calls failed, and how: Invalid gave offsets that are not in the text.
	Timeouts, Panics, Errors, Invalid uint64
	// Refused is how many texts the detector was not asked about: the breaker was open, or too many calls were running.
	Refused uint64
	// Open says whether the breaker is open now.
	Open bool
}

// Guard is a [mask.Detector] around one that may be slow, fail or panic. What the detector does not answer in time and properly, the
// built-in tagger does. Safe for concurrent use; it has no goroutine of its own, but one for each call that runs.
type Guard struct {
	detector mask.Detector
	tagger   *Tagger
	budget   time.Duration
	failures int
	pause    time.Duration
	calls    int32
	report   onerror.Sink

	running                                          atomic.Int32
	called, timeouts, panics, errs, invalid, refused atomic.Uint64

	mu    sync.Mutex
	row   int       // failures
	until time.Time // when the breaker lets one call pass again; zero when it is shut
}

var _ mask.Detector = (*Guard)(nil)

// NewGuard returns a guard around d.
func NewGuard(d mask.Detector, opts *GuardOptions) *Guard {
	var o GuardOptions
	if opts != nil {
		o = *opts
	}
	g := &Guard{
		detector: d, tagger: o.Fallback, budget: clamp(o.Budget), failures: max(cmp.Or(o.Failures, 5), 1),
		pause: max(cmp.Or(o.Pause, 30*time.Second), time.Millisecond), calls: int32(max(cmp.Or(o.Calls, 8), 1)), report: onerror.Sink{Component: "entity", Func: o.OnError},
	}
	if g.tagger == nil {
		g.tagger = NewTagger(nil)
	}
	return g
}

// Detect appends the entities in text to dst, in order and apart.
func (g *Guard) Detect(ctx context.Context, text string, dst []mask.Entity) []mask.Entity {
	return g.detect(ctx, text, dst, tag.Key{})
}

// Stats returns the counters.
func (g *Guard) Stats() GuardStats {
	g.mu.Lock()
	open := !g.until.IsZero()
	g.mu.Unlock()
	return GuardStats{g.called.Load(), g.timeouts.Load(), g.panics.Load(), g.errs.Load(), g.invalid.Load(), g.refused.Load(), open}
}

func (g *Guard) detect(ctx context.Context, text string, dst []mask.Entity, key tag.Key) []mask.Entity {
	found, err := g.ask(ctx, text)
	if err != nil {
		return g.tagger.detect(dst, text, key)
	}
	return append(dst, found...)
}

var (
	errRefused = errors.New("not asked")
	errTimeout = errors.New("no answer within the budget")
	errInvalid = errors.New("offsets that are not in the text")
)

// answer is what a call brought.
type answer struct {
	found    []mask.Entity
	err      error
	panicked bool
}

// ask calls the detector, if it may be called.
func (g *Guard) ask(ctx context.Context, text string) ([]mask.Entity, error) {
	if !g.admit() {
		g.refused.Add(1)
		return nil, errRefused
	}
	g.called.Add(1)
	a := g.call(ctx, strings.Clone(text)) // a call that is left behind must not see the caller's buffer change
	switch {
	case a.panicked:
		g.panics.Add(1)
	case a.err == errTimeout:
		g.timeouts.Add(1)
	case a.err != nil:
		g.errs.Add(1)
	default:
		var ok bool
		if a.found, ok = ordered(text, a.found); !ok {
			g.invalid.Add(1)
			a.err = errInvalid
		}
	}
	g.settle(a.err == nil)
	if a.err != nil {
		g.report.Report(fmt.Errorf("detector %T: %w", g.detector, a.err))
	}
	return a.found, a.err
}

// admit says whether the detector may be called now, and takes a place.
func (g *Guard) admit() bool {
	if g.running.Add(1) > g.calls {
		g.running.Add(-1)
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.until.IsZero() {
		now := time.Now()
		if now.Before(g.until) {
			g.running.Add(-1)
			return false
		}
		g.until = now.Add(g.pause) // this call tries; others wait for how it ends
	}
	return true
}

// settle counts how a call ended.
func (g *Guard) settle(ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if ok {
		g.row, g.until = 0, time.Time{}
		return
	}
	if g.row++; g.row >= g.failures {
		g.until = time.Now().Add(g.pause)
	}
}

// call runs the detector within the budget. A call cannot be stopped, only left.
func (g *Guard) call(ctx context.Context, text string) answer {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.budget)
	defer cancel()
	done := make(chan answer, 1)
	go func() {
		defer g.running.Add(-1)
		defer func() {
			if p := recover(); p != nil {
				done <- answer{err: fmt.Errorf("panic: %T", p), panicked: true} // its text could hold the name
			}
		}()
		var a answer
		if f, ok := g.detector.(Finder); ok {
			a.found, a.err = f.Find(ctx, text, nil)
		} else {
			a.found = g.detector.Detect(ctx, text, nil)
		}
		done <- a
	}()
	select {
	case a := <-done:
		if a.err != nil && ctx.Err() != nil {
			a.err = errTimeout
		}
		return a
	case <-ctx.Done():
		return answer{err: errTimeout}
	}
}

// ordered puts what a detector found in order and makes one of what overlaps. False when an offset is not in the text or inside
// of a character, or a type is none.
func ordered(text string, found []mask.Entity) ([]mask.Entity, bool) {
	boundary := func(i int) bool { return i == len(text) || utf8.RuneStart(text[i]) }
	for i, e := range found {
		if e.Start < 0 || e.Start >= e.End || e.End > len(text) || !boundary(e.Start) || !boundary(e.End) {
			return nil, false
		}
		if !typeName(e.Type) {
			found[i].Type = "ENTITY"
		}
	}
	slices.SortStableFunc(found, func(a, b mask.Entity) int { return cmp.Or(a.Start-b.Start, b.End-a.End) })
	out := found[:0]
	for _, e := range found {
		if n := len(out); n > 0 && e.Start < out[n-1].End {
			out[n-1].End = max(out[n-1].End, e.End)
			continue
		}
		out = append(out, e)
	}
	return out, true
}

func typeName(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'A' || c > 'Z') && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != "" && len(s) <= 40
}
