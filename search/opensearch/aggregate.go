package opensearch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
)

// weight is the script that computes what a document stands for: count/sample_rate.
func (t *task) weight() object {
	return object{"source": "double c = 1; double r = 1;" + t.positive("count", "c") + t.positive("sample_rate", "r") + " return c / Math.min(r, 1.0);"}
}

// positive is a script that sets a variable to a field's value where it has one above zero.
func (t *task) positive(field, variable string) string {
	c := t.m.column(field)
	if c.family != numbers || !c.docs {
		return ""
	}
	return fmt.Sprintf(" if (doc[%[1]q].size() > 0 && doc[%[1]q].value > 0) { %[2]s = doc[%[1]q].value; }", c.path, variable)
}

// weighed is a script of the values of a field, with the weight as w.
func (t *task) weighed(path, value string) object {
	w := strings.TrimSuffix(strings.Replace(t.weight()["source"].(string), " return ", " double w = ", 1), ";")
	return object{"source": fmt.Sprintf("%s; def out = []; for (def v : doc[%q]) { out.add(%s); } return out;", w, path, value)}
}

// aggregator translates aggregations and reads their results. Aggregations are named by number in the request.
type aggregator struct {
	*task
	digest bool // percentiles by t-digest, for negative numbers
}

// names returns the names of aggregations in a fixed order.
func names(aggs search.Aggregations) []string { return slices.Sorted(maps.Keys(aggs)) }

func label(i int) string { return "a" + strconv.Itoa(i) }

// usable returns the column of a field if it is of one of the families and can be aggregated.
func (a *aggregator) usable(field string, of ...family) (column, bool, error) {
	if a.Req.Hidden(field) {
		return column{}, false, nil
	}
	c := a.m.column(field)
	if !slices.Contains(of, c.family) {
		if c.family == texts && slices.Contains(of, keywords) || c.family == mixed {
			return c, false, fmt.Errorf("opensearch: the index cannot aggregate %s as it is mapped", field)
		}
		return c, false, nil
	}
	if !c.docs {
		return c, false, fmt.Errorf("opensearch: the index cannot aggregate %s, which is mapped without doc_values", field)
	}
	return c, true, nil
}

// request translates aggregations.
func (a *aggregator) request(aggs search.Aggregations) (object, error) {
	out := object{}
	if a.Req.Weigh {
		out["w"] = object{"sum": object{"script": a.weight()}}
	}
	for i, name := range names(aggs) {
		one, err := a.one(aggs[name])
		if err != nil {
			return nil, err
		}
		if one != nil {
			out[label(i)] = one
		}
	}
	return out, nil
}

// one translates an aggregation; nil for one over a field that no record has.
func (a *aggregator) one(agg search.Aggregation) (object, error) {
	switch g := agg.(type) {
	case search.Terms:
		c, ok, err := a.usable(g.Field, keywords, numbers, booleans, dates)
		if !ok {
			return nil, err
		}
		size := g.Size
		if size == 0 {
			size = search.DefaultTerms
		}
		order := []any{object{"_count": "desc"}, object{"_key": "asc"}}
		switch {
		case g.ByKey:
			order = []any{object{"_key": "asc"}}
		case a.Req.Weigh:
			order = []any{object{"w": "desc"}, object{"_key": "asc"}}
		}
		// A shard's own best are not the best of all: each tells more than are shown.
		return a.nested(object{"terms": object{"field": c.path, "size": size, "shard_size": size*2 + 1000, "order": order}}, g.Aggs)
	case search.DateHistogram:
		field := g.Field
		if field == "" {
			field = "time"
		}
		c, ok, err := a.usable(field, dates)
		if !ok {
			return nil, err
		}
		return a.nested(object{"date_histogram": object{"field": c.path, "fixed_interval": fmt.Sprintf("%dms", g.Interval.Milliseconds()), "min_doc_count": 0}}, g.Aggs)
	case search.Histogram:
		c, ok, err := a.usable(g.Field, numbers)
		if !ok {
			return nil, err
		}
		return a.nested(object{"histogram": object{"field": c.path, "interval": g.Interval, "min_doc_count": 0}}, g.Aggs)
	case search.Percentiles:
		c, ok, err := a.usable(g.Field, numbers)
		if !ok {
			return nil, err
		}
		if a.Req.Weigh {
			return object{"terms": object{"script": a.weighed(c.path, "(v < 0 ? '-' : '') + (Double.doubleToLongBits(Math.abs((double) v)) >>> 44)"), "size": 10_000},
				"aggs": object{"w": object{"sum": object{"script": a.weight()}}}}, nil
		}
		p := object{"field": c.path, "percents": percents(g), "keyed": false}
		if a.digest {
			p["tdigest"] = object{"compression": 1000}
		} else {
			p["hdr"] = object{"number_of_significant_value_digits": 3}
		}
		return object{"percentiles": p}, nil
	case search.Stats:
		c, ok, err := a.usable(g.Field, numbers)
		if !ok {
			return nil, err
		}
		if a.Req.Weigh {
			return object{"filter": matchAll, "aggs": object{
				"s": object{"stats": object{"field": c.path}}, "count": object{"sum": object{"script": a.weighed(c.path, "w")}},
				"sum": object{"sum": object{"script": a.weighed(c.path, "w * v")}},
			}}, nil
		}
		return object{"stats": object{"field": c.path}}, nil
	case search.Cardinality:
		c, ok, err := a.usable(g.Field, keywords, numbers, booleans, dates)
		if !ok {
			return nil, err
		}
		return object{"cardinality": object{"field": c.path, "precision_threshold": 40_000}}, nil
	case search.TopHits:
		size := g.Size
		if size == 0 {
			size = search.DefaultTopHits
		}
		sort, err := a.sorting(search.Sort{})
		return object{"top_hits": object{"size": size, "sort": sort}}, err
	}
	return nil, nil
}

