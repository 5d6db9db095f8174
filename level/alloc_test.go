//go:build !race

package level

import (
	"log/slog"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
)

func TestNoAllocations(t *testing.T) {
	ctx := t.Context()
	log := slog.New(mustController(t, "info,store=debug,github.com/sluicelog/sluice/other=debug").Handler(slog.DiscardHandler))
	byPackage := mustController(t, "info,github.com/sluicelog/sluice/other=debug").Handler(slog.DiscardHandler)
	r := slog.NewRecord(time.Time{}, slog.LevelDebug, "m", callerPC())
	named := slog.New(log.Handler()).With("logger", "http")
	for what, f := range map[string]func(){
		"below the level":       func() { named.Debug("m") },
		"refused by next":       func() { log.LogAttrs(ctx, slog.LevelInfo, "m") },
		"below, by package":     func() { _ = byPackage.HandleRoot(ctx, r, chain.Root{}) },
		"Name of a level":       func() { _ = Name(Critical) },
		"Parse of a level":      func() { _, _ = Parse("WARN") },
		"ReplaceAttr elsewhere": func() { _ = ReplaceAttr(nil, slog.Int("a", 1)) },
	} {
		if n := testing.AllocsPerRun(1000, f); n != 0 {
			t.Errorf("%s: %v allocations", what, n)
		}
	}
}

func BenchmarkDisabled(b *testing.B) {
	ctx := b.Context()
	c := mustController(b, "info,store=debug")
	for name, log := range map[string]*slog.Logger{
		"discard":    slog.New(slog.DiscardHandler),
		"controller": slog.New(c.Handler(slog.DiscardHandler)),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				log.LogAttrs(ctx, slog.LevelDebug, "m")
			}
		})
	}
}
