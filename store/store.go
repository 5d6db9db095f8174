package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/sluicelog/sluice/internal/journal"
	"github.com/sluicelog/sluice/internal/onerror"
	"github.com/sluicelog/sluice/store/internal/segment"
)

// Errors of a store.
var (
	// ErrClosed is the error of everything after Close. It wraps os.ErrClosed.
	ErrClosed = fmt.Errorf("store: %w", os.ErrClosed)
	// ErrFull is the error of Append while the records before could not be written: it wraps what is in the way.
	ErrFull = errors.New("store: records wait for the disk")
	// ErrLocked is the error of Open when another process, or this one, writes the directory.
	ErrLocked = journal.ErrLocked
)

// MaxRecord is the largest record in bytes.
const MaxRecord = 8 << 20

// A Store is a directory of records with one writer. It is safe for concurrent use.
type Store struct {
	dir  string
	opts Options
	fs   journal.FS
	j    *journal.Journal
	errs onerror.Sink

	mu      sync.Mutex // guards what Append touches
	pending pending
	spare   pending // empty, its memory is that of the last flush
	added   uint64  // records taken by Append
	refused uint64
	closed  bool

	flushMu  sync.Mutex          // held by who writes to the journal
	batch    *segment.Batch      // in the journal, not sealed; under flushMu
	since    time.Time           // when the first of batch came; under flushMu
	payloads [][]byte            // scratch; under flushMu
	free     chan *segment.Batch // empty ones, their memory is that of sealed segments
	stuck    error               // why the last flush failed; under mu

	sealed  sync.Cond // on dirMu
	dirMu   sync.Mutex
	spans   []span
	sealTo  uint64           // last arrival number that was sealed; its segment may be gone
	queue   []*segment.Batch // waiting to be sealed; the first is in work
	sealEnd bool             // nothing will be queued any more
	failed  error

	rewrite sync.Mutex // one compaction, erasure or retention at a time
	reader  *Reader
	stop    chan struct{}
	wake    chan struct{}
	stopped sync.WaitGroup
	closing sync.Once
	ended   chan struct{}
	err     error

	examined  map[string]string // what retention found of segments that stayed; under rewrite
	rewritten Rewritten         // by compaction and retention; under dirMu
}

// pending are records that are not in the journal yet.
type pending struct {
	buf  []byte
	ends []int
	fate *fate
}

// fate is what became of the records that went to the journal together. It is guarded by flushMu.
type fate struct {
	known bool
	err   error
}

func (p *pending) add(line []byte) {
	p.buf = append(p.buf, line...)
	p.ends = append(p.ends, len(p.buf))
}

func (p *pending) payloads(out [][]byte) [][]byte {
	from := 0
	for _, end := range p.ends {
		out = append(out, p.buf[from:end:end])
		from = end
	}
	return out
}

// Recovery is what Open found.
type Recovery struct {
	// Tail is the number of records that were not in a segment yet.
	Tail uint64
	// Lost is the number of records that damage has cost in the tail; segments lose none.
	Lost uint64
	// Damage names the bad ranges of the tail, a torn end among them.
	Damage []string
	// Removed names files of work that a crash has cut short: it is done again.
	Removed []string
}

// Open opens the store in dir, which is made if need be, for its one writer. Damage never makes it fail; records that it has cost are
// reported to Options.OnError.
func Open(dir string, opts *Options) (*Store, error) {
	s, rec, err := Recover(dir, opts)
	if err == nil && rec.Lost > 0 {
		s.errs.Report(fmt.Errorf("store: %s: damage of the tail has cost %d records: %s", dir, rec.Lost, strings.Join(rec.Damage, "; ")))
	}
	return s, err
}

