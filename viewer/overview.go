package viewer

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/sluicelog/sluice/search"
)

// steps are the widths that a bar of the histogram may have.
var steps = []time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 365 * 24 * time.Hour,
}

// maxBars is how many bars there are at most.
const maxBars = 80

func stepFor(length time.Duration) time.Duration {
	for _, s := range steps {
		if length/s < maxBars {
			return s
		}
	}
	return length/maxBars + time.Millisecond - length/maxBars%time.Millisecond
}

// bound fills in the ends of the time range that are open, from the records; without a record there is none.
func (v *Viewer) bound(ctx context.Context, req *search.Request) (ok bool, err error) {
	end := func(order search.Order) (time.Time, error) {
		one := *req
		one.Query.Expr = search.And{search.Exists{Field: "time"}}
		if req.Query.Expr != nil {
			one.Query.Expr = search.And{req.Query.Expr, search.Exists{Field: "time"}}
		}
		one.Sort, one.Limit, one.Cursor, one.Fields = search.Sort{Order: order}, 1, "", []string{"time"}
		res, err := v.searcher.Search(ctx, &one)
		if err != nil || len(res.Hits) == 0 {
			return time.Time{}, err
		}
		return res.Hits[0].Time, nil
	}
	if req.From.IsZero() {
		if req.From, err = end(search.Oldest); err != nil || req.From.IsZero() {
			return false, err
		}
	}
	if req.To.IsZero() {
		last, err := end(search.Newest)
		if err != nil || last.IsZero() {
			return false, err
		}
		req.To = last.Add(time.Nanosecond)
	}
	return req.From.Before(req.To), nil
}

// bar is one interval of the histogram.
type bar struct {
	Time   time.Time         `json:"time"`
	Total  float64           `json:"total"`
	Levels map[string]uint64 `json:"levels"`
}

func (v *Viewer) histogram(ctx context.Context, r *http.Request) (any, error) {
	req, err := v.request(r, time.Now())
	if err != nil {
		return nil, err
	}
	out := struct {
		From   time.Time `json:"from,omitzero"`
		To     time.Time `json:"to,omitzero"`
		StepMS int64     `json:"step_ms"`
		Bars   []bar     `json:"bars"`
	}{Bars: []bar{}}
	ok, err := v.bound(ctx, req)
	if err != nil || !ok {
		return out, err
	}
	step := stepFor(req.To.Sub(req.From))
	res, err := v.searcher.Aggregate(ctx, req, search.Aggregations{"time": search.DateHistogram{Interval: step,
		Aggs: search.Aggregations{"level": search.Terms{Field: "level", Size: 20}}}})
	if err != nil {
		return nil, err
	}
	out.From, out.To, out.StepMS = req.From, req.To, step.Milliseconds()
	for _, b := range buckets(res.Results, "time") {
		levels := map[string]uint64{}
		for _, l := range buckets(b.Results, "level") {
			levels[l.Key.String()] = l.Count
		}
		t := b.Key.Time()
		out.Bars = append(out.Bars, bar{Time: t, Total: b.Weighted, Levels: levels})
	}
	return out, nil
}

func buckets(results map[string]*search.AggregationResult, name string) []search.Bucket {
	if r := results[name]; r != nil && r.Buckets != nil {
		return r.Buckets.List
	}
	return nil
}

// maxFacets is how many fields have their values counted in one request.
const maxFacets = 20

// facetValue is one value of a field and how many records have it.
type facetValue struct {
	Value string  `json:"value"`
	Count float64 `json:"count"`
}

