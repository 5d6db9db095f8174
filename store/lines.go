package store

import (
	"fmt"
	"iter"

	"github.com/sluicelog/sluice/store/internal/segment"
)

// Lines returns all records of a snapshot in the order of their arrival, with their arrival numbers. A line is valid until
// the next one. A record that damage has made unreadable comes as an error that names the segment and the block; the
// sequence goes on behind it.
func (s *Snapshot) Lines() iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		for _, o := range s.segs {
			if !segmentLines(o, yield) {
				return
			}
		}
		for _, l := range s.tail {
			if !yield(l, nil) {
				return
			}
		}
	}
}

func segmentLines(o *opened, yield func(Line, error) bool) bool {
	defer o.seg.Release()
	o.seg.Use()
	defer o.seg.Done()
	var buf []byte
	var err error
	for row := range o.seg.Len() {
		if buf, err = o.seg.AppendLine(buf[:0], row); err != nil {
			err = fmt.Errorf("store: segment %s, record %d: %w", o.span.name(), o.seg.Seq(row), err)
			if !yield(Line{Seq: o.seg.Seq(row)}, err) {
				return false
			}
			continue
		}
		if !yield(Line{o.seg.Seq(row), buf}, nil) {
			return false
		}
	}
	return true
}

// Len returns the number of records.
func (s *Snapshot) Len() int {
	n := len(s.tail)
	for _, o := range s.segs {
		n += o.seg.Len()
	}
	return n
}

// appendRows adds the records of seg for which keep is true to b.
func appendRows(b *segment.Batch, seg *segment.Segment, keep func(row int, line []byte) bool) (dropped int, err error) {
	var line []byte
	for row := range seg.Len() {
		if line, err = seg.AppendLine(line[:0], row); err != nil {
			return 0, err
		}
		if keep != nil && !keep(row, line) {
			dropped++
			continue
		}
		b.Append(seg.Seq(row), line)
	}
	return dropped, nil
}
