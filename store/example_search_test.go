package store_test

import (
	"context"
	"fmt"
	"os"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/store"
)

func ExampleStore_Searcher() {
	dir, _ := os.MkdirTemp("", "store")
	defer func() { _ = os.RemoveAll(dir) }()
	ctx := context.Background()
	s, err := store.Open(dir, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = s.Close(ctx) }()
	for _, line := range []string{
		`{"time":"2026-03-02T08:00:00Z","level":"INFO","msg":"stage completed","stage":"denoise","duration_ms":850}`,
		`{"time":"2026-03-02T08:00:09Z","level":"INFO","msg":"stage completed","stage":"separate","duration_ms":7204}`,
		`{"time":"2026-03-02T08:00:10Z","level":"ERROR","msg":"stage store failed","error":{"message":"disk full"}}`,
	} {
		if err := s.Append([]byte(line)); err != nil {
			fmt.Println(err)
		}
	}
	for _, query := range []string{`duration_ms>5s`, `level:error "disk full"`} {
		result, err := s.Searcher(nil).Search(ctx, &search.Request{Query: search.MustParse(query)})
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, h := range result.Hits {
			fmt.Printf("%s: %s\n", query, h.Line)
		}
	}
	// Output:
	// duration_ms>5s: {"time":"2026-03-02T08:00:09Z","level":"INFO","msg":"stage completed","stage":"separate","duration_ms":7204}
	// level:error "disk full": {"time":"2026-03-02T08:00:10Z","level":"ERROR","msg":"stage store failed","error":{"message":"disk full"}}
}
