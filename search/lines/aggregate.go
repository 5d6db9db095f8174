package lines

import (
	"context"
	"time"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
)

// Aggregate implements [search.Searcher].
func (s *Searcher) Aggregate(ctx context.Context, req *search.Request, aggs search.Aggregations) (*search.Aggregated, error) {
	began := time.Now()
	x, err := eval.Prepare(req)
	if err != nil {
		return nil, err
	}
	tree, err := eval.NewTree(req, aggs)
	if err != nil {
		return nil, err
	}
	ctx, cancel := eval.WithTimeout(ctx, req)
	defer cancel()
	row := &eval.Row{Values: make([][]search.Value, len(tree.Fields))}
	var full error
	_, err = s.scan(ctx, x, 0, func(n uint64, r *eval.Record) bool {
		for i, f := range tree.Fields {
			row.Values[i] = r.AppendValues(row.Values[i][:0], f)
		}
		p := eval.Position{Time: r.Time, Seq: seq(n)}
		row.Weight, row.Position = x.Weight(r), &p
		row.Hit = func() search.Hit { return x.Hit(r, id(n)) }
		full = tree.Add(row)
		return full == nil
	})
	if full != nil {
		return nil, full
	}
	partial, err := eval.Done(ctx, err)
	if err != nil {
		return nil, err
	}
	a, err := tree.Result(began)
	if err == nil {
		a.Partial = partial
	}
	return a, err
}

// Fields implements [search.Searcher].
func (s *Searcher) Fields(ctx context.Context, req *search.Request) ([]search.FieldInfo, error) {
	x, err := eval.Prepare(req)
	if err != nil {
		return nil, err
	}
	var found eval.FieldCounts
	_, err = s.scan(ctx, x, 0, func(_ uint64, r *eval.Record) bool {
		found.Add(r)
		return true
	})
	if err != nil {
		return nil, err
	}
	return found.Infos(req), nil
}

// Facets implements [search.Searcher].
func (s *Searcher) Facets(ctx context.Context, req *search.Request, fields []string, size int) (map[string]*search.Buckets, error) {
	return eval.Facets(ctx, s, req, fields, size)
}

// Context implements [search.Searcher].
func (s *Searcher) Context(ctx context.Context, of string, before, after int, req *search.Request) ([]search.Hit, error) {
	if req == nil {
		req = &search.Request{}
	}
	around, err := eval.Prepare(req)
	if err != nil {
		return nil, err
	}
	// The record itself needs to be one that may be seen; whether the query finds it does not matter.
	may, err := eval.Prepare(&search.Request{Forced: req.Forced, Now: req.Now})
	if err != nil {
		return nil, err
	}
	var hits []search.Hit
	found := false
	_, err = s.scan(ctx, may, 0, func(n uint64, r *eval.Record) bool {
		switch {
		case !found && id(n) == of:
			found = true
			hits = append(hits, around.Hit(r, of))
		case !around.Match(r):
		case !found && before > 0:
			if len(hits) == before {
				hits = append(hits[:0], hits[1:]...)
			}
			hits = append(hits, around.Hit(r, id(n)))
		case found && after > 0:
			hits = append(hits, around.Hit(r, id(n)))
			after--
		}
		return !found || after > 0
	})
	if err == nil && !found {
		err = search.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return hits, nil
}

// Explain implements [search.Searcher].
func (s *Searcher) Explain(ctx context.Context, req *search.Request) (*search.Plan, error) {
	began := time.Now()
	x, err := eval.Prepare(req)
	if err != nil {
		return nil, err
	}
	matched, read := int64(0), int64(0)
	n, err := s.scan(ctx, x, 0, func(uint64, *eval.Record) bool { matched++; return true })
	if err != nil {
		return nil, err
	}
	read = int64(n)
	plan := &search.Plan{Step: "order " + req.Sort.String(), Rows: matched, Took: time.Since(began)}
	plan.Steps = []*search.Plan{{Step: "match " + search.Query{Expr: x.Condition}.String(), Rows: matched}, {Step: "read every line", Rows: read}}
	return plan, nil
}
