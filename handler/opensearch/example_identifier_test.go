package opensearch_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/sluicelog/sluice/handler/opensearch"
)

type line struct{}

// A program that reads a file again after a crash gives each line an identifier that follows from the file and the place in it:
// the line is stored once.
func ExampleOptions_identifier() {
	opts := opensearch.Options{
		Overflow: opensearch.Block, // a file can wait
		ID: func(ctx context.Context, _ slog.Record) string {
			id, _ := ctx.Value(line{}).(string)
			return id
		},
	}
	ctx := context.WithValue(context.Background(), line{}, fmt.Sprintf("%s-%d", "app.log", 4711))
	fmt.Println(opts.ID(ctx, slog.Record{}))
	// Output: app.log-4711
}
