package async

import (
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// lane is a ring with its worker.
type lane struct {
	ring
	core *core

	state   atomic.Uint32 // of the worker
	waiting atomic.Int32  // callers that wait for a place
	asked   atomic.Bool   // flushes is not empty
	_       [48]byte

	wake  chan struct{} // capacity 1: ends the worker's wait
	room  chan struct{} // capacity 1: a place has become free
	ended chan struct{} // closed when the worker has ended
	// stuck is the head at which a caller's wait ran out without the worker having moved, plus 1.
	stuck atomic.Uint64

	mu      sync.Mutex
	flushes []flush

	counters
}

// States of a worker. Only the worker leaves running, only it or who wakes it goes back there.
const (
	running uint32 = iota
	polling        // looks again within pollMax
	asleep         // waits to be woken
)

func (l *lane) init(c *core, capacity int) {
	l.core = c
	l.ring.init(capacity)
	l.wake, l.room, l.ended = make(chan struct{}, 1), make(chan struct{}, 1), make(chan struct{})
}

// published wakes the worker when the record at pos is not to wait for its next look.
func (l *lane) published(pos uint64, level slog.Level) {
	switch l.state.Load() {
	case running:
		return
	case polling:
		// The record may have been taken by now, then the difference is negative.
		if level < slog.LevelError && int64(pos+1-l.head.Load())*2 < int64(len(l.slots)) {
			return
		}
	}
	l.rouse()
}

// rouse ends the worker's wait, if it waits; once, however many call.
func (l *lane) rouse() {
	if s := l.state.Load(); s != running && l.state.CompareAndSwap(s, running) {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// maxEvictions bounds how often a record makes room that others take.
const maxEvictions = 64

// overflow is what becomes of a record that got no place: another attempt's place, or an error, counted.
func (l *lane) overflow(got outcome, level slog.Level, waits bool) (s *slot, pos uint64, err error) {
	why := dropFull
	if got == full && l.core.opts.Policy == DropOldest {
		s, pos, got = l.evict()
	}
	if got == full && (waits || l.core.opts.Policy == Block) {
		why = dropTimeout
		s, pos, got = l.await()
	}
	switch got {
	case done:
		return s, pos, nil
	case closed:
		l.core.refused.Add(1)
		return nil, 0, ErrClosed
	}
	return nil, 0, l.refuse(why, level)
}

// refuse counts a record that found no place in the full ring.
func (l *lane) refuse(why reason, level slog.Level) error {
	l.peak(len(l.slots))
	l.drop(why, level)
	return ErrDropped
}

// evict drops the oldest records until there is a place.
func (l *lane) evict() (s *slot, pos uint64, got outcome) {
	for range maxEvictions {
		if s, pos, got = l.claim(); got != full {
			return s, pos, got
		}
		var old item
		switch l.take(&old, true) {
		case done:
			l.peak(len(l.slots))
			l.drop(dropEvicted, old.record.Level)
		case spared:
			return nil, 0, full
		case empty:
			runtime.Gosched() // the oldest is being moved out at this moment
		}
	}
	return l.claim()
}

// await waits for a place, up to the timeout.
func (l *lane) await() (s *slot, pos uint64, got outcome) {
	start := l.head.Load()
	if l.stuck.Load() == start+1 {
		return nil, 0, full
	}
	// The count comes before the next attempt, and the worker reads it after it has made room: one of the two sees
	// the other.
	l.waiting.Add(1)
	defer l.waiting.Add(-1)
	timeout := time.NewTimer(l.core.opts.Timeout)
	defer timeout.Stop()
	for {
		if s, pos, got = l.claim(); got != full {
			l.pass() // there may be more room, and one signal stands for many
			return s, pos, got
		}
		l.rouse()
		select {
		case <-l.room:
		case <-l.core.closing:
		case <-timeout.C:
			l.stuck.Store(start + 1) // means nothing when the head has moved since
			return nil, 0, full
		}
	}
}

// pass tells one of those who wait that there may be room.
func (l *lane) pass() {
	if l.waiting.Load() > 0 {
		select {
		case l.room <- struct{}{}:
		default:
		}
	}
}
