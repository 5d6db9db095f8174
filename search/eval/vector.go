package eval

import (
	"math"
	"math/bits"

	"github.com/sluicelog/sluice/search"
)

// A Vector holds a field of many records, each with one value at most: Codes, of each row the number of its value in Values, -1 for
// none; or Narrow, the same plus one in a byte; or Numbers, NaN for none, of each row or, with Has, of each row whose bit is set in it; or, for a field of times, Times, of each row.
type Vector struct {
	Codes   []int32
	Narrow  []uint8
	Values  []search.Value
	Numbers []float64
	Has     []uint64
	Times   []int64
}

// spread makes Numbers those of each row.
func (c *Vector) spread() {
	if c.Has == nil {
		return
	}
	out := make([]float64, 64*len(c.Has))
	for i := range out {
		out[i] = math.NaN()
	}
	c.each(func(row uint32, f float64) { out[row] = f })
	c.Numbers, c.Has = out, nil
}

// widen makes Codes of Narrow.
func (c *Vector) widen() {
	if c.Narrow == nil {
		return
	}
	c.Codes = make([]int32, len(c.Narrow))
	for i, code := range c.Narrow {
		c.Codes[i] = int32(code) - 1
	}
	c.Narrow = nil
}

// code returns the number of a row's value, -1 for none.
func (c *Vector) code(row uint32) int32 {
	if c.Narrow != nil {
		return int32(c.Narrow[row]) - 1
	}
	return c.Codes[row]
}

// each calls visit for every row that has one of Numbers, ascending.
func (c *Vector) each(visit func(row uint32, f float64)) {
	if c.Has == nil {
		for i, f := range c.Numbers {
			visit(uint32(i), f)
		}
		return
	}
	at := 0
	for i, w := range c.Has {
		for ; w != 0; w &= w - 1 {
			visit(uint32(i*64+bits.TrailingZeros64(w)), c.Numbers[at])
			at++
		}
	}
}

// Vectorized says whether the tree can count rows by AddVectors: TopHits needs them one by one.
func (t *Tree) Vectorized() bool { return vectorized(t.specs) }

func vectorized(specs []spec) bool {
	for i := range specs {
		if _, hits := specs[i].agg.(search.TopHits); hits || !vectorized(specs[i].inner) {
			return false
		}
	}
	return true
}

// AddVectors counts rows, those of n whose bits are set in in, of columns in the order of Fields; weights are those of all rows, nil for
// 1 each. The error is [search.ErrBuckets].
func (t *Tree) AddVectors(in []uint64, n int, columns []Vector, weights []float64) error {
	v := &vectors{t: t, columns: columns, weights: weights}
	t.root.Count += uint64(n)
	var rows []uint32
	for i := range t.specs {
		if weights == nil && v.direct(&t.root.parts[i], &t.specs[i], in) {
			continue
		}
		if rows == nil {
			rows = rowsOf(in, n)
		}
		v.spec(t.root, t.specs, i, rows)
	}
	if weights == nil {
		t.root.Weight += float64(n)
	} else {
		t.root.Weight += v.weight(rowsOf(in, n))
	}
	if v.err == nil && *t.spent > treeMemory {
		v.err = search.ErrBuckets
	}
	return v.err
}

// rowsOf lists the n rows of a set.
func rowsOf(in []uint64, n int) []uint32 {
	rows := make([]uint32, 0, n)
	for i, w := range in {
		for ; w != 0; w &= w - 1 {
			rows = append(rows, uint32(i*64+bits.TrailingZeros64(w)))
		}
	}
	return rows
}

// vectors is one run of AddVectors.
type vectors struct {
	t       *Tree
	columns []Vector
	weights []float64
	err     error
}

func (v *vectors) weight(rows []uint32) float64 {
	if v.weights == nil {
		return float64(len(rows))
	}
	sum := 0.0
	for _, r := range rows {
		sum += v.weights[r]
	}
	return sum
}

func (v *vectors) weightOf(row uint32) float64 {
	if v.weights == nil {
		return 1
	}
	return v.weights[row]
}

func (v *vectors) add(g *Group, specs []spec, rows []uint32) {
	g.Count += uint64(len(rows))
	g.Weight += v.weight(rows)
	for i := range specs {
		v.spec(g, specs, i, rows)
	}
}