func (v *Viewer) facets(ctx context.Context, r *http.Request) (any, error) {
	req, err := v.request(r, time.Now())
	if err != nil {
		return nil, err
	}
	req.Fields = nil
	size, err := number(r.URL.Query(), "size", 10, 100)
	if err != nil {
		return nil, err
	}
	names := r.URL.Query()["field"]
	if len(names) == 0 || len(names) > maxFacets {
		return nil, badRequest{fmt.Errorf("field is given %d times: want 1 to %d", len(names), maxFacets)}
	}
	found, err := v.searcher.Facets(ctx, req, names, size)
	if err != nil {
		return nil, err
	}
	type facet struct {
		Field  string       `json:"field"`
		Values []facetValue `json:"values"`
		Other  uint64       `json:"other"`
	}
	out := []facet{}
	for _, name := range names {
		b := found[name]
		if b == nil {
			continue
		}
		f := facet{Field: name, Other: b.Other, Values: []facetValue{}}
		for _, x := range b.List {
			f.Values = append(f.Values, facetValue{x.Key.String(), x.Weighted})
		}
		out = append(out, f)
	}
	return out, nil
}

func (v *Viewer) fields(ctx context.Context, r *http.Request) (any, error) {
	req, err := v.request(r, time.Now())
	if err != nil {
		return nil, err
	}
	infos, err := v.searcher.Fields(ctx, req)
	if err != nil {
		return nil, err
	}
	type field struct {
		Name    string   `json:"name"`
		Kind    string   `json:"kind"`
		Types   []string `json:"types"`
		Records uint64   `json:"records"`
	}
	out := make([]field, len(infos))
	for i, f := range infos {
		out[i] = field{f.Name, f.Kind.String(), f.Types, f.Records}
	}
	return out, nil
}

// maxOperations is how many operations have a chart.
const maxOperations = 8

// operation is the course of one operation over the time range.
type operation struct {
	Name   string           `json:"name"`
	Calls  uint64           `json:"calls"`
	Failed uint64           `json:"failed"`
	P95    float64          `json:"p95_ms"`
	Points []operationPoint `json:"points"`
}

type operationPoint struct {
	Time   time.Time `json:"time"`
	Calls  uint64    `json:"calls"`
	Failed uint64    `json:"failed"`
	P50    float64   `json:"p50_ms"`
	P95    float64   `json:"p95_ms"`
}

func (v *Viewer) operations(ctx context.Context, r *http.Request) (any, error) {
	req, err := v.request(r, time.Now())
	if err != nil {
		return nil, err
	}
	out := []operation{}
	ok, err := v.bound(ctx, req)
	if err != nil || !ok {
		return out, err
	}
	outcomes := search.Terms{Field: "outcome", Size: 10}
	durations := search.Percentiles{Field: "duration_ms", Percents: []float64{50, 95}}
	inner := search.Aggregations{"duration": durations, "outcome": outcomes}
	res, err := v.searcher.Aggregate(ctx, req, search.Aggregations{"operation": search.Terms{Field: "operation", Size: maxOperations,
		Aggs: search.Aggregations{"duration": durations, "outcome": outcomes,
			"time": search.DateHistogram{Interval: stepFor(req.To.Sub(req.From)), Aggs: inner}}}})
	if err != nil {
		return nil, err
	}
	for _, b := range buckets(res.Results, "operation") {
		_, p95 := percentiles(b.Results)
		o := operation{Name: b.Key.String(), Calls: b.Count, Failed: failed(b.Results), P95: p95}
		for _, p := range buckets(b.Results, "time") {
			t := p.Key.Time()
			p50, p95 := percentiles(p.Results)
			o.Points = append(o.Points, operationPoint{t, p.Count, failed(p.Results), p50, p95})
		}
		out = append(out, o)
	}
	return out, nil
}

func percentiles(results map[string]*search.AggregationResult) (p50, p95 float64) {
	if r := results["duration"]; r != nil && len(r.Percentiles) == 2 {
		return r.Percentiles[0].Value, r.Percentiles[1].Value
	}
	return 0, 0
}

func failed(results map[string]*search.AggregationResult) (n uint64) {
	for _, b := range buckets(results, "outcome") {
		switch b.Key.String() {
		case "failure", "timeout", "panic":
			n += b.Count
		}
	}
	return n
}
