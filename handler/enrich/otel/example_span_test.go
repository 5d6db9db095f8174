package otel_test

import (
	"context"
	"log/slog"
	"os"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/enrich/otel"

	"go.opentelemetry.io/otel/trace"
)

// Records carry the identifiers of the span that the context has, outside the logger's groups.
func Example_addTheSpan() {
	ctx := trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled,
	}))
	h := slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		switch a.Key {
		case slog.TimeKey, slog.LevelKey, "transaction_id":
			return slog.Attr{}
		}
		return a
	}})
	logger := slog.New(enrich.NewHandler(h, &enrich.Options{OmitProcess: true, Span: otel.Span}))

	logger.WithGroup("job").InfoContext(ctx, "started", "workers", 4)

	// Output:
	// {"msg":"started","trace_id":"01000000000000000000000000000000","span_id":"0200000000000000","trace_flags":"01","job":{"workers":4}}
}
