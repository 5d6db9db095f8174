package correlate

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
)

// Go runs fn in a goroutine, as a stage of its own (see [Start]) of the request of ctx. A panic of fn does not end the program: it
// is logged at ERROR, under the stage's identifiers, with the stack. A nil logger is slog.Default. Work that shall go on after
// the request is given context.WithoutCancel(ctx).
func Go(ctx context.Context, logger *slog.Logger, name string, fn func(context.Context)) {
	ctx = Start(ctx, name)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				logPanic(ctx, logger, "goroutine panicked", p)
			}
		}()
		fn(ctx)
	}()
}

// Job returns a function for a scheduler such as cron: each call is a unit of work with a request, a trace and an end of its own,
// whose records carry job=name. The end is logged with duration_ms and outcome: at INFO, at ERROR with the error when fn
// returns one, and at ERROR with the stack when fn panics, which does not reach the scheduler. A nil logger is slog.Default.
func Job(logger *slog.Logger, name string, fn func(context.Context) error) func() {
	return func() { _ = Run(context.Background(), logger, name, fn) }
}

// Run does what a [Job]'s function does once, within ctx, and returns fn's error, or one that tells of its panic: for the items of a
// batch, each of which is a unit of work within the batch's request.
func Run(ctx context.Context, logger *slog.Logger, name string, fn func(context.Context) error) (err error) {
	ctx, end := Begin(Attrs(ctx, slog.String("job", name)))
	defer end()
	began := time.Now()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("correlate: %s panicked: %v", name, p)
			logPanic(ctx, logger, "job panicked", p, ended(began, "failure")...)
		}
	}()
	if err = fn(ctx); err != nil {
		or(logger).LogAttrs(ctx, slog.LevelError, "job failed", append(ended(began, "failure"), slog.Any("error", err))...)
		return err
	}
	or(logger).LogAttrs(ctx, slog.LevelInfo, "job completed", ended(began, "success")...)
	return nil
}

func ended(began time.Time, outcome string) []slog.Attr {
	return []slog.Attr{slog.Float64("duration_ms", float64(time.Since(began))/float64(time.Millisecond)), slog.String("outcome", outcome)}
}

func logPanic(ctx context.Context, logger *slog.Logger, msg string, p any, attrs ...slog.Attr) {
	or(logger).LogAttrs(ctx, slog.LevelError, msg, append(attrs, slog.String("panic", fmt.Sprint(p)), slog.String("stack_trace", string(debug.Stack())))...)
}

func or(logger *slog.Logger) *slog.Logger {
	if logger == nil {
		return slog.Default()
	}
	return logger
}
