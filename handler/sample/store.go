package sample

import (
	"container/list"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/sluicelog/sluice/internal/scope"
)

// The counters of a Buffer.
const (
	received = iota
	passed
	released
	dropped
	evicted
	held
	bufferKinds
)

// store is what the Buffers grown from one NewBuffer share: the bounds over all requests. Locks are taken in the order
// store.mu, request.mu, and neither while a handler or a value's method runs.
type store struct {
	opts   BufferOptions
	counts counts
	bytes  atomic.Int64 // of all queues

	mu    sync.Mutex
	order list.List // requests that hold something, the one that began to first
}

// request returns the state of the request l, nil when it has ended.
func (s *store) request(l *scope.Life) *request {
	made := false
	q, _ := l.Load(s, func() any {
		made = true
		return &request{store: s, stripe: rand.Uint64()}
	}).(*request)
	if made {
		l.OnEnd(q.end)
	}
	return q
}

// settle sees to the bounds over all requests after q has taken a record.
func (s *store) settle(q *request) {
	if !q.listed.Load() {
		s.list(q)
	}
	for s.bytes.Load() > int64(s.opts.TotalBytes) && s.evictOldest() {
	}
}

// list brings s.order in line with whether q waits with something.
func (s *store) list(q *request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q.mu.Lock()
	defer q.mu.Unlock()
	if waits := q.state == holding && q.n > 0; waits == q.listed.Load() {
		return
	} else if waits {
		q.place = s.order.PushBack(q)
		q.listed.Store(true)
	} else {
		s.unlist(q)
	}
}

// unlist takes q out of s.order; both are locked.
func (s *store) unlist(q *request) {
	s.order.Remove(q.place)
	q.place = nil
	q.listed.Store(false)
}

// evictOldest empties the queue of the oldest request and says whether there was one.
func (s *store) evictOldest() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	front := s.order.Front()
	if front == nil {
		return false
	}
	q := front.Value.(*request)
	q.mu.Lock()
	defer q.mu.Unlock()
	s.unlist(q)
	if q.state == holding {
		q.discard(evicted)
	}
	return true
}

// release hands on the queue of q, which own put into the state releasing, until it is empty.
func (s *store) release(q *request, own *item) error {
	s.list(q)
	by := slog.String(KeyReleasedBy, name(own.rec.Level))
	var ownErr, first error
	n, failed := 0, 0
	for it := q.drain(); it != nil; it = q.drain() {
		for ; it != nil; it = it.after {
			err := s.hand(q, it, by)
			if it == own {
				ownErr = err
				continue
			}
			n++
			if err != nil {
				if failed++; first == nil {
					first = err
				}
			}
		}
	}
	if first != nil {
		first = fmt.Errorf("sample: %d of %d released records failed, the first: %w", failed, n, first)
	}
	return errors.Join(first, ownErr)
}

// KeyReleasedBy is the key of the attribute that a released record carries: the level of the record that released it.
const KeyReleasedBy = "released_by"

// hand hands one record on. A panic is an error here: it must not cost the records behind it.
func (s *store) hand(q *request, it *item, by slog.Attr) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("sample: the next handler panicked: %v", p)
		}
	}()
	root, kind := it.root, passed
	if it.below {
		kind = released
		root.Record = append(root.Record[:len(root.Record):len(root.Record)], by)
		if root.Rate == 0 {
			root.Rate = 1
		}
	}
	q.count(held, -1)
	q.count(kind, 1)
	return it.next.HandleRoot(it.ctx, it.rec, root)
}
