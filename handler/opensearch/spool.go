package opensearch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicelog/sluice/internal/journal"
)

// SpoolOptions are the bounds of a spool. The zero value is the recommended setting.
type SpoolOptions struct {
	// MaxBytes bounds the files of the spool. 0 means 1 GiB; at least 8 MiB. A record needs a quarter of it at most.
	MaxBytes int64
	// EvictOldest makes room in a full spool by giving up the oldest records, which are counted as dropped. False does what
	// Options.Overflow says: the record that comes is dropped, or its caller waits.
	EvictOldest bool
	// Sync is when records are forced to disk: interval (also ""), always, before Handle returns, or none. Whatever it is, a record for
	// which Handle returned nil survives the end of the process; it is about the end of the machine.
	Sync string
	// SyncEvery is the time between two fsyncs of interval. 0 means 200 ms.
	SyncEvery time.Duration
}

const (
	defaultSpool = 1 << 30
	minSpool     = 8 << 20
)

func (o *SpoolOptions) journal(onError func(error)) *journal.Options {
	n := SpoolOptions{}
	if o != nil {
		n = *o
	}
	set(&n.MaxBytes, defaultSpool)
	j := &journal.Options{
		MaxBytes: n.MaxBytes, Overflow: journal.Refuse, Sync: journal.SyncPolicy(n.Sync), Interval: n.SyncEvery, OnError: onError,
		ScanLast: true, // the pump reads the others anyway
	}
	if n.EvictOldest {
		j.Overflow = journal.DropOldest
	}
	return j
}

func (o *SpoolOptions) validate() error {
	if o == nil {
		return nil
	}
	var errs []error
	if o.MaxBytes != 0 && o.MaxBytes < minSpool {
		errs = append(errs, fmt.Errorf("opensearch: SpoolOptions.MaxBytes is %d, want at least 8388608, or 0 for 1 GiB", o.MaxBytes))
	}
	return errors.Join(append(errs, o.journal(nil).Validate())...)
}

// A spool is the journal between Handle and the queue: Handle appends, a pump reads in order and fills the queue, and what is
// settled, in order, is acknowledged. A frame is the action and the document of a record, as they are sent.
type spool struct {
	c   *core
	log *journal.Journal
	max int64

	last    atomic.Uint64 // appended
	settled atomic.Uint64 // of the queue, in order
	durable atomic.Uint64 // acknowledged: what comes after it comes again after a crash
	sent    *sentFile
	suspect uint64 // frames up to this one may have been sent by an earlier process
	since   string // when the write index of the stream was this

	mu       sync.Mutex
	progress chan struct{} // closed when settled has grown, or room has been made

	acks   chan struct{}
	pumped chan struct{} // closed when the pump has ended
	acked  chan struct{} // closed when the acknowledger has ended
}

func (c *core) openSpool() error {
	if c.opts.Spool == "" {
		return nil
	}
	opts := c.opts.SpoolOptions.journal(c.errs.report)
	log, found, err := journal.Open(c.opts.Spool, opts)
	if err != nil {
		return fmt.Errorf("opensearch: spool: %w", err)
	}
	s := &spool{
		c: c, log: log, max: opts.MaxBytes, progress: make(chan struct{}),
		acks: make(chan struct{}, 1), pumped: make(chan struct{}), acked: make(chan struct{}),
	}
	if s.sent, err = openSent(filepath.Join(c.opts.Spool, "sent"), opts.Sync != journal.SyncNone); err != nil {
		return errors.Join(fmt.Errorf("opensearch: spool: %w", err), log.Close(context.Background()))
	}
	s.lost(found.Lost)
	s.last.Store(found.Last)
	s.settled.Store(found.Acked)
	s.durable.Store(found.Acked)
	if found.Last > found.Acked {
		c.count.replayed.Store(found.Last - found.Acked)
	}
	s.suspect, s.since = s.sent.state()
	c.q.settled = s.settle
	c.spool = s
	go s.pump(found.Acked + 1)
	go s.acknowledge()
	return nil
}

func (c *core) spooled() bool { return c.spool != nil }

// accept appends a document.
func (s *spool) accept(line []byte) error {
	for {
		s.mu.Lock()
		progress := s.progress
		s.mu.Unlock()
		// Without an end of the context, so that the append is not handed to another goroutine: a record is in or it is not.
		seq, err := s.log.Append(context.Background(), line)
		switch {
		case err == nil:
			for {
				last := s.last.Load()
				if seq <= last || s.last.CompareAndSwap(last, seq) {
					return nil
				}
			}
		case errors.Is(err, journal.ErrClosed):
			s.c.count.refused.Add(1)
			return ErrClosed
		case errors.Is(err, journal.ErrFull) && s.c.opts.Overflow == Block:
			select {
			case <-progress:
				continue
			case <-s.c.ctx.Done():
				s.c.count.refused.Add(1)
				return ErrClosed
			}
		case errors.Is(err, journal.ErrFull):
			s.c.count.turnAway()
			return ErrFull
		default:
			s.c.count.turnAway()
			err = fmt.Errorf("opensearch: spool: %w", err)
			s.c.errs.report(err)
			return err
		}
	}
}

