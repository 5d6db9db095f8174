// Command opensearch logs through a chain that ends in OpenSearch, and searches for what it has logged.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/correlate"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/opensearch"
)

// config is what a file would say; ensure_template needs the permission to make templates.
const config = `
environment: staging
service: {name: checkout}
sinks:
  - type: opensearch
    opensearch: {urls: ['%s'], stream: '%s', ensure_template: true}
`

func main() {
	at := cmp.Or(os.Getenv("OPENSEARCH_URL"), "http://localhost:9200")
	if err := run(context.Background(), os.Stdout, at, "logs-otel-v1-example"); err != nil {
		fmt.Fprintf(os.Stderr, "no records through OpenSearch at %s ($OPENSEARCH_URL): %v\n", at, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, url, stream string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cfg, err := sluice.ParseConfig(fmt.Appendf(nil, config, url, stream), "example")
	if err != nil {
		return err
	}
	stack, err := sluice.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Close(ctx)) }()

	request := correlate.NewRequestID()
	log := stack.Logger()
	for i := range 3 {
		log.InfoContext(correlate.With(ctx, correlate.IDs{Request: request}), "payment taken", "attempt", i, "card", "4111 1111 1111 1111")
	}
	if err := stack.Flush(ctx); err != nil { // returns when OpenSearch has them
		for _, sink := range stack.Stats().Sinks {
			if sink.Trouble != "" {
				err = fmt.Errorf("%w: %s", err, sink.Trouble)
			}
		}
		return err
	}

	searcher, err := opensearch.New(url, &opensearch.Options{Index: stream})
	if err != nil {
		return err
	}
	query, err := search.Parse("request_id:" + request)
	if err != nil {
		return err
	}
	for { // OpenSearch shows new documents within a second or so
		res, err := searcher.Search(ctx, &search.Request{Query: query})
		if err != nil {
			return err
		}
		if len(res.Hits) == 3 {
			var lines strings.Builder
			for _, h := range res.Hits {
				fmt.Fprintf(&lines, "%s\n", h.Line)
			}
			_, err := io.WriteString(out, lines.String())
			return err
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%d of 3 records found: %w", len(res.Hits), ctx.Err())
		}
	}
}