// Recover is Open with a report of what a crash has left.
func Recover(dir string, opts *Options) (*Store, Recovery, error) {
	var rec Recovery
	if err := opts.Validate(); err != nil {
		return nil, rec, err
	}
	o := opts.resolved()
	s := &Store{
		dir: dir, opts: o, fs: o.fs, errs: onerror.Sink{Component: "store", Func: o.OnError}, batch: &segment.Batch{},
		free: make(chan *segment.Batch, 2), stop: make(chan struct{}), wake: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	s.sealed.L = &s.dirMu
	if err := s.fs.MkdirAll(dir, 0o700); err != nil {
		return nil, rec, fmt.Errorf("store: %w", err)
	}
	if err := s.fs.MkdirAll(s.tail(), 0o700); err != nil {
		return nil, rec, fmt.Errorf("store: %w", err)
	}
	spans, _, err := listSpans(s.fs, dir)
	if err != nil {
		return nil, rec, fmt.Errorf("store: %w", err)
	}
	s.spans = spans
	if len(spans) > 0 {
		s.sealTo = spans[len(spans)-1].last
	}
	if err := s.openJournal(&rec); err != nil {
		return nil, rec, fmt.Errorf("store: %w", err)
	}
	if err := s.recover(&rec); err != nil {
		return nil, rec, fmt.Errorf("store: %s: %w", dir, errors.Join(err, s.j.Close(context.Background())))
	}
	s.stopped.Go(s.sealer)
	s.stopped.Go(s.keeper)
	s.stopped.Go(s.tidier)
	return s, rec, nil
}

// openJournal opens the tail. Its sequences go on behind what is sealed, even if the journal has lost its own end.
func (s *Store) openJournal(rec *Recovery) error {
	j, r, err := journal.Open(s.tail(), &journal.Options{
		Sync: s.opts.Sync, Interval: s.opts.Interval, FS: s.fs, OnError: s.errs.Report, After: s.lastSealed(),
	})
	if err != nil {
		return err
	}
	s.j = j
	if rec != nil {
		rec.Lost = r.Lost
		for _, d := range r.Damage {
			rec.Damage = append(rec.Damage, d.String())
		}
	}
	return nil
}

func (s *Store) tail() string { return filepath.Join(s.dir, tailDir) }

// recover removes what is left over, with the writer's lock held, and reads the tail back.
func (s *Store) recover(rec *Recovery) error {
	spans, left, err := listSpans(s.fs, s.dir)
	if err != nil {
		return err
	}
	for _, name := range left {
		if err := remove(s.fs, s.dir, name); err != nil {
			return err
		}
		rec.Removed = append(rec.Removed, name)
	}
	s.spans = spans
	s.dirMu.Lock()
	s.sealTo = max(s.sealTo, s.j.Stats().Acked)
	last := s.sealTo
	s.dirMu.Unlock()
	r := s.j.Reader(0)
	defer r.Close()
	for {
		seq, payload, err := r.TryNext()
		if err != nil {
			break // the end
		}
		if seq <= last {
			continue
		}
		s.batch.Append(seq, payload)
		rec.Tail++
	}
	s.since = s.opts.now()
	if last > 0 {
		return s.j.Ack(min(last, s.j.Stats().Last))
	}
	return nil
}

// lastSealed is the last arrival number that is in a segment.
func (s *Store) lastSealed() uint64 {
	s.dirMu.Lock()
	defer s.dirMu.Unlock()
	return s.sealTo
}

func (s *Store) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// Append adds a record. The line is not kept. When it returns nil the record is as safe as Options.Sync says. The error wraps
// ErrClosed, ErrFull or that of the journal; the record is then not in the store.
func (s *Store) Append(line []byte) error {
	if len(line) > MaxRecord {
		return fmt.Errorf("store: a record of %d bytes, want at most %d", len(line), MaxRecord)
	}
	s.mu.Lock()
	if s.closed {
		s.refused++
		s.mu.Unlock()
		return ErrClosed
	}
	if s.stuck != nil && len(s.pending.buf) >= maxPending {
		err := s.stuck
		s.refused++
		s.mu.Unlock()
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	if s.pending.fate == nil {
		s.pending.fate = &fate{}
	}
	s.pending.add(line)
	s.added++
	fate, size := s.pending.fate, len(s.pending.buf)
	s.mu.Unlock()
	switch {
	case s.opts.Sync == SyncAlways:
		return s.flush(fate)
	case size >= flushBytes:
		return s.flushEarly()
	}
	return nil
}

// flushEarly writes what is pending without waiting for who does it already.
func (s *Store) flushEarly() error {
	s.mu.Lock()
	over := len(s.pending.buf) >= maxPending
	s.mu.Unlock()
	if !over {
		if !s.flushMu.TryLock() {
			return nil
		}
	} else {
		s.flushMu.Lock() // the disk is slower than the records: wait for it
	}
	defer s.flushMu.Unlock()
	_ = s.flushLocked(false) // kept, reported, and tried again
	return nil
}

// flush makes sure that records of this fate are in the journal, or says why they are not.
func (s *Store) flush(f *fate) error {
	s.flushMu.Lock()
	defer s.flushMu.Unlock()
	if f.known {
		return f.err
	}
	return s.flushLocked(false)
}

// flushLocked writes all that is pending; without force not while segments cannot be written.
func (s *Store) flushLocked(force bool) error {
	s.mu.Lock()
	p := s.pending
	s.pending, s.spare = s.spare, pending{}
	s.mu.Unlock()
	if len(p.ends) == 0 {
		s.mu.Lock()
		s.spare = p
		s.mu.Unlock()
		return nil
	}
	payloads := p.payloads(s.payloads[:0])
	s.payloads = payloads
	var err error
	if !force {
		err = s.blocked()
	}
	var last uint64
	if err == nil {
		last, err = s.j.Append(context.Background(), payloads...)
	}
	if err != nil {
		return s.notFlushed(p, err)
	}
	for i, line := range payloads {
		if s.batch.Len() == 0 {
			s.since = s.opts.now()
		}
		s.batch.Append(last-uint64(len(payloads)-1-i), line)
		if s.batch.Len() >= s.opts.SegmentRecords || s.batch.Size() >= s.opts.SegmentBytes {
			s.seal()
		}
	}
	p.fate.known = true
	s.mu.Lock()
	s.stuck = nil
	s.spare = pending{buf: p.buf[:0], ends: p.ends[:0]}
	s.mu.Unlock()
	return nil
}

// notFlushed keeps what could not be written for the next try; with SyncAlways the callers are told and it is given up.
func (s *Store) notFlushed(p pending, err error) error {
	s.errs.Report(err)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.Sync == SyncAlways {
		p.fate.known, p.fate.err = true, err
		s.added -= uint64(len(p.ends))
		s.refused += uint64(len(p.ends))
		return err
	}
	s.stuck = err
	later := s.pending
	s.pending = p
	from := 0
	for _, end := range later.ends {
		s.pending.add(later.buf[from:end])
		from = end
	}
	return err
}

// Flush writes the records that Append has taken to the journal and syncs it.
func (s *Store) Flush(ctx context.Context) error {
	return within(ctx, "flush", func() error {
		s.flushMu.Lock()
		defer s.flushMu.Unlock()
		if err := s.flushLocked(false); err != nil {
			return err
		}
		if s.opts.Sync == SyncNone {
			return nil
		}
		return s.j.Sync(ctx)
	})
}

// within runs f and returns early, leaving it to end behind, when ctx does.
func within(ctx context.Context, what string, f func() error) error {
	if ctx.Done() == nil {
		return f()
	}
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("store: %s: %w", what, context.Cause(ctx))
	}
}

// Close seals the tail and ends the store. When ctx ends first it returns its error and the rest goes on behind it. Later
// records are refused. A second Close returns what the first did.
func (s *Store) Close(ctx context.Context) error {
	s.closing.Do(func() { go s.close() })
	select {
	case <-s.ended:
		return s.err
	case <-ctx.Done():
		return fmt.Errorf("store: close: %w", context.Cause(ctx))
	}
}

func (s *Store) close() {
	defer close(s.ended)
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.flushMu.Lock()
	err := s.flushLocked(true)
	s.seal()
	s.flushMu.Unlock()
	s.dirMu.Lock()
	s.sealEnd = true
	s.sealed.Broadcast()
	s.dirMu.Unlock()
	close(s.stop)
	s.stopped.Wait()
	s.rewrite.Lock()
	defer s.rewrite.Unlock()
	s.dirMu.Lock()
	err = errors.Join(err, s.failed)
	reader := s.reader
	s.dirMu.Unlock()
	if reader != nil {
		err = errors.Join(err, reader.Close())
	}
	last := s.lastSealed()
	empty := s.j.Stats().Last <= last
	err = errors.Join(err, s.j.Close(context.Background()))
	if empty && err == nil {
		err = s.dropTail()
	}
	s.err = err
}

// dropTail removes the files of a journal whose records are all sealed: its position stays.
func (s *Store) dropTail() error {
	entries, err := s.fs.ReadDir(s.tail())
	if err != nil {
		return err
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == segSuffix {
			if err := remove(s.fs, s.tail(), e.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}
