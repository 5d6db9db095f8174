package lines_test

import (
	"context"
	"fmt"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/lines"
)

func ExampleNew() {
	s := lines.New(lines.Of([][]byte{
		[]byte(`{"time":"2026-03-02T08:00:00Z","level":"INFO","msg":"stage completed","stage":"denoise","duration_ms":850}`),
		[]byte(`{"time":"2026-03-02T08:00:01Z","level":"WARN","msg":"slow stage","stage":"separate","duration_ms":7204,"sample_rate":0.5}`),
	}), nil)
	req := &search.Request{Query: search.MustParse("duration_ms>500ms"), Weigh: true}
	a, err := s.Aggregate(context.Background(), req, search.Aggregations{"stages": search.Terms{Field: "stage"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, b := range a.Results["stages"].Buckets.List {
		fmt.Println(b.Key, b.Count, "kept, of", b.Weighted)
	}
	// Output:
	// separate 1 kept, of 2
	// denoise 1 kept, of 1
}
