package opensearch

import (
	"errors"
	"fmt"
	"math/bits"
	"sync/atomic"
	"time"
)

// Stats are the books of a handler and all handlers derived from it, since it was made. They balance, but for what is under way
// between two of its figures:
//
//	Offered + Replayed = Delivered + Failed + Dropped + Refused + Queued
type Stats struct {
	Offered   uint64 // records that came
	Replayed  uint64 // records that were found in the spool when it was opened
	Delivered uint64 // records that OpenSearch has
	Failed    uint64 // records that were given up: OpenSearch rejected them for good
	Dropped   uint64 // records that found no room, were evicted from the spool or lost by it, or were left by Close
	NoRoom    uint64 // of Dropped: those for which Handle has returned an error
	Refused   uint64 // records that came after Close
	Queued    uint64 // records that wait, in memory or in the spool, or are under way

	DeadLettered uint64 // of Failed: those that are in the file of dead letters
	Retried      uint64 // how often a document was sent again
	Rescued      uint64 // documents whose own attributes the index refused, and that were sent again with these under another field
	Duplicates   uint64 // of Delivered: those that OpenSearch had already when they were sent again
	Unpinned     uint64 // documents sent again though it could not be known which backing index may have them, see the package
	InFlight     uint64 // of Queued: those in a request at this moment
	QueuedBytes  uint64 // of documents in memory
	SpooledBytes uint64 // of the spool's files
	// OldestAge is how long the oldest record waits that is in memory. 0 for none.
	OldestAge time.Duration

	Requests uint64 // bulk requests sent
	Failures uint64 // requests that failed as a whole, or of which no document was taken
	// FailingSince is when the first of the failures came that no success has followed. Zero when the last request went well.
	FailingSince time.Time
	Unprepared   bool    // Options.Prepare has not succeeded yet: nothing is sent
	Latency      Latency // of bulk requests that were answered
	// LastError is the latest error and LastErrorAt its time, "" and zero for none.
	LastError   string
	LastErrorAt time.Time

	Renamed uint64 // keys that were written under another name
	Cut     uint64 // values that were cut
	Shrunk  uint64 // records that were cut
	Left    uint64 // attributes that were left out, of records of more than four times MaxRecord and eight times MaxValue
}

// Latency sums up how long requests took. Percentiles are exact to a fifth.
type Latency struct {
	Last, P50, P99, Max time.Duration
}

// counters are what Stats reports, as it is counted.
type counters struct {
	offered, delivered, failed, dropped, refused             atomic.Uint64
	deadLettered, retried, rescued, duplicates, unpinned     atomic.Uint64
	requests, failures                                       atomic.Uint64
	replayed, noRoom                                         atomic.Uint64
	inFlight                                                 atomic.Int64
	notesRenamed, notesValues, notesRecords, notesAttributes atomic.Uint64
	latency                                                  histogram
}

// A histogram counts durations in buckets of which each is a fifth wider than the one before.
type histogram struct {
	buckets   [256]atomic.Uint64
	last, max atomic.Int64
}

// bucket is four to a doubling, from a microsecond.
func bucket(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 1))
	exp := bits.Len64(us) - 1
	frac := 0
	if exp >= 2 {
		frac = int(us >> (exp - 2) & 3)
	} else {
		frac = int(us << (2 - exp) & 3)
	}
	return min(exp*4+frac, 255)
}

func bucketEnd(i int) time.Duration {
	base := time.Microsecond << (i / 4)
	return base + base/4*time.Duration(i%4+1)
}

func (h *histogram) add(d time.Duration) {
	h.buckets[bucket(d)].Add(1)
	h.last.Store(int64(d))
	for {
		old := h.max.Load()
		if int64(d) <= old || h.max.CompareAndSwap(old, int64(d)) {
			return
		}
	}
}

func (h *histogram) latency() Latency {
	var counts [256]uint64
	total := uint64(0)
	for i := range counts {
		counts[i] = h.buckets[i].Load()
		total += counts[i]
	}
	l := Latency{Last: time.Duration(h.last.Load()), Max: time.Duration(h.max.Load())}
	at := func(part float64) time.Duration {
		seen := uint64(0)
		for i, n := range counts {
			if seen += n; n > 0 && float64(seen) >= part*float64(total) {
				return min(bucketEnd(i), l.Max)
			}
		}
		return 0
	}
	l.P50, l.P99 = at(.5), at(.99)
	return l
}

// turnAway counts a record for which Handle returns an error.
func (n *counters) turnAway() {
	n.dropped.Add(1)
	n.noRoom.Add(1)
}

// Stats returns the books as they are now.
func (h *Handler) Stats() Stats { return h.core.stats() }

func (c *core) stats() Stats {
	n := &c.count
	s := Stats{
		Delivered: n.delivered.Load(), Failed: n.failed.Load(), DeadLettered: n.deadLettered.Load(), Dropped: n.dropped.Load(),
		Retried: n.retried.Load(), Rescued: n.rescued.Load(), Duplicates: n.duplicates.Load(), Unpinned: n.unpinned.Load(),
		InFlight: uint64(max(n.inFlight.Load(), 0)), Requests: n.requests.Load(), Failures: n.failures.Load(),
		Latency: n.latency.latency(), NoRoom: n.noRoom.Load(), Refused: n.refused.Load(), Replayed: n.replayed.Load(),
		Renamed: n.notesRenamed.Load(), Cut: n.notesValues.Load(), Shrunk: n.notesRecords.Load(), Left: n.notesAttributes.Load(),
	}
	_, size, oldest := c.q.figures()
	s.QueuedBytes = uint64(size)
	if !oldest.IsZero() {
		s.OldestAge = time.Since(oldest)
	}
	s.SpooledBytes, s.Unprepared = c.spool.bytes(), c.unprepared()
	_, s.FailingSince = c.circuit.state()
	s.LastError, s.LastErrorAt = c.errs.latest()
	// What came is read last, so that no record counts as settled and not as offered.
	s.Offered = n.offered.Load()
	s.Queued = s.Offered + s.Replayed - s.Delivered - s.Failed - s.Dropped - s.Refused
	return s
}

// failingFor is how long requests fail before the handler calls itself unwell.
const failingFor = 10 * time.Second

// Health is nil while records reach OpenSearch or nothing stands against it, for a readiness probe. Else it says why not: requests
// have failed for ten seconds, memory or spool is nearly full, the stream is no data stream, or the handler is closed.
func (h *Handler) Health() error {
	c := h.core
	var errs []error
	if c.closed.Load() {
		errs = append(errs, errors.New("opensearch: closed"))
	}
	if n, since := c.circuit.state(); n > 0 && time.Since(since) >= failingFor {
		last, _ := c.errs.latest()
		what := "requests have failed"
		if c.unprepared() {
			what = "attempts to prepare the stream have failed, and nothing is sent before one succeeds,"
		}
		errs = append(errs, fmt.Errorf("opensearch: %d %s in %v: %s", n, what, time.Since(since).Round(time.Second), last))
	}
	if _, size, _ := c.q.figures(); !c.spooled() && size > c.opts.MaxPending/10*9 {
		errs = append(errs, fmt.Errorf("opensearch: %d of %d bytes of memory are taken", size, c.opts.MaxPending))
	}
	if c.plainIndex.Load() {
		errs = append(errs, fmt.Errorf("opensearch: %s: %w", c.stream.name, ErrPlainIndex))
	}
	errs = append(errs, c.spool.health())
	return errors.Join(errs...)
}
