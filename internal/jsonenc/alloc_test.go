//go:build !race

package jsonenc

import (
	"log/slog"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
)

func TestNoAllocationForPlainKinds(t *testing.T) {
	e := New(Config{AddSource: true})
	now := time.Now()
	attrs := []slog.Attr{
		slog.String("s", "text"), slog.String("q", "a\"ü\xff"), slog.Int("i", -123456), slog.Uint64("u", 1<<63), slog.Float64("f", 12.75),
		slog.Float64("g", 0.1234567890123), slog.Bool("b", true), slog.Duration("d", time.Second), slog.Time("t", now),
		slog.Group("g1", slog.Int("a", 1), slog.Group("g2", slog.Int("a", 1))),
	}
	root := chain.Root{
		Static: chain.NewBlock([]slog.Attr{slog.String("service", "s")}), Scope: chain.NewBlock([]slog.Attr{slog.String("request_id", "r")}),
		Record: attrs[:1], Rate: 0.1,
	}
	w := e.WithGroup(e.WithAttrs(e.WithGroup(e.WithAttrs(nil, attrs), "g"), attrs), "h")
	// The pooled buffer may go to a collection; one of our own does not.
	b := NewBuffer()
	n := testing.AllocsPerRun(200, func() {
		r := slog.NewRecord(now, slog.LevelInfo, "message", 1)
		r.AddAttrs(attrs[:5]...)
		b.B = b.B[:0]
		e.Append(b, &r, &root, w)
		r = slog.NewRecord(now, slog.LevelInfo, "message", 1)
		r.AddAttrs(attrs[5:]...)
		e.Append(b, &r, &root, nil)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
