package opensearch

import (
	"sync"
	"time"
)

// A queue gathers documents in batches and hands these to the workers: full ones at once, others when they are due. A
// batch that is due and finds no worker goes on to be filled, so a node that is slow gets larger requests.
type queue struct {
	maxDocs, maxBytes, maxPending int
	age                           time.Duration

	mu      sync.Mutex
	changed sync.Cond // something to take, or closed
	open    *batch
	ready   []*batch // full, oldest first
	free    []*batch
	keep    int  // batches that free holds at most
	full    bool // the latest batch was full; of so many bytes and documents, with some to spare
	size    int
	docs    int
	limit   int // bytes of a batch at present: less than maxBytes after an answer that it was too large
	pending int // bytes accepted and not settled
	closed  bool
	stopped bool // nothing more is taken

	entries []*entry // not settled, oldest first
	timer   *time.Timer
	room    chan struct{} // closed when pending has become less, if somebody waits
	settled func(last uint64)
}

// An entry is what is known of the documents that were put into one batch, however often it is split.
type entry struct {
	open   int       // documents not settled
	last   uint64    // the latest frame of the spool among them
	sealed bool      // no document comes to it any more
	oldest time.Time // when its first document was accepted
	done   chan struct{}
}

func (q *queue) init(o *Options) {
	q.maxDocs, q.maxBytes, q.maxPending, q.age = o.MaxDocs, o.MaxBytes, o.MaxPending, o.MaxAge
	q.limit, q.keep = q.maxBytes, o.InFlight+o.MaxPending/o.MaxBytes
	q.changed.L = &q.mu
	q.timer = time.AfterFunc(time.Hour, q.ripen)
	q.timer.Stop()
}

// A frame says where a document comes from, in the spool. The zero frame is none.
type frame struct {
	seq     uint64
	suspect bool   // it may be stored already
	since   string // in this index, or a later one
}

// put takes a document: its action and itself. A document that finds no room is not taken, and wait, not nil, is closed when
// there may be some.
func (q *queue) put(line []byte, action int, from frame, patient bool) (wait chan struct{}, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil, ErrClosed
	}
	if q.pending+len(line) > q.maxPending && q.pending > 0 {
		if !patient {
			return nil, ErrFull
		}
		if q.room == nil {
			q.room = make(chan struct{})
		}
		return q.room, nil
	}
	b := q.open
	if b != nil && len(b.body)+len(line) > q.limit {
		q.seal()
		b = nil
	}
	if b == nil {
		b = q.newBatch()
	}
	b.add(line, action)
	b.entry.open++
	b.entry.last = from.seq
	if from.suspect && !b.sent {
		b.sent, b.uncertain, b.since = true, true, from.since
	}
	q.pending += len(line)
	if len(b.docs) >= q.maxDocs || len(b.body) >= q.limit {
		q.seal()
	}
	return nil, nil
}

// note takes note of a frame that has no document.
func (q *queue) note(seq uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open != nil {
		q.open.entry.last = seq
		return
	}
	q.entries = append(q.entries, &entry{last: seq, sealed: true, done: make(chan struct{})})
	q.pop()
}

// newBatch opens a batch.
func (q *queue) newBatch() *batch {
	b := &batch{}
	if n := len(q.free); n > 0 {
		b, q.free = q.free[n-1], q.free[:n-1]
		*b = batch{body: b.body[:0], docs: b.docs[:0]}
	} else if q.full {
		// Batches become full: this one will be like the one before.
		b.body, b.docs = make([]byte, 0, q.size), make([]doc, 0, q.docs)
	}
	b.oldest = time.Now()
	b.entry = &entry{oldest: b.oldest, done: make(chan struct{})}
	q.entries = append(q.entries, b.entry)
	q.open = b
	q.timer.Reset(q.age)
	return b
}

// seal ends the open batch.
func (q *queue) seal() {
	q.full, q.size, q.docs = true, len(q.open.body)+len(q.open.body)/16, len(q.open.docs)+len(q.open.docs)/16
	q.ready = append(q.ready, q.open)
	q.open.entry.sealed = true
	q.open = nil
	q.changed.Signal()
}

// ripen makes the open batch due.
func (q *queue) ripen() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open != nil {
		q.open.due = true
		q.changed.Signal()
	}
}

// take waits for a batch; nil when the queue has been closed and is empty, or stopped.
func (q *queue) take() *batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		switch {
		case q.stopped:
			return nil
		case len(q.ready) > 0:
			b := q.ready[0]
			q.ready[0] = nil
			q.ready = q.ready[1:]
			return b
		case q.open != nil && (q.open.due || q.closed):
			b := q.open
			b.entry.sealed = true
			q.open, q.full = nil, false
			return b
		case q.closed:
			return nil
		}
		q.changed.Wait()
	}
}

// settle takes note that n documents of an entry, of so many bytes, need nothing more.
func (q *queue) settle(e *entry, n, size int) {
	if n == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pending -= size
	if q.room != nil {
		close(q.room)
		q.room = nil
	}
	e.open -= n
	q.pop()
}

// grown takes note that documents have become longer.
func (q *queue) grown(size int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pending += size
}

// pop takes away the entries that are settled.
func (q *queue) pop() {
	for len(q.entries) > 0 && q.entries[0].open == 0 && q.entries[0].sealed {
		first := q.entries[0]
		q.entries[0] = nil
		q.entries = q.entries[1:]
		close(first.done)
		if q.settled != nil && first.last > 0 {
			q.settled(first.last)
		}
	}
}

// recycle takes back a batch that is empty. After a burst the memory goes to the garbage collector.
func (q *queue) recycle(b *batch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	keep := q.keep
	if q.pending == 0 {
		keep = 1
		q.free = q.free[:min(len(q.free), keep)]
	}
	if len(q.free) < keep && cap(b.body) <= 2*q.maxBytes {
		q.free = append(q.free, b)
	}
}

// shrink halves the size of batches, grow lets it come back.
func (q *queue) shrink(size int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.limit = max(min(q.limit, size/2), minBatchBytes)
}

func (q *queue) grow() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.limit < q.maxBytes {
		q.limit = min(q.limit+q.limit/16+1, q.maxBytes)
	}
}

// marks returns the entries that are not settled, and makes the open batch due.
func (q *queue) marks() []*entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open != nil {
		q.open.due = true
		q.changed.Signal()
	}
	return append([]*entry(nil), q.entries...)
}

// close lets the workers end when the queue is empty.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.timer.Stop()
	if q.room != nil {
		close(q.room)
		q.room = nil
	}
	q.changed.Broadcast()
}

// stop has take return nothing more.
func (q *queue) stop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.stopped = true, true
	q.changed.Broadcast()
}

// rest takes away what no worker has taken, when there are none any more.
func (q *queue) rest() []*batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	left := q.ready
	if q.open != nil {
		q.open.entry.sealed = true
		left = append(left, q.open)
	}
	q.ready, q.open = nil, nil
	return left
}

// figures returns the documents and bytes that are not settled, and when the oldest was accepted.
func (q *queue) figures() (docs, size int, oldest time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, e := range q.entries {
		docs += e.open
		if e.open > 0 && oldest.IsZero() {
			oldest = e.oldest
		}
	}
	return docs, q.pending, oldest
}
