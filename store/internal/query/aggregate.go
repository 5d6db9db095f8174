package query

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sluicelog/sluice/level"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
	"github.com/sluicelog/sluice/store/internal/segment"
)

// Aggregate implements [search.Searcher].
func (s *Searcher) Aggregate(ctx context.Context, req *search.Request, aggs search.Aggregations) (*search.Aggregated, error) {
	began := time.Now()
	t, err := s.prepare(ctx, req)
	if err != nil {
		return nil, err
	}
	defer t.release()
	tree, err := eval.NewTree(req, aggs)
	if err != nil {
		return nil, err
	}
	ctx, cancel := eval.WithTimeout(ctx, req)
	defer cancel()
	a := &aggregator{task: t, tree: tree, trees: make([]*eval.Tree, s.workers), numeric: numericFields(aggs)}
	order := make([]int, len(t.view.Segments))
	for i := range order {
		order[i] = i
	}
	err = t.each(ctx, order, func(worker, i int) (bool, error) {
		if a.trees[worker] == nil {
			a.trees[worker] = tree.Fork()
		}
		return true, a.segment(a.trees[worker], i)
	}, t.s.cache.used)
	if err == nil {
		err = a.tail(ctx)
	}
	partial, err := eval.Done(ctx, err)
	if err != nil {
		return nil, err
	}
	for _, f := range a.trees {
		if f != nil {
			if err := tree.Merge(f); err != nil {
				return nil, err
			}
		}
	}
	out, err := tree.Result(began)
	if err == nil {
		out.Partial, out.Damaged = partial, t.damaged
	}
	return out, err
}

// aggregator computes aggregations on a view.
type aggregator struct {
	*task
	tree    *eval.Tree
	trees   []*eval.Tree // of each worker
	numeric map[string]bool
}

// numericFields are those of which nothing but numbers counts.
func numericFields(aggs search.Aggregations) map[string]bool {
	out := map[string]bool{}
	var walk func(search.Aggregations)
	note := func(field string, numeric bool) {
		if old, seen := out[field]; seen {
			numeric = numeric && old
		}
		out[field] = numeric
	}
	walk = func(aggs search.Aggregations) {
		for _, a := range aggs {
			switch a := a.(type) {
			case search.Terms:
				note(a.Field, false)
				walk(a.Aggs)
			case search.DateHistogram:
				note(a.Field, false)
				walk(a.Aggs)
			case search.Histogram:
				note(a.Field, true)
				walk(a.Aggs)
			case search.Percentiles:
				note(a.Field, true)
			case search.Stats:
				note(a.Field, true)
			case search.Cardinality:
				note(a.Field, false)
			}
		}
	}
	walk(aggs)
	return out
}

// tail counts the records that are in no segment.
func (a *aggregator) tail(ctx context.Context) error {
	row := &eval.Row{Values: make([][]search.Value, len(a.tree.Fields))}
	var full error
	err := a.task.tail(ctx, 0, func(i int, r *eval.Record) bool {
		for k, f := range a.tree.Fields {
			row.Values[k] = r.AppendValues(row.Values[k][:0], f)
		}
		at := eval.Position{Time: r.Time, Seq: seq(a.view.Tail[i].Seq)}
		row.Weight, row.Position = a.Weight(r), &at
		row.Hit = func() search.Hit {
			h, _, _ := a.hit(place{-1, uint32(i)}, at.Time, &eval.Record{}, nil) // of a line in memory: cannot fail
			return h
		}
		full = a.tree.Add(row)
		return full == nil
	})
	if full != nil {
		return full
	}
	return err
}

// segment counts the records of a segment.
func (a *aggregator) segment(tree *eval.Tree, i int) error {
	p := newPart(a.view.Segments[i])
	defer a.note(p)
	if a.rollup(tree, p) {
		return nil
	}
	b, err := p.inRange(a.cond, a.Exec)
	if err != nil || b.empty() {
		return err
	}
	if tree.Vectorized() {
		done, err := a.vectors(tree, p, b)
		if done || err != nil {
			return err
		}
	}
	return a.rows(tree, p, i, b.rows())
}