func percents(g search.Percentiles) []float64 {
	if len(g.Percents) == 0 {
		return []float64{50, 95, 99}
	}
	return g.Percents
}

func (a *aggregator) nested(agg object, inner search.Aggregations) (object, error) {
	sub, err := a.request(inner)
	if len(sub) > 0 {
		agg["aggs"] = sub
	}
	return agg, err
}

// Aggregate implements [search.Searcher].
func (s *Searcher) Aggregate(ctx context.Context, req *search.Request, aggs search.Aggregations) (*search.Aggregated, error) {
	began := time.Now()
	if err := aggs.Validate(); err != nil {
		return nil, err
	}
	t, err := s.prepare(ctx, req)
	if err != nil {
		return nil, err
	}
	a := &aggregator{task: t}
	var r *reply
	for range 2 {
		body, err := a.request(aggs)
		if err != nil {
			return nil, err
		}
		r, err = t.run(ctx, t.with(object{"size": 0, "track_total_hits": true, "aggs": body}))
		var no *StatusError
		if err == nil {
			break
		}
		switch failed := errors.As(err, &no); {
		case strings.Contains(err.Error(), "too_many_buckets"):
			return nil, search.ErrBuckets
		case !a.digest && (!failed || no.Status != 403) && strings.Contains(strings.ToLower(err.Error()), "array_index_out_of_bounds"):
			a.digest = true // HDR histograms hold no negative numbers
			continue
		}
		return nil, err
	}
	if r == nil {
		return nil, errors.New("opensearch: percentiles cannot be computed of these numbers")
	}
	out := &search.Aggregated{Total: r.Hits.Total.Value, Weighted: float64(r.Hits.Total.Value), Partial: r.TimedOut}
	if out.Results, err = a.results(aggs, r.Aggregations); err != nil {
		return nil, err
	}
	if req.Weigh {
		out.Weighted, err = value(r.Aggregations["w"])
	}
	out.Took = time.Since(began)
	return out, err
}

// Fields implements [search.Searcher].
func (s *Searcher) Fields(ctx context.Context, req *search.Request) ([]search.FieldInfo, error) {
	t, err := s.prepare(ctx, req)
	if err != nil {
		return nil, err
	}
	var out []search.FieldInfo
	const atOnce = 200
	for keys := range slices.Chunk(t.m.keys(), atOnce) {
		aggs := object{}
		for i, key := range keys {
			if !req.Hidden(key) {
				aggs[label(i)] = object{"filter": object{"exists": object{"field": t.m.column(key).path}}}
			}
		}
		r, err := t.run(ctx, t.with(object{"size": 0, "aggs": aggs}))
		if err != nil {
			return nil, err
		}
		for i, key := range keys {
			var count struct {
				N uint64 `json:"doc_count"`
			}
			if raw := r.Aggregations[label(i)]; raw == nil || json.Unmarshal(raw, &count) != nil || count.N == 0 {
				continue
			}
			out = append(out, search.FieldInfo{Name: key, Kind: search.KindOf(key), Types: types(t.m.column(key)), Records: count.N, Exact: true})
		}
	}
	return out, nil
}

func types(c column) []string {
	switch c.family {
	case numbers:
		return []string{search.Numeric.String()}
	case booleans:
		return []string{search.Boolean.String()}
	}
	return []string{search.String.String()}
}

// Facets implements [search.Searcher].
func (s *Searcher) Facets(ctx context.Context, req *search.Request, facets []string, size int) (map[string]*search.Buckets, error) {
	return eval.Facets(ctx, s, req, facets, size)
}
