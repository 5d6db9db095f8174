//go:build !race

package async

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
)

func TestQueueingACleanRecordAllocatesNothing(t *testing.T) {
	h := start(t, sinkFunc(func(context.Context, slog.Record) error { return nil }), Options{})
	l := h.WithAttrs([]slog.Attr{slog.Int("a", 1)}).(chain.Handler)
	r := rec(0, "m", slog.Int("1", 1), slog.String("2", "x"), slog.Duration("3", 1), slog.Time("4", time.Now()), slog.Any("5", time.UTC),
		slog.Any("6", slog.LevelInfo), slog.Bool("7", true))
	ctx, cancel := context.WithCancel(bg)
	defer cancel()
	root := chain.Root{Key: 1, Record: []slog.Attr{slog.Int("r", 1)}}
	if n := testing.AllocsPerRun(1000, func() {
		_ = h.Handle(bg, r)
		_ = l.HandleRoot(bg, r, root)
		_ = h.Fill()
	}); n != 0 {
		t.Errorf("%v allocations with a sink that allocates nothing", n)
	}
	g := newGate()
	full := start(t, g.before(slog.DiscardHandler), Options{Capacity: 1, Workers: 1, DropReportInterval: -1})
	defer g.release()
	for full.Handle(ctx, r) == nil {
	}
	if n := testing.AllocsPerRun(100, func() { _ = full.Handle(ctx, r) }); n != 0 {
		t.Errorf("%v allocations for a dropped record", n)
	}
}
