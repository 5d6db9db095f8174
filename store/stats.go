package store

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/sluicelog/sluice/store/internal/segment"
)

// Stats are the books of a writer.
type Stats struct {
	Appended  uint64 // records that Append has taken
	Refused   uint64 // records that it has not, or that SyncAlways could not write
	Pending   int    // records in memory
	Tail      int    // records in the journal, not in a segment
	Segments  int
	Bytes     int64     // of the segments
	Errors    uint64    // reported to OnError
	Rewritten Rewritten // by the background's compaction and retention
}

// Stats returns the books now.
func (s *Store) Stats() Stats {
	s.flushMu.Lock()
	tail := s.batch.Len()
	s.flushMu.Unlock()
	s.mu.Lock()
	st := Stats{Appended: s.added, Refused: s.refused, Pending: len(s.pending.ends), Tail: tail, Errors: s.errs.Count()}
	s.mu.Unlock()
	s.dirMu.Lock()
	defer s.dirMu.Unlock()
	st.Segments, st.Rewritten = len(s.spans), s.rewritten
	for _, sp := range s.spans {
		st.Bytes += sp.size
	}
	return st
}

// FieldStats says what a path takes in the segments of a store.
type FieldStats struct {
	Path   string `json:"path"` // keys joined by dots; "" for lines that are no JSON objects
	Values int    `json:"values"`
	Raw    int64  `json:"raw_bytes"`    // bytes of the values as they were written
	Stored int64  `json:"stored_bytes"` // bytes in segments
}

// Ratio is Raw by Stored.
func (f FieldStats) Ratio() float64 { return float64(f.Raw) / float64(max(f.Stored, 1)) }

// A TemplateCount is a form of texts and how many records have it. The bytes 0x01 in Text stand for variables.
type TemplateCount struct {
	Path    string `json:"path"`
	Text    string `json:"text"`
	Records int    `json:"records"`
}

// Report says what is in the segments of a snapshot.
type Report struct {
	Records   int             `json:"records"`
	Segments  int             `json:"segments"`
	Raw       int64           `json:"raw_bytes"` // bytes of the records, one more for each line's end
	Stored    int64           `json:"stored_bytes"`
	Fields    []FieldStats    `json:"fields"`     // largest first
	Rest      int64           `json:"rest_bytes"` // stored bytes that belong to no field: forms, order, filters, descriptions
	Templates []TemplateCount `json:"templates"`  // most frequent first
}

// Report reads all segments of the snapshot.
func (s *Snapshot) Report() (Report, error) {
	var r Report
	fields := map[string]*FieldStats{}
	templates := map[TemplateCount]int{}
	for _, o := range s.segs {
		if err := r.add(o.seg, fields, templates); err != nil {
			return r, fmt.Errorf("segment %s: %w", o.span.name(), err)
		}
	}
	for _, f := range fields {
		r.Fields = append(r.Fields, *f)
	}
	slices.SortFunc(r.Fields, func(a, b FieldStats) int {
		return cmp.Or(cmp.Compare(b.Stored, a.Stored), cmp.Compare(a.Path, b.Path))
	})
	for t, n := range templates {
		t.Records = n
		r.Templates = append(r.Templates, t)
	}
	slices.SortFunc(r.Templates, func(a, b TemplateCount) int {
		return cmp.Or(cmp.Compare(b.Records, a.Records), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Text, b.Text))
	})
	return r, nil
}

func (r *Report) add(seg *segment.Segment, fields map[string]*FieldStats, templates map[TemplateCount]int) error {
	defer seg.Release()
	seg.Use()
	defer seg.Done()
	sizes, err := seg.Sizes()
	if err != nil {
		return err
	}
	r.Records += seg.Len()
	r.Segments++
	r.Raw += seg.RawSize() + int64(seg.Len())
	r.Stored += seg.Size()
	for i, z := range sizes {
		if i == len(sizes)-1 {
			r.Rest += z.Stored
			break
		}
		f := fields[z.Path]
		if f == nil {
			f = &FieldStats{Path: z.Path}
			fields[z.Path] = f
		}
		f.Values += z.Values
		f.Raw += z.Raw
		f.Stored += z.Stored
	}
	for _, c := range seg.Columns() {
		ts, err := c.Templates()
		if err != nil {
			return err
		}
		if ts == nil {
			continue
		}
		counts := make([]int, ts.Len())
		codes := ts.ByRow()
		for row := range seg.Len() {
			if code := codes.At(uint32(row)); code > 0 {
				counts[code-1]++
			}
		}
		for code, n := range counts {
			templates[TemplateCount{Path: c.Path(), Text: string(ts.Literal(code))}] += n
		}
	}
	return nil
}
