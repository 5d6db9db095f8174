package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/sluicelog/sluice/bench"
	"github.com/sluicelog/sluice/bench/audio"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/store"
)

// A query runs once and says what is wrong with the answer.
type query struct {
	name, what string
	run        func(context.Context, search.Searcher) (hits uint64, err error)
}

func queries(o *audio.Oracle) []query {
	find := func(name, text string, from, to time.Time) query {
		return query{name, text, func(ctx context.Context, s search.Searcher) (uint64, error) {
			res, err := s.Search(ctx, &search.Request{Query: search.MustParse(text), From: from, To: to, Limit: audio.Newest, Count: true})
			if err != nil {
				return 0, err
			}
			h := sha256.New()
			for _, hit := range res.Hits {
				_, _ = h.Write(append(hit.Line, '\n'))
			}
			want := o.Answers[name]
			switch {
			case !res.Exact || len(res.Damaged) > 0 || res.Total != uint64(want.Hits):
				return res.Total, fmt.Errorf("%d hits (exact: %v, damaged: %v), want %d", res.Total, res.Exact, res.Damaged, want.Hits)
			case fmt.Sprintf("%x", h.Sum(nil)) != want.Newest:
				return res.Total, errors.New("the newest hits are not those of the stream")
			}
			return res.Total, nil
		}}
	}
	of := func(ask func(context.Context, *audio.Oracle, search.Searcher) (uint64, error)) func(context.Context, search.Searcher) (uint64, error) {
		return func(ctx context.Context, s search.Searcher) (uint64, error) { return ask(ctx, o, s) }
	}
	none := time.Time{}
	from := o.First.Add(audio.WindowAt)
	return []query{
		find("q1", "request_id:"+o.Needle, none, none),
		find("q2", `msg:"`+audio.Phrase+`"`, none, none),
		find("q3", "level:"+audio.Level+" stage:"+audio.Stage, none, none),
		find("q4", fmt.Sprintf("duration_ms>%g", audio.Slow), none, none),
		find("q5", "user_id:"+audio.UserPrefix+"*", none, none),
		find("q6", "level:"+audio.WindowLevel, from, from.Add(audio.Window)),
		{"q7", "count by level and minute", of(levels)},
		{"q8", "p99(duration_ms) by stage", of(stages)},
	}
}

func levels(ctx context.Context, o *audio.Oracle, s search.Searcher) (uint64, error) {
	res, err := s.Aggregate(ctx, &search.Request{}, search.Aggregations{
		"level": search.Terms{Field: "level", Aggs: search.Aggregations{"minute": search.DateHistogram{Interval: time.Minute}}},
	})
	if err != nil {
		return 0, err
	}
	levels := res.Results["level"].Buckets.List
	if len(levels) != len(o.Levels) {
		return res.Total, fmt.Errorf("%d levels, want %d", len(levels), len(o.Levels))
	}
	for _, l := range levels {
		want := o.Levels[l.Key.String()]
		seen := 0
		for _, m := range l.Results["minute"].Buckets.List {
			ns, _ := m.Key.Number().Int64()
			if int(m.Count) != want[ns/60e9] {
				return res.Total, fmt.Errorf("%s in minute %d: %d records, want %d", l.Key, ns/60e9, m.Count, want[ns/60e9])
			}
			if m.Count > 0 {
				seen++
			}
		}
		if seen != len(want) {
			return res.Total, fmt.Errorf("%s: %d minutes, want %d", l.Key, seen, len(want))
		}
	}
	return res.Total, nil
}

