package opensearch_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/opensearch"
)

// What a cluster says when it refuses is the error; here one that lets nobody in.
func ExampleNew() {
	cluster := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer cluster.Close()
	s, err := opensearch.New(cluster.URL, &opensearch.Options{Index: "logs-otel-v1-shop"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = s.Close() }()
	_, err = s.Search(context.Background(), &search.Request{Query: search.MustParse("level:error duration_ms>5s")})
	fmt.Println("refused:", err != nil)
	// Output: refused: true
}
