package correlate_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/correlate"
)

const (
	parentTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	parentSpan  = "00f067aa0ba902b7"
	parent      = "00-" + parentTrace + "-" + parentSpan + "-01"
)

var (
	made     = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	hexTrace = regexp.MustCompile(`^[0-9a-f]{32}$`)
	hexSpan  = regexp.MustCompile(`^[0-9a-f]{16}$`)
)

func refusedSince(before correlate.Refusals) correlate.Refusals {
	now := correlate.Refused()
	return correlate.Refusals{
		Requests: now.Requests - before.Requests, Traces: now.Traces - before.Traces, Sessions: now.Sessions - before.Sessions,
		Users: now.Users - before.Users, Transactions: now.Transactions - before.Transactions,
		Baggage: now.Baggage - before.Baggage, Outgoing: now.Outgoing - before.Outgoing,
	}
}

func members(n, size int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d=%s,", i, strings.Repeat("v", size))
	}
	return strings.TrimSuffix(b.String(), ",")
}

func TestIncomingIdentifiersAreCheckedBeforeTheyAreTrusted(t *testing.T) {
	const makes = "made"
	mega := strings.Repeat("a", 4<<20)
	tests := []struct {
		name    string
		headers http.Header
		want    map[string]string // "made": a new one
		refused correlate.Refusals
	}{
		{"nothing", nil, map[string]string{"request_id": makes, "trace_id": makes}, correlate.Refusals{}},
		{
			"everything",
			http.Header{"X-Request-Id": {"req/1:a_b+c=d@e.f-g"}, "Traceparent": {parent}, "Baggage": {"session_id=s, user_id=u%40h ;p=1,transaction_id=t"}},
			map[string]string{"request_id": "req/1:a_b+c=d@e.f-g", "trace_id": parentTrace, "parent_span_id": parentSpan, "trace_flags": "01", "session_id": "s", "user_id": "u@h", "transaction_id": "t"},
			correlate.Refusals{},
		},
		{"longest request", http.Header{"X-Request-Id": {mega[:128]}}, map[string]string{"request_id": mega[:128]}, correlate.Refusals{}},
		{"too long a request", http.Header{"X-Request-Id": {mega[:129]}}, map[string]string{"request_id": makes}, correlate.Refusals{Requests: 1}},
		{"megabytes everywhere", http.Header{"X-Request-Id": {mega}, "Traceparent": {mega}, "Tracestate": {mega}, "Baggage": {"user_id=" + mega}}, map[string]string{"request_id": makes, "trace_id": makes, "user_id": ""}, correlate.Refusals{Requests: 1, Traces: 1, Baggage: 1}},
		{"a forged line", http.Header{"X-Request-Id": {"x\n{\"msg\":\"forged\"}"}}, map[string]string{"request_id": makes}, correlate.Refusals{Requests: 1}},
		{"a terminal's escape", http.Header{"X-Request-Id": {"x\x1b[2J"}}, map[string]string{"request_id": makes}, correlate.Refusals{Requests: 1}},
		{"letters of elsewhere", http.Header{"X-Request-Id": {"réq"}}, map[string]string{"request_id": makes}, correlate.Refusals{Requests: 1}},
		{"the same request twice", http.Header{"X-Request-Id": {"a", "a"}}, map[string]string{"request_id": "a"}, correlate.Refusals{}},
		{"two requests", http.Header{"X-Request-Id": {"a", "b"}}, map[string]string{"request_id": makes}, correlate.Refusals{Requests: 1}},
		{"two traces", http.Header{"Traceparent": {parent, strings.Replace(parent, "4b", "4c", 1)}}, map[string]string{"trace_id": makes}, correlate.Refusals{Traces: 1}},
		{"an all-zero trace", http.Header{"Traceparent": {"00-00000000000000000000000000000000-00f067aa0ba902b7-01"}}, map[string]string{"trace_id": makes, "parent_span_id": ""}, correlate.Refusals{Traces: 1}},
		{"an all-zero span", http.Header{"Traceparent": {"00-" + parentTrace + "-0000000000000000-01"}}, map[string]string{"trace_id": makes}, correlate.Refusals{Traces: 1}},
		{"capitals in a trace", http.Header{"Traceparent": {strings.ToUpper(parent)}}, map[string]string{"trace_id": makes}, correlate.Refusals{Traces: 1}},
		{"a later version", http.Header{"Traceparent": {"cc-" + parentTrace + "-" + parentSpan + "-01-more"}}, map[string]string{"trace_id": parentTrace}, correlate.Refusals{}},
		{"a later version of no end", http.Header{"Traceparent": {"cc-" + parentTrace + "-" + parentSpan + "-01-" + mega}}, map[string]string{"trace_id": makes}, correlate.Refusals{Traces: 1}},
		{"too much state", http.Header{"Traceparent": {parent}, "Tracestate": {mega}}, map[string]string{"trace_id": parentTrace}, correlate.Refusals{}},
		{"control characters in baggage", http.Header{"Baggage": {"user_id=a%0Ab,session_id=%1b,transaction_id=%00"}}, map[string]string{"user_id": "", "session_id": "", "transaction_id": "trace"}, correlate.Refusals{Users: 1, Sessions: 1, Transactions: 1}},
		{"malformed baggage", http.Header{"Baggage": {"user_id=u,no-value,,=,\x00"}}, map[string]string{"user_id": "u"}, correlate.Refusals{Baggage: 1}},
		{"thousands of members", http.Header{"Baggage": {"user_id=u," + members(5000, 1) + ",session_id=s"}}, map[string]string{"user_id": "u", "session_id": ""}, correlate.Refusals{Baggage: 1}},
		{"8 KiB of members", http.Header{"Baggage": {"user_id=u," + members(20, 1000) + ",session_id=s"}}, map[string]string{"user_id": "u", "session_id": ""}, correlate.Refusals{Baggage: 1}},
		{"thousands of headers", http.Header{"Baggage": strings.Split("user_id=u,"+members(5000, 1), ",")}, map[string]string{"user_id": "u"}, correlate.Refusals{Baggage: 1}},
		{"baggage in two headers", http.Header{"Baggage": {"user_id=u", "session_id=s"}}, map[string]string{"user_id": "u", "session_id": "s"}, correlate.Refusals{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := correlate.Refused()
			ctx := correlate.Extract(context.Background(), correlate.Headers(tt.headers))
			got := fields(ctx)
			for key, want := range tt.want {
				switch {
				case want == makes && key == "request_id" && made.MatchString(got[key]):
				case want == makes && key == "trace_id" && hexTrace.MatchString(got[key]) && got[key] != parentTrace:
				case want == "trace" && got[key] == got["trace_id"]:
				case got[key] == want:
				default:
					t.Errorf("%s=%.200q, want %.200q", key, got[key], want)
				}
			}
			if diff := cmp.Diff(tt.refused, refusedSince(before)); diff != "" {
				t.Errorf("refused (-want +got):\n%s", diff)
			}
			if bag := baggage.FromContext(ctx); bag.Len() > 64 || len(bag.String()) > 8192 {
				t.Errorf("baggage of %d members, %d bytes came through", bag.Len(), len(bag.String()))
			}
		})
	}
}

