package entity_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/mask/entity"
)

// detectorFunc is a detector that does what it is told.
type detectorFunc func(ctx context.Context, text string) ([]mask.Entity, error)

func (f detectorFunc) Find(ctx context.Context, text string, dst []mask.Entity) ([]mask.Entity, error) {
	found, err := f(ctx, text)
	return append(dst, found...), err
}

func (f detectorFunc) Detect(ctx context.Context, text string, dst []mask.Entity) []mask.Entity {
	found, _ := f(ctx, text)
	return append(dst, found...)
}

const held = "invoice sent to Ingrid Halvorsen"

func TestWhatTheDetectorFindsIsMasked(t *testing.T) {
	m := entity.New(&entity.Options{Detector: detectorFunc(func(context.Context, string) ([]mask.Entity, error) {
		return []mask.Entity{{Start: 8, End: 12, Type: "PRODUCT"}, {Start: 0, End: 7, Type: "no type"}, {Start: 10, End: 15, Type: "VERB"}}, nil
	}), Budget: 10 * time.Second})
	if got, want := m.Text(held), "[ENTITY_REDACTED] [PRODUCT_REDACTED] Ingrid Halvorsen"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if s := m.Stats(); s.Masked["OTHER"] != 2 || s.Detector.Calls != 1 {
		t.Errorf("%+v", s)
	}
}

func TestTheTaggerTakesOverFromADetectorThatFails(t *testing.T) {
	for _, tc := range []struct {
		name   string
		f      detectorFunc
		counts func(entity.GuardStats) uint64
	}{
		{"panic", func(context.Context, string) ([]mask.Entity, error) { panic("Ingrid") }, func(s entity.GuardStats) uint64 { return s.Panics }},
		{"error", func(context.Context, string) ([]mask.Entity, error) { return nil, errors.New("down") }, func(s entity.GuardStats) uint64 { return s.Errors }},
		{"hangs", func(ctx context.Context, _ string) ([]mask.Entity, error) { time.Sleep(time.Minute); return nil, nil }, func(s entity.GuardStats) uint64 { return s.Timeouts }},
		{"gives up at the deadline", func(ctx context.Context, _ string) ([]mask.Entity, error) { <-ctx.Done(); return nil, ctx.Err() }, func(s entity.GuardStats) uint64 { return s.Timeouts }},
		{"before the text", func(context.Context, string) ([]mask.Entity, error) { return []mask.Entity{{Start: -1, End: 3}}, nil }, func(s entity.GuardStats) uint64 { return s.Invalid }},
		{"behind the text", func(context.Context, string) ([]mask.Entity, error) { return []mask.Entity{{Start: 3, End: 99}}, nil }, func(s entity.GuardStats) uint64 { return s.Invalid }},
		{"no length", func(context.Context, string) ([]mask.Entity, error) { return []mask.Entity{{Start: 3, End: 3}}, nil }, func(s entity.GuardStats) uint64 { return s.Invalid }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var errs []error
				m := entity.New(&entity.Options{Detector: tc.f, OnError: func(err error) { errs = append(errs, err) }})
				begun := time.Now()
				if got, want := m.Text(held), "invoice sent to [PERSON_REDACTED]"; got != want {
					t.Errorf("got %s, want %s", got, want)
				}
				if d := time.Since(begun); d > 50*time.Millisecond {
					t.Errorf("took %v", d)
				}
				if s := m.Stats().Detector; s.Calls != 1 || tc.counts(s) != 1 {
					t.Errorf("%+v", s)
				}
				if len(errs) != 1 || strings.Contains(errs[0].Error(), "Ingrid") {
					t.Errorf("errors %v, want one without the text", errs)
				}
				time.Sleep(time.Hour) // until what hangs is done
			})
		})
	}
}

func TestTheBreakerSparesADetectorThatKeepsFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		var works atomic.Bool
		g := entity.NewGuard(detectorFunc(func(context.Context, string) ([]mask.Entity, error) {
			calls.Add(1)
			if works.Load() {
				return nil, nil
			}
			return nil, errors.New("down")
		}), &entity.GuardOptions{Failures: 3, Pause: time.Minute, OnError: func(error) {}})
		ask := func(want int32, names int) {
			t.Helper()
			if got := g.Detect(t.Context(), held, nil); len(got) != names || calls.Load() != want {
				t.Fatalf("%d calls, found %v; want %d calls, %d names", calls.Load(), got, want, names)
			}
		}
		for i := range int32(3) {
			ask(i+1, 1)
		}
		ask(3, 1) // open
		if s := g.Stats(); !s.Open || s.Refused != 1 || s.Errors != 3 {
			t.Fatalf("%+v", s)
		}
		time.Sleep(time.Minute)
		ask(4, 1) // one try, which fails
		ask(4, 1)
		time.Sleep(time.Minute)
		works.Store(true)
		ask(5, 0) // the detector's answer counts again
		ask(6, 0)
		if g.Stats().Open {
			t.Error("still open")
		}
	})
}

func TestCallsThatOverrunAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		g := entity.NewGuard(detectorFunc(func(context.Context, string) ([]mask.Entity, error) {
			if n := running.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer running.Add(-1)
			time.Sleep(time.Hour)
			return nil, nil
		}), &entity.GuardOptions{Calls: 2, Failures: 1000, OnError: func(error) {}})
		for range 10 {
			if got := g.Detect(t.Context(), held, nil); len(got) != 1 {
				t.Fatalf("found %v", got)
			}
		}
		if s := g.Stats(); most.Load() != 2 || s.Timeouts != 2 || s.Refused != 8 {
			t.Errorf("%d at a time, %+v", most.Load(), s)
		}
		time.Sleep(2 * time.Hour)
	})
}

func TestACancelledContextDoesNotReachTheDetector(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	g := entity.NewGuard(detectorFunc(func(ctx context.Context, text string) ([]mask.Entity, error) {
		return []mask.Entity{{Start: 0, End: len(text), Type: "ALL"}}, ctx.Err()
	}), &entity.GuardOptions{Budget: 10 * time.Second})
	if got := g.Detect(ctx, held, nil); len(got) != 1 || got[0].Type != "ALL" {
		t.Errorf("found %v", got)
	}
}
