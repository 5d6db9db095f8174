package store

import (
	"fmt"
	"time"

	"github.com/sluicelog/sluice/store/internal/segment"
)

// sealJob is a batch on its way to a segment.
type sealJob struct{ batch *segment.Batch }

// seal hands the tail over to the sealer and waits while that is busy with two others. FlushMu is held.
func (s *Store) seal() {
	if s.batch.Len() == 0 {
		return
	}
	s.dirMu.Lock()
	s.waiting++
	s.dirMu.Unlock()
	s.sealing <- &sealJob{s.batch}
	select {
	case s.batch = <-s.free:
	default:
		s.batch = &segment.Batch{}
	}
}

// sealNow seals the tail and waits until it is done.
func (s *Store) sealNow() error {
	s.flushMu.Lock()
	err := s.flushLocked()
	if err == nil {
		s.seal()
	}
	s.flushMu.Unlock()
	if err != nil {
		return err
	}
	s.dirMu.Lock()
	defer s.dirMu.Unlock()
	for s.waiting > 0 && s.failed == nil {
		s.sealed.Wait()
	}
	return s.failed
}

// sealer turns batches into segments, one after the other. What fails is tried again each second: the records are in the
// journal.
func (s *Store) sealer() {
	for job := range s.sealing {
		for {
			err := s.write(job.batch)
			s.dirMu.Lock()
			if s.failed = err; err == nil {
				s.waiting--
			}
			s.sealed.Broadcast()
			s.dirMu.Unlock()
			if err == nil {
				job.batch.Reset()
				select {
				case s.free <- job.batch:
				default:
				}
				break
			}
			s.errs.Report(err)
			select {
			case <-s.stop:
				// Closing: the journal keeps the records, the next Open seals them.
				for range s.sealing {
				}
				return
			case <-time.After(time.Second):
			}
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

// keeper flushes each interval, seals by age, and compacts and retains each minute.
func (s *Store) keeper() {
	flush := time.NewTicker(s.opts.Interval)
	defer flush.Stop()
	tidy := time.NewTicker(time.Minute)
	defer tidy.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-flush.C:
			s.flushMu.Lock()
			_ = s.flushLocked() // reported, kept, tried again
			if s.opts.SegmentAge > 0 && s.batch.Len() > 0 && s.opts.now().Sub(s.since) >= s.opts.SegmentAge {
				s.seal()
			}
			s.flushMu.Unlock()
		case <-tidy.C:
			s.errs.Report(s.tidy())
		}
	}
}
