package sample

import (
	"context"
	"log/slog"
	"math"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sluicelog/sluice/internal/cputime"
)

var approxLoad = cmpopts.EquateApprox(0, 1e-6)

func procs() int { return runtime.GOMAXPROCS(0) }

func TestLoadIsTheHighestOfTheSources(t *testing.T) {
	f := func(x float64) LoadSource { return LoadFunc(func() float64 { return x }) }
	for _, tc := range []struct {
		name    string
		sources []LoadSource
		want    float64
	}{
		{"none", nil, 0},
		{"one", []LoadSource{f(.3)}, .3},
		{"highest", []LoadSource{f(.3), f(.7), f(.2)}, .7},
		{"NaN", []LoadSource{f(math.NaN()), f(.2)}, .2},
		{"above", []LoadSource{f(math.Inf(1))}, 1},
		{"below", []LoadSource{f(math.Inf(-1)), f(-3)}, 0},
		{"panic", []LoadSource{LoadFunc(func() float64 { panic("no queue") }), f(.2)}, .2},
		{"nil function", []LoadSource{LoadFunc(nil), f(.2)}, .2},
	} {
		if got := NewSampler(&Options{Load: tc.sources}).Stats().Load; got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestLoadIsReadEveryTenMilliseconds(t *testing.T) {
	for name, stamp := range map[string]func() time.Time{
		"live":          time.Now,
		"zero time":     func() time.Time { return time.Time{} },
		"replay, stuck": func() time.Time { return noon },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				reads := 0
				h := NewHandler(&sink{}, &Options{Load: []LoadSource{LoadFunc(func() float64 { reads++; return 0 })}})
				for range 100 { // 100 ms of 512 records each, by one trace and so in one stripe
					for range 512 {
						_ = h.Handle(context.Background(), slog.NewRecord(stamp(), slog.LevelInfo, "m", 0))
					}
					time.Sleep(time.Millisecond)
				}
				if reads < 9 || reads > 11 {
					t.Errorf("%d readings in 100 ms, want 10", reads)
				}
			})
		})
	}
}

// TestSourceMayLog has a source log through the sampler that reads it.
func TestSourceMayLog(t *testing.T) {
	var h *Handler
	h = NewHandler(&sink{}, &Options{Load: []LoadSource{LoadFunc(func() float64 {
		_ = h.Handle(context.Background(), slog.NewRecord(noon.Add(time.Hour), slog.LevelError, "from the source", 0))
		return .5
	})}})
	_ = h.Handle(context.Background(), record(slog.LevelError, "m"))
	if st := h.Stats(); st.Load != .5 || st.Kept != 2 {
		t.Errorf("%+v", st)
	}
}

// TestMaxPerSecondHolds offers 20,000 records/s of which the base rates would keep 10,000, and later few.
func TestMaxPerSecondHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &sink{}
		h := NewHandler(out, &Options{MaxPerSecond: 500, RecentErrorFactor: 1})
		second := func(perMillisecond int) int {
			before := h.Stats().Kept
			for range 1000 {
				for range perMillisecond {
					_ = h.Handle(context.Background(), slog.NewRecord(time.Now(), slog.LevelWarn, "m", 0))
				}
				time.Sleep(time.Millisecond)
			}
			return int(h.Stats().Kept - before)
		}
		second(20) // settles
		for range 5 {
			second(20)
		}
		within(t, "kept of 20,000", second(20), 20_000, 500./20_000)
		for range 10 {
			second(1) // the base rate would keep 500 of 1,000: just within the bound
		}
		within(t, "kept of 1,000", second(1), 1_000, .5)
		for range 10_000 {
			_ = h.Handle(context.Background(), slog.NewRecord(time.Now(), slog.LevelError, "not meant by the bound", 0))
		}
		within(t, "kept of 1,000 beside errors", second(1), 1_000, .5)
		if load := h.Stats().Load; load > .01 {
			t.Errorf("load %v at a rate within the bound", load)
		}
	})
}

func TestCPULoadRisesFromItsThreshold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var used atomic.Int64
		c := CPU(0).(*cpu)
		c.used = func() (time.Duration, bool) { return time.Duration(used.Load()), true }
		c.Load()
		for _, tc := range []struct{ use, want float64 }{{0, 0}, {.8, 0}, {.9, .45}, {1, .9}, {1.2, .9}, {.5, 0}} {
			time.Sleep(time.Second)
			used.Add(int64(tc.use * float64(time.Second) * float64(procs())))
			got := c.Load()
			if diff := cmp.Diff(tc.want, got, approxLoad); diff != "" {
				t.Errorf("use %v: %s", tc.use, diff)
			}
			if again := c.Load(); again != got {
				t.Errorf("use %v: %v when read again at once, was %v", tc.use, again, got)
			}
		}
		c.used = func() (time.Duration, bool) { return 0, false }
		time.Sleep(time.Second)
		if got := c.Load(); got != 0 {
			t.Errorf("load %v where the use is unknown", got)
		}
	})
}

func TestCPUTimeIsKnownAndGrows(t *testing.T) {
	first, ok := cputime.Process()
	if !ok {
		t.Fatal("unknown")
	}
	for deadline := 0; ; deadline++ {
		if now, _ := cputime.Process(); now > first {
			return
		} else if deadline > 1<<24 {
			t.Fatalf("still %v", now)
		}
	}
}
