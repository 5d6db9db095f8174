package provider

import "sync/atomic"

type counts struct{ late, refused, fetches, errors atomic.Uint64 }

// Stats are the counters of a [Cache]. Hits + Misses is the number of records that had a key; Misses - Late - Refused of
// them got an answer that was not in the cache when they came.
type Stats struct {
	Hits    uint64 // records whose key was in the cache, also as unknown or as failed
	Misses  uint64 // records whose key was not
	Late    uint64 // of these, records that went on as pending because the answer was not there in time
	Refused uint64 // of these, records that went on as pending because too many keys waited, or after Close
	Fetches uint64 // calls of the provider
	Errors  uint64 // of these, those that failed or panicked
	Size    int    // answers in the cache, about
	Evicted uint64 // answers that made room for others, or were too old
}

// HitRate is the share of the records with a key whose answer was in the cache, 0 to 1; 1 when there were none.
func (s Stats) HitRate() float64 {
	if s.Hits+s.Misses == 0 {
		return 1
	}
	return float64(s.Hits) / float64(s.Hits+s.Misses)
}

// Stats returns the counters as they are now.
func (c *Cache) Stats() Stats {
	lookups := c.lookups.Snapshot()
	return Stats{
		Hits:    lookups.Hits,
		Misses:  lookups.Misses,
		Late:    c.counts.late.Load(),
		Refused: c.counts.refused.Load(),
		Fetches: c.counts.fetches.Load(),
		Errors:  c.counts.errors.Load(),
		Size:    c.answers.EstimatedSize(),
		Evicted: lookups.Evictions,
	}
}
