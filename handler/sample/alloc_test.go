//go:build !race

package sample

import (
	"context"
	"log/slog"
	"strconv"
	"testing"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/scope"
)

// blackhole is a chain.Handler that does nothing.
type blackhole struct{}

func (blackhole) Enabled(context.Context, slog.Level) bool                  { return true }
func (blackhole) Handle(context.Context, slog.Record) error                 { return nil }
func (blackhole) HandleRoot(context.Context, slog.Record, chain.Root) error { return nil }
func (h blackhole) WithAttrs([]slog.Attr) slog.Handler                      { return h }
func (h blackhole) WithGroup(string) slog.Handler                           { return h }

// tenAttrs are the attributes of a record as an audio pipeline writes it.
func tenAttrs() []slog.Attr {
	return []slog.Attr{
		slog.String("stage", "denoise"), slog.String("file", "/srv/in/interview-0042.wav"), slog.String("codec", "pcm_s16le"),
		slog.Int("channels", 2), slog.Float64("duration_ms", 12.75), slog.Float64("snr_db", 31.2), slog.String("preset", "voice"),
		slog.String("worker", "worker-7"), slog.Bool("cached", false), slog.String("job", "7f0c2a9e-0b7e-4b8e-9a53-1fb0b64e7d11"),
	}
}

func scoped(key uint64) context.Context {
	return scope.NewContext(context.Background(), &scope.Scope{
		Key: key, Block: chain.NewBlock([]slog.Attr{slog.String("request_id", "r1"), slog.String("trace_id", "t1")}),
	})
}

func TestHandleAllocatesNothing(t *testing.T) {
	withLoad := &Options{Load: []LoadSource{LoadFunc(func() float64 { return .1 })}, MaxPerSecond: 1e6}
	for _, tc := range []struct {
		name string
		opts *Options
		ctx  context.Context
		l    slog.Level
		root chain.Root
	}{
		{"dropped, no trace", nil, context.Background(), slog.LevelDebug, chain.Root{}},
		{"dropped by trace", nil, scoped(keyAt(.99)), slog.LevelInfo, chain.Root{}},
		{"kept by trace, looked through", nil, scoped(keyAt(.001)), slog.LevelInfo, chain.Root{}},
		{"kept by root key", nil, context.Background(), slog.LevelInfo, chain.Root{Key: keyAt(.001)}},
		{"error", nil, context.Background(), slog.LevelError, chain.Root{}},
		{"load", withLoad, scoped(keyAt(.001)), slog.LevelInfo, chain.Root{}},
	} {
		h := NewHandler(blackhole{}, tc.opts)
		r := record(tc.l, "stage finished", tenAttrs()...)
		if n := testing.AllocsPerRun(1000, func() { _ = h.HandleRoot(tc.ctx, r, tc.root) }); n != 0 {
			t.Errorf("%s: %v allocations", tc.name, n)
		}
	}
}

func TestPassingABufferAllocatesNothing(t *testing.T) {
	b := NewBuffer(blackhole{}, nil)
	unit, end := Begin(context.Background())
	defer end()
	failed, endFailed := Begin(context.Background())
	defer endFailed()
	if err := b.Handle(failed, record(slog.LevelError, "failed")); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		ctx  context.Context
		l    slog.Level
	}{
		{"no request", context.Background(), slog.LevelInfo},
		{"warning of a request", unit, slog.LevelWarn},
		{"after the error", failed, slog.LevelDebug},
	} {
		r := record(tc.l, "stage finished", tenAttrs()...)
		if n := testing.AllocsPerRun(1000, func() { _ = b.Handle(tc.ctx, r) }); n != 0 {
			t.Errorf("%s: %v allocations", tc.name, n)
		}
	}
}

// TestT17_SamplerMemoryIsFixed gives every record another message, trace and attribute.
func TestT17_SamplerMemoryIsFixed(t *testing.T) {
	h := NewHandler(blackhole{}, nil)
	const n = 10_000
	records := make([]slog.Record, n+1)
	for i := range records {
		id := strconv.Itoa(i)
		records[i] = record(slog.LevelInfo, "message "+id, slog.String("trace_id", id), slog.Bool("key "+id, true))
	}
	i := -1
	if a := testing.AllocsPerRun(n, func() { i++; _ = h.Handle(context.Background(), records[i]) }); a != 0 {
		t.Errorf("%v allocations for a record", a)
	}
}
