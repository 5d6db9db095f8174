package segment

import (
	"bytes"
	"log/slog"
	"math"
	"slices"

	"github.com/sluicelog/sluice/internal/jsonline"
)

// A Count says how many records of a level fall into a minute.
type Count struct {
	Minute  int64 // since 1970, in UTC
	Level   slog.Level
	Records int
}

// extras are what a reader asks before it decodes anything.
type extras struct {
	raw      int64 // bytes of the records
	firstSeq uint64
	seqs     []int64 // of each record behind firstSeq, nil: they follow each other
	from, to int64   // times of the records
	rollup   []Count
	sift     stream
	siftKeys int
}

// minSifted is the number of distinct values from which a column's values go into the filter: below it the dictionary itself
// is as cheap to ask.
const minSifted = 256

// describeExtras reads the segment back and writes what belongs to it as a whole.
func (e *encoder) describeExtras(m *meta, s *Segment, seqs []uint64) error {
	m.uint(uint64(len(e.buf)))
	m.uint(seqs[0])
	gaps := make([]int64, len(seqs))
	run := true
	for i, q := range seqs {
		gaps[i] = int64(q - seqs[0])
		run = run && gaps[i] == int64(i)
	}
	if run {
		m.byte(0)
	} else {
		m.byte(1)
		e.ints(m, gaps, classNumbers, false)
	}

	s.times = e.knownTimes()
	times, err := s.Times()
	if err != nil {
		return err
	}
	levels, err := s.Levels()
	if err != nil {
		return err
	}
	m.int(slices.Min(times))
	m.int(slices.Max(times))
	counts := map[Count]int{}
	for i, t := range times {
		counts[Count{Minute: floorDiv(t, 60e9), Level: slog.Level(levels[i])}]++
	}
	rollup := make([]Count, 0, len(counts))
	for c, n := range counts {
		c.Records = n
		rollup = append(rollup, c)
	}
	slices.SortFunc(rollup, func(a, b Count) int {
		if a.Minute != b.Minute {
			return int(max(min(a.Minute-b.Minute, 1), -1))
		}
		return int(a.Level - b.Level)
	})
	m.uint(uint64(len(rollup)))
	last := int64(0)
	for _, c := range rollup {
		m.int(c.Minute - last)
		m.int(int64(c.Level))
		m.uint(uint64(c.Records))
		last = c.Minute
	}
	return e.describeColumns(m, s)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// describeColumns writes the zone maps of numbers and the filter.
func (e *encoder) describeColumns(m *meta, s *Segment) error {
	var keys []uint64
	for _, c := range s.Columns() {
		f := e.t.fields[c.id]
		switch {
		case c.Kind() == Number:
			least, most, err := e.numberRange(c, f)
			if err != nil {
				return err
			}
			m.uint(math.Float64bits(least))
			m.uint(math.Float64bits(most))
		case c.Kind() == String && f.text == nil && (f.dict == nil || len(f.dict) >= minSifted) && len(f.vals) >= minSifted && !f.isTime:
			m.byte(1)
			vals := f.dict
			if vals == nil {
				vals = f.vals
			}
			for _, r := range vals {
				keys = append(keys, hashValue(c.Path(), unescaped(e.val(r))))
			}
		default:
			m.byte(0)
		}
	}
	m.uint(uint64(len(keys)))
	if len(keys) > 0 {
		m.stream(e.pack.add(classText, newFilter(keys).append(nil), true))
	}
	return nil
}

// numberRange returns the least and the largest number of a column, from what encoding it has found out if that tells.
func (e *encoder) numberRange(c *Column, f *field) (least, most float64, err error) {
	if ints := f.typed.ints; len(ints) > 0 {
		low, high := slices.Min(ints), slices.Max(ints)
		if low >= -1<<53 && high <= 1<<53 {
			unit := float64(pow10[f.typed.scale()])
			return float64(low) / unit, float64(high) / unit, nil
		}
	}
	if f.dict != nil {
		least, most = math.Inf(1), math.Inf(-1)
		for _, r := range f.dict {
			v := parseFloat(e.val(r))
			least, most = min(least, v), max(most, v)
		}
		return least, most, nil
	}
	fs, err := c.Floats()
	if err != nil {
		return 0, 0, err
	}
	return slices.Min(fs), slices.Max(fs), nil
}

// knownTimes returns the times of all records when the first field of times has them, nil otherwise.
func (e *encoder) knownTimes() []int64 {
	f := e.times
	if f == nil || f.key.path != jsonline.TimeKeys[0] || f.key.nth > 0 || f.key.kind != String || len(f.rows) != e.rows || !e.timeL.dated() {
		return nil
	}
	scale, shift := 1e9/e.timeL.unit(), e.timeL.offset()
	out := make([]int64, len(e.timeAt))
	for i, t := range e.timeAt {
		out[i] = t*scale - shift
	}
	return out
}

func (s *Segment) readExtras(c *cursor) error {
	s.raw = int64(c.uint())
	s.firstSeq = c.uint()
	if c.byte() == 1 {
		d := decoder{src: &s.src}
		var err error
		if s.seqs, err = d.readInts(c, s.rows); err != nil {
			return err
		}
	}
	s.from, s.to = c.int(), c.int()
	n := c.count(len(c.b))
	last := int64(0)
	for range n {
		last += c.int()
		s.rollup = append(s.rollup, Count{Minute: last, Level: slog.Level(c.int()), Records: c.count(s.rows)})
	}
	for _, col := range s.Columns() {
		if col.Kind() == Number {
			col.least, col.most = math.Float64frombits(c.uint()), math.Float64frombits(c.uint())
			col.ranged = true
		} else {
			col.sifted = c.byte() == 1
		}
	}
	if s.siftKeys = c.count(maxRaw); s.siftKeys > 0 {
		s.sift = c.stream()
	}
	return c.err
}

// RawSize returns the bytes of the records.
func (s *Segment) RawSize() int64 { return s.raw }

// Seq returns the arrival number of a record.
func (s *Segment) Seq(row int) uint64 {
	if s.seqs == nil {
		return s.firstSeq + uint64(row)
	}
	return s.firstSeq + uint64(s.seqs[row])
}

// TimeRange returns the earliest and the latest time of the records in nanoseconds since 1970.
func (s *Segment) TimeRange() (from, to int64) { return s.from, s.to }

// Rollup returns the numbers of records by minute and level. It is not to be written to.
func (s *Segment) Rollup() []Count { return s.rollup }

// MayContain says whether a String column of the path may hold the value, however it is spelled. It is wrong once in 256
// times; false is certain. A path whose columns are not in the filter, or a filter that cannot be read, may contain everything.
func (s *Segment) MayContain(path string, value []byte) bool {
	if !s.Filtered(path) {
		return true
	}
	f, err := s.readFilter()
	return err != nil || f.has(hashValue(path, value))
}

// readFilter returns the filter, which is kept: a request for one value asks those of all segments.
func (s *Segment) readFilter() (*filter, error) {
	s.filterMu.Lock()
	defer s.filterMu.Unlock()
	s.filterTouched = s.ticks.Load()
	if s.filter == nil {
		s.changes.Add(1)
		b, err := s.src.stream(s.sift)
		if err != nil {
			return nil, err
		}
		if s.filter, err = readFilter(bytes.Clone(b)); err != nil {
			return nil, err
		}
	}
	return s.filter, nil
}

// Filtered says whether MayContain can say no.
func (s *Segment) Filtered(path string) bool {
	if s.siftKeys == 0 {
		return false
	}
	found := false
	for _, c := range s.Find(path) {
		if c.key.kind == String {
			if !c.sifted {
				return false
			}
			found = true
		}
	}
	return found
}
