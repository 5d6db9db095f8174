package eval

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sluicelog/sluice/search"
)

// A Tree accumulates aggregations. Several goroutines each fill one of their own, which are merged. A Tree is for one goroutine at a time.
type Tree struct {
	Fields []string // which the aggregations need the values of

	weigh bool
	specs []spec
	root  *Group
	spent *int // bytes, of all groups
}

// treeMemory is what the groups of one tree may take.
const treeMemory = 256 << 20

// spec is one aggregation, made ready.
type spec struct {
	name  string
	agg   search.Aggregation
	field int // in Tree.Fields, -1 for none
	kind  search.Kind
	inner []spec
}

// A Group is the records of a bucket, the root those of all.
type Group struct {
	Count  uint64
	Weight float64
	parts  []part
}

// part is what one aggregation knows of a group.
type part struct {
	buckets  map[search.Value]*Group
	sketch   *Sketch
	summary  *search.Summary
	distinct *Distinct
	hits     *Top[search.Hit]
}

// NewTree returns an empty tree for the aggregations of a request, among whose fields the hidden ones are none.
func NewTree(req *search.Request, aggs search.Aggregations) (*Tree, error) {
	if err := aggs.Validate(); err != nil {
		return nil, err
	}
	t := &Tree{weigh: req.Weigh, spent: new(int)}
	t.specs = t.specify(req, aggs)
	t.root = t.newGroup(t.specs)
	return t, nil
}

// Fork returns an empty tree for another goroutine, to be merged later.
func (t *Tree) Fork() *Tree {
	f := &Tree{Fields: t.Fields, weigh: t.weigh, specs: t.specs, spent: new(int)}
	f.root = f.newGroup(f.specs)
	return f
}

func (t *Tree) specify(req *search.Request, aggs search.Aggregations) []spec {
	var out []spec
	add := func(name, field string, agg search.Aggregation, inner search.Aggregations) {
		s := spec{name: name, agg: agg, field: -1, kind: search.KindOf(field)}
		if field != "" && !req.Hidden(field) {
			if s.field = slices.Index(t.Fields, field); s.field < 0 {
				s.field = len(t.Fields)
				t.Fields = append(t.Fields, field)
			}
		}
		s.inner = t.specify(req, inner)
		out = append(out, s)
	}
	for name, agg := range aggs {
		switch a := agg.(type) {
		case search.Terms:
			add(name, a.Field, agg, a.Aggs)
		case search.DateHistogram:
			if a.Field == "" {
				a.Field = "time"
			}
			add(name, a.Field, a, a.Aggs)
		case search.Histogram:
			add(name, a.Field, agg, a.Aggs)
		case search.Percentiles:
			add(name, a.Field, agg, nil)
		case search.Stats:
			add(name, a.Field, agg, nil)
		case search.Cardinality:
			add(name, a.Field, agg, nil)
		case search.TopHits:
			add(name, "", agg, nil)
		}
	}
	slices.SortFunc(out, func(a, b spec) int { return strings.Compare(a.name, b.name) })
	return out
}

func (t *Tree) newGroup(specs []spec) *Group {
	g := &Group{parts: make([]part, len(specs))}
	*t.spent += 64 + 48*len(specs)
	for i, s := range specs {
		p := &g.parts[i]
		switch a := s.agg.(type) {
		case search.Percentiles:
			p.sketch = &Sketch{}
			*t.spent += 1024
		case search.Stats:
			p.summary = &search.Summary{}
		case search.Cardinality:
			p.distinct = &Distinct{}
			*t.spent += 512
		case search.TopHits:
			size := a.Size
			if size == 0 {
				size = search.DefaultTopHits
			}
			p.hits = NewTop[search.Hit](search.Sort{}, size)
			*t.spent += 512 * size
		default:
			p.buckets = map[search.Value]*Group{}
		}
	}
	return g
}

// A Row is a record that a Tree counts.
type Row struct {
	Values   [][]search.Value // of each of Tree.Fields
	Weight   float64          // 1, or what the record stands for when the request weighs
	Position *Position        // for TopHits, and may be nil without one
	Hit      func() search.Hit
}

// Add counts a record. The error is [search.ErrBuckets].
func (t *Tree) Add(row *Row) error {
	t.add(t.root, t.specs, row)
	if *t.spent > treeMemory {
		return search.ErrBuckets
	}
	return nil
}

