// Command table prints sluice beside its peers in Markdown: the median of several interleaved runs, and the ratios to the
// floor and to slog.JSONHandler inside each run.
package main

import (
	"flag"
	"fmt"
	"slices"
	"testing"

	"github.com/sluicelog/sluice/bench"
)

func main() {
	testing.Init()
	count := flag.Int("count", 6, "interleaved repetitions")
	flag.Parse()
	cases := bench.Cases()
	ns := make([][]float64, len(cases))
	floor, json := make([][]float64, len(cases)), make([][]float64, len(cases))
	allocs, bytes := make([]int64, len(cases)), make([]int64, len(cases))
	for range *count {
		run := make([]float64, len(cases))
		jsonAt := 0
		for i, c := range cases {
			r := testing.Benchmark(c.Run)
			run[i] = float64(r.T.Nanoseconds()) / float64(r.N)
			allocs[i], bytes[i] = r.AllocsPerOp(), r.AllocedBytesPerOp()
			if c.Name == "slog.JSONHandler" {
				jsonAt = i
			}
		}
		for i := range cases {
			ns[i] = append(ns[i], run[i])
			floor[i] = append(floor[i], run[i]/run[0])
			json[i] = append(json[i], run[i]/run[jsonAt])
		}
	}
	fmt.Printf("| what | ns/op | x floor | x slog.JSONHandler | allocs | B |\n|---|---|---|---|---|---|\n")
	for i, c := range cases {
		fmt.Printf("| %s | %.0f | %.2f | %.2f | %d | %d |\n", c.Name, median(ns[i]), median(floor[i]), median(json[i]), allocs[i], bytes[i])
	}
}

func median(xs []float64) float64 {
	slices.Sort(xs)
	return xs[len(xs)/2]
}
