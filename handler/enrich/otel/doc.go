// Package otel joins package enrich with OpenTelemetry's tracing API.
//
//	enrich.NewHandler(next, &enrich.Options{
//		Span:      otel.Span,                        // trace_id, span_id and trace_flags from the span of the context
//		Enrichers: []enrich.Enricher{otel.Events{}}, // if wanted: errors become events of their span
//	})
//
// [Span] reads the span that a tracer has put into the context of the log call. Where the request's own identifiers say
// the same, nothing changes; where they differ, because a tracer has started a child span or goes on with another
// trace, the span's take their place, so that a record has one trace_id and one span_id, and these are the ones that the
// trace viewer knows.
//
// It imports the tracing API alone, no SDK: without one there are no spans, and nothing is added.
package otel
