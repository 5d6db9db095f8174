package query_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/lines"
	"github.com/sluicelog/sluice/search/searchtest"
	"github.com/sluicelog/sluice/store/internal/query"
)

func TestRandomQueriesOnRandomRecordsGiveWhatANaiveScanGives(t *testing.T) {
	rounds, queries := 12, 60
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		const size = 200
		records := make([][]byte, 20+r.IntN(900))
		for i := range records {
			records[i] = searchtest.RandomRecord(r, i, i%size != 0 && r.IntN(10) == 0)
		}
		naive := lines.New(lines.Of(records), nil)
		s := query.New(of(view(t, records, size, r.IntN(20))), &query.Options{Cache: 1 << r.IntN(24)})
		for range queries {
			req := &search.Request{Query: searchtest.RandomQuery(r), Now: searchtest.Now, Count: true, Limit: []int{0, 3, 50}[r.IntN(3)], Highlight: true, Weigh: r.IntN(3) == 0}
			if again, err := search.Parse(req.Query.String()); err != nil {
				t.Fatalf("%s: %v", req.Query, err)
			} else {
				req.Query = again
			}
			req.Sort = []search.Sort{{}, {Order: search.Oldest}, {Order: search.Arrival}, {Order: search.Ascending, Field: "a"}, {Order: search.Descending, Field: "wait_ms"}}[r.IntN(5)]
			if r.IntN(3) == 0 {
				req.Hide = []string{"a", "c.d", "error"}
			}
			name := fmt.Sprintf("seed %d: %s, %s, hide %v", seed, req.Query, req.Sort, req.Hide)
			searchtest.CompareRequest(t, name, naive, s, req)
			aggs := searchtest.RandomAggregations(r)
			searchtest.CompareAggregations(t, fmt.Sprintf("%s %+v", name, aggs), naive, s, req, aggs)
			if t.Failed() {
				return
			}
		}
	}
}
