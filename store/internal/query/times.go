package query

import (
	"math"
	"slices"

	"github.com/sluicelog/sluice/search/eval"
	"github.com/sluicelog/sluice/store/internal/segment"
)

// objectTexts returns the column of whole lines if there are objects among them, whose time the segment guesses as that of a text.
func (s Segment) objectTexts() *segment.Column {
	for _, c := range s.Find("") {
		if c.Kind() == segment.Text && c.MayHoldObjects() {
			return c
		}
	}
	return nil
}

// TimeRange returns the least and the greatest time that records may have.
func (s Segment) TimeRange() (from, to int64) {
	if s.objectTexts() != nil {
		return math.MinInt64 + 1, math.MaxInt64 - 1
	}
	return s.Segment.TimeRange()
}

// Times returns the time of each record; of an object kept as text, what the object says. It is not to be written to.
func (s Segment) Times() ([]int64, error) {
	times, err := s.Segment.Times()
	c := s.objectTexts()
	if err != nil || c == nil {
		return times, err
	}
	rows, err := c.Rows()
	if err != nil {
		return nil, err
	}
	times = slices.Clone(times)
	var rec eval.Record
	var line []byte
	for i, r := range rows {
		if line, err = c.AppendValue(line[:0], i); err != nil {
			return nil, err
		}
		if len(line) == 0 || line[0] != '{' {
			continue
		}
		if rec.Parse(line); rec.Time != eval.NoTime {
			times[r] = rec.Time
		}
	}
	return times, nil
}
