package searchtest_test

import (
	"context"
	"fmt"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/lines"
	"github.com/sluicelog/sluice/search/searchtest"
)

// The table's records are the same in every run, so that a searcher of one's own can be compared with lines.New over them.
func ExampleRecords() {
	s := lines.New(lines.Of(searchtest.Records(1000)), nil)
	a, err := s.Aggregate(context.Background(), &search.Request{Query: search.MustParse("*"), Now: searchtest.Now},
		search.Aggregations{"n": search.Cardinality{Field: "n"}})
	fmt.Println(a.Total, err)
	// Output: 1000 <nil>
}