func stages(ctx context.Context, o *audio.Oracle, s search.Searcher) (uint64, error) {
	res, err := s.Aggregate(ctx, &search.Request{}, search.Aggregations{
		"stage": search.Terms{Field: "stage", Size: 100, Aggs: search.Aggregations{"ms": search.Percentiles{Field: "duration_ms", Percents: []float64{99}}}},
	})
	if err != nil {
		return 0, err
	}
	timed := 0
	for _, b := range res.Results["stage"].Buckets.List {
		want, ok := o.P99[b.Key.String()]
		if !ok {
			continue
		}
		timed++
		got := b.Results["ms"].Percentiles[0].Value
		if math.Abs(got-want["p99"]) > search.PercentileError*want["p99"] {
			return res.Total, fmt.Errorf("p99 of %s: %g, want %g within %g of it", b.Key, got, want["p99"], search.PercentileError)
		}
	}
	if timed != len(o.P99) {
		return res.Total, fmt.Errorf("%d stages, want %d", timed, len(o.P99))
	}
	return res.Total, nil
}

// measureQueries prints a table of what the queries take.
func measureQueries(ctx context.Context, dir string) error {
	o, err := audio.LoadOracle(filepath.Join(dir, "oracle.json"))
	if err != nil {
		return err
	}
	at := filepath.Join(dir, "store")
	size, err := bench.DirSize(at)
	if err != nil {
		return err
	}
	r, err := store.OpenReader(at)
	if err != nil {
		return err
	}
	defer r.Close()
	s := r.Searcher(nil)
	fmt.Printf("| %d records, %.2f B each on disk, %d cores, %d runs | hits | p50 ms | p99 ms | CPU ms |\n|---|---|---|---|---|\n", o.Records, float64(size)/float64(o.Records), runtime.GOMAXPROCS(0), *runs)
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	failed := false
	for _, q := range queries(o) {
		if *only != "" && q.name != *only {
			continue
		}
		took := make([]time.Duration, *runs)
		var hits uint64
		var used time.Duration
		for i := -2; i < *runs; i++ {
			wall, cpu := time.Now(), cpuTime(syscall.RUSAGE_SELF)
			if hits, err = q.run(ctx, s); err != nil {
				fmt.Fprintf(os.Stderr, "storequery: %s: %v\n", q.name, err)
				failed = true
				break
			}
			if i >= 0 {
				took[i] = time.Since(wall)
				used += cpuTime(syscall.RUSAGE_SELF) - cpu
			}
		}
		slices.Sort(took)
		fmt.Printf("| %s `%s` | %d | %.1f | %.1f | %.1f |\n", q.name, q.what, hits, ms(percentile(took, 50)), ms(percentile(took, 99)), ms(used)/float64(*runs))
	}
	peak, err := peakMemory()
	if err != nil {
		return err
	}
	fmt.Printf("\nPeak of resident memory while searching: %d MB.\n\n| the first query of a new reader | CPU ms |\n|---|---|\n", peak>>20)
	for _, q := range queries(o) {
		if *only != "" && q.name != *only {
			continue
		}
		used, err := firstRun(ctx, at, q)
		if err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		fmt.Printf("| %s | %.1f |\n", q.name, ms(used))
	}
	if failed {
		return errors.New("answers are wrong")
	}
	return nil
}

// firstRun is the CPU time of opening the store in dir and asking it once: nothing has been decoded.
func firstRun(ctx context.Context, dir string, q query) (time.Duration, error) {
	began := cpuTime(syscall.RUSAGE_SELF)
	r, err := store.OpenReader(dir)
	if err != nil {
		return 0, err
	}
	_, err = q.run(ctx, r.Searcher(nil))
	used := cpuTime(syscall.RUSAGE_SELF) - began
	return used, errors.Join(err, r.Close())
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// peakMemory is the largest resident set of this program. What getrusage says is that of the process that has started it, too.
func peakMemory() (int64, error) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("the peak of memory is only known on Linux: %w", err)
	}
	_, rest, _ := bytes.Cut(b, []byte("VmHWM:"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0, errors.New("no VmHWM in /proc/self/status")
	}
	kb, err := strconv.ParseInt(string(fields[0]), 10, 64)
	return kb << 10, err
}
