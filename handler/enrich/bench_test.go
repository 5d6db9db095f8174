package enrich_test

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/internal/chain"
)

// BenchmarkHandle is the cost of the handler alone: the record of ten attributes is made outside, next does nothing. The
// stack is that of the benchmark, so that its text is remembered, as it is for the places that log errors in a program.
func BenchmarkHandle(b *testing.B) {
	ctx, _ := request(b)
	ten := slog.NewRecord(time.Time{}, slog.LevelInfo, "chunk processed", 0)
	ten.AddAttrs(slog.String("stage", "denoise"), slog.Int("chunk", 7), slog.Float64("gain_db", -3.5),
		slog.Bool("ok", true), slog.String("file", "a.wav"), slog.Int("channels", 2), slog.Float64("duration_ms", 12.5),
		slog.String("codec", "pcm"), slog.String("worker", "w-1"), slog.String("type", "audio_processing"))
	var pcs [1]uintptr
	runtime.Callers(2, pcs[:]) // in package testing, which is above every sub-benchmark too
	failed := slog.NewRecord(time.Time{}, slog.LevelError, "chunk failed", pcs[0])
	failed.AddAttrs(slog.Any("err", errors.New("short read")))
	nothing := enrich.Func(func(_ context.Context, _ enrich.Record, dst []slog.Attr) []slog.Attr { return dst })
	for _, bb := range []struct {
		name string
		h    chain.Handler
		r    slog.Record
		root chain.Root
	}{
		{"next alone", newDiscard(), ten, chain.Root{}},
		{"default", enrich.NewHandler(newDiscard(), nil), ten, chain.Root{}},
		{"default, plain", enrich.NewHandler(newDiscard(), nil), ten, chain.Root{Plain: true}},
		{"keep errors", enrich.NewHandler(newDiscard(), &enrich.Options{KeepErrors: true}), ten, chain.Root{}},
		{"by type", enrich.NewHandler(newDiscard(), &enrich.Options{Enrichers: []enrich.Enricher{enrich.ByType{"audio_processing": nothing}}}), ten, chain.Root{}},
		{"error", enrich.NewHandler(newDiscard(), nil), failed, chain.Root{}},
		{"error, no stack", enrich.NewHandler(newDiscard(), &enrich.Options{Stack: enrich.StackOff}), failed, chain.Root{}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = bb.h.HandleRoot(ctx, bb.r, bb.root)
			}
		})
	}
}
