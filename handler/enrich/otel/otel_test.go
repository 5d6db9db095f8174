package otel_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/enrich/otel"
	"github.com/sluicelog/sluice/internal/scope"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// logger returns a logger that is enriched with opts, and what it wrote last.
func logger(opts enrich.Options) (*slog.Logger, func(*testing.T) map[string]any) {
	var b bytes.Buffer
	opts.OmitProcess = true
	l := slog.New(enrich.NewHandler(slog.NewJSONHandler(&b, nil), &opts))
	return l, func(t *testing.T) map[string]any {
		t.Helper()
		got := make(map[string]any)
		if err := json.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v", &b, err)
		}
		b.Reset()
		return got
	}
}

func tracer(t *testing.T, opts ...sdktrace.TracerProviderOption) trace.Tracer {
	t.Helper()
	p := sdktrace.NewTracerProvider(opts...)
	t.Cleanup(func() { _ = p.Shutdown(context.Background()) })
	return p.Tracer("test")
}

func TestT19_SpanOfATracerIsAtTheRoot(t *testing.T) {
	l, last := logger(enrich.Options{Span: otel.Span})
	ctx, span := tracer(t).Start(context.Background(), "work")
	defer span.End()
	l.WithGroup("g").InfoContext(ctx, "m", "a", 1)
	got := last(t)
	sc := span.SpanContext()
	want := []any{sc.TraceID().String(), sc.SpanID().String(), "01"}
	if d := cmp.Diff(want, []any{got["trace_id"], got["span_id"], got["trace_flags"]}); d != "" {
		t.Errorf("identifiers (-want +got):\n%s", d)
	}
}

func TestChildSpanWinsOverTheRequestWithoutDuplicates(t *testing.T) {
	tr := tracer(t)
	ctx, server := tr.Start(context.Background(), "server")
	defer server.End()
	s := &scope.Scope{Request: "r-1", Trace: server.SpanContext().TraceID(), Span: server.SpanContext().SpanID(), Flags: 1}
	s.Seal()
	ctx = scope.NewContext(ctx, s)

	var b bytes.Buffer
	l := slog.New(enrich.NewHandler(slog.NewJSONHandler(&b, nil), &enrich.Options{OmitProcess: true, Span: otel.Span}))
	l.InfoContext(ctx, "in the server's span")
	ctx, child := tr.Start(ctx, "child")
	defer child.End()
	l.InfoContext(ctx, "in the child's span")

	for i, line := range bytes.Split(bytes.TrimSpace(b.Bytes()), []byte("\n")) {
		span := []trace.Span{server, child}[i]
		want := fmt.Sprintf(`"trace_id":"%s","span_id":"%s"`, span.SpanContext().TraceID(), span.SpanContext().SpanID())
		if !bytes.Contains(line, []byte(want)) || !bytes.Contains(line, []byte(`"request_id":"r-1"`)) ||
			bytes.Count(line, []byte(`"span_id"`)) != 1 || bytes.Count(line, []byte(`"trace_id"`)) != 1 {
			t.Errorf("line %s\ndoes not have %s once", line, want)
		}
	}
}

func TestSpansThatAreNoneAddNothing(t *testing.T) {
	for name, ctx := range map[string]context.Context{
		"no span":        context.Background(),
		"invalid span":   trace.ContextWithSpanContext(context.Background(), trace.SpanContext{}),
		"trace, no span": trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}})),
	} {
		if got := otel.Span(ctx); got != (enrich.Span{}) {
			t.Errorf("%s: Span is %v, want none", name, got)
		}
	}
}

func TestARemoteSpanThatIsNotSampledCounts(t *testing.T) {
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, Remote: true})
	want := enrich.Span{Trace: [16]byte{1}, ID: [8]byte{2}}
	if got := otel.Span(trace.ContextWithRemoteSpanContext(context.Background(), sc)); got != want {
		t.Errorf("Span is %v, want %v", got, want)
	}
}

func TestEventsTellTheSpanOfErrors(t *testing.T) {
	cause := fmt.Errorf("read: %w", &enrich.PanicError{Value: "x"})
	for name, tt := range map[string]struct {
		events otel.Events
		level  slog.Level
		attr   slog.Attr
		want   []attribute.KeyValue
	}{
		"error": {level: slog.LevelError, attr: slog.Any("err", cause), want: []attribute.KeyValue{
			attribute.String("exception.type", "*enrich.PanicError"),
			attribute.String("exception.message", "read: <nil> panicked: x"),
			attribute.String("log.message", "m"),
		}},
		"below the level": {level: slog.LevelWarn, attr: slog.Any("err", cause)},
		"own level": {events: otel.Events{Level: slog.LevelInfo}, level: slog.LevelInfo, attr: slog.Any("err", errors.New("x")), want: []attribute.KeyValue{
			attribute.String("exception.type", "*errors.errorString"),
			attribute.String("exception.message", "x"),
			attribute.String("log.message", "m"),
		}},
		"no error": {level: slog.LevelError, attr: slog.String("err", "text")},
	} {
		t.Run(name, func(t *testing.T) {
			spans := tracetest.NewSpanRecorder()
			ctx, span := tracer(t, sdktrace.WithSpanProcessor(spans)).Start(context.Background(), "work")
			l, _ := logger(enrich.Options{Enrichers: []enrich.Enricher{tt.events}})
			l.LogAttrs(ctx, tt.level, "m", tt.attr)
			span.End()
			l.LogAttrs(ctx, tt.level, "m after the span", tt.attr)
			var got []attribute.KeyValue
			for _, e := range spans.Ended()[0].Events() {
				if e.Name != "exception" {
					t.Errorf("event %q, want exception", e.Name)
				}
				got = append(got, e.Attributes...)
			}
			if d := cmp.Diff(tt.want, got, cmp.Comparer(func(a, b attribute.Value) bool { return a == b })); d != "" {
				t.Errorf("attributes of the events (-want +got):\n%s", d)
			}
		})
	}
}
