package perf

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

var defaultRecorder atomic.Pointer[Recorder]

func init() { defaultRecorder.Store(newRecorder(&Options{Interval: -1})) } // no goroutine that nobody closes

// SetDefault makes r the recorder of the functions of this package, and returns the one that was. nil is ignored.
func SetDefault(r *Recorder) (previous *Recorder) {
	if r == nil {
		return defaultRecorder.Load()
	}
	return defaultRecorder.Swap(r)
}

// Start begins an operation of the default recorder:
//
//	defer perf.Start(ctx, "denoise").End(&err)
func Start(ctx context.Context, operation string) Op {
	return defaultRecorder.Load().Start(ctx, operation)
}

// Measure runs fn as an operation of the default recorder and returns its error.
func Measure(ctx context.Context, operation string, fn func(context.Context) error) (err error) {
	op := Start(ctx, operation)
	defer op.End(&err)
	return fn(op.Context())
}

// Log counts and logs an operation that took d with the default recorder.
func Log(ctx context.Context, operation string, d time.Duration, attrs ...slog.Attr) {
	defaultRecorder.Load().logMeasured(ctx, operation, d, attrs)
}
