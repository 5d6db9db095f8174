package sample

import (
	"log/slog"
	"time"
)

// Stats are the figures of a sampler since it was made. Each counts up for itself: taken while records pass, they
// agree to within those records.
type Stats struct {
	// Kept records were handed on, SampledOut ones were not. Their sum is what came in.
	Kept, SampledOut uint64
	// Rated records were only given a rate, by [Sampler.Rate].
	Rated uint64
	// Load is the load factor, in [0, 1].
	Load float64
	// Levels has the same by named level, lowest first.
	Levels []LevelStats
}

// LevelStats are the figures of the records from one named level up to the next.
type LevelStats struct {
	Level slog.Level
	// Rate is the rate at this moment of a record that has no attribute of importance.
	Rate                    float64
	Kept, SampledOut, Rated uint64
}

// Stats returns the figures up to now.
func (s *Sampler) Stats() Stats {
	stamp := time.Now().UnixNano()
	if !s.load.idle() {
		s.load.poll(stamp, s.expected)
	}
	st := Stats{Load: s.load.get(), Levels: make([]LevelStats, len(s.levels))}
	for i, l := range s.levels {
		ls := LevelStats{
			Level:      l,
			Rate:       s.rate(s.plain(i, l), s.recent(stamp)),
			Kept:       s.counts.sum(i*kinds + kept),
			SampledOut: s.counts.sum(i*kinds + sampledOut),
			Rated:      s.counts.sum(i*kinds + rated),
		}
		st.Kept += ls.Kept
		st.SampledOut += ls.SampledOut
		st.Rated += ls.Rated
		st.Levels[i] = ls
	}
	return st
}

// BufferStats are the figures of a Buffer since it was made. Received is the sum of Passed, Released, Dropped, Evicted
// and Held; taken while records pass, they agree to within those records.
type BufferStats struct {
	// Received records came in.
	Received uint64
	// Passed records were handed on when they came, or in turn behind released ones.
	Passed uint64
	// Released records had been held and were handed on before an error of their request.
	Released uint64
	// Dropped records were held until their request ended without an error.
	Dropped uint64
	// Evicted records were dropped before that, for want of room.
	Evicted uint64
	// Held records wait now, and take about HeldBytes, in Requests.
	Held, HeldBytes uint64
	Requests        int
}

// Stats returns the figures up to now, of all Buffers that share what is held.
func (b *Buffer) Stats() BufferStats {
	s := b.store
	s.mu.Lock()
	requests := s.order.Len()
	s.mu.Unlock()
	return BufferStats{
		Received:  s.counts.sum(received),
		Passed:    s.counts.sum(passed),
		Released:  s.counts.sum(released),
		Dropped:   s.counts.sum(dropped),
		Evicted:   s.counts.sum(evicted),
		Held:      s.counts.sum(held),
		HeldBytes: uint64(max(s.bytes.Load(), 0)),
		Requests:  requests,
	}
}
