//go:build !race

package enrich_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/internal/chain"
)

func TestARecordWithoutErrorAllocatesNothing(t *testing.T) {
	ctx, _ := request(t)
	r := slog.NewRecord(time.Time{}, slog.LevelError, "m", 0)
	for _, key := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		r.AddAttrs(slog.String(key, "v"))
	}
	r.AddAttrs(slog.Any("list", []int{1}), slog.Group("g", slog.Int("x", 1)))
	reads := enrich.Func(func(_ context.Context, r enrich.Record, dst []slog.Attr) []slog.Attr {
		_, _ = r.Attr("g.x")
		_, _ = r.Attr("none")
		return dst
	})
	spanned := context.WithValue(ctx, spanKey{}, enrich.Span{Trace: [16]byte{15: 1}, ID: [8]byte{7: 3}})
	for name, tt := range map[string]struct {
		opts *enrich.Options
		ctx  context.Context
		root chain.Root
	}{
		"default":                    {ctx: ctx},
		"outside a request":          {ctx: context.Background()},
		"masked":                     {ctx: ctx, root: chain.Root{Mask: &masker{}}},
		"child span":                 {ctx: spanned, opts: &enrich.Options{Span: spanIn}},
		"child span, masked":         {ctx: spanned, opts: &enrich.Options{Span: spanIn}, root: chain.Root{Mask: &masker{}}},
		"behind another":             {ctx: ctx, root: chain.Root{Static: chain.NewBlock([]slog.Attr{slog.Int("one", 1)})}},
		"enrichers that add nothing": {ctx: ctx, opts: &enrich.Options{Enrichers: []enrich.Enricher{reads, enrich.ByType{"x": reads}}}},
	} {
		t.Run(name, func(t *testing.T) {
			h := enrich.NewHandler(newDiscard(), tt.opts)
			if n := testing.AllocsPerRun(100, func() { _ = h.HandleRoot(tt.ctx, r, tt.root) }); n != 0 {
				t.Errorf("%v allocations, want 0", n)
			}
		})
	}
}

func TestWhatIsAddedAllocatesAsLittleAsItCan(t *testing.T) {
	ctx, _ := request(t)
	r := slog.NewRecord(time.Time{}, slog.LevelInfo, "m", 0)
	adds := enrich.Func(func(_ context.Context, _ enrich.Record, dst []slog.Attr) []slog.Attr {
		return append(dst, slog.Int("x", 1), slog.Int("y", 2), slog.Int("z", 3))
	})
	h := enrich.NewHandler(newDiscard(), &enrich.Options{Enrichers: []enrich.Enricher{adds, adds}})
	if n := testing.AllocsPerRun(100, func() { _ = h.Handle(ctx, r) }); n > 2 {
		t.Errorf("%v allocations for six attributes of two enrichers, want at most 2", n)
	}

	// The texts of a stack are resolved once: an error that comes again costs its group and its record.
	l := slog.New(enrich.NewHandler(newDiscard(), nil))
	err := errors.New("x")
	if n := testing.AllocsPerRun(100, func() { l.LogAttrs(ctx, slog.LevelError, "m", slog.Any("err", err)) }); n > 16 {
		t.Errorf("%v allocations for an error with its stack, want at most 16", n)
	}
}
