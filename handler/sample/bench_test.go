//go:build !race

package sample

import (
	"context"
	"log/slog"
	"testing"

	"github.com/sluicelog/sluice/internal/chain"
)

// BenchmarkHandle measures Handle alone, for a record of ten attributes.
func BenchmarkHandle(b *testing.B) {
	for _, bc := range benchCases() {
		b.Run(bc.name, func(b *testing.B) {
			r := record(bc.level, "stage finished", tenAttrs()...)
			b.ReportAllocs()
			for b.Loop() {
				_ = bc.h.HandleRoot(bc.ctx, r, bc.root)
			}
		})
	}
}

// BenchmarkLogAttrs measures the whole call; the floor is that of a handler which does nothing.
func BenchmarkLogAttrs(b *testing.B) {
	for _, bc := range benchCases() {
		b.Run(bc.name, func(b *testing.B) {
			l, attrs := slog.New(bc.h), tenAttrs()
			b.ReportAllocs()
			for b.Loop() {
				l.LogAttrs(bc.ctx, bc.level, "stage finished", attrs...)
			}
		})
	}
}

type benchCase struct {
	name  string
	h     chain.Handler
	ctx   context.Context
	level slog.Level
	root  chain.Root
}

func benchCases() []benchCase {
	h, early := NewHandler(blackhole{}, nil), NewHandler(blackhole{}, &Options{Early: true})
	bg, out, in := context.Background(), scoped(keyAt(.99)), scoped(keyAt(.001))
	return []benchCase{
		{"floor", blackhole{}, bg, slog.LevelInfo, chain.Root{}},
		{"dropped/no-trace", h, bg, slog.LevelDebug, chain.Root{}},
		{"dropped/trace", h, out, slog.LevelInfo, chain.Root{}},
		{"dropped/root-key", h, bg, slog.LevelInfo, chain.Root{Key: keyAt(.99)}},
		{"dropped/early", early, out, slog.LevelInfo, chain.Root{}},
		{"dropped/looked-through", h, scoped(keyAt(.2)), slog.LevelInfo, chain.Root{}},
		{"kept/trace", h, in, slog.LevelInfo, chain.Root{}},
		{"kept/root-key", h, bg, slog.LevelInfo, chain.Root{Key: keyAt(.001)}},
		{"kept/error", h, bg, slog.LevelError, chain.Root{}},
	}
}
