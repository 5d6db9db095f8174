package level

import (
	"context"
	"log/slog"
	"runtime"
	"time"
)

// CriticalContext logs at [Critical] as slog.Logger.ErrorContext does at ERROR; the source is its caller. A nil logger is
// slog.Default().
func CriticalContext(ctx context.Context, logger *slog.Logger, msg string, args ...any) {
	if logger == nil {
		logger = slog.Default()
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if !logger.Enabled(ctx, Critical) {
		return
	}
	var pcs [1]uintptr
	runtime.Callers(2, pcs[:]) // runtime.Callers and this function
	r := slog.NewRecord(time.Now(), Critical, msg, pcs[0])
	r.Add(args...)
	_ = logger.Handler().Handle(ctx, r) // as slog.Logger does; sinks report their errors themselves
}
