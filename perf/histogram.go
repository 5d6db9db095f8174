package perf

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/sluicelog/sluice/internal/scope"
)

// What a histogram tells apart: 1 µs to 1 h, in nanoseconds, with an error of at most 1 %. Shorter and longer durations count as
// these.
const (
	shortest = int64(time.Microsecond)
	longest  = int64(time.Hour)
	digits   = 2
)

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(shortest, longest, digits) }

// distribution is what happened to one operation within an interval.
type distribution struct {
	histogram *hdrhistogram.Histogram // nil when nothing happened
	calls     uint64                  // what the histogram's total is without correction
	errors    uint64
	slowest   time.Duration
	trace     [16]byte // of the slowest call
}

// operation holds the distribution of the present interval in shards, so that cores do not wait for each other.
type operation struct {
	name     string
	expected time.Duration
	shards   []shard
	spare    []*hdrhistogram.Histogram // reset ones, for the next swap; of the summarising goroutine
}

type shard struct {
	mu sync.Mutex
	distribution
	_ [64]byte // apart from the next one's cache line
}

// maxShards bounds the memory of an operation.
const maxShards = 16

func newOperation(name string, expected time.Duration) *operation {
	n := 1
	for n < runtime.GOMAXPROCS(0) && n < maxShards {
		n *= 2
	}
	return &operation{name: name, expected: expected, shards: make([]shard, n)}
}

func (o *operation) record(took time.Duration, failed bool, sc *scope.Scope) {
	i := 0
	if n := len(o.shards); n > 1 {
		i = int(rand.Uint32()) & (n - 1)
	}
	s := &o.shards[i]
	v := min(max(int64(took), shortest), longest)
	s.mu.Lock()
	if s.histogram == nil {
		s.histogram = newHistogram()
	}
	if o.expected > 0 {
		_ = s.histogram.RecordCorrectedValue(v, int64(o.expected)) // v is in range
	} else {
		_ = s.histogram.RecordValue(v)
	}
	s.calls++
	if failed {
		s.errors++
	}
	if took >= s.slowest {
		s.slowest = took
		s.trace = [16]byte{}
		if sc != nil {
			s.trace = sc.Trace
		}
	}
	s.mu.Unlock()
}

// swap returns what has been recorded since the last swap. Its histogram is the operation's again at the next swap.
func (o *operation) swap() distribution {
	var sum distribution
	for i := range o.shards {
		s := &o.shards[i]
		s.mu.Lock()
		d := s.distribution
		s.distribution = distribution{}
		if d.histogram != nil && len(o.spare) > 0 {
			s.histogram = o.spare[len(o.spare)-1]
			o.spare = o.spare[:len(o.spare)-1]
		}
		s.mu.Unlock()
		if d.histogram == nil {
			continue
		}
		sum.calls += d.calls
		sum.errors += d.errors
		if d.slowest >= sum.slowest {
			sum.slowest, sum.trace = d.slowest, d.trace
		}
		if sum.histogram == nil {
			sum.histogram = d.histogram
			continue
		}
		sum.histogram.Merge(d.histogram)
		o.release(d.histogram)
	}
	return sum
}

// release takes a histogram back.
func (o *operation) release(h *hdrhistogram.Histogram) {
	h.Reset()
	o.spare = append(o.spare, h)
}
