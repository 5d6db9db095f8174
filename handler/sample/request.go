package sample

import (
	"container/list"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/freeze"
)

// request is what a Buffer keeps of one request: a queue of records, and whether they wait or pass.
type request struct {
	store  *store
	stripe uint64      // of the counters
	open   atomic.Bool // state == opened, to be seen without the lock
	listed atomic.Bool // it is in store.order; written under both locks
	place  *list.Element

	mu         sync.Mutex
	state      state
	head, tail *item
	n, bytes   int
}

type state int

const (
	holding   state = iota
	releasing       // one goroutine hands the queue on; what comes meanwhile joins the queue
	opened          // records pass
	ended           // the same, and the request is over
)

// outcome is what became of a record that a request was to take.
type outcome int

const (
	passes   outcome = iota // not taken
	taken                   // queued
	releases                // queued, and the caller is the one who hands the queue on
)

// take queues it, or says that it passes.
func (q *request) take(it *item) outcome {
	q.mu.Lock()
	defer q.mu.Unlock()
	opts := &q.store.opts
	switch q.state {
	case opened, ended:
		return passes
	case releasing:
		// The queue stays bounded, and nobody waits for a sink that may itself be logging: better out of order than
		// lost or stuck.
		if q.n >= opts.MaxRecords || q.bytes+it.size > opts.MaxBytes {
			return passes
		}
		q.push(it)
		return taken
	}
	q.push(it)
	if !it.below {
		q.state = releasing
		return releases
	}
	for q.n > opts.MaxRecords || q.bytes > opts.MaxBytes {
		q.pop()
		q.count(evicted, 1)
		q.count(held, -1)
	}
	return taken
}

// drain takes the whole queue for handing it on; when it is empty, the request opens.
func (q *request) drain() *item {
	q.mu.Lock()
	defer q.mu.Unlock()
	first := q.head
	if first == nil {
		q.state = opened
		q.open.Store(true)
		return nil
	}
	q.store.bytes.Add(-int64(q.bytes))
	q.head, q.tail, q.n, q.bytes = nil, nil, 0, 0
	return first
}

// end is called when the request ends.
func (q *request) end() {
	q.mu.Lock()
	if q.state == holding {
		q.state = ended
		q.discard(dropped)
	}
	q.mu.Unlock()
	q.store.list(q)
}

// discard empties the queue and counts its records as kind.
func (q *request) discard(kind int) {
	n := q.n
	for q.head != nil {
		q.pop()
	}
	q.count(kind, n)
	q.count(held, -n)
}

func (q *request) push(it *item) {
	if q.tail == nil {
		q.head = it
	} else {
		q.tail.after = it
	}
	q.tail = it
	q.n++
	q.bytes += it.size
	q.store.bytes.Add(int64(it.size))
	q.count(held, 1)
}

func (q *request) pop() {
	it := q.head
	if q.head = it.after; q.head == nil {
		q.tail = nil
	}
	q.n--
	q.bytes -= it.size
	q.store.bytes.Add(-int64(it.size))
}

func (q *request) count(kind, n int) { q.store.counts.add(q.stripe, kind, uint64(n)) }

// item is one record that is held, with all that it takes to hand it on.
type item struct {
	after *item
	next  chain.Handler
	ctx   context.Context
	rec   slog.Record
	root  chain.Root
	size  int
	below bool // the record is one to be held, not one that releases
}

func newItem(next chain.Handler, ctx context.Context, r slog.Record, root chain.Root, below bool) *item {
	it := &item{next: next, ctx: context.WithoutCancel(ctx), rec: freeze.Record(r.Clone()), root: root, below: below}
	it.size = itemBytes + len(r.Message)
	it.rec.Attrs(func(a slog.Attr) bool {
		it.size += size(a)
		return true
	})
	for _, a := range root.Record {
		it.size += size(a)
	}
	return it
}

const (
	itemBytes = 512 // an item and what its context takes
	attrBytes = 40
	anyBytes  = 256 // a guess at a value whose methods are better not called
)

// size estimates the memory of an attribute. Keys are mostly constants of the program.
func size(a slog.Attr) int {
	n := attrBytes
	switch a.Value.Kind() {
	case slog.KindString:
		n += len(a.Value.String())
	case slog.KindGroup:
		for _, m := range a.Value.Group() {
			n += size(m)
		}
	case slog.KindAny:
		if b, ok := a.Value.Any().([]byte); ok {
			n += len(b)
		} else {
			n += anyBytes
		}
	}
	return n
}
