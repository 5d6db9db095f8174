package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Reader reads the records of a journal in order, and those that come while it reads. It is for one goroutine.
//
// A reader of the writer's process sees a record as soon as Append has returned for it, one of another process once it is
// whole in the file. Neither ever returns a damaged record: it counts it as lost and goes on behind it.
type Reader struct {
	j        *Journal // nil in another process
	fs       FS
	dir      string
	interval time.Duration
	wake     chan struct{}

	next    uint64 // the sequence to come
	seg     *segment
	passed  string // name of the last segment that was left
	sc      scanner
	off     int64
	until   uint64 // first sequence of the segment behind, 0 when there is none
	seeking bool   // frames before next are no damage
	again   int64  // the place that was read a second time
	lost    uint64
	removed uint64
	closed  bool
}

// Reader returns a reader that begins with the record from, or the first that is kept behind it. 0 means the first that is
// not acknowledged.
func (j *Journal) Reader(from uint64) *Reader {
	r := &Reader{j: j, fs: j.fs, dir: j.dir, next: from, wake: make(chan struct{}, 1), again: -1}
	j.mu.Lock()
	defer j.mu.Unlock()
	if from == 0 {
		r.next = j.acked + 1
	}
	j.readers[r] = struct{}{}
	return r
}

// OpenReader returns a reader for a journal that another process may be writing. It takes no lock and changes nothing.
// It begins with the record from, or the first that is kept behind it; 0 means the first that is not acknowledged. Of the
// options it uses FS and Poll.
func OpenReader(dir string, from uint64, opts *Options) (*Reader, error) {
	o := opts.resolved()
	if _, err := o.FS.ReadDir(dir); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	r := &Reader{fs: o.FS, dir: dir, interval: o.Poll, next: from, again: -1}
	if from == 0 {
		acked, err := readAck(o.FS, filepath.Join(dir, ackName))
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errAckDamaged) {
			return nil, fmt.Errorf("journal: %w", err)
		}
		r.next = acked + 1
	}
	return r, nil
}

// poke wakes a reader that waits.
func (r *Reader) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Next returns the next record and waits for it. The payload is valid until the next call. After the last record of a
// closed journal it returns io.EOF; other errors are those of ctx and of the file system.
func (r *Reader) Next(ctx context.Context) (uint64, []byte, error) {
	for {
		ended := false
		if r.j != nil {
			r.j.mu.Lock()
			ended = r.j.closed && !r.j.leading || r.j.failed != nil
			r.j.mu.Unlock()
		}
		seq, payload, err := r.TryNext()
		if !errors.Is(err, io.EOF) || ended {
			return seq, payload, err
		}
		var tick <-chan time.Time
		if r.j == nil {
			tick = time.After(r.interval)
		}
		select {
		case <-r.wake:
		case <-tick:
		case <-ctx.Done():
			return 0, nil, context.Cause(ctx)
		}
	}
}

// TryNext is Next without waiting: io.EOF says that there is no record now.
func (r *Reader) TryNext() (uint64, []byte, error) {
	if r.closed {
		return 0, nil, ErrClosed
	}
	for {
		if r.seg == nil {
			if err := r.open(); err != nil {
				return 0, nil, err
			}
		}
		f, v := r.sc.frame(r.off)
		switch {
		case v == intact && f.seq >= r.next:
			r.skip(f.seq)
			r.off, r.next, r.seeking = f.next, f.seq+1, false
			return f.seq, f.payload, nil
		case v == intact && r.seeking:
			r.off = f.next
		default:
			if err := r.stuck(v); err != nil {
				return 0, nil, err
			}
		}
	}
}

// stuck deals with a place where no frame is: the end for now, the end of the segment, or damage.
func (r *Reader) stuck(v verdict) error {
	if r.again != r.off { // what is in the window may be old, and a frame half written
		r.again = r.off
		r.sc.forget()
		return r.bounds()
	}
	live := r.until == 0
	switch {
	case live && (r.off >= r.sc.limit || r.j == nil && v == nothing):
		return r.pause()
	case !live && v == nothing && r.next >= r.until:
		r.leave()
		return nil
	}
	p, ok := r.sc.resync(r.off, r.next)
	switch {
	case ok:
		if r.j != nil {
			r.j.keep(&r.sc, Damage{Segment: r.seg.name, Offset: r.off, Bytes: p - r.off})
		}
		r.off = p
	case live && r.j == nil: // perhaps a write that has come half way
		return r.pause()
	case live:
		r.off = r.sc.limit
	default:
		r.skip(r.until)
		r.leave()
	}
	return nil
}

