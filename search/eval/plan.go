package eval

import (
	"math"

	"github.com/sluicelog/sluice/search"
)

// What a condition asks, for evaluators that can answer it without looking at every value.

// Equals returns the string that a condition on a plain field wants, and whether it wants one.
func (m *Matcher) Equals() (string, bool) {
	e, ok := m.test.(*equal)
	if !ok || m.Kind != search.Plain {
		return "", false
	}
	return e.want, true
}

// Words returns the words, folded, that a condition on a text wants side by side, and whether it is such a one.
func (m *Matcher) Words() ([]string, bool) {
	p, ok := m.test.(phrase)
	return p, ok
}

// An Interval is what a condition wants of numbers, as float64 where that is exact.
type Interval struct{ Least, Most float64 }

// exact is up to which size float64 tells whole numbers apart.
const exact = 1 << 53

// Numbers returns the numbers that a condition holds for, for fields other than times and levels. It is not ok for
// conditions that float64 cannot decide. No number is in an interval whose Least is above Most.
func (m *Matcher) Numbers() (Interval, bool) {
	none := Interval{1, -1}
	if m.Kind != search.Plain {
		return none, false
	}
	i := Interval{math.Inf(-1), math.Inf(1)}
	switch t := m.test.(type) {
	case *equal:
		if !t.isNum {
			return none, true
		}
		f := t.num.Float64()
		return Interval{f, f}, math.Abs(f) < exact
	case *between:
		if !t.numeric {
			return none, true
		}
		for _, l := range []limit{t.min, t.max} {
			if l.set && math.Abs(l.value.Float64()) >= exact {
				return none, false
			}
		}
		if t.min.set {
			if i.Least = t.min.value.Float64(); !t.min.included {
				i.Least = math.Nextafter(i.Least, math.Inf(1))
			}
		}
		if t.max.set {
			if i.Most = t.max.value.Float64(); !t.max.included {
				i.Most = math.Nextafter(i.Most, math.Inf(-1))
			}
		}
		return i, true
	case stringTest, never:
		return none, true
	}
	return none, false
}

// Instants returns the times that a condition on times holds for, in nanoseconds since 1970: from, and before to.
func (m *Matcher) Instants() (from, to int64, ok bool) {
	from, to = math.MinInt64, math.MaxInt64
	if m.Kind != search.Time {
		return from, to, false
	}
	switch t := m.test.(type) {
	case *between:
		if t.min.set {
			from, _ = t.min.value.Int64()
		}
		if t.max.set {
			to, _ = t.max.value.Int64()
		}
		return from, to, true
	case never:
		return 0, 0, true
	}
	return from, to, false
}

// ParseValue takes apart a JSON value that stands at the path of a record, which has this value alone.
func (r *Record) ParseValue(path string, raw []byte) {
	r.Line, r.Leaves, r.arena, r.Time = raw, r.Leaves[:0], r.arena[:0], NoTime
	r.path = append(r.path[:0], path...)
	s := scanner{text: raw}
	s.space()
	if !s.value(r, 1, nil) || !s.atEnd() {
		r.Leaves = r.Leaves[:0]
	}
}

// AppendUnescaped appends the string that JSON writes as raw between quotes.
func AppendUnescaped(dst, raw []byte) []byte { return appendUnescaped(dst, raw) }
