package correlate_test

import (
	"context"
	"fmt"

	"github.com/sluicelog/sluice/correlate"
)

// A message carries the request that it was sent in. The consumer's work has an end of its own.
func ExampleExtract() {
	send := func(ctx context.Context) map[string]string {
		message := make(map[string]string)
		correlate.InjectTrusted(ctx, correlate.Map(message)) // our own broker may know the session
		return message
	}
	receive := func(message map[string]string) {
		ctx, end := correlate.Begin(correlate.Extract(context.Background(), correlate.Map(message)))
		defer end()
		ids := correlate.From(ctx)
		fmt.Println(ids.Request, ids.Session)
	}

	ctx := correlate.With(context.Background(), correlate.IDs{Request: "order-4711", Session: "s-1"})
	receive(send(ctx))
	// Output: order-4711 s-1
}