// vectors counts by columns, and says whether that can be.
func (a *aggregator) vectors(tree *eval.Tree, p *part, b bitmap) (bool, error) {
	columns := make([]eval.Vector, len(tree.Fields))
	for k, f := range tree.Fields {
		var ok bool
		var err error
		if columns[k], ok, err = p.vector(f, a.numeric[f]); err != nil {
			if err = p.damage(f, err); err != nil {
				return false, err
			}
			ok, columns[k] = true, eval.Vector{}
		}
		if !ok {
			return false, nil
		}
	}
	var weights []float64
	if a.Req.Weigh {
		var err error
		if weights, err = p.weights(); err != nil {
			return false, err
		}
	}
	return true, tree.AddVectors(b, b.count(), columns, weights)
}

// rows counts one row after the other.
func (a *aggregator) rows(tree *eval.Tree, p *part, i int, rows []uint32) error {
	readers := make([]*reader, len(tree.Fields))
	for k, f := range tree.Fields {
		var err error
		if readers[k], err = p.reader(f); err != nil {
			return err
		}
	}
	times, err := p.seg.Times()
	if err != nil {
		return p.damage("time", err)
	}
	var weights []float64
	if a.Req.Weigh {
		if weights, err = p.weights(); err != nil {
			return err
		}
	}
	row := &eval.Row{Values: make([][]search.Value, len(readers)), Weight: 1}
	for _, r := range rows {
		for k, reader := range readers {
			if row.Values[k], err = reader.append(row.Values[k][:0], r); err != nil {
				if err = p.damage(reader.field, err); err != nil {
					return err
				}
			}
		}
		if weights != nil {
			row.Weight = weights[r]
		}
		at := eval.Position{Time: times[r], Seq: seq(p.seg.Seq(int(r)))}
		row.Position = &at
		row.Hit = func() search.Hit {
			h, _, _ := a.hit(place{i, r}, at.Time, &eval.Record{}, nil) // what cannot be read is noted
			return h
		}
		if err := tree.Add(row); err != nil {
			return err
		}
	}
	return nil
}

// rollup counts a segment from the numbers that its description has, and says whether that is all there is to count.
func (a *aggregator) rollup(tree *eval.Tree, p *part) bool {
	if !tree.Counts() {
		return false
	}
	least, most := p.seg.TimeRange()
	if !a.InRange(least) || !a.InRange(most) {
		return false
	}
	if all, _ := p.certain(a.cond); !all {
		return false
	}
	levels := slices.Contains(tree.Fields, "level")
	if levels && !a.s.cache.levelsAreNames(p) {
		return false
	}
	values := make([]search.Value, len(tree.Fields))
	for _, c := range p.seg.Rollup() {
		for k, f := range tree.Fields {
			values[k] = search.TimeValue(c.Minute * int64(time.Minute))
			if f == "level" {
				values[k] = search.StringValue(level.Name(c.Level))
			}
		}
		tree.AddCount(values, uint64(c.Records))
	}
	return true
}

// maxLevelNames is how many bytes of names of levels are read: spellings of one level are few.
const maxLevelNames = 1 << 10

// levelsAreNames says that every record has a level, spelled as [level.Name] does: the numbers of the description are then those of the field.
func (p *part) levelsAreNames() bool {
	columns := p.columnsOf("level")
	if len(columns) != 1 || columns[0].Kind() != segment.String || columns[0].Len() != p.rows {
		return false
	}
	names, all := columns[0].Values(maxLevelNames)
	if !all {
		return false
	}
	for name := range strings.Lines(string(names)) {
		name = name[:len(name)-1]
		l, err := level.Parse(name)
		if err != nil || level.Name(l) != name {
			return false
		}
	}
	return true
}

// Facets implements [search.Searcher].
func (s *Searcher) Facets(ctx context.Context, req *search.Request, fields []string, size int) (map[string]*search.Buckets, error) {
	return eval.Facets(ctx, s, req, fields, size)
}