// spec adds rows to one of the aggregations of a group.
func (v *vectors) spec(g *Group, specs []spec, i int, rows []uint32) {
	s, p := &specs[i], &g.parts[i]
	if s.field < 0 || v.err != nil {
		return
	}
	c := &v.columns[s.field]
	switch s.agg.(type) {
	case search.Percentiles:
		c.numbers(rows, func(r uint32, f float64) { p.sketch.Add(f, v.weightOf(r)) })
	case search.Stats:
		c.numbers(rows, func(r uint32, f float64) { addSummary(p.summary, f, v.weightOf(r)) })
	case search.Cardinality:
		v.distinct(p, c, rows)
	default:
		v.partition(p, s, c, rows)
	}
	if *v.t.spent > treeMemory {
		v.err = search.ErrBuckets
	}
}

// numbers calls visit for every row that has a number.
func (c *Vector) numbers(rows []uint32, visit func(row uint32, f float64)) {
	if c.Numbers != nil {
		c.spread()
		for _, r := range rows {
			if f := c.Numbers[r]; f == f {
				visit(r, f)
			}
		}
		return
	}
	if c.widen(); c.Codes == nil {
		return
	}
	values := make([]float64, len(c.Values))
	for i, x := range c.Values {
		values[i] = math.NaN()
		if x.Type() == search.Numeric {
			values[i] = x.Number().Float64()
		}
	}
	for _, r := range rows {
		if code := c.Codes[r]; code >= 0 && values[code] == values[code] {
			visit(r, values[code])
		}
	}
}

func (v *vectors) distinct(p *part, c *Vector, rows []uint32) {
	c.widen()
	switch {
	case c.Codes != nil:
		seen := make([]bool, len(c.Values))
		for _, r := range rows {
			if code := c.Codes[r]; code >= 0 && !seen[code] {
				seen[code] = true
				if c.Values[code].Type() != search.Missing {
					p.distinct.Add(Hash(c.Values[code]))
				}
			}
		}
	case c.Numbers != nil:
		c.spread()
		for _, r := range rows {
			if f := c.Numbers[r]; f == f {
				p.distinct.Add(Hash(search.NumberValue(search.Float(f))))
			}
		}
	case c.Times != nil:
		for _, r := range rows {
			p.distinct.Add(Hash(search.TimeValue(c.Times[r])))
		}
	}
}

// partition puts rows into buckets.
func (v *vectors) partition(p *part, s *spec, c *Vector, rows []uint32) {
	var ids []int32 // of each of rows, the number of its key
	var keys []search.Value
	switch {
	case c.Codes != nil, c.Narrow != nil:
		ids, keys = c.keysOfCodes(s, rows)
	case c.Times != nil:
		ids, keys = keysOf(rows, func(r uint32) (int64, bool) {
			if d, ok := s.agg.(search.DateHistogram); ok {
				return floorTo(c.Times[r], int64(d.Interval)), true
			}
			return c.Times[r], true
		}, search.TimeValue)
	case c.Numbers != nil:
		c.spread()
		ids, keys = keysOf(rows, func(r uint32) (float64, bool) {
			f := c.Numbers[r]
			if h, ok := s.agg.(search.Histogram); ok {
				f = math.Floor(f/h.Interval) * h.Interval
			}
			_, dates := s.agg.(search.DateHistogram)
			return f, f == f && !dates
		}, func(f float64) search.Value { return search.NumberValue(search.Float(f)) })
	default:
		return
	}
	counts := make([]uint32, len(keys)+1)
	for _, id := range ids {
		counts[id+1]++ // those without a key are counted at 0
	}
	if len(s.inner) == 0 && v.weights == nil {
		for i, key := range keys {
			if n := counts[i+1]; n > 0 {
				g := v.t.bucket(p, s, key)
				g.Count += uint64(n)
				g.Weight += float64(n)
			}
		}
		return
	}
	if v.weights == nil && v.fused(p, s, rows, ids, keys, counts) {
		return
	}
	starts := make([]uint32, len(keys)+1)
	for i := 1; i <= len(keys); i++ {
		starts[i] = starts[i-1] + counts[i]
	}
	sorted := make([]uint32, starts[len(keys)])
	at := append([]uint32(nil), starts...)
	for i, r := range rows {
		if id := ids[i]; id >= 0 {
			sorted[at[id]] = r
			at[id]++
		}
	}
	for i, key := range keys {
		if part := sorted[starts[i]:starts[i+1]]; len(part) > 0 && v.err == nil {
			v.add(v.t.bucket(p, s, key), s.inner, part)
		}
	}
}

