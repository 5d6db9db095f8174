package sample

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/scope"
)

// within fails when a share of n draws is further from p than six standard deviations.
func within(t *testing.T, what string, hits, n int, p float64) {
	t.Helper()
	if d := math.Abs(float64(hits) - p*float64(n)); d > 6*math.Sqrt(float64(n)*p*(1-p)) {
		t.Errorf("%s: %d of %d, want about %v", what, hits, n, p*float64(n))
	}
}

func TestShareKeptIsTheRate(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	ways := map[string]func() (context.Context, chain.Root, []slog.Attr){
		"random": func() (context.Context, chain.Root, []slog.Attr) {
			return context.Background(), chain.Root{}, nil
		},
		"root key": func() (context.Context, chain.Root, []slog.Attr) {
			return context.Background(), chain.Root{Key: scope.Key(fmt.Sprint(rng.Uint64()))}, nil
		},
		"request number": func() (context.Context, chain.Root, []slog.Attr) {
			return context.Background(), chain.Root{}, []slog.Attr{slog.Uint64("request_id", rng.Uint64()>>30)}
		},
		"trace in context": func() (context.Context, chain.Root, []slog.Attr) {
			var id [16]byte
			for i := range id {
				id[i] = byte(rng.Uint32())
			}
			return scope.NewContext(context.Background(), &scope.Scope{Key: scope.TraceKey(id)}), chain.Root{}, nil
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			for l, p := range map[slog.Level]float64{slog.LevelDebug: .01, slog.LevelInfo: .1, slog.LevelWarn: .5, slog.LevelError: 1} {
				out := &sink{}
				h := NewHandler(out, &Options{RecentErrorFactor: 1})
				const n = 20_000
				for range n {
					ctx, root, attrs := way()
					_ = h.HandleRoot(ctx, record(l, "m", attrs...), root)
				}
				within(t, l.String(), len(out.entries), n, p)
			}
		})
	}
}

// TestWeightedSumsAreUnbiased estimates how many records there were of a mix of levels and importance, and the sum of
// a value, from those that were kept.
func TestWeightedSumsAreUnbiased(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	out := &sink{}
	h := NewHandler(out, nil)
	var n, sum, variance, sumVariance float64
	for range 60_000 {
		l := []slog.Level{slog.LevelInfo, slog.LevelWarn, slog.LevelInfo + 1}[rng.IntN(3)]
		r := record(l, "m", slog.Bool("user_facing", rng.IntN(3) == 0), slog.Bool("critical_path", rng.IntN(2) == 0))
		v := rng.Float64()
		r.AddAttrs(slog.Float64("v", v))
		rate := h.sampler.Rate(context.Background(), r)
		_ = h.HandleRoot(context.Background(), r, chain.Root{Key: rng.Uint64()})
		n++
		sum += v
		variance += (1 - rate) / rate
		sumVariance += v * v * (1 - rate) / rate
	}
	var gotN, gotSum float64
	for _, e := range out.entries {
		w := 1.0
		if e.root.Rate != 0 {
			w = 1 / e.root.Rate
		}
		gotN += w
		e.rec.Attrs(func(a slog.Attr) bool {
			if a.Key == "v" {
				gotSum += w * a.Value.Float64()
			}
			return true
		})
	}
	if d := math.Abs(gotN - n); d > 6*math.Sqrt(variance) {
		t.Errorf("estimated %v records, were %v", gotN, n)
	}
	if d := math.Abs(gotSum - sum); d > 6*math.Sqrt(sumVariance) {
		t.Errorf("estimated a sum of %v, was %v", gotSum, sum)
	}
}

// TestTraceIsKeptWhole logs every trace at several levels, by several loggers, and wants what one rate keeps to be kept
// of all records, and of a higher rate a superset.
func TestTraceIsKeptWhole(t *testing.T) {
	out := &sink{}
	h := NewHandler(out, &Options{Rates: map[slog.Level]float64{slog.LevelDebug: .1, slog.LevelInfo: .1}, RecentErrorFactor: 1})
	rng := rand.New(rand.NewPCG(5, 6))
	kept := 0
	for range 500 {
		var id [16]byte
		for i := range id {
			id[i] = byte(rng.Uint32())
		}
		text := slog.String("trace_id", hex.EncodeToString(id[:]))
		ctx := scope.NewContext(context.Background(), &scope.Scope{Key: scope.TraceKey(id)})
		out.entries = nil
		for _, l := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn} {
			_ = h.Handle(ctx, record(l, "context"))
			_ = h.HandleRoot(context.Background(), record(l, "root"), chain.Root{Key: scope.TraceKey(id)})
			_ = h.Handle(context.Background(), record(l, "record", text))
			_ = h.Handle(context.Background(), record(l, "record, inline group", slog.Group("", text)))
			_ = h.Handle(context.Background(), record(l, "record, with a request", slog.Int("request_id", 7), text))
			_ = h.WithAttrs([]slog.Attr{text}).Handle(context.Background(), record(l, "With"))
			_ = h.WithGroup("g").WithAttrs([]slog.Attr{text}).WithGroup("h").Handle(context.Background(), record(l, "With, group", slog.Int("request_id", 7)))
			_ = h.WithAttrs([]slog.Attr{slog.Int("request_id", 7)}).Handle(context.Background(), record(l, "With has the request", text))
			_ = h.Handle(context.Background(), record(l, "LogValuer", slog.Any("trace_id", valuer{text.Value})))
		}
		const ways = 9
		levels := map[slog.Level]int{}
		for _, e := range out.entries {
			levels[e.rec.Level]++
		}
		for l, n := range levels {
			if n != ways {
				t.Fatalf("%d of %d records of a trace at %v kept", n, ways, l)
			}
		}
		if levels[slog.LevelDebug] != levels[slog.LevelInfo] || levels[slog.LevelInfo] > levels[slog.LevelWarn] {
			t.Fatalf("kept by level: %v", levels)
		}
		if levels[slog.LevelInfo] > 0 {
			kept++
		}
	}
	within(t, "traces", kept, 500, .1)
}

