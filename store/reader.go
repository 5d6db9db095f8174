package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"

	"github.com/sluicelog/sluice/internal/journal"
	"github.com/sluicelog/sluice/store/internal/segment"
)

// A Line is a record that is not in a segment yet.
type Line struct {
	Seq  uint64 // arrival number
	Text []byte
}

// A Reader reads a store that another process, or this one, may be writing. It takes no lock and changes nothing. It is safe for
// concurrent use.
type Reader struct {
	dir  string
	fs   journal.FS
	mu   sync.Mutex
	open map[string]*opened
	tail *journal.Reader
	next uint64 // the tail reader is here
	rows []Line
	done bool
}

// opened is a segment that snapshots share.
type opened struct {
	span span
	seg  *segment.Segment
	refs int  // snapshots that have it
	gone bool // not in the directory any more
	err  error
}

// A Snapshot is what a store held at one moment. It stays readable while the store changes.
type Snapshot struct {
	reader *Reader
	segs   []*opened
	tail   []Line
	bad    []error
}

// OpenReader opens the store in dir for reading.
func OpenReader(dir string) (*Reader, error) {
	r := newReader(dir, journal.System{})
	if _, err := r.fs.ReadDir(dir); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return r, nil
}

func newReader(dir string, fsys journal.FS) *Reader {
	return &Reader{dir: dir, fs: fsys, open: map[string]*opened{}}
}

// Snapshot returns what the store holds now. It is cheap: the directory is listed, and of the tail what is new is read.
func (r *Reader) Snapshot() (*Snapshot, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done {
		return nil, ErrClosed
	}
	const tries = 10
	var before []span
	for try := 1; ; try++ {
		s, spans, whole, err := r.snapshot()
		// A hole that stays while the segments do is not their doing: retention has removed what was there.
		if err == nil && (whole || try >= tries || try > 1 && slices.Equal(spans, before)) {
			return s, nil
		}
		before = spans
		if s != nil {
			s.release()
		}
		if err != nil && (try >= tries || !errors.Is(err, fs.ErrNotExist)) {
			return nil, fmt.Errorf("store: %w", err)
		}
	}
}

// snapshot tries once. Whole is false when a record between the segments and the tail is missing: it was sealed, or a segment
// replaced, after the directory was read.
func (r *Reader) snapshot() (s *Snapshot, spans []span, whole bool, err error) {
	spans, _, err = listSpans(r.fs, r.dir)
	if err != nil {
		return nil, nil, false, err
	}
	s = &Snapshot{reader: r}
	live := map[string]bool{}
	for _, sp := range spans {
		name := sp.name()
		live[name] = true
		o, ok := r.open[name]
		if !ok {
			o = &opened{span: sp}
			o.seg, o.err = segment.Open(filepath.Join(r.dir, name))
			if errors.Is(o.err, fs.ErrNotExist) {
				return s, spans, false, o.err
			}
			if o.err == nil { // else it is tried again: the system may have been short of files
				r.open[name] = o
			}
		}
		if o.err != nil {
			s.bad = append(s.bad, fmt.Errorf("segment %s: %w", name, o.err))
			continue
		}
		o.refs++
		s.segs = append(s.segs, o)
	}
	for name, o := range r.open {
		if !live[name] {
			delete(r.open, name)
			o.gone = true
			o.closeUnused()
		}
	}
	last := uint64(0)
	if len(spans) > 0 {
		last = spans[len(spans)-1].last
	}
	whole, err = r.readTail(last)
	s.tail = slices.Clip(r.rows)
	return s, spans, whole, err
}

// readTail brings r.rows up to date: the records behind last.
func (r *Reader) readTail(last uint64) (whole bool, err error) {
	n := 0
	for n < len(r.rows) && r.rows[n].Seq <= last {
		n++
	}
	r.rows = slices.Clone(r.rows[n:]) // snapshots have the old ones
	if r.tail == nil || r.next <= last && len(r.rows) == 0 {
		if r.tail != nil {
			_ = r.tail.Close()
		}
		r.tail, err = journal.OpenReader(filepath.Join(r.dir, tailDir), 0, &journal.Options{FS: r.fs})
		if errors.Is(err, fs.ErrNotExist) {
			r.tail = nil
			return true, nil
		}
		if err != nil {
			return false, err
		}
		r.next = last + 1
	}
	for {
		seq, payload, err := r.tail.TryNext()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return false, err
		}
		r.next = seq + 1
		if seq > last {
			r.rows = append(r.rows, Line{seq, slices.Clone(payload)})
		}
	}
	if r.tail.Lost() > 0 {
		return true, nil // damaged, not moved
	}
	expect := last + 1
	for _, l := range r.rows {
		if l.Seq != expect {
			return false, nil
		}
		expect++
	}
	return true, nil
}

// Close ends the reader. Snapshots stay readable until they are closed.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done {
		return nil
	}
	r.done = true
	var err error
	if r.tail != nil {
		err = r.tail.Close()
	}
	for _, o := range r.open {
		o.gone = true
		o.closeUnused()
	}
	return err
}

func (o *opened) closeUnused() {
	if o.gone && o.refs == 0 && o.seg != nil {
		_ = o.seg.Close() // it was only read
		o.seg = nil
	}
}

// Segments returns the segments, oldest arrival first.
func (s *Snapshot) Segments() []*segment.Segment {
	out := make([]*segment.Segment, len(s.segs))
	for i, o := range s.segs {
		out[i] = o.seg
	}
	return out
}

// Tail returns the records behind the segments, by arrival. It is not to be written to.
func (s *Snapshot) Tail() []Line { return s.tail }

// Damaged names the segments that could not be opened.
func (s *Snapshot) Damaged() []error { return s.bad }

// Close gives the snapshot's segments back.
func (s *Snapshot) Close() {
	s.reader.mu.Lock()
	defer s.reader.mu.Unlock()
	s.release()
}

func (s *Snapshot) release() {
	for _, o := range s.segs {
		o.refs--
		o.closeUnused()
	}
	s.segs = nil
}

// Snapshot flushes and returns what the store holds.
func (s *Store) Snapshot() (*Snapshot, error) {
	if s.isClosed() {
		return nil, ErrClosed
	}
	s.flushMu.Lock()
	err := s.flushLocked(false)
	s.flushMu.Unlock()
	if err != nil {
		return nil, err
	}
	s.dirMu.Lock()
	if s.reader == nil {
		s.reader = newReader(s.dir, s.fs)
	}
	r := s.reader
	s.dirMu.Unlock()
	return r.Snapshot()
}
