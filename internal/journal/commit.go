package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// batch is what is written together: pieces of segments as they will be on disk, and who waits for them.
type batch struct {
	layout
	pieces      []piece
	first, tail *waiter
	records     uint64
	payload     uint64
}

// piece is a part of a batch that goes to one segment.
type piece struct {
	seg         *segment
	off         int64 // in the segment
	start, stop int   // in the buffer
	last        uint64
}

// waiter is a call of Append that waits. Its channel has room for the answer, so that nobody waits for who has gone.
type waiter struct {
	first, last uint64
	done        chan result
	next        *waiter
}

type result struct {
	last uint64
	err  error
}

func (b *batch) add(w *waiter) {
	w.next = nil
	if b.first == nil {
		b.first = w
	} else {
		b.tail.next = w
	}
	b.tail = w
}

func (b *batch) empty() bool { return b.first == nil }

// maxBuffer is the largest buffer that is kept.
const maxBuffer = 4 << 20

func (b *batch) reset() {
	if cap(b.buf) > maxBuffer {
		b.buf = nil
	}
	clear(b.pieces)
	b.buf, b.pieces, b.first, b.tail, b.records, b.payload = b.buf[:0], b.pieces[:0], nil, nil, 0, 0
}

// answer tells those who wait how far it came.
func (b *batch) answer(last uint64, err error) {
	for w := b.first; w != nil; {
		next := w.next // the waiter is another's as soon as it is told
		switch {
		case w.last <= last:
			w.done <- result{last: w.last}
		case w.first <= last:
			w.done <- result{last, err}
		default:
			w.done <- result{0, err}
		}
		w = next
	}
}

// lay puts the frames of payloads into the batch that is being filled, or refuses all of them. The lock is held.
func (j *Journal) lay(payloads [][]byte) error {
	total := -frameBytes
	for _, p := range payloads {
		if len(p) > j.max {
			return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(p), j.max)
		}
		total += frameBytes + len(p)
	}
	fresh := j.tail.seg == nil || j.roll && j.tail.off > 0
	if !fresh && afterFrame(j.tail.off, total) > j.tail.seg.size && total <= j.max {
		fresh = true
	}
	if j.opts.MaxBytes > 0 && j.opts.Overflow == Refuse {
		if n := j.newSegments(payloads, fresh); n > 0 && j.bytes+int64(n)*j.opts.SegmentBytes > j.opts.MaxBytes {
			return ErrFull
		}
	}
	if fresh {
		j.plan()
	}
	b := j.fill
	for _, p := range payloads {
		if afterFrame(j.tail.off, len(p)) > j.tail.seg.size {
			j.plan()
		}
		if n := len(b.pieces); n == 0 || b.pieces[n-1].seg != j.tail.seg {
			b.pieces = append(b.pieces, piece{seg: j.tail.seg, off: j.tail.off, start: len(b.buf)})
		}
		j.tail.off = b.frame(j.tail.off, j.next, j.tail.seg.salt, p)
		c := &b.pieces[len(b.pieces)-1]
		c.stop, c.last = len(b.buf), j.next
		j.next++
		b.records++
		b.payload += uint64(len(p))
	}
	return nil
}

// newSegments counts the segments that payloads need beside the current one.
func (j *Journal) newSegments(payloads [][]byte, fresh bool) int {
	n, off, size := 0, int64(0), j.opts.SegmentBytes
	if fresh {
		n = 1
	} else {
		off, size = j.tail.off, j.tail.seg.size
	}
	for _, p := range payloads {
		end := afterFrame(off, len(p))
		if end > size {
			n, size = n+1, j.opts.SegmentBytes
			end = afterFrame(0, len(p))
		}
		off = end
	}
	return n
}

// plan makes the next frame begin a segment, which is created when it is written. The lock is held.
func (j *Journal) plan() {
	s := newSegment(j.next, j.opts.SegmentBytes)
	j.segs = append(j.segs, s)
	j.bytes += s.size
	j.tail, j.roll = position{s, 0}, false
}

// committer leads for callers that must not be held by the disk, and for those that came while another led.
func (j *Journal) committer() {
	for {
		select {
		case <-j.lead:
		case <-j.stop:
			return
		}
		j.mu.Lock()
		for !j.fill.empty() {
			j.commit()
		}
		j.leading = false
		j.idle.Broadcast()
		j.mu.Unlock()
	}
}

// commit writes the batch that has been filled. The lock is held before and after and given up between; j.leading is true.
func (j *Journal) commit() {
	b := j.fill
	j.fill, j.spare = j.spare, nil
	err := j.failed
	j.mu.Unlock()
	n := 0
	if err == nil {
		n, err = j.write(b)
	}
	j.mu.Lock()
	if n > 0 {
		j.advance(&b.pieces[n-1])
	}
	if err == nil {
		j.stats.Appended += b.records
		j.stats.AppendedBytes += b.payload
	} else {
		j.stats.Failed += b.records + j.fill.records
		b.answer(j.last, err)
		j.fill.answer(j.last, err) // laid out behind what is not there
		j.fill.reset()
		j.rollback()
	}
	if b.first != nil && err == nil {
		b.answer(j.last, nil)
	}
	b.reset()
	j.spare = b
	for r := range j.readers {
		r.poke()
	}
}

