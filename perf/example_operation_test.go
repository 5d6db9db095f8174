package perf_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/sluicelog/sluice/perf"
)

// An operation is timed by one line at the beginning of its function.
func ExampleStart() {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: stable})))

	denoise := func(ctx context.Context) (err error) {
		op := perf.Start(ctx, "denoise")
		defer op.End(&err)
		op.Set(slog.Int("frames", 480))
		return errors.New("model returned no frames")
	}
	_ = denoise(context.Background())
	// Output:
	// level=ERROR msg="operation failed" operation=denoise duration_ms=1 outcome=failure error="model returned no frames" frames=480
}

// Measure hands on a context in which further operations are children.
func ExampleMeasure() {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: stable})))

	_ = perf.Measure(context.Background(), "enhance", func(ctx context.Context) error {
		perf.Log(ctx, "read", 3*time.Millisecond, slog.Int("bytes", 4096))
		return nil
	})
	// Output:
	// level=INFO msg="operation completed" operation=read duration_ms=1 outcome=success parent_operation=enhance bytes=4096
	// level=INFO msg="operation completed" operation=enhance duration_ms=1 outcome=success
}

// stable makes the output the same in every run.
func stable(_ []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case slog.TimeKey:
		return slog.Attr{}
	case "duration_ms":
		return slog.Int(a.Key, 1)
	}
	return a
}
