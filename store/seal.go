package store

import (
	"fmt"
	"time"

	"github.com/sluicelog/sluice/store/internal/segment"
)

// maxQueue bounds the batches that wait to be sealed: with as many, flushing waits for the sealer, and is refused while that
// fails.
const maxQueue = 2

// seal hands the tail over to the sealer. FlushMu is held.
func (s *Store) seal() {
	if s.batch.Len() == 0 {
		return
	}
	sealed := s.batch
	s.dirMu.Lock()
	for len(s.queue) >= maxQueue && s.failed == nil {
		s.sealed.Wait()
	}
	next := &segment.Batch{}
	select {
	case next = <-s.free:
	default:
		if sealed.Len() >= s.opts.SegmentRecords || sealed.Size() >= s.opts.SegmentBytes {
			next = sealed.Like() // there will be as many again
		}
	}
	s.queue = append(s.queue, sealed)
	s.sealed.Broadcast()
	s.dirMu.Unlock()
	s.batch = next
}

// blocked returns why nothing more may go into the journal: segments cannot be written.
func (s *Store) blocked() error {
	s.dirMu.Lock()
	defer s.dirMu.Unlock()
	if len(s.queue) >= maxQueue {
		return s.failed
	}
	return nil
}

// sealNow seals the tail and waits until it is done.
func (s *Store) sealNow() error {
	s.flushMu.Lock()
	err := s.flushLocked(false)
	if err == nil {
		s.seal()
	}
	s.flushMu.Unlock()
	if err != nil {
		return err
	}
	s.dirMu.Lock()
	defer s.dirMu.Unlock()
	for len(s.queue) > 0 && s.failed == nil {
		s.sealed.Wait()
	}
	return s.failed
}

// sealer turns batches into segments, one after the other. What fails is tried again each second, and once more when the store
// is closed: the records are in the journal, and the next Open finds them.
func (s *Store) sealer() {
	for {
		s.dirMu.Lock()
		for len(s.queue) == 0 && !s.sealEnd {
			s.sealed.Wait()
		}
		if len(s.queue) == 0 {
			s.dirMu.Unlock()
			return
		}
		batch, last := s.queue[0], s.sealEnd
		s.dirMu.Unlock()
		err := s.write(batch)
		s.dirMu.Lock()
		if s.failed = err; err == nil {
			s.queue = append(s.queue[:0:0], s.queue[1:]...)
		}
		s.sealed.Broadcast()
		s.dirMu.Unlock()
		if err == nil {
			batch.Reset()
			select {
			case s.free <- batch:
			default:
			}
			continue
		}
		s.errs.Report(err)
		if last {
			return
		}
		select {
		case <-s.stop:
		case <-time.After(time.Second):
		}
	}
}

// write encodes a batch and makes it a segment; then the journal may forget it.
func (s *Store) write(b *segment.Batch) error {
	first, last := b.Span()
	data, err := segment.Encode(b, segment.Fast)
	if err != nil {
		return fmt.Errorf("store: records %d to %d: %w", first, last, err)
	}
	sp := span{first: first, last: last, size: int64(len(data))}
	if err := writeFile(s.fs, s.dir, sp.name(), data); err != nil {
		return fmt.Errorf("store: segment %s: %w", sp.name(), err)
	}
	s.dirMu.Lock()
	s.spans = append(s.spans, sp)
	s.sealTo = last
	s.dirMu.Unlock()
	if err := s.j.Ack(last); err != nil {
		s.errs.Report(err) // the segment holds: a later Ack is for this one too
	}
	return nil
}

// keeper flushes each interval and seals by age.
func (s *Store) keeper() {
	flush := time.NewTicker(s.opts.Interval)
	defer flush.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-flush.C:
			s.flushMu.Lock()
			_ = s.flushLocked(false) // reported, kept, tried again
			if s.opts.SegmentAge > 0 && s.batch.Len() > 0 && s.opts.now().Sub(s.since) >= s.opts.SegmentAge {
				s.seal()
			}
			s.flushMu.Unlock()
		}
	}
}

// tidier compacts and retains each minute: that may take long, and flushing does not wait for it.
func (s *Store) tidier() {
	tidy := time.NewTicker(time.Minute)
	defer tidy.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tidy.C:
			s.errs.Report(s.tidy())
		}
	}
}
