//go:build !unix

package cputime

import (
	"runtime/metrics"
	"time"
)

// Process is the processor time of this process so far, as the Go runtime estimates it. It is renewed by the garbage
// collector, so a process that hardly allocates is seen late.
func Process() (time.Duration, bool) {
	s := []metrics.Sample{{Name: "/cpu/classes/total:cpu-seconds"}, {Name: "/cpu/classes/idle:cpu-seconds"}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindFloat64 || s[1].Value.Kind() != metrics.KindFloat64 {
		return 0, false
	}
	return time.Duration((s[0].Value.Float64() - s[1].Value.Float64()) * float64(time.Second)), true
}
