package compress

import (
	"log/slog"
	"math"
	"time"
)

// numbers are the numeric attributes of a group in the order of a walk, which is the same for all its records.
type numbers []number

// number is what is known of one numeric attribute.
type number struct {
	key      string
	kind     slog.Kind // of all values so far; KindFloat64 for a mixture
	n        int
	low, top int64 // of integers and durations
	min, max float64
	sum      float64
}

// cursor walks numbers along with a record's attributes.
type cursor struct {
	list  numbers
	at    int
	first bool // the walk lays the list out
}

// attrs visits attributes and their members.
func (c *cursor) attrs(attrs []slog.Attr) {
	for i := range attrs {
		c.attr(&attrs[i])
	}
}

func (c *cursor) attr(a *slog.Attr) {
	var (
		i int64
		f float64
	)
	kind := a.Value.Kind()
	switch kind {
	case slog.KindGroup:
		c.attrs(a.Value.Group())
		return
	case slog.KindInt64:
		i = a.Value.Int64()
		f = float64(i)
	case slog.KindDuration:
		i = int64(a.Value.Duration())
		f = float64(i)
	case slog.KindUint64:
		u := a.Value.Uint64()
		if u <= math.MaxInt64 {
			kind, i = slog.KindInt64, int64(u)
		} else {
			kind = slog.KindFloat64
		}
		f = float64(u)
	case slog.KindFloat64:
		if f = a.Value.Float64(); math.IsNaN(f) || math.IsInf(f, 0) {
			return
		}
	default:
		return
	}
	if c.first {
		c.list = append(c.list, number{key: a.Key, kind: kind, low: math.MaxInt64, top: math.MinInt64, min: math.Inf(1), max: math.Inf(-1)})
	} else {
		// An attribute that is a number in one record only is passed over.
		for c.at < len(c.list) && c.list[c.at].key != a.Key {
			c.at++
		}
		if c.at == len(c.list) {
			c.at = 0
			return
		}
	}
	n := &c.list[c.at]
	c.at++
	n.add(kind, i, f)
}

func (n *number) add(kind slog.Kind, i int64, f float64) {
	if kind != n.kind {
		n.kind = slog.KindFloat64
	}
	n.n++
	n.low, n.top = min(n.low, i), max(n.top, i)
	n.min, n.max = min(n.min, f), max(n.max, f)
	n.sum += f
}

// join adds the values of another group's attribute.
func (n *number) join(o *number) {
	if n.kind != o.kind {
		n.kind = slog.KindFloat64
	}
	n.n += o.n
	n.low, n.top = min(n.low, o.low), max(n.top, o.top)
	n.min, n.max = min(n.min, o.min), max(n.max, o.max)
	n.sum += o.sum
}

// value is the group of min, max and mean.
func (n *number) value() slog.Value {
	mean := n.sum / float64(n.n)
	switch n.kind {
	case slog.KindInt64:
		return slog.GroupValue(slog.Int64("min", n.low), slog.Int64("max", n.top), slog.Float64("mean", mean))
	case slog.KindDuration:
		return slog.GroupValue(slog.Duration("min", time.Duration(n.low)), slog.Duration("max", time.Duration(n.top)), slog.Duration("mean", time.Duration(mean)))
	}
	return slog.GroupValue(slog.Float64("min", n.min), slog.Float64("max", n.max), slog.Float64("mean", mean))
}

// summary returns attrs, the attributes of a group's first record, with the numbers summarised and all else left out.
func (c *cursor) summary(attrs []slog.Attr) []slog.Attr {
	var out []slog.Attr
	for i := range attrs {
		a := &attrs[i]
		switch a.Value.Kind() {
		case slog.KindGroup:
			if members := c.summary(a.Value.Group()); len(members) > 0 {
				out = append(out, slog.Attr{Key: a.Key, Value: slog.GroupValue(members...)})
			}
			continue
		case slog.KindFloat64:
			if f := a.Value.Float64(); math.IsNaN(f) || math.IsInf(f, 0) {
				continue
			}
		case slog.KindInt64, slog.KindUint64, slog.KindDuration:
		default:
			continue
		}
		if c.at < len(c.list) {
			if rateOf(a) == 0 {
				out = append(out, slog.Attr{Key: a.Key, Value: c.list[c.at].value()})
			}
			c.at++
		}
	}
	return out
}
