package enrich

import (
	"context"
	"fmt"
	"log/slog"
)

// Enricher adds attributes to the root of records. It is called in the goroutine of the log call, for every record, so
// what is slow belongs behind a cache (package provider) or into a snapshot. Safe for concurrent use. A panic is
// contained, counted and reported; the record goes on without what the call would have added.
type Enricher interface {
	// Enrich appends the attributes it adds to dst and returns it; dst itself when it adds none. What it appends must
	// not change afterwards. It keeps neither r nor dst, and does not log through the handler that calls it.
	Enrich(ctx context.Context, r Record, dst []slog.Attr) []slog.Attr
}

// Func is a function that is an [Enricher].
type Func func(ctx context.Context, r Record, dst []slog.Attr) []slog.Attr

// Enrich calls f.
func (f Func) Enrich(ctx context.Context, r Record, dst []slog.Attr) []slog.Attr {
	return f(ctx, r, dst)
}

// ByType is an Enricher that asks the one that is registered under the text of the record's attribute "type", so that
// any number of them costs one look-up. Records without a type, or with an unknown one, pass as they are. The map must
// not change once it is in use.
type ByType map[string]Enricher

// Enrich asks the enricher for the record's type.
func (m ByType) Enrich(ctx context.Context, r Record, dst []slog.Attr) []slog.Attr {
	v, ok := r.Attr("type")
	if !ok || v.Kind() != slog.KindString {
		return dst
	}
	if e := m[v.String()]; e != nil {
		return e.Enrich(ctx, r, dst)
	}
	return dst
}

// PanicError is the error that [Options.OnError] receives when an Enricher panicked.
type PanicError struct {
	Enricher Enricher // the one that panicked
	Value    any      // the value of the panic
}

// Error tells the enricher's type and the value of the panic.
func (e *PanicError) Error() string { return fmt.Sprintf("%T panicked: %v", e.Enricher, e.Value) }

// Unwrap returns the value of the panic when it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
