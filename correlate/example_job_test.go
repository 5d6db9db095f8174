package correlate_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/sluicelog/sluice/correlate"
)

// A job that nobody asked for over the wire begins its own request; its steps are stages of it.
func ExampleBegin() {
	job := func(ctx context.Context) {
		ctx, end := correlate.Begin(ctx)
		defer end()
		ctx = correlate.Attrs(ctx, slog.String("job", "nightly"), slog.Int("shard", 3)) // on each of its records

		step := correlate.Start(ctx, "denoise")
		fmt.Println("one request:", correlate.From(ctx) == correlate.From(step))
		fmt.Println("transaction inferred:", correlate.From(ctx).Transaction != "")
	}
	job(context.Background())
	// Output:
	// one request: true
	// transaction inferred: true
}
