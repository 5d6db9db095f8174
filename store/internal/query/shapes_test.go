package query_test

import (
	"fmt"
	"testing"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/lines"
	"github.com/sluicelog/sluice/search/searchtest"
	"github.com/sluicelog/sluice/store/internal/query"
)

func TestObjectsOfMoreFormsThanASegmentHoldsAreFoundToo(t *testing.T) {
	var records [][]byte
	for i, r := range searchtest.Records(6000) {
		head := r[:len(r)-1]
		records = append(records, fmt.Appendf(nil, `%s,"only_%d":%d}`, head, i%5000, i))
	}
	naive, s := lines.New(lines.Of(records), nil), query.New(of(view(t, records, 6000, 0)), nil)
	for _, text := range []string{"host:web*", "größe", "stage:denoise level:error", "only_4990:*", "only_4991:4991", "duration_ms>500", "-tags:*", `"disk full" or http.status:500`} {
		req := &search.Request{Query: search.MustParse(text), Count: true, Now: searchtest.Now, Weigh: true}
		searchtest.CompareRequest(t, text, naive, s, req)
		searchtest.CompareAggregations(t, text, naive, s, req, search.Aggregations{"l": search.Terms{Field: "level", Aggs: search.Aggregations{"s": search.Stats{Field: "duration_ms"}}}, "m": search.DateHistogram{Interval: 3600e9}})
	}
}
