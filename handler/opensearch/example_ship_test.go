package opensearch_test

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/sluicelog/sluice/handler/opensearch"
)

// A service keeps what it logs through restarts and days without OpenSearch, and what OpenSearch rejects in a file.
func ExampleNewHandler() {
	h, err := opensearch.NewHandler(&opensearch.Options{
		Connection: opensearch.Connection{
			URLs:     []string{"https://logs-1:9200", "https://logs-2:9200"},
			Username: "audio", Password: "file:/run/secrets/opensearch", // read again when it is rotated
			CAFile: "/etc/ssl/opensearch-ca.pem",
		},
		Stream:      "logs-otel-v1-audio",
		Spool:       "/var/lib/audio/spool",
		DeadLetters: "/var/lib/audio/dead.jsonl",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			fmt.Println(err) // what is left stays in the spool
		}
	}()
	slog.SetDefault(slog.New(h))
}

// A readiness probe tells whether records reach OpenSearch.
func ExampleHandler_Health() {
	h, err := opensearch.NewHandler(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer h.Close(context.Background())
	fmt.Println(h.Health())
	// Output: <nil>
}
