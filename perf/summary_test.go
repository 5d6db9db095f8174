package perf_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/sluicelog/sluice/correlate"
	"github.com/sluicelog/sluice/handler/sample"
	"github.com/sluicelog/sluice/level"
	"github.com/sluicelog/sluice/perf"
	"github.com/sluicelog/sluice/slogrec"
)

// hour keeps the ticker out of a test that flushes by hand.
const hour = time.Hour

// summing returns a recorder whose operations are counted and not logged.
func summing(t testing.TB, sink slog.Handler, opts perf.Options) *perf.Recorder {
	t.Helper()
	info, err := level.NewController("info")
	if err != nil {
		t.Fatal(err)
	}
	opts.Level, opts.Interval = slog.LevelDebug, hour
	return recorder(t, info.Handler(sink), opts)
}

// summaries returns what Flush logs.
func summaries(t testing.TB, r *perf.Recorder, sink *slogrec.Recorder) map[string]map[string]any {
	t.Helper()
	sink.Reset()
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := map[string]map[string]any{}
	for _, rec := range sink.Records() {
		a := attrsOf(rec)
		got[a["operation"].(string)] = a
	}
	return got
}

func TestASummaryIsLoggedEachInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := slogrec.New()
		r := recorder(t, sink, perf.Options{Interval: time.Minute})
		for range 100 {
			op := r.Start(t.Context(), "denoise")
			time.Sleep(10 * time.Millisecond)
			op.End(nil)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		rec := sink.Require(t, slogrec.Message("operation summary"))
		got := attrsOf(rec)
		if got["operation"] != "denoise" || got["calls"] != uint64(100) || got["errors"] != uint64(0) || got["interval_ms"] != 60_000.0 {
			t.Errorf("summary %s", rec)
		}
		if p99 := got["p99_ms"].(float64); math.Abs(p99-10) > .1 {
			t.Errorf("p99 is %v ms, want 10", p99)
		}
		if rate := got["rate"].(float64); math.Abs(rate-100.0/60) > 1e-9 {
			t.Errorf("rate is %v a second, want 100 a minute", rate)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(sink.Find(slogrec.Message("operation summary"))); n != 1 {
			t.Errorf("%d summaries after an interval without a call, want 1", n)
		}
	})
}

func TestSamplersKeepSummaries(t *testing.T) {
	sink := slogrec.New()
	drop := sample.NewHandler(sink, &sample.Options{Rates: map[slog.Level]float64{slog.LevelInfo: 0}})
	r := summing(t, drop, perf.Options{})
	r.Start(t.Context(), "a").End(nil)
	if got := summaries(t, r, sink); len(got) != 1 {
		t.Errorf("%d summaries behind a sampler that drops everything, want 1", len(got))
	}
}

func TestTheSlowestCallIsNamedByItsTrace(t *testing.T) {
	sink := slogrec.New()
	r := summing(t, sink, perf.Options{})
	var slowest string
	for i := range 5 {
		ctx, end := correlate.Begin(t.Context())
		r.Log(ctx, "denoise", time.Duration(1+i%4)*time.Second)
		if i == 3 {
			slowest = trace.SpanContextFromContext(ctx).TraceID().String()
		}
		end()
	}
	if got := summaries(t, r, sink)["denoise"]["slowest_trace_id"]; got != slowest {
		t.Errorf("the slowest call has trace %v, want %s", got, slowest)
	}
}

// distributions of a million durations, as services have them.
var distributions = map[string]func(*rand.Rand) time.Duration{
	"uniform":     func(r *rand.Rand) time.Duration { return time.Duration(1e6 + r.Int64N(100e6)) },
	"exponential": func(r *rand.Rand) time.Duration { return time.Duration(1e5 + r.ExpFloat64()*20e6) },
	"log-normal":  func(r *rand.Rand) time.Duration { return time.Duration(math.Exp(r.NormFloat64()*.8) * 10e6) },
}

