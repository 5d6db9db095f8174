package opensearch

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
)

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
func (a *aggregator) results(aggs search.Aggregations, raw map[string]json.RawMessage) (map[string]*search.AggregationResult, error) {
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
		if one.Results, err = a.results(inner, b.more); err != nil {
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
	var v numbers
	var w struct {
		S          numbers
		Count, Sum struct{ Value float64 }
	}
	r.Stats = &search.Summary{}
	if a.Req.Weigh {
		if err := read(&w); err != nil || w.S.Count == 0 {
			return err
		}
		*r.Stats = search.Summary{Count: w.Count.Value, Sum: w.Sum.Value, Min: *w.S.Min, Max: *w.S.Max}
	} else {
		if err := read(&v); err != nil || v.Count == 0 {
			return err
		}
		*r.Stats = search.Summary{Count: v.Count, Sum: *v.Sum, Min: *v.Min, Max: *v.Max}
	}
	r.Stats.Mean = r.Stats.Sum / r.Stats.Count
	return nil
}
