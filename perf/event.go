package perf

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// event is an operation that has ended.
type event struct {
	name, parent, outcome string
	took                  time.Duration
	err                   error
	panicked              any
	attrs                 []slog.Attr
	used                  usage
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// slowAfter is the threshold of an operation, 0 for none.
func (r *Recorder) slowAfter(operation string) time.Duration {
	if d, ok := r.opts.SlowFor[operation]; ok {
		return d
	}
	return r.opts.Slow
}

func (r *Recorder) slow(e *event) bool {
	limit := r.slowAfter(e.name)
	return limit > 0 && e.took >= limit
}

// logs returns the handler that takes the record of e, nil when nobody wants it, and the record's level.
func (r *Recorder) logs(ctx context.Context, e *event) (slog.Handler, slog.Level) {
	level := r.opts.Level.Level()
	switch e.outcome {
	case Failure, Timeout, Panic:
		level = max(level, r.opts.FailureLevel.Level())
	}
	if r.slow(e) {
		level = max(level, slog.LevelWarn)
	}
	h := r.handler()
	if !h.Enabled(ctx, level) {
		return nil, level
	}
	return h, level
}

func (r *Recorder) handler() slog.Handler {
	if r.opts.Logger != nil {
		return r.opts.Logger.Handler()
	}
	return slog.Default().Handler()
}

// log writes the record of e.
func (r *Recorder) log(ctx context.Context, h slog.Handler, level slog.Level, e *event, pc uintptr) {
	msg := "operation completed"
	slow := r.slow(e)
	switch {
	case e.outcome == Panic:
		msg = "operation panicked"
	case e.outcome != Success:
		msg = "operation failed"
	case slow:
		msg = "operation slow"
	}
	rec := slog.NewRecord(time.Now(), level, msg, pc)
	rec.AddAttrs(slog.String("operation", e.name), slog.Float64("duration_ms", milliseconds(e.took)), slog.String("outcome", e.outcome))
	if e.parent != "" {
		rec.AddAttrs(slog.String("parent_operation", e.parent))
	}
	if e.err != nil {
		rec.AddAttrs(slog.Any("error", e.err))
	}
	if e.panicked != nil {
		rec.AddAttrs(slog.String("panic", fmt.Sprint(e.panicked)))
	}
	if slow {
		rec.AddAttrs(slog.Float64("slow_after_ms", milliseconds(r.slowAfter(e.name))))
		if path := r.flight.record(e.name); path != "" {
			rec.AddAttrs(slog.String("flight_record", path))
		}
	}
	if r.opts.Resources {
		rec.AddAttrs(e.used.attrs()...)
	}
	rec.AddAttrs(e.attrs...)
	r.errs.Report(h.Handle(ctx, rec))
}
