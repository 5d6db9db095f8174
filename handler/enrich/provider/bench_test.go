package provider_test

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/enrich/provider"
)

// BenchmarkEnrich is a record whose user is in the cache (warm), whose user nobody has asked for before (cold; the provider answers
// at once), and whose provider hangs: then four records wait for the budget, the queue fills, and the others are refused.
func BenchmarkEnrich(b *testing.B) {
	defer provider.Fine()()
	plan := []slog.Attr{slog.String("plan", "pro")}
	answers := provider.Func(func(context.Context, string) ([]slog.Attr, error) { return plan, nil })
	hangs := provider.Func(func(ctx context.Context, _ string) ([]slog.Attr, error) { <-ctx.Done(); return nil, nil })
	for _, bb := range []struct {
		name  string
		p     provider.Provider
		fresh bool
	}{{"none", nil, false}, {"warm", answers, false}, {"cold", answers, true}, {"hanging", hangs, true}} {
		b.Run(bb.name, func(b *testing.B) {
			opts := enrich.Options{OmitProcess: true}
			if bb.p != nil {
				c, err := provider.Cached("user", "user_id", bb.p, &provider.Options{Timeout: time.Hour, OnError: func(error) {}})
				if err != nil {
					b.Fatal(err)
				}
				defer c.Close(context.Background())
				opts.Enrichers = []enrich.Enricher{c}
			}
			h := enrich.NewHandler(slog.DiscardHandler, &opts)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				id := "u"
				if bb.fresh {
					id = strconv.Itoa(i)
				}
				r := slog.NewRecord(time.Time{}, slog.LevelInfo, "m", 0)
				r.AddAttrs(slog.String("user_id", id))
				_ = h.Handle(context.Background(), r)
			}
		})
	}
}

// BenchmarkHanging has every call wait for a provider that hangs, and shows how long the longest waited beside the budget.
func BenchmarkHanging(b *testing.B) {
	defer provider.Fine()()
	hangs := provider.Func(func(ctx context.Context, _ string) ([]slog.Attr, error) { <-ctx.Done(); return nil, nil })
	const budget = 500 * time.Microsecond
	c, err := provider.Cached("user", "user_id", hangs, &provider.Options{Budget: budget, MaxPending: 1 << 20, OnError: func(error) {}})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close(context.Background())
	h := enrich.NewHandler(slog.DiscardHandler, &enrich.Options{OmitProcess: true, Enrichers: []enrich.Enricher{c}})
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		r := slog.NewRecord(time.Time{}, slog.LevelInfo, "m", 0)
		r.AddAttrs(slog.String("user_id", strconv.Itoa(i)))
		began := time.Now()
		_ = h.Handle(context.Background(), r)
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2])/float64(budget), "budgets/median")
	b.ReportMetric(float64(took[len(took)*99/100])/float64(budget), "budgets/p99")
}
