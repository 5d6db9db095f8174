package system

import (
	"context"
	"math"
	"runtime/metrics"
)

// runtimeSource reads what the Go runtime knows (package runtime/metrics).
func runtimeSource() source {
	const (
		goroutines = iota
		heap
		cycles
		pauses
		latencies
	)
	samples := []metrics.Sample{
		goroutines: {Name: "/sched/goroutines:goroutines"},
		heap:       {Name: "/memory/classes/heap/objects:bytes"},
		cycles:     {Name: "/gc/cycles/total:gc-cycles"},
		pauses:     {Name: "/sched/pauses/total/gc:seconds"},
		latencies:  {Name: "/sched/latencies:seconds"},
	}
	var lastPauses, lastLatencies []uint64
	return func(_ context.Context, s *Snapshot) error {
		metrics.Read(samples)
		count := func(i int) uint64 {
			if samples[i].Value.Kind() != metrics.KindUint64 {
				return 0 // a later runtime may not have it
			}
			return samples[i].Value.Uint64()
		}
		s.Goroutines, s.Heap, s.GCCycles = count(goroutines), count(heap), count(cycles)
		s.GCPause, lastPauses = p99(&samples[pauses].Value, lastPauses)
		s.SchedLatency, lastLatencies = p99(&samples[latencies].Value, lastLatencies)
		return nil
	}
}

// p99 is the upper bound of the bucket that holds the 99th percentile of what came since the counts in last; NaN for nothing.
func p99(v *metrics.Value, last []uint64) (float64, []uint64) {
	if v.Kind() != metrics.KindFloat64Histogram {
		return math.NaN(), nil
	}
	h := v.Float64Histogram()
	now := append([]uint64(nil), h.Counts...) // the runtime writes to its own again
	at, n := quantile(now, last)
	if n == 0 {
		return math.NaN(), now
	}
	if bound := h.Buckets[at+1]; !math.IsInf(bound, 0) {
		return bound, now
	}
	return h.Buckets[at], now
}

// quantile is the bucket of the 99th percentile of now less last, and how many there were.
func quantile(now, last []uint64) (at int, n uint64) {
	since := func(i int) uint64 {
		if len(last) == len(now) && now[i] >= last[i] {
			return now[i] - last[i]
		}
		return now[i]
	}
	for i := range now {
		n += since(i)
	}
	rest := n - (n*99+99)/100 + 1 // the nearest rank, from above
	for at = len(now) - 1; at > 0; at-- {
		c := since(at)
		if c >= rest {
			break
		}
		rest -= c
	}
	return at, n
}
