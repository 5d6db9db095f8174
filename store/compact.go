package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/sluicelog/sluice/store/internal/segment"
)

// The segments that compaction makes.
const (
	compactRecords = 1 << 18
	compactBytes   = 192 << 20
)

// Rewritten counts what compaction and retention have done.
type Rewritten struct {
	Segments int   `json:"segments"`     // that were replaced or removed
	Records  int   `json:"records"`      // that were removed
	Before   int64 `json:"bytes_before"` // bytes of those segments
	After    int64 `json:"bytes_after"`  // bytes of what replaced them
}

func (r *Rewritten) add(o Rewritten) {
	r.Segments += o.Segments
	r.Records += o.Records
	r.Before += o.Before
	r.After += o.After
}

// Compact merges neighbouring segments and compresses them harder, until ctx ends. Segments that are large and compacted already
// are left alone. What cannot be read or written hinders no other, and the errors are joined.
func (s *Store) Compact(ctx context.Context) (Rewritten, error) {
	return s.compact(ctx, func(*segment.Segment) bool { return true })
}

func (s *Store) compact(ctx context.Context, ripe func(*segment.Segment) bool) (Rewritten, error) {
	s.rewrite.Lock()
	defer s.rewrite.Unlock()
	var total Rewritten
	if s.isClosed() {
		return total, ErrClosed
	}
	var errs []error
	for _, group := range s.groups(ripe) {
		if ctx.Err() != nil {
			errs = append(errs, fmt.Errorf("store: compact: %w", context.Cause(ctx)))
			break
		}
		r, err := s.replace(group, nil)
		total.add(r)
		errs = append(errs, err)
	}
	return total, errors.Join(errs...)
}

// groups finds runs of neighbours that are ripe and fit into one segment.
func (s *Store) groups(ripe func(*segment.Segment) bool) [][]span {
	var out [][]span
	var group []span
	records, bytes := 0, int64(0)
	end := func() {
		if len(group) > 1 || len(group) == 1 && group[0].gen == 0 {
			out = append(out, group)
		}
		group, records, bytes = nil, 0, 0
	}
	for _, sp := range s.listed() {
		seg, err := segment.Open(filepath.Join(s.dir, sp.name()))
		if err != nil {
			s.errs.Report(fmt.Errorf("store: segment %s: %w", sp.name(), err))
			end()
			continue
		}
		n, raw, ok := seg.Len(), seg.RawSize(), ripe(seg)
		_ = seg.Close()
		if !ok {
			end()
			continue
		}
		if records+n > compactRecords || bytes+raw > compactBytes {
			end()
		}
		group = append(group, sp)
		records, bytes = records+n, bytes+raw
	}
	end()
	return out
}

func (s *Store) listed() []span {
	s.dirMu.Lock()
	defer s.dirMu.Unlock()
	return append([]span(nil), s.spans...)
}

// replace writes one segment in place of neighbours, with the records that keep says (nil: all). The old files go when the new
// one is there.
func (s *Store) replace(group []span, keep func(seg *segment.Segment, row int, line []byte) bool) (Rewritten, error) {
	var r Rewritten
	b := &segment.Batch{}
	gen := uint32(0)
	for _, sp := range group {
		gen = max(gen, sp.gen)
		r.Before += sp.size
		dropped, err := s.load(b, sp, keep)
		if err != nil {
			return Rewritten{}, fmt.Errorf("store: segment %s: %w", sp.name(), err)
		}
		r.Records += dropped
	}
	if keep != nil && r.Records == 0 {
		return Rewritten{}, nil
	}
	r.Segments = len(group)
	merged := span{first: group[0].first, last: group[len(group)-1].last, gen: gen + 1}
	if b.Len() > 0 {
		data, err := segment.Encode(b, segment.Best)
		if err != nil {
			return Rewritten{}, fmt.Errorf("store: %w", err)
		}
		merged.size = int64(len(data))
		if err := writeFile(s.fs, s.dir, merged.name(), data); err != nil {
			return Rewritten{}, fmt.Errorf("store: segment %s: %w", merged.name(), err)
		}
		r.After = merged.size
	}
	return r, s.swap(group, merged, b.Len() > 0)
}

func (s *Store) load(b *segment.Batch, sp span, keep func(*segment.Segment, int, []byte) bool) (int, error) {
	seg, err := segment.Open(filepath.Join(s.dir, sp.name()))
	if err != nil {
		return 0, err
	}
	defer seg.Close()
	var k func(int, []byte) bool
	if keep != nil {
		k = func(row int, line []byte) bool { return keep(seg, row, line) }
	}
	return appendRows(b, seg, k)
}

// swap puts the new segment into the books and removes the old files.
func (s *Store) swap(old []span, merged span, exists bool) error {
	s.dirMu.Lock()
	var spans []span
	for _, sp := range s.spans {
		if sp.first < merged.first || sp.first > merged.last {
			spans = append(spans, sp)
		} else if exists && sp.first == merged.first {
			spans = append(spans, merged)
		}
	}
	s.spans = spans
	s.dirMu.Unlock()
	var errs []error
	for _, sp := range old {
		errs = append(errs, remove(s.fs, s.dir, sp.name()))
	}
	return errors.Join(append(errs, s.fs.SyncDir(s.dir))...)
}

// tidy compacts what is ripe and applies the retention.
func (s *Store) tidy() error {
	var err error
	if s.opts.CompactAfter > 0 {
		before := s.opts.now().Add(-s.opts.CompactAfter).UnixNano()
		ctx, cancel := s.untilStopped()
		r, cerr := s.compact(ctx, func(seg *segment.Segment) bool { _, to := seg.TimeRange(); return to < before })
		cancel()
		if !errors.Is(cerr, context.Canceled) && !errors.Is(cerr, ErrClosed) {
			err = cerr
		}
		s.count(r)
	}
	r, rerr := s.Retain()
	if errors.Is(rerr, ErrClosed) {
		rerr = nil
	}
	s.count(r)
	return errors.Join(err, rerr)
}

func (s *Store) untilStopped() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		select {
		case <-s.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

func (s *Store) count(r Rewritten) {
	s.dirMu.Lock()
	s.rewritten.add(r)
	s.dirMu.Unlock()
}
