package otel

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"github.com/sluicelog/sluice/handler/enrich"
)

// Span returns the OpenTelemetry span of ctx, for [enrich.Options.Span]; the zero Span when there is none. A span that
// is not sampled counts too: its identifiers still tie the records of a request together.
func Span(ctx context.Context) enrich.Span {
	sc := trace.SpanContextFromContext(ctx)
	if !sc.IsValid() {
		return enrich.Span{}
	}
	return enrich.Span{Trace: sc.TraceID(), ID: sc.SpanID(), Flags: byte(sc.TraceFlags())}
}
