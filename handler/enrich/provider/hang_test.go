package provider_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/enrich/provider"
)

func TestAProviderThatHangsCostsTheBudgetAndNeverMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		c, err := provider.Cached("user", "user_id", provider.Func(func(context.Context, string) ([]slog.Attr, error) { <-block; return nil, nil }),
			&provider.Options{MaxPending: 20, OnError: func(error) {}})
		if err != nil {
			t.Fatal(err)
		}
		h := enrich.NewHandler(slog.DiscardHandler, &enrich.Options{OmitProcess: true, Enrichers: []enrich.Enricher{c}})
		waited := map[time.Duration]int{}
		for round := range 3 {
			for i := range 100 {
				r := slog.NewRecord(time.Now(), slog.LevelInfo, "m", 0)
				r.AddAttrs(slog.String("user_id", fmt.Sprint(i)))
				began := time.Now()
				_ = h.Handle(t.Context(), r)
				took := time.Since(began)
				if took > 500*time.Microsecond {
					t.Fatalf("round %d: a record waited %v", round, took)
				}
				waited[took]++
			}
			time.Sleep(time.Hour)
		}
		// 4 workers and 20 places: the others are refused at once, and nobody waits twice for one key.
		if waited[500*time.Microsecond] != 24 || waited[0] != 276 {
			t.Errorf("%v", waited)
		}
		close(block)
		if err := c.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestHitRateAndEvictionsAreTold(t *testing.T) {
	c, err := provider.Cached("user", "user_id", provider.Func(func(context.Context, string) ([]slog.Attr, error) { return nil, nil }),
		&provider.Options{Size: 10, Budget: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	if c.Stats().HitRate() != 1 {
		t.Error("nothing missed, and no hit rate of 1")
	}
	h := enrich.NewHandler(slog.DiscardHandler, &enrich.Options{OmitProcess: true, Enrichers: []enrich.Enricher{c}})
	ask := func(key string) {
		r := slog.NewRecord(time.Now(), slog.LevelInfo, "m", 0)
		r.AddAttrs(slog.String("user_id", key))
		_ = h.Handle(t.Context(), r)
	}
	for range 4 {
		ask("one")
	}
	if s := c.Stats(); s.Hits != 3 || s.Misses != 1 || s.HitRate() != .75 {
		t.Errorf("%+v, hit rate %v", s, s.HitRate())
	}
	// The cache makes room in the background.
	for i := 0; c.Stats().Evicted == 0; i++ {
		if i == 1_000_000 {
			t.Fatalf("%+v", c.Stats())
		}
		ask(fmt.Sprint(i))
	}
}

// What synctest cannot show: the wait of production, in which naps take the place of timers.
func TestAnAnswerEndsTheWaitOfProductionToo(t *testing.T) {
	defer provider.Fine()()
	block := make(chan struct{})
	b := newBench(t, func(_ context.Context, key string) ([]slog.Attr, error) {
		if key == "hangs" {
			<-block
		}
		return []slog.Attr{slog.String("name", key)}, nil
	}, provider.Options{})
	defer b.close(t)
	defer close(block)
	if got := b.ask("hangs"); got != pending {
		t.Errorf("record has %q, want %q", got, pending)
	}
	slow := newBench(t, func(_ context.Context, key string) ([]slog.Attr, error) {
		time.Sleep(5 * time.Millisecond)
		return []slog.Attr{slog.String("name", key)}, nil
	}, provider.Options{Budget: time.Minute})
	defer slow.close(t)
	if got := slow.ask("u"); got != "user=[name=u]" {
		t.Errorf("record has %q", got)
	}
}
