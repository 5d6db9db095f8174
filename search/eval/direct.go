package eval

import (
	"math/bits"

	"github.com/sluicelog/sluice/search"
)

// direct counts buckets of a field of few values, with nothing but percentiles and statistics in them, in one pass over each column, and
// says whether that is what is asked.
func (v *vectors) direct(p *part, s *spec, in []uint64) bool {
	if s.field < 0 || p.buckets == nil || v.columns[s.field].Narrow == nil || !v.numericInner(s) {
		return false
	}
	c := &v.columns[s.field]
	counts := countNarrow(c.Narrow, in)
	var groups [256]*Group
	for i, x := range c.Values {
		n := counts[i+1]
		if key, ok := s.key(x); ok && x.Type() != search.Missing && n > 0 {
			g := v.t.bucket(p, s, key)
			g.Count += uint64(n)
			g.Weight += float64(n)
			groups[i+1] = g
		}
	}
	for k := range s.inner {
		if s.inner[k].field < 0 {
			continue
		}
		numbers := &v.columns[s.inner[k].field]
		var parts [256]*part
		for i, g := range groups {
			if g != nil {
				parts[i] = &g.parts[k]
			}
		}
		if s.inner[k].isPercentiles() {
			numbers.within(in, func(row uint32, f float64) {
				if p := parts[c.Narrow[row]]; p != nil {
					p.sketch.AddOne(f)
				}
			})
			continue
		}
		numbers.within(in, func(row uint32, f float64) {
			if p := parts[c.Narrow[row]]; p != nil && f == f {
				addSummary(p.summary, f, 1)
			}
		})
	}
	return true
}

// numericInner says whether there are but percentiles and statistics in the buckets, of columns of numbers.
func (v *vectors) numericInner(s *spec) bool {
	for i := range s.inner {
		_, stats := s.inner[i].agg.(search.Stats)
		if !stats && !s.inner[i].isPercentiles() || s.inner[i].field >= 0 && v.columns[s.inner[i].field].Numbers == nil {
			return false
		}
	}
	return true
}

// countNarrow counts the rows of each code.
func countNarrow(codes []uint8, in []uint64) (counts [256]uint32) {
	for i, w := range in {
		if w == ^uint64(0) {
			for _, code := range codes[i*64 : i*64+64] {
				counts[code]++
			}
			continue
		}
		for ; w != 0; w &= w - 1 {
			counts[codes[i*64+bits.TrailingZeros64(w)]]++
		}
	}
	return counts
}

// within calls visit for every row in in that has one of Numbers.
func (c *Vector) within(in []uint64, visit func(row uint32, f float64)) {
	if c.Has == nil {
		for i, w := range in {
			for ; w != 0; w &= w - 1 {
				row := uint32(i*64 + bits.TrailingZeros64(w))
				visit(row, c.Numbers[row])
			}
		}
		return
	}
	at := 0
	for i, w := range c.Has {
		if w&in[i] == 0 {
			at += bits.OnesCount64(w)
			continue
		}
		for ; w != 0; w &= w - 1 {
			if w&-w&in[i] != 0 {
				visit(uint32(i*64+bits.TrailingZeros64(w)), c.Numbers[at])
			}
			at++
		}
	}
}
