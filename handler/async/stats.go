package async

import (
	"log/slog"
	"sync/atomic"
)

// Stats are the books of a queue. They balance: Offered = Delivered + Failed + Dropped + Refused + Queued, at any
// moment; what a call of Handle under way will become is not in them yet.
type Stats struct {
	Offered   uint64 // records that came
	Accepted  uint64 // records that found a place
	Delivered uint64 // records that the next handler took without an error
	Failed    uint64 // records for which the next handler returned an error or panicked
	Dropped   uint64 // records dropped for want of a place or of time; by level and by reason below
	Refused   uint64 // records that came after Close

	DroppedByLevel  ByLevel
	DroppedByReason ByReason

	Panics  uint64 // panics of the next handler; their records are among Failed
	Reports uint64 // drop reports handed on; no part of the balance

	Queued    int // records that wait or are in the hands of the next handler
	Capacity  int // places in all
	HighWater int // the sum of the fullest that each ring was seen: at most so many waited at once
	Workers   int
}

// ByLevel are counts by level; a level between two counts as the lower.
type ByLevel struct{ Debug, Info, Warn, Error, Critical uint64 }

// ByReason are counts of dropped records by reason.
type ByReason struct {
	Full    uint64 // came to a full ring
	Timeout uint64 // waited for a place in vain
	Evicted uint64 // made room for a newer one
	Closed  uint64 // were left when the context of Close ended
}

// reason why a record is dropped.
type reason int

const (
	dropFull reason = iota
	dropTimeout
	dropEvicted
	dropClosed
	reasons
)

var reasonNames = [reasons]string{"full", "timeout", "evicted", "closed"}

// levels are the classes in which drops are counted.
const levels = 5

var levelNames = [levels]string{"debug", "info", "warn", "error", "critical"}

func classOf(l slog.Level) int {
	if l < slog.LevelInfo {
		return 0
	}
	return int(min(l/4, levels-2)) + 1
}

// tally are drops by reason and class of level.
type tally [reasons][levels]uint64

// counters of one lane.
type counters struct {
	_                         [64]byte
	delivered, failed, panics atomic.Uint64 // the worker's
	_                         [64]byte
	highWater                 atomic.Int64
	dropped                   [reasons][levels]atomic.Uint64
}

// drop counts a dropped record and lets the reporter know.
func (l *lane) drop(why reason, level slog.Level) {
	l.dropped[why][classOf(level)].Add(1)
	c := l.core
	if !c.alarm.Load() && c.alarm.CompareAndSwap(false, true) {
		select {
		case c.drops <- struct{}{}:
		default:
		}
	}
}

// peak notes that n records were seen waiting, the one just taken included.
func (l *lane) peak(n int) {
	n = min(n, len(l.slots))
	for {
		old := l.highWater.Load()
		if int64(n) <= old || l.highWater.CompareAndSwap(old, int64(n)) {
			return
		}
	}
}

// settled counts the accepted records whose fate is known.
func (l *lane) settled() uint64 {
	n := l.delivered.Load() + l.failed.Load()
	for i := range levels {
		n += l.dropped[dropEvicted][i].Load() + l.dropped[dropClosed][i].Load()
	}
	return n
}

// tally returns the drops so far.
func (c *core) tally() (t tally) {
	for i := range c.lanes {
		for why := range t {
			for class := range t[why] {
				t[why][class] += c.lanes[i].dropped[why][class].Load()
			}
		}
	}
	return t
}

func (t *tally) reason(why reason) (n uint64) {
	for _, v := range t[why] {
		n += v
	}
	return n
}

func (t *tally) level(class int) (n uint64) {
	for why := range t {
		n += t[why][class]
	}
	return n
}

func (t *tally) total() (n uint64) {
	for why := range reasons {
		n += t.reason(why)
	}
	return n
}

// Stats returns the books as they are now.
func (h *Handler) Stats() Stats {
	c := h.core
	s := Stats{Capacity: c.opts.Capacity, Workers: len(c.lanes), Reports: c.reports.Load(), Refused: c.refused.Load()}
	t := c.tally()
	for i := range c.lanes {
		l := &c.lanes[i]
		s.Delivered += l.delivered.Load()
		s.Failed += l.failed.Load()
		s.Panics += l.panics.Load()
		s.HighWater += int(l.highWater.Load())
	}
	// What was accepted is read last, so that no record counts as settled and not as accepted.
	for i := range c.lanes {
		s.Accepted += c.lanes[i].end()
	}
	s.Dropped = t.total()
	s.DroppedByLevel = ByLevel{t.level(0), t.level(1), t.level(2), t.level(3), t.level(4)}
	s.DroppedByReason = ByReason{t.reason(dropFull), t.reason(dropTimeout), t.reason(dropEvicted), t.reason(dropClosed)}
	s.Queued = int(s.Accepted - s.Delivered - s.Failed - s.DroppedByReason.Evicted - s.DroppedByReason.Closed)
	s.Offered = s.Accepted + s.DroppedByReason.Full + s.DroppedByReason.Timeout + s.Refused
	return s
}

// Fill is how full the fullest ring is, 0 to 1: where records are dropped first. It does not allocate.
func (h *Handler) Fill() float64 {
	fill := 0.0
	for i := range h.core.lanes {
		l := &h.core.lanes[i]
		fill = max(fill, float64(l.len())/float64(len(l.slots)))
	}
	return fill
}