// fused counts percentiles and statistics within buckets without sorting the rows, where there is nothing else in them.
func (v *vectors) fused(p *part, s *spec, rows []uint32, ids []int32, keys []search.Value, counts []uint32) bool {
	for i := range s.inner {
		_, percentiles := s.inner[i].agg.(search.Percentiles)
		_, stats := s.inner[i].agg.(search.Stats)
		if !percentiles && !stats || s.inner[i].field >= 0 && v.columns[s.inner[i].field].Numbers == nil {
			return false
		}
	}
	groups := make([]*Group, len(keys))
	for i, key := range keys {
		if n := counts[i+1]; n > 0 {
			groups[i] = v.t.bucket(p, s, key)
			groups[i].Count += uint64(n)
			groups[i].Weight += float64(n)
		}
	}
	for k := range s.inner {
		if s.inner[k].field < 0 {
			continue
		}
		// The numbers may be fewer than the rows: these are gone along with them.
		at, percentiles := 0, s.inner[k].isPercentiles()
		v.columns[s.inner[k].field].each(func(row uint32, f float64) {
			for at < len(rows) && rows[at] < row {
				at++
			}
			if at == len(rows) || rows[at] != row || ids[at] < 0 || f != f {
				return
			}
			if p := &groups[ids[at]].parts[k]; percentiles {
				p.sketch.AddOne(f)
			} else {
				addSummary(p.summary, f, 1)
			}
		})
	}
	return true
}

func (s *spec) isPercentiles() bool {
	_, ok := s.agg.(search.Percentiles)
	return ok
}

// keysOfCodes numbers the keys of a column of codes.
func (c *Vector) keysOfCodes(s *spec, rows []uint32) (ids []int32, keys []search.Value) {
	of := make([]int32, len(c.Values))
	numbers := map[search.Value]int32{}
	for i, x := range c.Values {
		of[i] = -1
		key, ok := s.key(x)
		if !ok || x.Type() == search.Missing {
			continue
		}
		id, ok := numbers[key]
		if !ok {
			id = int32(len(keys))
			numbers[key] = id
			keys = append(keys, key)
		}
		of[i] = id
	}
	ids = make([]int32, len(rows))
	for i, r := range rows {
		ids[i] = -1
		if code := c.code(r); code >= 0 {
			ids[i] = of[code]
		}
	}
	return ids, keys
}

// keysOf numbers the keys of rows, which are often the same as the row before's.
func keysOf[K comparable](rows []uint32, key func(row uint32) (K, bool), value func(K) search.Value) (ids []int32, keys []search.Value) {
	ids = make([]int32, len(rows))
	numbers := map[K]int32{}
	var last K
	lastID := int32(-1)
	for i, r := range rows {
		k, ok := key(r)
		if !ok {
			ids[i] = -1
			continue
		}
		if lastID < 0 || k != last {
			id, known := numbers[k]
			if !known {
				id = int32(len(keys))
				numbers[k] = id
				keys = append(keys, value(k))
			}
			last, lastID = k, id
		}
		ids[i] = lastID
	}
	return ids, keys
}

// AddCount counts records whose values are known of several fields at once: of each of Fields one, Missing for none.
func (t *Tree) AddCount(values []search.Value, records uint64) {
	t.addCount(t.root, t.specs, values, records)
}

func (t *Tree) addCount(g *Group, specs []spec, values []search.Value, records uint64) {
	g.Count += records
	g.Weight += float64(records)
	for i := range specs {
		s := &specs[i]
		if s.field < 0 || g.parts[i].buckets == nil {
			continue
		}
		if key, ok := s.key(values[s.field]); ok && key.Type() != search.Missing {
			t.addCount(t.bucket(&g.parts[i], s, key), s.inner, values, records)
		}
	}
}

// Counts says whether all that the tree computes are counts by level and by minutes, or longer times, of the records' time.
func (t *Tree) Counts() bool { return !t.weigh && countsOnly(t.specs) }

func countsOnly(specs []spec) bool {
	for i := range specs {
		s := &specs[i]
		switch a := s.agg.(type) {
		case search.Terms:
			if a.Field != "level" {
				return false
			}
		case search.DateHistogram:
			if a.Field != "time" || a.Interval%(60*1e9) != 0 {
				return false
			}
		default:
			return false
		}
		if !countsOnly(s.inner) {
			return false
		}
	}
	return true
}
