package searchtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/sluicelog/sluice/search"
)

// number returns the attribute n of a record, by which hits of different Searchers are compared.
func number(t *testing.T, h search.Hit) int {
	t.Helper()
	var r struct{ N *int }
	if err := json.Unmarshal(h.Line, &r); err != nil || r.N == nil {
		t.Fatalf("hit %s is no record of Records: %v: %.200s", h.ID, err, h.Line)
	}
	return *r.N
}

func numbers(t *testing.T, hits []search.Hit) []int {
	t.Helper()
	out := make([]int, len(hits))
	for i, h := range hits {
		out[i] = number(t, h)
	}
	return out
}

// Compare runs the whole table on two Searchers over the same [Records], of which want is the measure.
func Compare(t *testing.T, want, got search.Searcher) {
	t.Helper()
	t.Run("queries", func(t *testing.T) { compareQueries(t, want, got) })
	t.Run("requests", func(t *testing.T) { compareRequests(t, want, got) })
	t.Run("aggregations", func(t *testing.T) { compareAggregations(t, want, got) })
	t.Run("surface", func(t *testing.T) { compareSurface(t, want, got) })
}

func compareQueries(t *testing.T, want, got search.Searcher) {
	for _, text := range Queries {
		q, err := search.Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		req := &search.Request{Query: q, Limit: 100, Count: true, Now: Now}
		compareHits(t, text, want, got, req)
	}
}

// CompareRequest runs a request on both Searchers, whose hits and totals are to be the same. IDs are not compared: hits are told apart by their
// lines.
func CompareRequest(t *testing.T, name string, want, got search.Searcher, req *search.Request) {
	t.Helper()
	w, err := want.Search(t.Context(), req)
	if err != nil {
		t.Fatalf("%s: the measure: %v", name, err)
	}
	g, err := got.Search(t.Context(), req)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if w.Total != g.Total || len(w.Hits) != len(g.Hits) {
		t.Errorf("%s: %d records, %d hits, want %d, %d", name, g.Total, len(g.Hits), w.Total, len(w.Hits))
		for i := range min(len(w.Hits), len(g.Hits)) {
			if string(w.Hits[i].Line) != string(g.Hits[i].Line) {
				t.Fatalf("%s: the first that differs is %s\nwant %s", name, g.Hits[i].Line, w.Hits[i].Line)
			}
		}
		return
	}
	for i, h := range w.Hits {
		if x := g.Hits[i]; string(x.Line) != string(h.Line) || !x.Time.Equal(h.Time) || !slices.Equal(x.Highlights, h.Highlights) {
			t.Fatalf("%s: hit %d is %s at %v %v\nwant %s at %v %v", name, i, x.Line, x.Time, x.Highlights, h.Line, h.Time, h.Highlights)
		}
	}
}

