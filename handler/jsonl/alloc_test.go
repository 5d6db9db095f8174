//go:build !race

package jsonl

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"
)

func TestHandleDoesNotAllocate(t *testing.T) {
	h := NewHandler(io.Discard, nil).WithAttrs([]slog.Attr{slog.String("service", "s")}).WithGroup("g")
	r := record(time.Now(), slog.LevelInfo, 1, slog.String("a", "b"), slog.Float64("f", 1.5), slog.Duration("d", 5), slog.Time("t", noon))
	if n := testing.AllocsPerRun(1000, func() { _ = h.Handle(context.Background(), r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestEnabledDoesNotAllocate(t *testing.T) {
	h := NewHandler(io.Discard, nil)
	if n := testing.AllocsPerRun(100, func() { h.Enabled(context.Background(), slog.LevelDebug) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
