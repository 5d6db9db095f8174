package perf

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"sync/atomic"
	"time"
)

// Outcomes of an operation.
const (
	Success  = "success"
	Failure  = "failure"
	Canceled = "canceled" // the error is, or wraps, context.Canceled
	Timeout  = "timeout"  // the error is, or wraps, context.DeadlineExceeded
	Panic    = "panic"
)

// An Op is an operation that runs. Make one with Start and end it with End, once; later calls of its methods do nothing. The
// zero Op is one that has ended. Its methods are for the goroutine that started it, as a region of runtime/trace is.
type Op struct {
	run *run
	// turn is that of run while this Op is not ended: run is used again for others.
	turn uint32
}

// run is what is known of an operation while it runs.
type run struct {
	turn   atomic.Uint32
	rec    *Recorder
	ctx    context.Context
	name   string
	parent string
	start  time.Time
	attrs  []slog.Attr
	region *trace.Region
	task   *trace.Task
	before usage
}

var runs = sync.Pool{New: func() any { return new(run) }}

// maxPooledAttrs bounds the slice of attributes that is kept for the next operation.
const maxPooledAttrs = 32

// Start begins an operation of the recorder. ctx names the request, as in a log call; nil means the background.
func (r *Recorder) Start(ctx context.Context, operation string) Op {
	if ctx == nil {
		ctx = context.Background()
	}
	s := runs.Get().(*run)
	s.rec, s.name = r, operation
	s.parent, _ = ctx.Value(operationKey{}).(string)
	if r.opts.Tasks {
		ctx, s.task = trace.NewTask(ctx, operation)
	}
	if r.opts.Labels {
		pprof.SetGoroutineLabels(pprof.WithLabels(ctx, pprof.Labels("operation", operation)))
	}
	s.ctx = ctx
	if trace.IsEnabled() {
		s.region = trace.StartRegion(ctx, operation)
	}
	if r.opts.Resources {
		s.before = processUsage()
	}
	s.start = time.Now()
	return Op{s, s.turn.Load()}
}

func (o Op) running() bool { return o.run != nil && o.run.turn.Load() == o.turn }

// Set adds attributes to the record of the operation: what it worked on, and how much of it.
func (o Op) Set(attrs ...slog.Attr) {
	if o.running() {
		o.run.attrs = append(o.run.attrs, attrs...)
	}
}

type operationKey struct{}

// Context returns the operation's context for what it calls: operations that are started with it are its children.
func (o Op) Context() context.Context {
	if !o.running() {
		return context.Background()
	}
	return context.WithValue(o.run.ctx, operationKey{}, o.run.name)
}

// End ends the operation, counts it, and logs its record. What err points to is its error; nil means that it has none. End
// is meant to be deferred: it sees a panic that passes, takes it as the outcome, and lets it go on.
func (o Op) End(err *error) {
	if !o.running() || !o.run.turn.CompareAndSwap(o.turn, o.turn+1) {
		return
	}
	took := time.Since(o.run.start)
	if p := recover(); p != nil {
		o.run.finish(took, Panic, nil, p)
		panic(p)
	}
	var e error
	if err != nil {
		e = *err
	}
	o.run.finish(took, outcomeOf(e), e, nil)
}

func outcomeOf(err error) string {
	switch {
	case err == nil:
		return Success
	case errors.Is(err, context.Canceled):
		return Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout
	}
	return Failure
}

// finish is called by End, which its caller has deferred or called.
func (s *run) finish(took time.Duration, outcome string, err error, panicked any) {
	r := s.rec
	if s.region != nil {
		s.region.End()
	}
	if s.task != nil {
		s.task.End()
	}
	if r.opts.Labels {
		pprof.SetGoroutineLabels(s.ctx)
	}
	r.count(s.ctx, s.name, took, outcome)
	e := event{name: s.name, parent: s.parent, took: took, outcome: outcome, err: err, panicked: panicked, attrs: s.attrs}
	if log, level := r.logs(s.ctx, &e); log != nil {
		if r.opts.Resources {
			e.used = processUsage().since(s.before)
		}
		var pcs [1]uintptr
		runtime.Callers(3, pcs[:]) // skip Callers, finish and End
		r.log(s.ctx, log, level, &e, pcs[0])
	}
	attrs := s.attrs
	clear(attrs)
	if cap(attrs) > maxPooledAttrs {
		attrs = nil
	}
	s.rec, s.ctx, s.region, s.task, s.attrs = nil, nil, nil, nil, attrs[:0]
	s.name, s.parent, s.before = "", "", usage{}
	runs.Put(s)
}

// Measure runs fn as an operation and returns its error. Operations that fn starts with its context are children of this one.
func (r *Recorder) Measure(ctx context.Context, operation string, fn func(context.Context) error) (err error) {
	op := r.Start(ctx, operation)
	defer op.End(&err)
	return fn(op.Context())
}

// Log counts and logs an operation that took d, which somebody else measured and which succeeded.
func (r *Recorder) Log(ctx context.Context, operation string, d time.Duration, attrs ...slog.Attr) {
	r.logMeasured(ctx, operation, d, attrs)
}

func (r *Recorder) logMeasured(ctx context.Context, operation string, d time.Duration, attrs []slog.Attr) {
	if ctx == nil {
		ctx = context.Background()
	}
	parent, _ := ctx.Value(operationKey{}).(string)
	r.count(ctx, operation, d, Success)
	e := event{name: operation, parent: parent, took: d, outcome: Success, attrs: attrs}
	if log, level := r.logs(ctx, &e); log != nil {
		var pcs [1]uintptr
		runtime.Callers(3, pcs[:]) // skip Callers, logMeasured and Log
		r.log(ctx, log, level, &e, pcs[0])
	}
}
