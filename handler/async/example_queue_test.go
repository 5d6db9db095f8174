package async_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/sluicelog/sluice/handler/async"
)

// plain writes level and message, so that the examples have the same output each time.
func plain() slog.Handler {
	return slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "interval_ms" {
				return slog.Attr{}
			}
			return a
		},
	})
}

// The queue stands in front of a handler that may be slow. Close hands on what is queued, and is bounded by its context.
func ExampleNewHandler() {
	queue, err := async.NewHandler(plain(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	logger := slog.New(queue).With("stage", "denoise")
	logger.Info("started")
	logger.Info("done", "frames", 48000)

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := queue.Close(ctx); err != nil {
		fmt.Println(err)
	}
	s := queue.Stats()
	fmt.Println("accepted", s.Accepted, "delivered", s.Delivered, "dropped", s.Dropped)
	// Output:
	// level=INFO msg=started stage=denoise
	// level=INFO msg=done stage=denoise frames=48000
	// accepted 2 delivered 2 dropped 0
}