// pump reads the journal and fills the queue.
func (s *spool) pump(next uint64) {
	defer close(s.pumped)
	reader := s.log.Reader(next)
	defer reader.Close()
	for known := uint64(0); ; {
		seq, line, err := reader.Next(s.c.ctx)
		switch {
		case errors.Is(err, io.EOF), s.c.ctx.Err() != nil:
			return
		case err != nil:
			s.c.errs.report(fmt.Errorf("opensearch: spool: %w", err))
			if !pause(s.c.ctx, time.Second) {
				return
			}
			continue
		}
		if seq > next {
			s.c.count.dropped.Add(seq - next) // evicted, or damaged
		}
		if lost := reader.Lost(); lost > known {
			s.lost(lost - known)
			known = lost
		}
		next = seq + 1
		if !s.forward(seq, line) {
			return
		}
	}
}

// lost tells of records that cannot be read.
func (s *spool) lost(n uint64) {
	if n > 0 {
		s.c.errs.report(fmt.Errorf("opensearch: spool %s: %d records are damaged and lost", s.c.opts.Spool, n))
	}
}

// forward puts a frame into the queue; false when the handler is being closed.
func (s *spool) forward(seq uint64, line []byte) bool {
	if journal.IsBlank(line) { // erased
		s.c.count.dropped.Add(1)
		s.c.q.note(seq)
		return true
	}
	action := bytes.IndexByte(line, '\n') + 1
	if !bytes.HasPrefix(line, []byte(actionOpen)) || action < len(actionOpen)+len(actionClose) || line[len(line)-1] != '\n' {
		s.c.count.failed.Add(1)
		s.c.errs.report(fmt.Errorf("opensearch: spool: record %d is none of this handler: it is left out", seq))
		s.c.q.note(seq)
		return true
	}
	for {
		wait, err := s.c.q.put(line, action, frame{seq: seq, suspect: seq <= s.suspect, since: s.since}, true)
		if err != nil {
			return false
		}
		if wait == nil {
			return true
		}
		select {
		case <-wait:
		case <-s.c.ctx.Done():
			return false
		}
	}
}

// settle is called by the queue: all frames up to last are settled.
func (s *spool) settle(last uint64) {
	s.settled.Store(last)
	select {
	case s.acks <- struct{}{}:
	default:
	}
}

// acknowledge tells the journal what is settled.
func (s *spool) acknowledge() {
	defer close(s.acked)
	for range s.acks {
		s.ack()
	}
}

func (s *spool) ack() {
	settled := s.settled.Load()
	if err := s.log.Ack(settled); err != nil {
		s.c.errs.report(fmt.Errorf("opensearch: spool: %w", err))
	} else {
		s.durable.Store(settled)
	}
	s.mu.Lock()
	close(s.progress)
	s.progress = make(chan struct{})
	s.mu.Unlock()
}

// flush waits until all that has been appended is settled.
func (s *spool) flush(ctx context.Context) error {
	target := s.last.Load()
	s.c.q.marks()
	for {
		s.mu.Lock()
		progress := s.progress
		s.mu.Unlock()
		if s.settled.Load() >= target {
			return nil
		}
		select {
		case <-progress:
		case <-s.c.ended:
			if s.settled.Load() >= target {
				return nil
			}
			return ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("opensearch: flush: %d records not delivered yet: %w", target-s.settled.Load(), ctx.Err())
		}
	}
}

// drain waits until the spool is empty, or requests are cut off.
func (s *spool) drain() {
	if err := s.flush(s.c.ctx); err != nil {
		return // what is left stays
	}
}

// end closes the spool, when there are no workers any more.
func (s *spool) end() error {
	<-s.pumped
	close(s.acks)
	<-s.acked
	s.ack()
	return errors.Join(s.sent.close(), s.log.Close(context.Background()))
}

// bytes is the size of the spool's files.
func (s *spool) bytes() uint64 {
	if s == nil {
		return 0
	}
	return uint64(max(s.log.Stats().Bytes, 0))
}

func (s *spool) health() error {
	if s == nil {
		return nil
	}
	st := s.log.Stats()
	switch {
	case st.Err != nil:
		return fmt.Errorf("opensearch: spool: %w", st.Err)
	case st.Bytes > s.max/10*9:
		return fmt.Errorf("opensearch: %d of %d bytes of the spool are taken", st.Bytes, s.max)
	}
	return nil
}
