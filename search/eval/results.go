package eval

import (
	"cmp"
	"math"
	"slices"

	"github.com/sluicelog/sluice/search"
)

// results returns the results of a group. Left is how many buckets there may yet be.
func (t *Tree) results(g *Group, specs []spec, left *int) (map[string]*search.AggregationResult, error) {
	if len(specs) == 0 {
		return nil, nil
	}
	out := make(map[string]*search.AggregationResult, len(specs))
	for i := range specs {
		s, r := &specs[i], &search.AggregationResult{}
		var p *part
		if g != nil {
			p = &g.parts[i]
		} else {
			empty := t.newGroup(specs[i : i+1])
			p = &empty.parts[0]
		}
		var err error
		switch a := s.agg.(type) {
		case search.Percentiles:
			r.Percentiles = p.sketch.Percentiles(a.Percents)
		case search.Stats:
			sum := *p.summary
			if sum.Count > 0 {
				sum.Mean = sum.Sum / sum.Count
			}
			r.Stats = &sum
		case search.Cardinality:
			n := p.distinct.Count()
			r.Cardinality = &n
		case search.TopHits:
			for _, item := range p.hits.Sorted() {
				r.Hits = append(r.Hits, item.Item)
			}
		case search.Terms:
			r.Buckets, err = t.terms(p, s, a, left)
		case search.DateHistogram:
			r.Buckets, err = t.histogram(p, s, left, func(from, key search.Value) int { return stepsOfTime(from, key, a) },
				func(from search.Value, n int) search.Value {
					ns, _ := from.Number().Int64()
					return search.TimeValue(ns + int64(n)*int64(a.Interval))
				})
		case search.Histogram:
			r.Buckets, err = t.histogram(p, s, left, func(from, key search.Value) int {
				return int(min(math.Round((key.Number().Float64()-from.Number().Float64())/a.Interval), math.MaxInt32))
			}, func(from search.Value, n int) search.Value {
				first := math.Round(from.Number().Float64() / a.Interval)
				return search.NumberValue(search.Float((first + float64(n)) * a.Interval))
			})
		}
		if err != nil {
			return nil, err
		}
		out[s.name] = r
	}
	return out, nil
}

func stepsOfTime(from, key search.Value, a search.DateHistogram) int {
	first, _ := from.Number().Int64()
	last, _ := key.Number().Int64()
	return int(min((last-first)/int64(a.Interval), math.MaxInt32))
}

func (t *Tree) terms(p *part, s *spec, a search.Terms, left *int) (*search.Buckets, error) {
	size := a.Size
	if size == 0 {
		size = search.DefaultTerms
	}
	type entry struct {
		key search.Value
		*Group
	}
	list := make([]entry, 0, len(p.buckets))
	for key, g := range p.buckets {
		list = append(list, entry{key, g})
	}
	byKey := func(a, b entry) int { return a.key.Compare(b.key) }
	bySize := func(x, y entry) int { return cmp.Or(cmp.Compare(y.Weight, x.Weight), byKey(x, y)) }
	if a.ByKey {
		slices.SortFunc(list, byKey)
	} else {
		slices.SortFunc(list, bySize)
	}
	b := &search.Buckets{}
	for i, e := range list {
		if i >= size {
			b.Other += e.Count
			continue
		}
		if err := t.appendBucket(b, s, e.key, e.Group, left); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// histogram puts the buckets in order and the empty ones between them.
func (t *Tree) histogram(p *part, s *spec, left *int, steps func(from, key search.Value) int, at func(from search.Value, n int) search.Value) (*search.Buckets, error) {
	b := &search.Buckets{}
	if len(p.buckets) == 0 {
		return b, nil
	}
	keys := make([]search.Value, 0, len(p.buckets))
	for key := range p.buckets {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, search.Value.Compare)
	if steps(keys[0], keys[len(keys)-1]) >= *left {
		return nil, search.ErrBuckets
	}
	next := 0
	for _, key := range keys {
		for n := steps(keys[0], key); next < n; next++ {
			if err := t.appendBucket(b, s, at(keys[0], next), nil, left); err != nil {
				return nil, err
			}
		}
		if err := t.appendBucket(b, s, key, p.buckets[key], left); err != nil {
			return nil, err
		}
		next++
	}
	return b, nil
}

func (t *Tree) appendBucket(b *search.Buckets, s *spec, key search.Value, g *Group, left *int) error {
	if *left--; *left < 0 {
		return search.ErrBuckets
	}
	bucket := search.Bucket{Key: key}
	if g != nil {
		bucket.Count, bucket.Weighted = g.Count, g.Weight
	}
	var err error
	bucket.Results, err = t.results(g, s.inner, left)
	b.List = append(b.List, bucket)
	return err
}
