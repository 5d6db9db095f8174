package correlate_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/correlate"
)

type kafkaHeader struct {
	Key   string
	Value []byte
}

func kafka(headers *[]kafkaHeader) correlate.Carrier {
	return correlate.List(headers, func(h kafkaHeader) (string, []byte) { return h.Key, h.Value }, func(k string, v []byte) kafkaHeader { return kafkaHeader{k, v} })
}

// carriers are empty ones of every kind.
func carriers() map[string]correlate.Carrier {
	return map[string]correlate.Carrier{
		"map": correlate.Map(map[string]string{}), "headers": correlate.Headers(http.Header{}), "values": correlate.Values(map[string][]string{}),
		"table": correlate.Table(map[string]any{}), "list": kafka(new([]kafkaHeader)),
	}
}

func TestEveryCarrierCarriesARequest(t *testing.T) {
	for name, c := range carriers() {
		ctx, end := correlate.Begin(correlate.With(t.Context(), correlate.IDs{User: "u-1", Session: "s-1"}))
		correlate.InjectTrusted(ctx, c)
		correlate.InjectTrusted(ctx, c) // a message that is sent again
		got, sent := fields(correlate.Extract(t.Context(), c)), fields(ctx)
		for _, key := range []string{"request_id", "trace_id", "user_id", "session_id", "transaction_id"} {
			if got[key] != sent[key] || got[key] == "" {
				t.Errorf("%s: %s is %q, want %q", name, key, got[key], sent[key])
			}
		}
		if got["parent_span_id"] != sent["span_id"] {
			t.Errorf("%s: parent %q, want %q", name, got["parent_span_id"], sent["span_id"])
		}
		if n := len(c.Keys()); n != 3 {
			t.Errorf("%s has %d headers: %v", name, n, c.Keys())
		}
		end()
	}
}

func TestHeadersAreFoundInAnyCaseAndReplaced(t *testing.T) {
	headers := []kafkaHeader{{"X-Request-ID", []byte("old")}, {"other", []byte("kept")}}
	shared := headers
	values, table := map[string][]string{"X-Request-ID": {"old"}}, map[string]any{"X-REQUEST-ID": []byte("old"), "n": 7}
	plain := map[string]string{"X-Request-ID": "old"}
	for name, c := range map[string]correlate.Carrier{"map": correlate.Map(plain), "list": kafka(&headers), "values": correlate.Values(values), "table": correlate.Table(table)} {
		if got := c.Get("x-request-id"); got != "old" {
			t.Errorf("%s: %q", name, got)
		}
		if got := c.Get("n") + c.Get("none"); got != "" {
			t.Errorf("%s: %q", name, got)
		}
		c.Set("x-request-id", "new")
		if got := c.Get("X-Request-Id"); got != "new" {
			t.Errorf("%s: %q after Set", name, got)
		}
	}
	if d := cmp.Diff("[{other kept} {x-request-id new}]", fmt.Sprintf("%s", headers)); d != "" || string(shared[0].Value) != "old" {
		t.Error(d, shared)
	}
	for _, c := range []correlate.Carrier{correlate.Values(nil), correlate.Table(nil), kafka(nil)} {
		c.Set("a", "b")
		if c.Get("a") != "" || len(c.Keys()) != 0 {
			t.Error("nothing holds something")
		}
	}
}

func TestHostileHeadersOfMessagesAreRefused(t *testing.T) {
	mega := strings.Repeat("a", 4<<20)
	for name := range carriers() {
		for what, headers := range map[string][2]string{
			"megabytes": {"x-request-id", mega}, "control characters": {"x-request-id", "a\r\nb"}, "no UTF-8": {"x-request-id", "\xff\xfe"},
			"a long trace": {"traceparent", mega}, "a zero trace": {"traceparent", "00-00000000000000000000000000000000-0000000000000000-01"},
			"thousands of members": {"baggage", members(5000, 3)}, "a huge member": {"baggage", "k=" + mega}, "a user in control characters": {"baggage", "user_id=a%0Ab"},
		} {
			c := carriers()[name]
			c.Set(headers[0], headers[1])
			ctx := correlate.Extract(t.Context(), c)
			got := fields(ctx)
			if !made.MatchString(got["request_id"]) || !hexTrace.MatchString(got["trace_id"]) || got["user_id"] != "" || got["trace_id"] == strings.Repeat("0", 32) {
				t.Errorf("%s, %s: %.300v", name, what, got)
			}
			out := map[string]string{}
			correlate.InjectTrusted(ctx, correlate.Map(out))
			if n := len(out["baggage"]); n > 8<<10 || strings.Count(out["baggage"], ",") >= 64 {
				t.Errorf("%s, %s: %d bytes of baggage go on", name, what, n)
			}
		}
	}
}

func TestAStrangersMessageIsLinkedAndNotBelieved(t *testing.T) {
	c := correlate.Map(map[string]string{"x-request-id": "theirs", "traceparent": parent, "baggage": "user_id=root"})
	got := fields(correlate.ExtractPublic(context.Background(), c, false))
	if got["request_id"] == "theirs" || got["trace_id"] == parentTrace || got["user_id"] != "" || got["trace_link"] != parentTrace || got["span_link"] != parentSpan {
		t.Errorf("%v", got)
	}
	if got := fields(correlate.ExtractPublic(context.Background(), c, true)); got["request_id"] != "theirs" || got["user_id"] != "" {
		t.Errorf("%v", got)
	}
}
