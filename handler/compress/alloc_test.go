//go:build !race

package compress

import (
	"log/slog"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
)

// A record that is held costs nothing once the windows have grown, and one that is collapsed never does.
func TestAHeldRecordCostsNoAllocation(t *testing.T) {
	h := start(t, nothing{}, Options{Records: 1_000_000, Interval: time.Hour})
	l := h.WithAttrs([]slog.Attr{slog.Int("a", 1)}).(*Handler)
	r := rec(0, "took 5ms for 7 items", slog.Int("n", 1), slog.Duration("d", 2), slog.String("s", "x"), slog.Float64("f", .5), slog.Bool("b", true), slog.Int("m", 1))
	for range 100 {
		_ = l.Handle(bg, r)
	}
	if n := testing.AllocsPerRun(1000, func() { _ = l.Handle(bg, r) }); n != 0 {
		t.Errorf("%v allocations for a record that is collapsed", n)
	}
	all := make([]slog.Record, 50)
	for i := range all {
		all[i] = rec(slog.Level(-i), "took 5ms for 7 items", slog.Int("n", 1))
	}
	round := func() {
		for _, r := range all {
			_ = h.HandleRoot(bg, r, chain.Root{Plain: true})
		}
		_ = h.Flush(bg)
	}
	for range 10 {
		round()
	}
	if n := testing.AllocsPerRun(100, round) / float64(len(all)); n > .1 {
		t.Errorf("%v allocations for a record that passes unchanged", n)
	}
}