func TestOurBaggageStaysOutOfTheContextsBaggage(t *testing.T) {
	read := propagation.Baggage{}.Extract(context.Background(), propagation.MapCarrier{"baggage": "user_id=u,tenant=t"})
	for name, ctx := range map[string]context.Context{
		"read by us":                  context.Background(),
		"read by OpenTelemetry first": read,
	} {
		ctx = correlate.Extract(ctx, correlate.Map(map[string]string{"Baggage": "user_id=u,tenant=t"}))
		if got := baggage.FromContext(ctx).String(); got != "tenant=t" {
			t.Errorf("%s: baggage %q, want tenant=t", name, got)
		}
		if got := correlate.From(ctx).User; got != "u" {
			t.Errorf("%s: user %q, want u", name, got)
		}
	}
}

func TestBaggageThatAnotherReadIsLeftWithoutOurs(t *testing.T) {
	read := propagation.Baggage{}.Extract(context.Background(), propagation.MapCarrier{"baggage": "user_id=u,tenant=t"})
	if got := baggage.FromContext(correlate.Extract(read, nil)).String(); got != "tenant=t" {
		t.Errorf("baggage %q, want tenant=t", got)
	}
}

func TestTraceStateIsCapped(t *testing.T) {
	for size, kept := range map[int]bool{200: true, 256: false} { // 32 members, under and over 8 KiB
		state := strings.ReplaceAll(members(32, size), "k", strings.Repeat("k", 20))
		ctx := correlate.Extract(context.Background(), correlate.Headers(http.Header{"Traceparent": {parent}, "Tracestate": strings.Split(state, ",")}))
		out := make(map[string]string)
		correlate.Inject(ctx, correlate.Map(out))
		if got := out["tracestate"]; (got != "") != kept || !strings.HasPrefix(out["traceparent"], "00-"+parentTrace) {
			t.Errorf("%d bytes came out as %d, after %s", len(state), len(got), out["traceparent"])
		}
	}
}

func FuzzExtract(f *testing.F) {
	f.Add("req-1", parent, "vendor=1", "user_id=u,session_id=s;p=1,transaction_id=t,x=%20y")
	f.Add("", "", "", "")
	f.Add("a\r\nb", "00-00000000000000000000000000000000-0000000000000000-00", ",,,", ",=,;=%zz")
	f.Add(strings.Repeat("é", 300), "ff-"+parent[3:], strings.Repeat("a=b,", 100), members(100, 100))
	id := regexp.MustCompile(`^[A-Za-z0-9._:/+=@-]{1,128}$`)
	f.Fuzz(func(t *testing.T, request, traceparent, tracestate, bag string) {
		in := map[string]string{"x-request-id": request, "traceparent": traceparent, "tracestate": tracestate, "baggage": bag}
		ctx := correlate.Extract(context.Background(), correlate.Map(in))
		got := fields(ctx)
		for key, value := range got {
			if !id.MatchString(value) {
				t.Errorf("%s=%q", key, value)
			}
		}
		if id.MatchString(request) && got["request_id"] != request {
			t.Errorf("request %q became %q", request, got["request_id"])
		}
		if !hexTrace.MatchString(got["trace_id"]) || strings.Trim(got["trace_id"], "0") == "" || !hexSpan.MatchString(got["span_id"]) {
			t.Errorf("trace %q, span %q", got["trace_id"], got["span_id"])
		}
		// What was let in goes out and comes in again.
		out := make(map[string]string)
		correlate.InjectTrusted(ctx, correlate.Map(out))
		if n := len(out["baggage"]); n > 8192 {
			t.Errorf("%d bytes of baggage", n)
		}
		again := correlate.Extract(context.Background(), correlate.Map(out))
		if diff := cmp.Diff(correlate.From(ctx), correlate.From(again)); diff != "" {
			t.Errorf("after a round trip:\n%s", diff)
		}
		if f := fields(again); f["trace_id"] != got["trace_id"] || f["parent_span_id"] != got["span_id"] {
			t.Errorf("after a round trip: %v, then %v", got, f)
		}
	})
}
