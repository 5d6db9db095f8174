package query_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/searchtest"
	"github.com/sluicelog/sluice/store/internal/query"
	"github.com/sluicelog/sluice/store/internal/segment"
)

func TestADamagedBlockIsNamedAndCostsNothingElse(t *testing.T) {
	records := searchtest.Records(1500)
	var b segment.Batch
	for i, r := range records {
		b.Append(uint64(i), r)
	}
	whole, err := segment.Encode(&b, segment.Fast)
	if err != nil {
		t.Fatal(err)
	}
	sound := query.New(of(query.View{Segments: []query.Segment{{Segment: open(t, whole), Name: "s"}}}), nil)
	requests := []*search.Request{
		{Query: search.MustParse("level:ERROR"), Count: true, Now: searchtest.Now},
		{Query: search.MustParse(`"disk full" or duration_ms>900`), Count: true, Now: searchtest.Now},
		{Query: search.MustParse("user_id:u_0* tags:*"), Count: true, Now: searchtest.Now},
	}
	aggs := search.Aggregations{"s": search.Terms{Field: "stage", Aggs: search.Aggregations{"p": search.Stats{Field: "duration_ms"}}}}
	r := rand.New(rand.NewPCG(9, 9))
	damaged := 0
	for range 300 {
		text := slices.Clone(whole)
		text[r.IntN(len(text))] ^= 1 << r.IntN(8)
		seg, err := segment.New(readerAt(text), int64(len(text)))
		if err != nil {
			continue // the description itself: the store names the segment
		}
		s := query.New(of(query.View{Segments: []query.Segment{{Segment: seg, Name: "s"}}}), nil)
		for _, req := range requests {
			want, err := sound.Search(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Search(t.Context(), req)
			if err != nil {
				t.Fatalf("%s on a damaged segment: %v", req.Query, err)
			}
			damaged += len(got.Damaged)
			hits, damage := 0, (*search.DamageError)(nil)
			for _, err := range s.Records(t.Context(), req) {
				if err != nil && !errors.As(err, &damage) {
					t.Fatal(err)
				}
				if err == nil {
					hits++
				}
			}
			if hits != len(want.Hits) && damage == nil {
				t.Fatalf("%s: %d records one by one, want %d, and no damage is named", req.Query, hits, len(want.Hits))
			}
			if (got.Total != want.Total || len(got.Hits) != len(want.Hits)) && len(got.Damaged) == 0 {
				t.Fatalf("%s: %d records, %d hits, want %d, %d, and no damage is named", req.Query, got.Total, len(got.Hits), want.Total, len(want.Hits))
			}
		}
		if _, err := s.Aggregate(t.Context(), requests[0], aggs); err != nil {
			t.Fatal(err)
		}
	}
	if damaged == 0 {
		t.Error("no flipped bit was noticed: this test looks at nothing")
	}
}

func TestADoneContextEndsASearchAndATimeoutMakesItPartial(t *testing.T) {
	s := query.New(of(view(t, searchtest.Records(2000), 100, 10)), nil)
	ctx, cancel := contextDone(t)
	defer cancel()
	if _, err := s.Search(ctx, &search.Request{}); err == nil {
		t.Error("a search under a context that is done has no error")
	}
	if _, err := s.Aggregate(ctx, &search.Request{}, search.Aggregations{"c": search.Cardinality{Field: "host"}}); err == nil {
		t.Error("an aggregation under a context that is done has no error")
	}
	res, err := s.Search(t.Context(), &search.Request{Timeout: 1, Count: true})
	if err != nil || !res.Partial || res.Exact {
		t.Errorf("after a timeout of 1 ns: %+v, %v", res, err)
	}
	if _, err := s.Search(t.Context(), &search.Request{Memory: 10_000}); err == nil {
		t.Error("1,000 hits fit into 10,000 bytes")
	}
}
