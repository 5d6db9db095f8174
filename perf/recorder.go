package perf

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/onerror"
	"github.com/sluicelog/sluice/internal/scope"
)

// Recorder counts and logs operations. Make one with [New]. Safe for concurrent use.
type Recorder struct {
	opts   Options
	flight *flight // nil without Options.Flight
	errs   onerror.Sink

	operations atomic.Pointer[map[string]*operation] // copied on write
	overflowed atomic.Uint64

	mu    sync.Mutex // one summary at a time; guards writing operations, and since
	since time.Time

	closing sync.Once
	stop    chan struct{}
	ended   chan struct{}
}

// New returns a recorder, which writes summaries until Close. Nil opts are the zero Options. The error names what is out of
// range, or why a flight recorder could not be started (a process has one at most).
func New(opts *Options) (*Recorder, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	r := newRecorder(opts)
	if r.opts.Flight != nil {
		f, err := newFlight(*r.opts.Flight, r.errs.Report)
		if err != nil {
			return nil, err
		}
		r.flight = f
	}
	if r.opts.Interval > 0 {
		go r.run()
	}
	return r, nil
}

// newRecorder returns a recorder whose goroutine does not run yet.
func newRecorder(opts *Options) *Recorder {
	r := &Recorder{opts: opts.filled(), since: time.Now(), stop: make(chan struct{}), ended: make(chan struct{})}
	r.errs = onerror.Sink{Component: "perf", Func: r.opts.OnError}
	r.operations.Store(&map[string]*operation{})
	if r.opts.Interval < 0 {
		close(r.ended)
	}
	return r
}

func (r *Recorder) run() {
	defer close(r.ended)
	tick := time.NewTicker(r.opts.Interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.summarise(context.Background())
		case <-r.stop:
			return
		}
	}
}

// count adds an operation that has ended to its distribution.
func (r *Recorder) count(ctx context.Context, name string, took time.Duration, outcome string) {
	if r.opts.Interval < 0 {
		return
	}
	op := (*r.operations.Load())[name]
	if op == nil {
		op = r.operation(name)
	}
	failed := outcome != Success && outcome != Canceled
	op.record(took, failed, scope.From(ctx))
}

// operation returns the operation of a name that is not known yet.
func (r *Recorder) operation(name string) *operation {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := *r.operations.Load()
	if op := known[name]; op != nil {
		return op
	}
	if len(known) >= r.opts.MaxOperations {
		r.overflowed.Add(1)
		name = Other
		if op := known[name]; op != nil {
			return op
		}
	}
	next := maps.Clone(known)
	next[name] = newOperation(name, r.opts.Expected[name])
	r.operations.Store(&next)
	return next[name]
}

// Flush logs the summaries of what has been recorded since the last ones.
func (r *Recorder) Flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.summarise(ctx)
	return nil
}

func (r *Recorder) summarise(ctx context.Context) {
	h := chain.Adapt(r.handler())
	level := r.opts.SummaryLevel.Level()
	for _, s := range r.swap() {
		if !h.Enabled(ctx, level) {
			continue
		}
		rec := slog.NewRecord(time.Now(), level, "operation summary", 0)
		rec.AddAttrs(s.Attrs()...)
		// A rate of 1 tells samplers that the record is kept for certain.
		r.errs.Report(h.HandleRoot(ctx, rec, chain.Root{Rate: 1}))
	}
}

// swap begins a new interval and returns the summaries of the one that has ended, by name.
func (r *Recorder) swap() []Summary {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	interval := now.Sub(r.since)
	r.since = now
	var out []Summary
	for _, name := range slices.Sorted(maps.Keys(*r.operations.Load())) {
		op := (*r.operations.Load())[name]
		d := op.swap()
		if d.histogram == nil {
			continue
		}
		if d.calls > 0 {
			s, err := summaryOf(name, d, interval)
			r.errs.Report(err)
			out = append(out, s)
		}
		op.release(d.histogram)
	}
	return out
}

// Close logs the last summaries and ends the recorder's goroutines, bounded by ctx. Operations that end later are still logged,
// and no longer summed up. Idempotent.
func (r *Recorder) Close(ctx context.Context) error {
	var err error
	r.closing.Do(func() {
		close(r.stop)
		select {
		case <-r.ended:
		case <-ctx.Done():
			err = fmt.Errorf("perf: close: a handler still holds a summary: %w", ctx.Err())
		}
		if err == nil && r.opts.Interval > 0 {
			r.summarise(ctx)
		}
		err = errors.Join(err, r.flight.close(ctx))
	})
	return err
}

// Stats are the figures of a Recorder.
type Stats struct {
	Operations int    // names with a distribution of their own
	Overflowed uint64 // calls that found Options.MaxOperations names
	Errors     uint64 // of handlers and trace files
	Flights    uint64 // execution traces that were written
}

// Stats returns the figures as they are now.
func (r *Recorder) Stats() Stats {
	return Stats{Operations: len(*r.operations.Load()), Overflowed: r.overflowed.Load(), Errors: r.errs.Count(), Flights: r.flight.written()}
}