// CompareAggregations computes aggregations on both Searchers, whose results are to be the same.
func CompareAggregations(t *testing.T, name string, want, got search.Searcher, req *search.Request, aggs search.Aggregations) {
	t.Helper()
	w, refused := want.Aggregate(t.Context(), req, aggs)
	g, err := got.Aggregate(t.Context(), req, aggs)
	if errors.Is(refused, search.ErrBuckets) && errors.Is(err, search.ErrBuckets) {
		return
	}
	if refused != nil {
		t.Fatalf("%s: the measure: %v", name, refused)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if w.Total != g.Total || !near(w.Weighted, g.Weighted, 1e-9) {
		t.Errorf("%s: %d records weighing %v, want %d weighing %v", name, g.Total, g.Weighted, w.Total, w.Weighted)
	}
	compareResults(t, name, w.Results, g.Results)
}

// compareHits runs a request on both, and says whether they agree.
func compareHits(t *testing.T, name string, want, got search.Searcher, req *search.Request) {
	t.Helper()
	w, err := want.Search(t.Context(), req)
	if err != nil {
		t.Errorf("%q: the measure: %v", name, err)
		return
	}
	g, err := got.Search(t.Context(), req)
	if err != nil {
		t.Errorf("%q: %v", name, err)
		return
	}
	if w.Total != g.Total || !g.Exact {
		t.Errorf("%q: %d records (exact: %v), want %d", name, g.Total, g.Exact, w.Total)
		return
	}
	if a, b := numbers(t, w.Hits), numbers(t, g.Hits); !slices.Equal(a, b) {
		i := 0
		for i < min(len(a), len(b)) && a[i] == b[i] {
			i++
		}
		t.Errorf("%q: of %d and %d hits, number %d is not the same: %v, want %v", name, len(b), len(a), i, b[i:min(i+3, len(b))], a[i:min(i+3, len(a))])
	}
}

func compareRequests(t *testing.T, want, got search.Searcher) {
	for _, r := range Requests() {
		req := r.Req
		req.Now, req.Count = Now, true
		compareHits(t, r.Name, want, got, &req)
		if req.Hide != nil {
			continue
		}
		// Pages, each from the cursor of the one before, are the whole.
		all, err := want.Search(t.Context(), &req)
		if err != nil {
			t.Fatal(err)
		}
		req.Limit = 37
		var pages []search.Hit
		for range 4 {
			page, err := got.Search(t.Context(), &req)
			if err != nil {
				t.Errorf("%s: %v", r.Name, err)
				break
			}
			pages = append(pages, page.Hits...)
			if req.Cursor = page.Cursor; req.Cursor == "" {
				break
			}
		}
		w := numbers(t, all.Hits)
		if w = w[:min(len(w), 4*37)]; !slices.Equal(w, numbers(t, pages)) {
			t.Errorf("%s: pages by cursor are not the whole: %v, want %v", r.Name, numbers(t, pages), w)
		}
		var streamed []search.Hit
		req.Limit, req.Cursor = 500, ""
		for h, err := range got.Records(t.Context(), &req) {
			if err != nil {
				t.Errorf("%s: %v", r.Name, err)
				break
			}
			streamed = append(streamed, h)
		}
		w = numbers(t, all.Hits)
		if w = w[:min(len(w), 500)]; !slices.Equal(w, numbers(t, streamed)) {
			t.Errorf("%s: %d records one by one are not the %d at once", r.Name, len(streamed), len(w))
		}
	}
}

func compareAggregations(t *testing.T, want, got search.Searcher) {
	for _, a := range Aggregations() {
		a.Req.Now = Now
		CompareAggregations(t, a.Name, want, got, &a.Req, a.Aggs)
	}
}

func near(a, b, share float64) bool {
	return a == b || math.Abs(a-b) <= share*max(math.Abs(a), math.Abs(b))
}

// percentileShare is how far two estimates of a percentile may be apart: both within their error.
const percentileShare = 2*search.PercentileError + 0.001

func compareResults(t *testing.T, name string, want, got map[string]*search.AggregationResult) {
	t.Helper()
	for key, w := range want {
		g, at := got[key], name+" "+key
		if g == nil {
			t.Errorf("%s: no result", at)
			continue
		}
		switch {
		case w.Buckets != nil:
			if g.Buckets == nil {
				t.Errorf("%s: no buckets", at)
				continue
			}
			compareBuckets(t, at, w.Buckets, g.Buckets)
		case w.Stats != nil:
			a, b := *w.Stats, *g.Stats
			if !near(a.Count, b.Count, 1e-9) || !near(a.Sum, b.Sum, 1e-9) || !near(a.Mean, b.Mean, 1e-9) || a.Min != b.Min || a.Max != b.Max {
				t.Errorf("%s: %+v, want %+v", at, b, a)
			}
		case w.Cardinality != nil:
			share := 0.0
			if *w.Cardinality > 16_384 {
				share = 0.03
			}
			if g.Cardinality == nil || !near(float64(*w.Cardinality), float64(*g.Cardinality), share) {
				t.Errorf("%s: %v different values, want %d", at, g.Cardinality, *w.Cardinality)
			}
		case len(w.Percentiles) != len(g.Percentiles):
			t.Errorf("%s: percentiles %v, want %v", at, g.Percentiles, w.Percentiles)
		case w.Percentiles != nil:
			for i, p := range w.Percentiles {
				if q := g.Percentiles[i]; p.Percent != q.Percent || !near(p.Value, q.Value, percentileShare) {
					t.Errorf("%s: %v, want %v", at, q, p)
				}
			}
		default:
			if a, b := numbers(t, w.Hits), numbers(t, g.Hits); !slices.Equal(a, b) {
				t.Errorf("%s: records %v, want %v", at, b, a)
			}
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d results, want %d", name, len(got), len(want))
	}
}

func compareBuckets(t *testing.T, name string, want, got *search.Buckets) {
	t.Helper()
	if want.Other != got.Other || len(want.List) != len(got.List) {
		t.Errorf("%s: %d buckets and %d records in others, want %d and %d: %s, want %s", name, len(got.List), got.Other, len(want.List), want.Other, brief(got), brief(want))
		return
	}
	for i, w := range want.List {
		g := got.List[i]
		if w.Key != g.Key || w.Count != g.Count || !near(w.Weighted, g.Weighted, 1e-9) {
			t.Errorf("%s: bucket %d is %v %v: %d weighing %v, want %v %v: %d weighing %v", name, i, g.Key.Type(), g.Key, g.Count, g.Weighted, w.Key.Type(), w.Key, w.Count, w.Weighted)
			return
		}
		compareResults(t, name+"/"+w.Key.String(), w.Results, g.Results)
	}
}

func brief(b *search.Buckets) string {
	s := ""
	for _, x := range b.List[:min(len(b.List), 5)] {
		s += fmt.Sprintf("%v=%d ", x.Key, x.Count)
	}
	return s
}

// compareSurface compares what is beside searching and aggregating.
func compareSurface(t *testing.T, want, got search.Searcher) {
	ctx := t.Context()
	req := &search.Request{Query: search.MustParse("level:ERROR"), Now: Now, Limit: 5, Highlight: true, Fields: []string{"n", "level", "error"}}
	w, err := want.Search(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	g, err := got.Search(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	for i := range w.Hits {
		if !sameJSON(w.Hits[i].Line, g.Hits[i].Line) || !slices.Equal(w.Hits[i].Highlights, g.Hits[i].Highlights) {
			t.Errorf("the hit is shown as %s %v, want %s %v", g.Hits[i].Line, g.Hits[i].Highlights, w.Hits[i].Line, w.Hits[i].Highlights)
		}
	}
	facets := []string{"level", "service", "missing_field"}
	wf, err := want.Facets(ctx, req, facets, 3)
	if err != nil {
		t.Fatal(err)
	}
	gf, err := got.Facets(ctx, req, facets, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range facets {
		compareBuckets(t, "facet "+f, wf[f], gf[f])
	}
	wi, err := want.Fields(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	gi, err := got.Fields(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := fmt.Sprint(fieldCounts(wi)), fmt.Sprint(fieldCounts(gi)); a != b {
		t.Errorf("fields are %s\nwant %s", b, a)
	}
	compareContext(ctx, t, want, got)
	if p, err := got.Explain(ctx, req); err != nil || p == nil || p.Step == "" {
		t.Errorf("Explain = %v, %v", p, err)
	}
}

func fieldCounts(list []search.FieldInfo) (out []string) {
	for _, f := range list {
		out = append(out, fmt.Sprintf("%s %v %v %d", f.Name, f.Kind, f.Types, f.Records))
	}
	return out
}

func compareContext(ctx context.Context, t *testing.T, want, got search.Searcher) {
	around := &search.Request{Query: search.MustParse("level>=warn"), Now: Now}
	find := &search.Request{Query: search.MustParse("n:500"), Now: Now}
	var lists [2][]int
	for i, s := range []search.Searcher{want, got} {
		r, err := s.Search(ctx, find)
		if err != nil || len(r.Hits) != 1 {
			t.Fatalf("n:500 finds %v, %v", r, err)
		}
		hits, err := s.Context(ctx, r.Hits[0].ID, 3, 4, around)
		if err != nil {
			t.Fatal(err)
		}
		lists[i] = numbers(t, hits)
		if _, err := s.Context(ctx, r.Hits[0].ID, 1, 1, &search.Request{Forced: search.MustParse("n:7")}); err == nil {
			t.Error("Context shows a record that the forced filter forbids")
		}
	}
	if !slices.Equal(lists[0], lists[1]) || len(lists[0]) != 8 {
		t.Errorf("around record 500 are %v, want %v", lists[1], lists[0])
	}
}

func sameJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && fmt.Sprint(x) == fmt.Sprint(y)
}
