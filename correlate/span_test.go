package correlate_test

import (
	"context"
	"log/slog"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/correlate"
	"github.com/sluicelog/sluice/internal/scope"
)

func TestBeginMakesWhatIsMissing(t *testing.T) {
	ctx, end := correlate.Begin(context.Background())
	defer end()
	if got, want := keys(ctx), "request_id trace_id span_id trace_flags transaction_id"; got != want {
		t.Errorf("keys %q, want %q", got, want)
	}
	given, endGiven := correlate.Begin(correlate.With(context.Background(), correlate.IDs{Request: "job-7", User: "u"}))
	defer endGiven()
	if got := fields(given); got["request_id"] != "job-7" || got["user_id"] != "u" || len(got["trace_id"]) != 32 {
		t.Errorf("identifiers %v", got)
	}
}

func TestBeginWithinARequestHasItsOwnEnd(t *testing.T) {
	outer, endOuter := correlate.Begin(context.Background())
	inner, endInner := correlate.Begin(outer)
	a, b := fields(outer), fields(inner)
	if a["request_id"] != b["request_id"] || a["trace_id"] != b["trace_id"] || b["parent_span_id"] != a["span_id"] || a["span_id"] == b["span_id"] {
		t.Errorf("outer %v, inner %v", a, b)
	}
	var ended []string
	scope.From(outer).Life.OnEnd(func() { ended = append(ended, "outer") })
	scope.From(inner).Life.OnEnd(func() { ended = append(ended, "inner") })
	endOuter()
	endOuter()
	endInner()
	if diff := cmp.Diff([]string{"outer", "inner"}, ended); diff != "" {
		t.Error(diff)
	}
}

func TestBeginAfterExtractAddsAnEndAlone(t *testing.T) {
	extracted := correlate.Extract(context.Background(), correlate.Map(map[string]string{"traceparent": parent}))
	if scope.From(extracted).Life != nil {
		t.Error("a message has an end that nobody knows")
	}
	begun, end := correlate.Begin(extracted)
	defer end()
	if diff := cmp.Diff(fields(extracted), fields(begun)); diff != "" {
		t.Error(diff)
	}
	if scope.From(begun).Life == nil {
		t.Error("no end")
	}
}

func TestStartMakesAChildSpan(t *testing.T) {
	ctx, end := correlate.Begin(context.Background())
	defer end()
	child := correlate.Start(ctx, "denoise")
	grandchild := correlate.Start(child, "")
	a, b, c := fields(ctx), fields(child), fields(grandchild)
	if b["parent_span_id"] != a["span_id"] || c["parent_span_id"] != b["span_id"] || b["span_name"] != "denoise" || c["span_name"] != "" {
		t.Errorf("%v, %v, %v", a, b, c)
	}
	if a["trace_id"] != c["trace_id"] || a["request_id"] != c["request_id"] {
		t.Errorf("a stage left its request: %v, %v", a, c)
	}
	job, endJob := correlate.Begin(child)
	defer endJob()
	if j := fields(job); j["span_name"] != "" || j["parent_span_id"] != b["span_id"] {
		t.Errorf("work within a stage: %v", j)
	}
	if scope.From(child).Life != scope.From(ctx).Life {
		t.Error("a stage does not end with its request")
	}
	if alone := fields(correlate.Start(context.Background(), "x")); alone["request_id"] == "" || alone["trace_id"] == "" {
		t.Errorf("outside any request: %v", alone)
	}
}

func TestOpenTelemetryNamesWhatTheRecordsName(t *testing.T) {
	begun, end := correlate.Begin(context.Background())
	defer end()
	incoming := correlate.Extract(context.Background(), correlate.Map(map[string]string{"traceparent": parent, "tracestate": "vendor=1"}))
	for name, ctx := range map[string]context.Context{
		"Begin": begun, "Start": correlate.Start(begun, "x"), "Extract": incoming, "Start after Extract": correlate.Start(incoming, ""),
	} {
		f := fields(ctx)
		wire := propagation.MapCarrier{}
		propagation.TraceContext{}.Inject(ctx, wire)
		if want := "00-" + f["trace_id"] + "-" + f["span_id"] + "-" + f["trace_flags"]; wire["traceparent"] != want {
			t.Errorf("%s: OpenTelemetry sends %s, records say %s", name, wire["traceparent"], want)
		}
		if name == "Start after Extract" && wire["tracestate"] != "vendor=1" {
			t.Errorf("tracestate %q was lost", wire["tracestate"])
		}
	}
}

func TestATracersSpanWins(t *testing.T) {
	tp := sdktrace.NewTracerProvider()
	defer func() { _ = tp.Shutdown(context.Background()) }()
	tracer := tp.Tracer("test")
	spanOf := func(ctx context.Context) map[string]string {
		sc := trace.SpanContextFromContext(ctx)
		return map[string]string{"trace_id": sc.TraceID().String(), "span_id": sc.SpanID().String(), "trace_flags": sc.TraceFlags().String()}
	}
	check := func(name string, ctx, traced context.Context) {
		t.Helper()
		got := fields(ctx)
		for k, want := range spanOf(traced) {
			if got[k] != want {
				t.Errorf("%s: %s=%s, want the tracer's %s", name, k, got[k], want)
			}
		}
		if got["parent_span_id"] != "" {
			t.Errorf("%s: parent %s, which the tracer records", name, got["parent_span_id"])
		}
	}
	traced, span := tracer.Start(context.Background(), "server")
	defer span.End()
	check("With", correlate.With(traced, correlate.IDs{Request: "r"}), traced)
	check("Start", correlate.Start(traced, "x"), traced)
	check("Extract of another trace-less message", correlate.Extract(traced, nil), traced)
	begun, end := correlate.Begin(traced)
	defer end()
	check("Begin", begun, traced)

	// A span that is started later.
	inner, innerSpan := tracer.Start(begun, "client")
	defer innerSpan.End()
	check("With below", correlate.With(inner, correlate.IDs{User: "u"}), inner)
	check("Attrs below", correlate.Attrs(inner, slog.Int("n", 1)), inner)
	check("Start below", correlate.Start(inner, "y"), inner)

	// A message's span, then the tracer's under it.
	received := correlate.Extract(context.Background(), correlate.Map(map[string]string{"traceparent": parent}))
	work, workSpan := tracer.Start(received, "work")
	defer workSpan.End()
	begunWork, endWork := correlate.Begin(work)
	defer endWork()
	check("Begin below", begunWork, work)
	check("Start below a message", correlate.Start(work, ""), work)

	// Ours first: the tracer continues our trace.
	own, endOwn := correlate.Begin(context.Background())
	defer endOwn()
	below, belowSpan := tracer.Start(own, "z")
	defer belowSpan.End()
	if got, want := spanOf(below)["trace_id"], fields(own)["trace_id"]; got != want {
		t.Errorf("the tracer began trace %s, want %s", got, want)
	}
	check("Start below our own", correlate.Start(below, ""), below)

	// A message's trace goes before that of the loop that reads it.
	if got := fields(correlate.Extract(traced, correlate.Map(map[string]string{"traceparent": parent}))); got["trace_id"] != parentTrace || got["parent_span_id"] != parentSpan {
		t.Errorf("message under the loop's span: %v", got)
	}
	// But a consumer span of that trace is the message's own.
	message, messageSpan := tracer.Start(propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": parent}), "consume")
	defer messageSpan.End()
	check("Extract in its consumer span", correlate.Extract(message, correlate.Map(map[string]string{"traceparent": parent})), message)
}