func (t *Tree) add(g *Group, specs []spec, row *Row) {
	g.Count++
	g.Weight += row.Weight
	for i := range specs {
		s, p := &specs[i], &g.parts[i]
		if p.hits != nil {
			if p.hits.Wants(row.Position) {
				p.hits.Add(*row.Position, row.Hit())
			}
			continue
		}
		if s.field < 0 {
			continue
		}
		values := row.Values[s.field]
		var seen [8]search.Value
		keys := seen[:0]
		for _, v := range values {
			if p.buckets == nil {
				p.value(v, row.Weight)
				continue
			}
			key, ok := s.key(v)
			if !ok || slices.Contains(keys, key) {
				continue
			}
			keys = append(keys, key)
			t.add(t.bucket(p, s, key), s.inner, row)
		}
	}
}

// value counts a value in an aggregation without buckets.
func (p *part) value(v search.Value, weight float64) {
	if p.distinct != nil {
		p.distinct.Add(Hash(v))
		return
	}
	if v.Type() != search.Numeric {
		return
	}
	f := v.Number().Float64()
	if p.sketch != nil {
		p.sketch.Add(f, weight)
		return
	}
	addSummary(p.summary, f, weight)
}

func addSummary(s *search.Summary, f, weight float64) {
	if s.Count == 0 {
		s.Min, s.Max = f, f
	}
	s.Count += weight
	s.Sum += f * weight
	s.Min, s.Max = min(s.Min, f), max(s.Max, f)
}

func (t *Tree) bucket(p *part, s *spec, key search.Value) *Group {
	g := p.buckets[key]
	if g == nil {
		g = t.newGroup(s.inner)
		*t.spent += 96 + len(key.Str())
		p.buckets[key] = g
	}
	return g
}

// key returns the bucket in which a value counts.
func (s *spec) key(v search.Value) (search.Value, bool) {
	switch a := s.agg.(type) {
	case search.DateHistogram:
		if v.Type() != search.Instant {
			return v, false
		}
		ns, _ := v.Number().Int64()
		return search.TimeValue(floorTo(ns, int64(a.Interval))), true
	case search.Histogram:
		if v.Type() != search.Numeric {
			return v, false
		}
		return search.NumberValue(search.Float(math.Floor(v.Number().Float64()/a.Interval) * a.Interval)), true
	}
	return v, true
}

func floorTo(n, step int64) int64 {
	q := n / step
	if n%step < 0 {
		q--
	}
	return q * step
}

// Merge adds what o has accumulated, which is not to be used any more. The error is [search.ErrBuckets].
func (t *Tree) Merge(o *Tree) error {
	t.merge(t.root, o.root, t.specs)
	if *t.spent > treeMemory {
		return search.ErrBuckets
	}
	return nil
}

func (t *Tree) merge(g, o *Group, specs []spec) {
	g.Count += o.Count
	g.Weight += o.Weight
	for i := range specs {
		s, p, q := &specs[i], &g.parts[i], &o.parts[i]
		switch {
		case p.sketch != nil:
			p.sketch.Merge(q.sketch)
		case p.summary != nil:
			mergeSummary(p.summary, q.summary)
		case p.distinct != nil:
			p.distinct.Merge(q.distinct)
		case p.hits != nil:
			for _, item := range q.hits.Sorted() {
				if p.hits.Wants(&item.Position) {
					p.hits.Add(item.Position, item.Item)
				}
			}
		default:
			for key, group := range q.buckets {
				if p.buckets[key] == nil {
					p.buckets[key] = group
					*t.spent += 256
					continue
				}
				t.merge(p.buckets[key], group, s.inner)
			}
		}
	}
}

func mergeSummary(s, o *search.Summary) {
	if o.Count == 0 {
		return
	}
	if s.Count == 0 {
		*s = *o
		return
	}
	s.Count += o.Count
	s.Sum += o.Sum
	s.Min, s.Max = min(s.Min, o.Min), max(s.Max, o.Max)
}

// Result returns what was accumulated. The error is [search.ErrBuckets].
func (t *Tree) Result(began time.Time) (*search.Aggregated, error) {
	left := search.DefaultBuckets
	results, err := t.results(t.root, t.specs, &left)
	if err != nil {
		return nil, err
	}
	return &search.Aggregated{Total: t.root.Count, Weighted: t.root.Weight, Results: results, Took: time.Since(began)}, nil
}
