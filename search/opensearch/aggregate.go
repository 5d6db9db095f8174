package opensearch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
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
	if out.Results, err = a.results(aggs, r.Aggregations, out.Total > 0); err != nil {
		return nil, err
	}
	if req.Weigh {
		out.Weighted, err = value(r.Aggregations["w"])
	}
	out.Took = time.Since(began)
	return out, err
}

func value(raw json.RawMessage) (float64, error) {
	var v struct{ Value *float64 }
	if raw == nil {
		return 0, nil
	}
	if err := json.Unmarshal(raw, &v); err != nil || v.Value == nil {
		return 0, err
	}
	return *v.Value, nil
}

// results reads the results of aggregations.
func (a *aggregator) results(aggs search.Aggregations, raw map[string]json.RawMessage, any bool) (map[string]*search.AggregationResult, error) {
	if len(aggs) == 0 {
		return nil, nil
	}
	out := make(map[string]*search.AggregationResult, len(aggs))
	for i, name := range names(aggs) {
		r := &search.AggregationResult{}
		if err := a.result(aggs[name], raw[label(i)], r); err != nil {
			return nil, fmt.Errorf("opensearch: the result of aggregation %q: %w", name, err)
		}
		out[name] = r
	}
	return out, nil
}

// bucket is one of a reply.
type bucket struct {
	Key   json.RawMessage
	Count uint64
	more  map[string]json.RawMessage
}

// UnmarshalJSON keeps what nested aggregations say.
func (b *bucket) UnmarshalJSON(text []byte) error {
	if err := json.Unmarshal(text, &b.more); err != nil {
		return err
	}
	b.Key = b.more["key"]
	return json.Unmarshal(b.more["doc_count"], &b.Count)
}

func (a *aggregator) result(agg search.Aggregation, raw json.RawMessage, r *search.AggregationResult) error {
	read := func(into any) error {
		if raw == nil {
			return nil // over a field that no record has
		}
		return json.Unmarshal(raw, into)
	}
	switch g := agg.(type) {
	case search.Terms:
		return a.buckets(read, g.Field, g.Aggs, r)
	case search.DateHistogram:
		return a.buckets(read, "", g.Aggs, r)
	case search.Histogram:
		return a.buckets(read, g.Field, g.Aggs, r)
	case search.Percentiles:
		return a.percentiles(g, read, r)
	case search.Stats:
		return a.stats(read, r)
	case search.Cardinality:
		var v struct{ Value uint64 }
		err := read(&v)
		r.Cardinality = &v.Value
		return err
	case search.TopHits:
		var v reply
		if err := read(&v); err != nil {
			return err
		}
		var rec eval.Record
		var line []byte
		for i := range v.Hits.Hits {
			h, l, err := a.hit(&v.Hits.Hits[i], &rec, line)
			if err != nil {
				return err
			}
			line = l
			r.Hits = append(r.Hits, h)
		}
	}
	return nil
}

func (a *aggregator) buckets(read func(any) error, field string, inner search.Aggregations, r *search.AggregationResult) error {
	var v struct {
		Other   uint64 `json:"sum_other_doc_count"`
		Buckets []bucket
	}
	if err := read(&v); err != nil {
		return err
	}
	r.Buckets = &search.Buckets{Other: v.Other}
	kind := a.m.column(field).family
	if field == "" {
		kind = dates
	}
	for _, b := range v.Buckets {
		key, err := keyOf(b.Key, kind)
		if err != nil {
			return err
		}
		one := search.Bucket{Key: key, Count: b.Count, Weighted: float64(b.Count)}
		if a.Req.Weigh {
			if one.Weighted, err = value(b.more["w"]); err != nil {
				return err
			}
		}
		if one.Results, err = a.results(inner, b.more, b.Count > 0); err != nil {
			return err
		}
		r.Buckets.List = append(r.Buckets.List, one)
	}
	return nil
}

// keyOf reads a bucket's key.
func keyOf(raw json.RawMessage, kind family) (search.Value, error) {
	if len(raw) > 0 && raw[0] == '"' {
		var s string
		err := json.Unmarshal(raw, &s)
		return search.StringValue(s), err
	}
	n, ok := search.NumberOf(raw)
	if !ok {
		return search.Value{}, fmt.Errorf("a bucket's key is %.40s", raw)
	}
	switch kind {
	case booleans:
		return search.BoolValue(n == search.Int(1)), nil
	case dates:
		ms, _ := n.Int64()
		return search.TimeValue(ms * int64(time.Millisecond)), nil
	}
	return search.NumberValue(n), nil
}

func (a *aggregator) percentiles(g search.Percentiles, read func(any) error, r *search.AggregationResult) error {
	if a.Req.Weigh {
		return a.weighedPercentiles(g, read, r)
	}
	var v struct {
		Values []struct {
			Key   float64
			Value *float64
		}
	}
	if err := read(&v); err != nil {
		return err
	}
	byPercent := map[float64]float64{}
	for _, p := range v.Values {
		if p.Value != nil {
			byPercent[p.Key] = *p.Value
		}
	}
	for _, p := range percents(g) {
		if f, ok := byPercent[p]; ok {
			r.Percentiles = append(r.Percentiles, search.Percentile{Percent: p, Value: f})
		}
	}
	return nil
}

// weighedPercentiles reads a sketch whose buckets the cluster has counted.
func (a *aggregator) weighedPercentiles(g search.Percentiles, read func(any) error, r *search.AggregationResult) error {
	var v struct {
		Other   uint64 `json:"sum_other_doc_count"`
		Buckets []struct {
			Key string
			W   struct{ Value float64 }
		}
	}
	if err := read(&v); err != nil {
		return err
	}
	if v.Other > 0 {
		return errors.New("the numbers are spread too far")
	}
	var sketch eval.Sketch
	for _, b := range v.Buckets {
		digits, negative := strings.CutPrefix(b.Key, "-")
		n, err := strconv.ParseUint(digits, 10, 64)
		if err != nil {
			return err
		}
		f := math.Float64frombits(n<<44 | 1<<43)
		if n == 0 {
			f = 0
		}
		if negative {
			f = -f
		}
		sketch.Add(f, b.W.Value)
	}
	r.Percentiles = sketch.Percentiles(g.Percents)
	return nil
}

func (a *aggregator) stats(read func(any) error, r *search.AggregationResult) error {
	type numbers struct {
		Count         float64
		Sum, Min, Max *float64
	}
	var v struct {
		numbers
		S             *numbers                `json:"s"`
		WeightedCount struct{ Value float64 } `json:"-"`
	}
	var w struct {
		S     numbers
		Count struct{ Value float64 }
		Sum   struct{ Value float64 }
	}
	r.Stats = &search.Summary{}
	if a.Req.Weigh {
		if err := read(&w); err != nil || w.S.Count == 0 {
			return err
		}
		*r.Stats = search.Summary{Count: w.Count.Value, Sum: w.Sum.Value, Min: *w.S.Min, Max: *w.S.Max}
	} else {
		if err := read(&v.numbers); err != nil || v.Count == 0 {
			return err
		}
		*r.Stats = search.Summary{Count: v.Count, Sum: *v.Sum, Min: *v.Min, Max: *v.Max}
	}
	r.Stats.Mean = r.Stats.Sum / r.Stats.Count
	return nil
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