// advance publishes a piece that is written. The lock is held.
func (j *Journal) advance(c *piece) {
	j.done, j.last, c.seg.last = position{c.seg, c.off + int64(c.stop-c.start)}, c.last, c.last
	if j.opts.Sync == SyncAlways {
		j.synced = c.last
	}
}

// rollback forgets what was laid out and is not written. The lock is held.
func (j *Journal) rollback() {
	for n := len(j.segs); n > 0 && j.segs[n-1] != j.done.seg; n = len(j.segs) {
		j.bytes -= j.segs[n-1].size
		j.segs = j.segs[:n-1]
	}
	j.tail, j.next, j.roll = j.done, j.last+1, false
}

// write writes the pieces of b and returns how many are in the journal.
func (j *Journal) write(b *batch) (int, error) {
	in := 0
	for i := range b.pieces {
		c := &b.pieces[i]
		if c.seg != j.activeSeg {
			if err := j.leave(); err != nil {
				return in, err
			}
			if in = i; i > 0 { // the one before is in its place: it may be dropped to make room
				j.mu.Lock()
				j.advance(&b.pieces[i-1])
				j.mu.Unlock()
			}
			if err := j.enter(c.seg); err != nil {
				return in, err
			}
		}
		if _, err := j.active.WriteAt(b.buf[c.start:c.stop], c.off); err != nil {
			return in, j.undo(c, err)
		}
		j.writes.Add(1)
	}
	if j.opts.Sync == SyncAlways {
		if err := j.force(); err != nil {
			return in, err
		}
	}
	return len(b.pieces), nil
}

// leave finishes the active segment.
func (j *Journal) leave() error {
	f := j.active
	if f == nil {
		return nil
	}
	if j.opts.Sync == SyncAlways {
		if err := j.force(); err != nil {
			return err
		}
		j.active, j.activeSeg = nil, nil
		return f.Close()
	}
	j.syncMu.Lock()
	j.active, j.activeSeg = nil, nil
	j.mu.Lock()
	j.rolled = append(j.rolled, f)
	j.mu.Unlock()
	j.syncMu.Unlock()
	select {
	case j.again <- struct{}{}:
	default:
	}
	return nil
}

// enter creates or opens the segment s and makes it the active one.
func (j *Journal) enter(s *segment) error {
	flag := os.O_RDWR
	if !s.created {
		flag |= os.O_CREATE | os.O_EXCL
		if j.opts.Overflow == DropOldest && j.opts.MaxBytes > 0 {
			if err := j.dropOldest(); err != nil {
				return err
			}
		}
	}
	f, err := j.fs.OpenFile(j.at(s.name), flag, j.opts.Perm)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if !s.created {
		err := f.Allocate(s.size)
		if err == nil {
			err = j.fs.SyncDir(j.dir)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("journal: new segment %s: %w", s.name, err), f.Close(), j.fs.Remove(j.at(s.name)))
		}
		s.created = true
	}
	j.syncMu.Lock()
	j.active, j.activeSeg = f, s
	j.syncMu.Unlock()
	return nil
}

// undo removes what a failed write has left of a piece, so that nothing that was refused is read some day. When that fails
// too the journal has failed.
func (j *Journal) undo(c *piece, err error) error {
	err = fmt.Errorf("journal: %w", err)
	uerr := j.active.Truncate(c.off)
	if uerr == nil {
		uerr = j.active.Allocate(c.seg.size)
		if uerr != nil { // no room for zeros: the segment ends here
			uerr = nil
			j.mu.Lock()
			j.bytes += c.off - c.seg.size
			c.seg.size = c.off
			j.mu.Unlock()
		}
	}
	if uerr != nil {
		j.mu.Lock()
		j.fail(uerr)
		j.mu.Unlock()
		return errors.Join(err, uerr)
	}
	if c.off > 0 {
		return err
	}
	f := j.active // it begins with what failed and holds nothing
	j.syncMu.Lock()
	j.active, j.activeSeg = nil, nil
	j.syncMu.Unlock()
	if rerr := errors.Join(f.Close(), j.fs.Remove(j.at(c.seg.name))); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
		err = errors.Join(err, rerr)
	}
	return err
}

var errRemoved = errors.New("somebody removed the file")

// force makes the active segment durable, for good or never.
func (j *Journal) force() error {
	j.syncMu.Lock()
	err := j.active.Sync()
	if err == nil && !j.active.Linked() {
		err = &fs.PathError{Op: "sync", Path: j.at(j.activeSeg.name), Err: errRemoved}
	}
	j.syncMu.Unlock()
	j.syncs.Add(1)
	if err != nil {
		err = fmt.Errorf("journal: %w", err)
		j.mu.Lock()
		j.fail(err)
		j.mu.Unlock()
	}
	return err
}
