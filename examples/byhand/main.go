// Command byhand composes a chain without package sluice: every stage is a plain slog.Handler around the next, and
// slog-multi joins them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/lmittmann/tint"
	slogmulti "github.com/samber/slog-multi"

	"github.com/sluicelog/sluice/correlate"
	"github.com/sluicelog/sluice/handler/async"
	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/jsonl"
	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/sample"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out, errOut io.Writer) (err error) {
	// The end: everything as JSON lines, and errors for the person at the terminal. Each sink has a level of its own.
	sinks := slogmulti.Fanout(
		jsonl.NewHandler(out, &jsonl.Options{Level: slog.LevelDebug}),
		tint.NewTextHandler(errOut, &tint.Options{Level: slog.LevelError, NoColor: true}),
	)
	// The queue owns goroutines, so it is built by itself, and closed.
	queue, err := async.NewHandler(sinks, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, queue.Close(ctx)) }()

	// The stages before it, outermost first. A PipeBuilder is spent by its first Handler: build a new one for each chain.
	log := slog.New(slogmulti.Pipe(
		mask.Middleware(nil),
		enrich.Middleware(&enrich.Options{Service: "byhand"}),
		sample.Middleware(&sample.Options{Rates: map[slog.Level]float64{slog.LevelDebug: 0, slog.LevelInfo: 1}}),
	).Handler(queue))

	ctx = correlate.With(ctx, correlate.IDs{Request: "req-1"})
	log.InfoContext(ctx, "mail sent", "to", "ada@example.com", slog.Group("smtp", "password", "hunter2", "host", "mx1"))
	log.DebugContext(ctx, "never kept")
	log.ErrorContext(ctx, "mail bounced", "error", errors.New("mailbox of ada@example.com is full"))
	return queue.Flush(ctx)
}