// pause is the end for now.
func (r *Reader) pause() error {
	r.sc.forget()
	r.again = -1
	return io.EOF
}

// skip counts the records before seq that are not there: those that are acknowledged as removed, the others as lost.
func (r *Reader) skip(seq uint64) {
	if seq <= r.next {
		return
	}
	var acked uint64
	if r.j == nil {
		acked, _ = readAck(r.fs, filepath.Join(r.dir, ackName))
	} else {
		r.j.mu.Lock()
		defer r.j.mu.Unlock()
		acked = r.j.acked
	}
	lost := lostBehind(acked, r.next, seq)
	if r.j != nil && r.next > r.j.reported && (r.next < r.j.scanned || r.next > r.j.recovered) {
		r.j.stats.Lost += lost
		r.j.reported = seq - 1
	}
	r.lost += lost
	r.removed += seq - r.next - lost
	r.next = seq
}

// bounds finds out how far the segment is written and which one comes behind it.
func (r *Reader) bounds() error {
	if r.j != nil {
		r.j.mu.Lock()
		defer r.j.mu.Unlock()
		if r.seg.name == r.j.done.seg.name {
			r.sc.limit, r.until = r.j.done.off, 0
			return nil
		}
	}
	segs, err := r.segments()
	if err != nil {
		return err
	}
	r.until = 0
	for _, s := range segs {
		if s.name > r.seg.name {
			r.until = s.first
			break
		}
	}
	size, err := r.sc.f.Size()
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	r.sc.limit = size
	return nil
}

// segments lists what can be read. With a writer in this process its lock is held.
func (r *Reader) segments() ([]*segment, error) {
	if r.j == nil {
		segs, _, err := listSegments(r.fs, r.dir)
		if err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		return slices.DeleteFunc(segs, func(s *segment) bool { return s.size == 0 }), nil
	}
	if r.j.done.seg == nil {
		return nil, nil
	}
	i := slices.Index(r.j.segs, r.j.done.seg)
	return r.j.segs[:i+1], nil
}

// open opens the segment that holds the next record, or the first behind it.
func (r *Reader) open() error {
	for {
		s, err := r.choose()
		if err != nil {
			return err
		}
		f, err := r.fs.OpenFile(filepath.Join(r.dir, s.name), os.O_RDONLY, 0)
		if errors.Is(err, fs.ErrNotExist) { // acknowledged since, or lost
			r.passed = s.name
			continue
		}
		if err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		r.seg, r.off, r.again = s, 0, -1
		r.sc.f, r.sc.salt = f, s.salt
		if err := r.bounds(); err != nil {
			r.leave()
			r.passed = ""
			return err
		}
		if s.first > r.next {
			r.skip(s.first)
		}
		if r.seeking = s.first < r.next; r.seeking {
			r.off = r.sc.seek(r.next)
		}
		return nil
	}
}

// choose returns the segment to open next, io.EOF when there is none.
func (r *Reader) choose() (*segment, error) {
	if r.j != nil {
		r.j.mu.Lock()
		defer r.j.mu.Unlock()
	}
	segs, err := r.segments()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(segs, func(s *segment) bool { return s.name > r.passed })
	if i < 0 {
		return nil, io.EOF
	}
	for r.passed == "" && i+1 < len(segs) && segs[i+1].first <= r.next {
		i++
	}
	s := *segs[i]
	return &s, nil
}

// leave ends the reading of a segment.
func (r *Reader) leave() {
	_ = r.sc.f.Close() // it was only read
	r.passed = r.seg.name
	r.seg, r.sc.f = nil, nil
	r.sc.forget()
}

// Lost is how many records were skipped that are damaged or missing and not acknowledged.
func (r *Reader) Lost() uint64 { return r.lost }

// Removed is how many records were skipped because they are acknowledged, by who read them or by DropOldest, and gone.
func (r *Reader) Removed() uint64 { return r.removed }

// Close ends the reader. Next must not be running.
func (r *Reader) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	if r.j != nil {
		r.j.mu.Lock()
		delete(r.j.readers, r)
		r.j.mu.Unlock()
	}
	if r.seg == nil {
		return nil
	}
	return r.sc.f.Close()
}
