package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sluicelog/sluice/store/internal/segment"
)

// Retain applies Options.Retention now. It is done once a minute besides. Records that a hold covers stay. When a segment
// cannot be read, what can be known of the others is done, and the errors are joined.
func (s *Store) Retain() (Rewritten, error) {
	s.rewrite.Lock()
	defer s.rewrite.Unlock()
	var total Rewritten
	if s.isClosed() {
		return total, ErrClosed
	}
	if s.opts.Retention.none() {
		return total, nil
	}
	ctx, cancel := s.untilStopped()
	defer cancel()
	err := withHolds(ctx, s.fs, s.dir, func(holds []Hold) error {
		var errs []error
		spans := s.listed()
		sum := int64(0)
		for _, sp := range spans {
			sum += sp.size
		}
		examined := map[string]string{}
		for _, sp := range spans {
			full := s.opts.Retention.MaxBytes > 0 && sum > s.opts.Retention.MaxBytes
			r, err := s.expire(ctx, sp, full, holds, examined)
			if err != nil {
				errs = append(errs, fmt.Errorf("store: segment %s: %w", sp.name(), err))
			}
			sum += r.After - r.Before
			total.add(r)
		}
		s.examined = examined
		return errors.Join(errs...)
	})
	return total, err
}

// due is what retention says of a segment whose newest record is of a certain age.
type due struct {
	all     bool // what is in no class goes
	levels  map[slog.Level]bool
	classes []bool // whose records go; nil when nothing of a class is to be looked at
	any     bool
}

// due returns what of seg is past its time; full says that the store is too large.
func (r *Retention) due(seg *segment.Segment, age time.Duration, full bool) due {
	d := due{all: full || r.MaxAge > 0 && age > r.MaxAge, levels: expiredLevels(seg, r.Levels, age)}
	d.any = d.all || len(d.levels) > 0
	d.classes = make([]bool, len(r.Classes))
	for i, c := range r.Classes {
		d.classes[i] = full || c.KeepFor > 0 && age > c.KeepFor
		d.any = d.any || d.classes[i]
	}
	return d
}

// String tells two dues of a segment apart.
func (d *due) String() string {
	return fmt.Sprint(d.all, slices.Sorted(maps.Keys(d.levels)), d.classes)
}

// expire removes from a segment what is due. What was looked at before with the same outcome is not looked at again.
func (s *Store) expire(ctx context.Context, sp span, full bool, holds []Hold, examined map[string]string) (Rewritten, error) {
	seg, err := segment.Open(filepath.Join(s.dir, sp.name()))
	if err != nil {
		return Rewritten{}, err
	}
	defer seg.Close()
	ret, now := &s.opts.Retention, s.opts.now()
	newest, err := s.newest(seg, sp)
	if err != nil {
		return Rewritten{}, err
	}
	d := ret.due(seg, now.Sub(newest), full)
	if !d.any {
		return Rewritten{}, nil
	}
	state := d.String() + fingerprint(holds)
	if s.examined[sp.name()] == state {
		examined[sp.name()] = state
		return Rewritten{}, nil
	}
	held, err := heldRows(ctx, seg, holds)
	if err != nil {
		return Rewritten{}, err
	}
	classOf := map[uint64]int{}
	for i, c := range ret.Classes {
		rows, err := matching(ctx, seg, c.Query, now)
		if err != nil {
			return Rewritten{}, err
		}
		for seq := range rows {
			if _, taken := classOf[seq]; !taken {
				classOf[seq] = i
			}
		}
	}
	if d.all && len(held) == 0 && len(classOf) == 0 {
		return Rewritten{Segments: 1, Records: seg.Len(), Before: sp.size}, s.swap([]span{sp}, sp, false)
	}
	levels, err := seg.Levels()
	if err != nil {
		return Rewritten{}, err
	}
	r, err := s.replace([]span{sp}, func(seg *segment.Segment, row int, _ []byte) bool {
		seq := seg.Seq(row)
		class, classed := classOf[seq]
		switch {
		case held[seq]:
			return true
		case classed:
			return !d.classes[class]
		}
		return !d.all && !d.levels[slog.Level(levels[row])]
	})
	if err == nil {
		left := sp
		if r.Records > 0 {
			left.gen++
		}
		examined[left.name()] = state
	}
	return r, err
}

// newest is the time of a segment's newest record. Where no record has one, it is that of the file: the records are no younger, and a
// rewrite keeps them longer rather than not at all.
func (s *Store) newest(seg *segment.Segment, sp span) (time.Time, error) {
	if from, to := seg.TimeRange(); from != 0 || to != 0 {
		return time.Unix(0, to), nil
	}
	info, err := os.Stat(filepath.Join(s.dir, sp.name()))
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// expiredLevels returns the levels of the segment's records that are past their age.
func expiredLevels(seg *segment.Segment, ages map[slog.Level]time.Duration, age time.Duration) map[slog.Level]bool {
	var out map[slog.Level]bool
	for _, c := range seg.Rollup() {
		if limit, ok := ages[c.Level]; ok && age > limit {
			if out == nil {
				out = map[slog.Level]bool{}
			}
			out[c.Level] = true
		}
	}
	return out
}
