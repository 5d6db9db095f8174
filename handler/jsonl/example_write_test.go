package jsonl_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/sluicelog/sluice/handler/jsonl"
)

// untimed takes the time off the records of an example.
type untimed struct{ next slog.Handler }

func (h untimed) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }
func (h untimed) Handle(ctx context.Context, r slog.Record) error {
	r.Time = time.Time{}
	return h.next.Handle(ctx, r)
}
func (h untimed) WithAttrs(attrs []slog.Attr) slog.Handler { return untimed{h.next.WithAttrs(attrs)} }
func (h untimed) WithGroup(name string) slog.Handler       { return untimed{h.next.WithGroup(name)} }

// Write log records as JSON lines.
func ExampleNewHandler() {
	logger := slog.New(untimed{jsonl.NewHandler(os.Stdout, nil)})
	logger = logger.With("service", "enhancer")
	logger.Info("track enhanced", "stage", "denoise", "snr_db", 23.5, slog.Group("input", "rate", 44100, "channels", 2))
	logger.Error("cannot decode", "err", errors.New("unexpected end of stream"))
	logger.Debug("not written: the level is INFO")
	// Output:
	// {"level":"INFO","msg":"track enhanced","service":"enhancer","stage":"denoise","snr_db":23.5,"input":{"rate":44100,"channels":2}}
	// {"level":"ERROR","msg":"cannot decode","service":"enhancer","err":"unexpected end of stream"}
}
