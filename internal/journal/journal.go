package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"github.com/sluicelog/sluice/internal/onerror"
)

// Errors of a journal.
var (
	// ErrLocked is the error of Open when the journal has a writer already.
	ErrLocked = errors.New("another writer has it")
	// ErrFull is the error of Append when MaxBytes are used and Overflow is Refuse.
	ErrFull = errors.New("journal: full: MaxBytes are used by records that are not acknowledged")
	// ErrTooLarge is the error of Append for a record that does not fit into a segment.
	ErrTooLarge = errors.New("journal: the record does not fit into a segment")
	// ErrClosed is the error of everything after Close. It wraps os.ErrClosed.
	ErrClosed = fmt.Errorf("journal: %w", os.ErrClosed)
	// ErrFailed is the error of everything after an fsync has failed: what is on disk is not known any more, so the journal
	// takes nothing until it is opened again. It wraps the first failure.
	ErrFailed = errors.New("journal: an earlier write to disk failed")
)

// Journal is a durable log with one writer. It is safe for concurrent use.
type Journal struct {
	dir  string
	opts Options
	fs   FS
	lock io.Closer
	errs onerror.Sink
	max  int // the largest payload

	mu        sync.Mutex
	closed    bool
	failed    error
	segs      []*segment // oldest first; the last ones may only be planned
	tail      position   // where the next frame goes
	next      uint64     // and its sequence
	roll      bool       // the next frame begins a segment
	done      position   // what is written, and synced with SyncAlways
	last      uint64     // and its last sequence
	synced    uint64
	acked     uint64
	reported  uint64 // what readers found to be lost up to here is in the books
	scanned   uint64 // and what Open found from here to recovered
	recovered uint64
	bytes     int64     // of segs
	waiters   sync.Pool // of one journal: channels of a test's bubble must not leave it
	fill      *batch
	spare     *batch
	leading   bool // somebody is writing a batch
	readers   map[*Reader]struct{}
	rolled    []File // finished segments to be synced and closed
	stats     Stats

	active    File // belongs to who leads; others see it under syncMu
	activeSeg *segment
	syncMu    sync.Mutex // held by an fsync of a segment

	writes, syncs atomic.Uint64

	ackMu      sync.Mutex
	ackDurable uint64
	stale      []*segment // acknowledged and not yet removed

	visit func(seq uint64, payload []byte) error // of Check; nothing is changed then

	keepMu sync.Mutex
	kept   int64

	lead    chan struct{} // a batch waits for the committer
	again   chan struct{} // rolled files wait for the syncer
	stop    chan struct{}
	stopped sync.WaitGroup
	idle    *sync.Cond // leading has ended
	closing sync.Once
	ended   chan struct{}
	err     error // of Close
}

// position is a place in a segment.
type position struct {
	seg *segment
	off int64
}

// Open opens the journal in the directory dir, which is made if need be, for its one writer. Damage never makes it fail: what
// is intact can be read, and Recovery says what is not. Errors are those of the file system, of invalid options, and
// ErrLocked.
func Open(dir string, opts *Options) (*Journal, Recovery, error) {
	if err := opts.Validate(); err != nil {
		return nil, Recovery{}, err
	}
	o := opts.resolved()
	j := &Journal{
		dir: dir, opts: o, fs: o.FS, errs: onerror.Sink{Component: "journal", Func: o.OnError}, max: maxPayload(o.SegmentBytes),
		fill: &batch{}, spare: &batch{}, readers: map[*Reader]struct{}{},
		lead: make(chan struct{}, 1), again: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{}),
	}
	j.idle = sync.NewCond(&j.mu)
	if err := j.fs.MkdirAll(dir, 0o700); err != nil {
		return nil, Recovery{}, fmt.Errorf("journal: %w", err)
	}
	var err error
	if j.lock, err = j.fs.Lock(j.at(lockName), o.Perm); err != nil {
		return nil, Recovery{}, fmt.Errorf("journal: %s: %w", dir, err)
	}
	r, err := j.recover()
	if err != nil {
		if j.active != nil {
			err = errors.Join(err, j.active.Close())
		}
		return nil, r, fmt.Errorf("journal: %s: %w", dir, errors.Join(err, j.lock.Close()))
	}
	j.tail, j.synced = j.done, j.last
	j.stats.Lost = r.Lost
	j.recovered = r.Last
	j.stopped.Go(j.committer)
	j.stopped.Go(j.syncer)
	return j, r, nil
}

// maxPayload is the largest payload that fits into an empty segment.
func maxPayload(segment int64) int {
	n := int(min(segment, 1<<31-1)) - frameBytes - headerBytes*int((segment+blockBytes-1)/blockBytes)
	return max(n, 0)
}

