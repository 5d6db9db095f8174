package audio

import (
	"log/slog"
	"math"
	"math/bits"
	"strings"
	"sync"
)

// stages counts what has become of the stages of a pipeline. Safe for concurrent use.
type stages struct {
	mu sync.RWMutex
	of map[string]*stage
}

// maxStages bounds the stages that are told apart; later ones are not counted.
const maxStages = 1000

// stage is a histogram of durations in microseconds: buckets of an eighth of a power of two, so that a percentile is off by
// at most 6.25 per cent, half the width of a bucket.
type stage struct {
	mu                   sync.Mutex
	count, errors, timed uint64
	buckets              [64 * 8]uint64 // of those that told a duration
}

func (s *stages) get(name string) *stage {
	s.mu.RLock()
	st := s.of[name]
	s.mu.RUnlock()
	if st != nil || name == "" {
		return st
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if st = s.of[name]; st == nil && len(s.of) < maxStages {
		if s.of == nil {
			s.of = map[string]*stage{}
		}
		st = &stage{}
		s.of[strings.Clone(name)] = st
	}
	return st
}

// add counts a run of a stage, with its duration when ms is not negative, and returns what is known of all so far.
func (s *stage) add(ms float64, failed bool) slog.Attr {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	if failed {
		s.errors++
	}
	if ms >= 0 {
		s.timed++
		s.buckets[bucket(uint64(min(ms*1000, 1<<62)))]++
	}
	attrs := make([]slog.Attr, 1, 4)
	attrs[0] = slog.Uint64("count", s.count)
	if s.timed > 0 {
		attrs = append(attrs, slog.Float64("p50_ms", s.quantile(.5)), slog.Float64("p95_ms", s.quantile(.95)))
	}
	attrs = append(attrs, slog.Float64("error_rate", math.Round(float64(s.errors)/float64(s.count)*1e4)/1e4))
	return slog.Attr{Key: "stage_metrics", Value: slog.GroupValue(attrs...)}
}

// bucket of a number: itself up to 8, then three bits after the highest.
func bucket(n uint64) int {
	if n < 8 {
		return int(n)
	}
	e := bits.Len64(n) - 1
	return (e-2)*8 + int(n>>(e-3)&7)
}

// middle is the number in the middle of a bucket.
func middle(b int) float64 {
	if b < 8 {
		return float64(b)
	}
	e := b/8 + 2
	low := float64(uint64(8+b%8)) * math.Pow(2, float64(e-3))
	return low + math.Pow(2, float64(e-3))/2
}

// quantile in milliseconds, by the nearest rank. Called with the lock held.
func (s *stage) quantile(q float64) float64 {
	rank := uint64(math.Ceil(q * float64(s.timed)))
	seen := uint64(0)
	for i, n := range s.buckets {
		if seen += n; seen >= rank {
			return math.Round(middle(i)) / 1000
		}
	}
	return 0
}
