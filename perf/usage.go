package perf

import (
	"log/slog"
	"runtime/metrics"
	"time"

	"github.com/sluicelog/sluice/internal/cputime"
)

// usage is what the process has spent so far, or within a time.
type usage struct {
	allocated uint64        // bytes of the heap, freed ones included
	cpu       time.Duration // of all threads; negative when the system does not tell
}

const heapAllocs = "/gc/heap/allocs:bytes"

func processUsage() usage {
	sample := [1]metrics.Sample{{Name: heapAllocs}}
	metrics.Read(sample[:])
	u := usage{allocated: sample[0].Value.Uint64(), cpu: -1}
	if used, ok := cputime.Process(); ok {
		u.cpu = used
	}
	return u
}

func (u usage) since(before usage) usage {
	d := usage{allocated: u.allocated - before.allocated, cpu: -1}
	if u.cpu >= 0 && before.cpu >= 0 {
		d.cpu = u.cpu - before.cpu
	}
	return d
}

func (u usage) attrs() []slog.Attr {
	attrs := []slog.Attr{slog.Uint64("process_alloc_bytes", u.allocated)}
	if u.cpu >= 0 {
		attrs = append(attrs, slog.Float64("process_cpu_ms", milliseconds(u.cpu)))
	}
	return attrs
}