func TestUnknownTracesAreDrawnOneByOne(t *testing.T) {
	for name, a := range map[string]slog.Attr{
		"all zero":   slog.String("trace_id", "00000000000000000000000000000000"),
		"empty":      slog.String("request_id", ""),
		"nil":        slog.Any("trace_id", nil),
		"in a group": slog.Group("upstream", slog.String("trace_id", "5f")),
	} {
		out := &sink{}
		h := NewHandler(out, nil)
		for range 2000 {
			_ = h.Handle(context.Background(), record(slog.LevelWarn, "m", a))
		}
		within(t, name, len(out.entries), 2000, .5)
		out.entries = nil
		with := h.WithAttrs([]slog.Attr{a})
		for range 2000 {
			_ = with.Handle(context.Background(), record(slog.LevelWarn, "m"))
		}
		within(t, name+", With", len(out.entries), 2000, .5)
	}
}

func TestRatesOfTwoSamplersMultiply(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for name, key := range map[string]func() uint64{"one by one": func() uint64 { return 0 }, "by trace": rng.Uint64} {
		out := &sink{}
		h := NewHandler(NewHandler(out, nil), nil)
		for range 20_000 {
			_ = h.HandleRoot(context.Background(), record(slog.LevelWarn, "m"), chain.Root{Key: key()})
			_ = h.HandleRoot(context.Background(), record(slog.LevelError, "e"), chain.Root{Key: key(), Rate: .01})
		}
		n := 0
		for _, e := range out.entries {
			switch {
			case e.rec.Message == "e":
				if e.root.Rate != .01 {
					t.Fatalf("%s: error has rate %v, want the .01 it came with", name, e.root.Rate)
				}
			default:
				n++
				// errors are recent from the second record on
				if e.root.Rate != .25 && math.Abs(e.root.Rate-.65*.65) > 1e-12 {
					t.Fatalf("%s: rate %v", name, e.root.Rate)
				}
			}
		}
		within(t, name, n, 20_000, .65*.65)
		within(t, name+", errors", len(out.entries)-n, 20_000, 1)
	}
}

func TestKeptForCertainPassesAnySampler(t *testing.T) {
	out := &sink{}
	h := NewHandler(out, &Options{Rates: map[slog.Level]float64{slog.LevelDebug: 0}, Load: constant(1)})
	_ = h.HandleRoot(context.Background(), record(slog.LevelDebug, "m"), chain.Root{Rate: 1})
	if len(out.entries) != 1 || out.entries[0].root.Rate != 1 {
		t.Errorf("got %v", out.entries)
	}
}

func TestExemptionHoldsBehindAnotherSampler(t *testing.T) {
	out := &sink{}
	h := NewHandler(out, &Options{Importance: map[string]float64{"keep": math.Inf(1)}})
	// Another key than this one let the record through the sampler before.
	root := chain.Root{Rate: .5, Key: keyAt(.9)}
	_ = h.HandleRoot(context.Background(), record(slog.LevelInfo, "m", slog.Bool("keep", true)), root)
	if len(out.entries) != 1 || out.entries[0].root.Rate != .5 {
		t.Errorf("got %v", out.entries)
	}
}

// TestEarlyDropsOnlyWhatHandleWould compares two handlers that differ in Early alone, before and after an error.
func TestEarlyDropsOnlyWhatHandleWould(t *testing.T) {
	attrs := []slog.Attr{slog.Bool("user_facing", true), slog.Bool("critical_path", true)}
	for name, opts := range map[string]Options{
		"default":                {},
		"no importance":          {Importance: map[string]float64{}},
		"less after errors":      {Importance: map[string]float64{}, RecentErrorFactor: .5},
		"exempt":                 {Importance: map[string]float64{"critical_path": math.Inf(1)}},
		"less important, loaded": {Importance: map[string]float64{"user_facing": .2}, Load: constant(.5)},
	} {
		rng := rand.New(rand.NewPCG(9, 10))
		late := NewHandler(&sink{}, &opts)
		opts.Early = true
		early := NewHandler(&sink{}, &opts)
		early.Stats() // reads the load
		late.Stats()
		dropped := 0
		for i := range 10_000 {
			ctx := scope.NewContext(context.Background(), &scope.Scope{Key: rng.Uint64()})
			l := []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}[rng.IntN(4)]
			if l == slog.LevelError && i < 5_000 {
				l = slog.LevelInfo
			}
			if early.Enabled(ctx, l) {
				// A root key of another trace does not matter: Enabled knows only the context.
				_ = early.HandleRoot(ctx, record(l, "m", attrs...), chain.Root{Key: rng.Uint64()})
			} else {
				dropped++
			}
			_ = late.Handle(ctx, record(l, "m", attrs...))
		}
		e, l := early.Stats(), late.Stats()
		if e.Kept != l.Kept || e.SampledOut+uint64(dropped) != l.SampledOut {
			t.Errorf("%s: early kept %d, dropped %d and %d in Enabled; late kept %d, dropped %d", name, e.Kept, e.SampledOut, dropped, l.Kept, l.SampledOut)
		}
		if (dropped < 2000) != (name == "exempt") {
			t.Errorf("%s: %d decided in Enabled", name, dropped)
		}
		if !early.Enabled(context.Background(), slog.LevelDebug) {
			t.Errorf("%s: disabled without a trace", name)
		}
	}
}
