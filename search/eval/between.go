package eval

import (
	"time"

	"github.com/sluicelog/sluice/level"
	"github.com/sluicelog/sluice/search"
)

// limit is one end of numbers.
type limit struct {
	value    search.Number
	set      bool
	included bool
}

// between is an interval of numbers, of strings, or, where one end is a number and the other none, of nothing.
type between struct {
	numeric     bool
	min, max    limit
	least, most search.Bound // of strings
	isLevel     bool
}

// newBetween compiles an interval.
func newBetween(kind search.Kind, r search.Range, now time.Time) tester {
	b := &between{least: r.Min, most: r.Max, isLevel: kind == search.Level}
	switch kind {
	case search.Text:
		return never{}
	case search.Time:
		return betweenTimes(r, now)
	case search.Level:
		b.numeric = true
		for _, end := range []struct {
			search.Bound
			l *limit
		}{{r.Min, &b.min}, {r.Max, &b.max}} {
			if end.Set() {
				l, err := level.Parse(end.Value)
				if err != nil {
					return never{}
				}
				*end.l = limit{search.Int(int64(l)), true, !end.Exclude}
			}
		}
		return b
	}
	strings := false
	for _, end := range []struct {
		search.Bound
		l *limit
	}{{r.Min, &b.min}, {r.Max, &b.max}} {
		if !end.Set() {
			continue
		}
		n, ok := search.ParseNumber(r.Field, end.Value)
		if end.Quoted || !ok {
			strings = true
			continue
		}
		b.numeric = true
		*end.l = limit{n, true, !end.Exclude}
	}
	if strings && b.numeric {
		return never{}
	}
	return b
}

func betweenTimes(r search.Range, now time.Time) tester {
	b := &between{numeric: true}
	if r.Min.Set() {
		from, to, ok := search.ParseTime(r.Min.Value, now)
		if !ok {
			return never{}
		}
		if r.Min.Exclude {
			from = to
		}
		b.min = limit{search.Int(from.UnixNano()), true, true}
	}
	if r.Max.Set() {
		from, to, ok := search.ParseTime(r.Max.Value, now)
		if !ok {
			return never{}
		}
		if r.Max.Exclude {
			to = from
		}
		b.max = limit{search.Int(to.UnixNano()), true, false}
	}
	return b
}

func (b *between) number(n search.Number, digits []byte) bool {
	if !b.numeric || b.isLevel && digits != nil {
		return false
	}
	if b.min.set {
		if c := n.Compare(b.min.value); c < 0 || c == 0 && !b.min.included {
			return false
		}
	}
	if b.max.set {
		if c := n.Compare(b.max.value); c > 0 || c == 0 && !b.max.included {
			return false
		}
	}
	return true
}

func (b *between) text(s []byte) bool {
	if b.isLevel {
		l, ok := severity(s)
		return ok && b.number(search.Int(int64(l)), nil)
	}
	if b.numeric {
		return false
	}
	if b.least.Set() && (string(s) < b.least.Value || b.least.Exclude && string(s) == b.least.Value) {
		return false
	}
	return !b.most.Set() || string(s) < b.most.Value || !b.most.Exclude && string(s) == b.most.Value
}

func (*between) boolean(bool) bool { return false }