// usable returns why nothing can be done any more. The lock is held.
func (j *Journal) usable() error {
	if j.failed != nil {
		return j.failed
	}
	if j.closed {
		return ErrClosed
	}
	return nil
}

// fail remembers the first failure for good. The lock is held.
func (j *Journal) fail(err error) {
	if j.failed == nil {
		j.failed = fmt.Errorf("%w: %w", ErrFailed, err)
	}
}

// Append adds a record for each payload and returns the sequence of the last one. It returns when they are written and, with
// SyncAlways, on disk; callers that come together share one write and one fsync. The payloads are not kept.
//
// Records of one call that fit into a segment are in one segment. On an error none of them is in the journal, with two
// exceptions: when ctx ends first, they may be or not; and when they needed several segments, those up to the returned
// sequence are.
func (j *Journal) Append(ctx context.Context, payloads ...[]byte) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("journal: %w", context.Cause(ctx))
	}
	w, _ := j.waiters.Get().(*waiter)
	if w == nil {
		w = &waiter{done: make(chan result, 1)}
	}
	j.mu.Lock()
	if err := j.usable(); err != nil {
		j.mu.Unlock()
		return 0, err
	}
	if len(payloads) == 0 {
		defer j.mu.Unlock()
		return j.last, nil
	}
	w.first = j.next
	if err := j.lay(payloads); err != nil {
		j.stats.Refused += uint64(len(payloads))
		j.mu.Unlock()
		j.waiters.Put(w)
		return 0, err
	}
	w.last = j.next - 1
	j.fill.add(w)
	if !j.leading {
		j.leading = true
		if ctx.Done() == nil {
			j.commit()
			if j.fill.empty() {
				j.leading = false
				j.idle.Broadcast()
			} else {
				j.lead <- struct{}{}
			}
		} else {
			j.lead <- struct{}{} // the disk may hang, and the caller may not
		}
	}
	j.mu.Unlock()
	select {
	case r := <-w.done:
		j.waiters.Put(w)
		return r.last, r.err
	case <-ctx.Done():
		return 0, fmt.Errorf("journal: %w; whether the records are in is not known", context.Cause(ctx))
	}
}

// Rotate makes the next record begin a new segment.
func (j *Journal) Rotate() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.usable(); err != nil {
		return err
	}
	j.roll = true
	return nil
}

// Close waits for the records that are being written, syncs, and gives up the lock. When ctx ends first it returns its error
// and the rest goes on behind it. Records that come later are refused. A second Close returns what the first did.
func (j *Journal) Close(ctx context.Context) error {
	j.closing.Do(func() { go j.close() })
	select {
	case <-j.ended:
		return j.err
	case <-ctx.Done():
		return fmt.Errorf("journal: close: %w", context.Cause(ctx))
	}
}

func (j *Journal) close() {
	defer close(j.ended)
	j.mu.Lock()
	j.closed = true
	for j.leading {
		j.idle.Wait()
	}
	for r := range j.readers {
		r.poke()
	}
	failed := j.failed
	j.mu.Unlock()
	close(j.stop)
	j.stopped.Wait()
	err := failed
	if err == nil {
		err = j.syncNow()
	}
	if j.active != nil {
		err = errors.Join(err, j.active.Close())
	}
	for _, f := range j.rolled {
		err = errors.Join(err, f.Close())
	}
	j.err = errors.Join(err, j.lock.Close())
}

// Stats are a journal's books.
type Stats struct {
	// Segments and Bytes are what is on disk, counted as preallocated.
	Segments int
	Bytes    int64
	// First is the oldest sequence that is kept, Last the newest, Synced the newest that was forced to disk, and Acked the
	// acknowledged position.
	First, Last, Synced, Acked uint64
	// Appended counts records taken since Open, AppendedBytes their payloads.
	Appended, AppendedBytes uint64
	// Writes and Syncs count the calls that served them.
	Writes, Syncs uint64
	// Refused counts records that were too large or found the journal full, Failed those that could not be written.
	Refused, Failed uint64
	// Dropped counts records that DropOldest gave up before they were acknowledged.
	Dropped uint64
	// Lost counts records that damage has cost, found at Open or since.
	Lost uint64
	// Err is why the journal takes nothing any more, nil when it does.
	Err error
}

// Stats returns the books now.
func (j *Journal) Stats() Stats {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.stats
	s.Writes, s.Syncs = j.writes.Load(), j.syncs.Load()
	s.Segments, s.Bytes, s.Last, s.Synced, s.Acked, s.Err = len(j.segs), j.bytes, j.last, j.synced, j.acked, j.failed
	s.First = j.last + 1
	if len(j.segs) > 0 {
		s.First = j.segs[0].first
	}
	return s
}

// Dir is the journal's directory.
func (j *Journal) Dir() string { return j.dir }
