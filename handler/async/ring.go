package async

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/sluicelog/sluice/internal/chain"
)

// item is a record on its way, with all that it takes to hand it on.
type item struct {
	ctx    context.Context
	next   chain.Handler
	record slog.Record
	root   chain.Root
}

// ring is a bounded queue without locks for many producers and, as producers may evict, many consumers: an array of
// slots with a turn each (D. Vyukov's bounded MPMC queue). A slot's turn says for which position it is free or
// filled, so any capacity from 1 on is exact: position<<2, with the bits filled and kept.
type ring struct {
	slots []slot
	_     [64]byte
	// tail is the position that is written next, with closedBit once no more may be.
	tail atomic.Uint64
	_    [56]byte
	// head is the position that is read next.
	head atomic.Uint64
	_    [56]byte
}

type slot struct {
	turn atomic.Uint64
	item
}

const (
	filled = 1 // the slot holds the record of its position
	kept   = 2 // the record must not be evicted

	closedBit = 1 << 63
)

// outcome of an attempt at a ring.
type outcome uint8

const (
	done   outcome = iota
	full           // no place, or nothing to read
	closed         // the ring takes no more
	spared         // the oldest record must not be evicted
)

const empty = full

func (r *ring) init(capacity int) {
	r.slots = make([]slot, capacity)
	for i := range r.slots {
		r.slots[i].turn.Store(uint64(i) << 2)
	}
}

// claim gives the caller a slot to fill and then to publish, soon: readers wait for it.
func (r *ring) claim() (s *slot, pos uint64, _ outcome) {
	for pos = r.tail.Load(); pos&closedBit == 0; {
		s = &r.slots[pos%uint64(len(r.slots))]
		turn := s.turn.Load()
		if turn < pos<<2 {
			return nil, 0, full // the slot still has a record that is due before
		}
		if turn == pos<<2 && r.tail.CompareAndSwap(pos, pos+1) {
			return s, pos, done
		}
		pos = r.tail.Load() // somebody was faster
	}
	return nil, 0, closed
}

// publish makes the slot, claimed for pos and filled since, readable. flags are 0 or kept.
func (s *slot) publish(pos uint64, flags uint64) { s.turn.Store(pos<<2 | filled | flags) }

// take moves the oldest record to it and clears its slot. With spare it leaves a kept one alone.
func (r *ring) take(it *item, spare bool) outcome {
	for {
		pos := r.head.Load()
		s := &r.slots[pos%uint64(len(r.slots))]
		turn := s.turn.Load()
		switch {
		case turn <= pos<<2:
			return empty
		case turn>>2 != pos: // somebody was faster
		case spare && turn&kept != 0:
			return spared
		case r.head.CompareAndSwap(pos, pos+1):
			*it = s.item
			s.item = item{}
			s.turn.Store((pos + uint64(len(r.slots))) << 2)
			return done
		}
	}
}

// readable says whether take would find a record.
func (r *ring) readable() bool {
	pos := r.head.Load()
	turn := r.slots[pos%uint64(len(r.slots))].turn.Load()
	return turn>>2 == pos && turn&filled != 0
}

// isFull says whether claim would find no place.
func (r *ring) isFull() bool {
	pos := r.tail.Load()
	return pos&closedBit == 0 && r.slots[pos%uint64(len(r.slots))].turn.Load() < pos<<2
}

// close lets no further claim succeed. Idempotent.
func (r *ring) close() { r.tail.Or(closedBit) }

func (r *ring) isClosed() bool { return r.tail.Load()&closedBit != 0 }

// end is the position after the last record that was accepted.
func (r *ring) end() uint64 { return r.tail.Load() &^ closedBit }

// len is how many records are in the ring; as it may change at any time, it is never below 0 nor above the capacity.
func (r *ring) len() int {
	head := r.head.Load()
	return int(min(r.end()-head, uint64(len(r.slots))))
}