func TestPercentilesAreExactToOnePercent(t *testing.T) {
	for name, draw := range distributions {
		t.Run(name, func(t *testing.T) {
			sink := slogrec.New()
			r := summing(t, sink, perf.Options{})
			rnd := rand.New(rand.NewPCG(1, 2))
			exact := make([]time.Duration, 1_000_000)
			for i := range exact {
				exact[i] = draw(rnd)
			}
			record(r, "op", exact)
			got := summaries(t, r, sink)["op"]
			slices.Sort(exact)
			for key, q := range map[string]float64{"p50_ms": .5, "p90_ms": .9, "p95_ms": .95, "p99_ms": .99} {
				want := float64(exact[int(q*float64(len(exact)))]) / 1e6
				if have := got[key].(float64); math.Abs(have-want) > .01*want {
					t.Errorf("%s is %v, exactly %v", key, have, want)
				}
			}
		})
	}
}

// record counts durations as calls, logging none of them.
func record(r *perf.Recorder, operation string, ds []time.Duration) {
	for _, d := range ds {
		r.Log(context.Background(), operation, d)
	}
}

func TestMergedSummariesEqualTheWhole(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	all, parts := []time.Duration{}, [2][]time.Duration{}
	for i := range 20_000 {
		d := distributions["log-normal"](rnd) * time.Duration(1+9*(i%2)) // the two services differ
		all, parts[i%2] = append(all, d), append(parts[i%2], d)
	}
	sum := func(ds []time.Duration) perf.Summary {
		sink := slogrec.New()
		r := summing(t, sink, perf.Options{})
		record(r, "op", ds)
		got := summaries(t, r, sink)["op"]
		return perf.Summary{Operation: "op", Count: got["calls"].(uint64), Histogram: got["histogram"].(string), Interval: time.Minute}
	}
	merged, err := perf.Merge(sum(parts[0]), sum(parts[1]))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := perf.Merge(sum(all))
	if err != nil {
		t.Fatal(err)
	}
	if merged != whole {
		t.Errorf("merged %+v\nwhole  %+v", merged, whole)
	}
	for i, bad := range []perf.Summary{{Operation: "op", Histogram: "no histogram"}, {Operation: "other", Histogram: whole.Histogram}} {
		if _, err := perf.Merge(whole, bad); err == nil {
			t.Errorf("bad summary %d was merged", i)
		}
	}
}

func TestHeldUpCallsAreCounted(t *testing.T) {
	sink := slogrec.New()
	r := summing(t, sink, perf.Options{Expected: map[string]time.Duration{"tick": 10 * time.Millisecond}})
	ds := slices.Repeat([]time.Duration{time.Millisecond}, 99)
	record(r, "tick", append(ds, time.Second)) // held up the 99 calls of that second
	got := summaries(t, r, sink)["tick"]
	if p90 := got["p90_ms"].(float64); p90 < 700 || got["calls"] != uint64(100) {
		t.Errorf("p90 is %v ms of %v calls, want about 800 of 100", p90, got["calls"])
	}
}

func TestNoCallIsLostBetweenIntervals(t *testing.T) {
	var calls uint64
	sink := slogrec.New()
	r := summing(t, sink, perf.Options{})
	const writers, each = 64, 2_000
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				r.Start(context.Background(), fmt.Sprintf("op%d", (w+i)%3)).End(nil)
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for ended := false; !ended; {
		select {
		case <-done:
			ended = true
		default:
		}
		if err := r.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	for _, rec := range sink.Records() {
		calls += attrsOf(rec)["calls"].(uint64)
	}
	if calls != writers*each {
		t.Errorf("summaries count %d calls of %d", calls, writers*each)
	}
}

func TestT17_NamesPastTheBoundShareOne(t *testing.T) {
	sink := slogrec.New()
	r := summing(t, sink, perf.Options{MaxOperations: 3})
	for i := range 10 {
		r.Start(t.Context(), fmt.Sprintf("op%d", i)).End(nil)
	}
	got := summaries(t, r, sink)
	if len(got) != 4 || got[perf.Other]["calls"] != uint64(7) || r.Stats().Overflowed != 7 {
		t.Errorf("summaries %v, %d overflowed", got, r.Stats().Overflowed)
	}
}
