package otel

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/sluicelog/sluice/handler/enrich"
)

// Events is an Enricher that tells the span of the context of every record that carries an error: an event "exception"
// with exception.type and exception.message, as OpenTelemetry's conventions name them, and log.message. It adds nothing
// to the record. Only records from Level on count.
//
// Events leave the chain by the tracer's exporter: what no mask in front of the enricher has masked leaves with them.
type Events struct {
	// Level is the lowest level that makes an event. Nil means slog.LevelError.
	Level slog.Leveler
}

var _ enrich.Enricher = Events{}

// Enrich adds the event to the span of ctx, if that is recording, and returns dst.
func (e Events) Enrich(ctx context.Context, r enrich.Record, dst []slog.Attr) []slog.Attr {
	least := slog.LevelError
	if e.Level != nil {
		least = e.Level.Level()
	}
	if r.Level() < least || r.Err() == nil || ctx == nil {
		return dst
	}
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return dst
	}
	typ, message := enrich.DescribeError(r.Err())
	span.AddEvent("exception", trace.WithAttributes(
		attribute.String("exception.type", typ),
		attribute.String("exception.message", message),
		attribute.String("log.message", r.Message()),
	))
	return dst
}
