// Command table prints sluice beside its peers in Markdown. Every figure is a median of interleaved repetitions, and every
// ratio is taken inside one repetition: nanoseconds drift on a shared machine, ratios hardly do.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluicelog/sluice/bench"
)

// sections in the order in which they are printed; instructions take long and are printed only when asked for.
var sections = []struct {
	name    string
	byName  bool
	measure func(count int)
}{
	{"hotpath", false, hotPath},
	{"encoders", false, encoders},
	{"instructions", true, instructions},
	{"tails", false, tails},
	{"throughput", false, throughput},
	{"scale", false, scale},
	{"search", false, func(int) { program("Searched inside a process, beside SQLite and bleve", shared, "embedded") }},
	{"store", false, func(int) {
		program("The store at a million records", shared, "storequery", "-n", "1000000", "-runs", "10")
	}},
	{"ratio", false, ratio},
	{"masking", false, func(int) { program("Masking, beside six regular expressions", shared, "masking") }},
	{"opensearch", false, func(int) {
		program("Into OpenSearch, beside a bare client and BulkIndexer", node, "opensearch", "-docs", "100000", "-rounds", "3")
	}},
}

func main() {
	testing.Init()
	var names []string
	for _, s := range sections {
		names = append(names, s.name)
	}
	count := flag.Int("count", 6, "interleaved repetitions")
	only := flag.String("only", "", "comma-separated sections: "+strings.Join(names, ", ")+" (empty: all but instructions)")
	call := flag.String("call", "", "call the case of this name -calls times and print nothing (what instructions runs under valgrind)")
	calls := flag.Int("calls", 0, "see -call")
	flag.Parse()
	if *call != "" {
		callCase(*call, *calls)
		return
	}
	var wanted []string
	if *only != "" {
		wanted = strings.Split(*only, ",")
	}
	for _, w := range wanted {
		if !slices.Contains(names, w) {
			fmt.Fprintf(os.Stderr, "table: -only %s: want some of %s\n", w, strings.Join(names, ", "))
			os.Exit(2)
		}
	}
	for _, s := range sections {
		if slices.Contains(wanted, s.name) || wanted == nil && !s.byName {
			s.measure(*count)
		}
	}
}

func hotPath(count int) {
	fmt.Printf("\n## What a call costs its caller: a record of 10 attributes\n\n")
	timed(bench.HotPath(), count)
}

func encoders(count int) {
	fmt.Printf("\n## JSON encoders, three shapes of records\n\nRatios are to the rows of the same shape.\n\n")
	timed(bench.Shapes(), count)
}

// timed prints one row for each case. The ratios are to the last floor and to the JSON row of the same floor.
func timed(cases []bench.Case, count int) {
	n := len(cases)
	ns, floor, json := make([][]float64, n), make([][]float64, n), make([][]float64, n)
	results := make([]testing.BenchmarkResult, n)
	for range count {
		run := make([]float64, n)
		for i, c := range cases {
			results[i] = testing.Benchmark(c.Run)
			run[i] = float64(results[i].T.Nanoseconds()) / float64(results[i].N)
		}
		for i := range cases {
			f, j := references(cases, i)
			ns[i] = append(ns[i], run[i])
			floor[i] = append(floor[i], run[i]/run[f])
			json[i] = append(json[i], run[i]/run[j])
		}
	}
	fmt.Printf("| what | ns/op | x floor | x slog.JSONHandler | allocs | B |\n|---|---|---|---|---|---|\n")
	for i, c := range cases {
		r := results[i]
		fmt.Printf("| %s | %.0f | %.2f | %.2f | %d | %d |\n",
			c.Name, median(ns[i]), median(floor[i]), median(json[i]), r.AllocsPerOp(), r.AllocedBytesPerOp())
	}
}

// references returns the floor that stands at or before row i, and the JSON row that follows that floor.
func references(cases []bench.Case, i int) (floor, json int) {
	for floor = i; floor > 0 && !strings.HasSuffix(cases[floor].Name, bench.Floor); floor-- {
	}
	for json = floor; !strings.HasSuffix(cases[json].Name, bench.JSON); json++ {
	}
	return floor, json
}

const (
	producers = 8
	rate      = 100_000
	paced     = 2 * time.Second
)

func tails(count int) {
	fmt.Printf("\n## Tails: %d producers, %d records a second together, %d x %v, to a file\n\n", producers, rate, count, paced)
	fmt.Printf("| what | p50 | p99 | p99.9 | p99.99 | p99.9 x floor | p99.99 x floor | dropped |\n|---|---|---|---|---|---|---|---|\n")
	loads := bench.Loads()
	runs := make([][]bench.Tails, len(loads))
	for range count {
		for i, l := range loads {
			runs[i] = append(runs[i], bench.Pace(l, producers, rate, paced))
		}
	}
	for i, l := range loads {
		of := func(f func(t, floor bench.Tails) float64) float64 {
			var xs []float64
			for k, t := range runs[i] {
				xs = append(xs, f(t, runs[0][k]))
			}
			return median(xs)
		}
		us := func(f func(bench.Tails) time.Duration) string {
			return fmt.Sprintf("%.1f µs", of(func(t, _ bench.Tails) float64 { return float64(f(t)) / 1e3 }))
		}
		fmt.Printf("| %s | %s | %s | %s | %s | %.1f | %.1f | %.0f |\n", l.Name,
			us(func(t bench.Tails) time.Duration { return t.P50 }), us(func(t bench.Tails) time.Duration { return t.P99 }),
			us(func(t bench.Tails) time.Duration { return t.P999 }), us(func(t bench.Tails) time.Duration { return t.P9999 }),
			of(func(t, floor bench.Tails) float64 { return float64(t.P999) / float64(floor.P999) }),
			of(func(t, floor bench.Tails) float64 { return float64(t.P9999) / float64(floor.P9999) }),
			of(func(t, _ bench.Tails) float64 { return float64(t.Dropped) }))
	}
}

func throughput(count int) {
	const records = 1_000_000
	fmt.Printf("\n## Delivered to a file by sluice's whole chain, %d records, none dropped\n\n| producers | records/s |\n|---|---|\n", records)
	for _, p := range []int{1, 2, 8, 64} {
		var xs []float64
		for range count {
			xs = append(xs, records/bench.ToFile(p, records).Seconds())
		}
		fmt.Printf("| %d | %.0f |\n", p, median(xs))
	}
}

func scale(int) {
	fmt.Printf("\n## Cost of a record by how many there are, 8 producers\n\n| records | ns/record |\n|---|---|\n")
	for _, n := range []int{10_000, 100_000, 1_000_000, 10_000_000} {
		fmt.Printf("| %d | %.0f |\n", n, float64(bench.Saturate(io.Discard, producers, n).Nanoseconds())/float64(n))
	}
}

func median(xs []float64) float64 {
	slices.Sort(xs)
	return xs[len(xs)/2]
}
