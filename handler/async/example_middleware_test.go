package async_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/sluicelog/sluice/handler/async"
)

// In a pipe (slogmulti.Pipe takes the same functions) the middleware builds the queue, and OnBuild keeps hold of it.
func ExampleMiddleware() {
	var queue *async.Handler
	middleware := async.Middleware(&async.Options{
		Workers: 1, // everything in order
		OnBuild: func(h *async.Handler) { queue = h },
	})
	logger := slog.New(middleware(plain()))
	logger.Info("first")
	logger.WithGroup("job").Info("second", "id", 7)

	fmt.Println(queue.Flush(context.Background()))
	fmt.Println(queue.Close(context.Background()))
	// Output:
	// level=INFO msg=first
	// level=INFO msg=second job.id=7
	// <nil>
	// <nil>
}
