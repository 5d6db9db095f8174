package correlate_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/trace"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/correlate"
)

// trip is a RoundTripper that keeps the request's headers, by host.
type trip map[string]http.Header

func (t trip) RoundTrip(r *http.Request) (*http.Response, error) {
	t[r.URL.Host] = r.Header
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: r}, nil
}

func user(t testing.TB) context.Context {
	ctx, end := correlate.Begin(context.Background())
	t.Cleanup(end)
	tenant, err := baggage.Parse("tenant=x")
	if err != nil {
		t.Fatal(err)
	}
	return correlate.With(baggage.ContextWithBaggage(ctx, tenant), correlate.IDs{Session: "s", User: "u", Transaction: "t"})
}

func get(t testing.TB, ctx context.Context, rt http.RoundTripper, url string) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	before := r.Header.Clone()
	resp, err := rt.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if diff := cmp.Diff(before, r.Header); diff != "" {
		t.Errorf("the caller's request was modified: %s", diff)
	}
}

func TestUserAndSessionTravelToTrustedHostsAlone(t *testing.T) {
	sent := make(trip)
	rt := correlate.Transport(sent, &correlate.TransportOptions{TrustedHosts: []string{"API.example.com", "*.svc.local", "10.0.0.7", "::1", "*.0.0.8"}})
	ctx := user(t)
	f := fields(ctx)
	tests := []struct {
		host    string
		trusted bool
	}{
		{"api.example.com", true},
		{"api.example.com:8443", true},
		{"API.EXAMPLE.COM", true},
		{"api.example.com.", true},
		{"a.svc.local", true},
		{"a.b.svc.local:80", true},
		{"10.0.0.7:80", true},
		{"[::1]:80", true},
		{"svc.local", false},
		{"evilsvc.local", false},
		{"example.com", false},
		{"x.api.example.com", false},
		{"api.example.com.evil.org", false},
		{"10.0.0.8", false}, // *.0.0.8 is about names
		{"api.example.com@evil.org", false},
	}
	for _, tt := range tests {
		get(t, ctx, rt, "http://"+tt.host+"/")
	}
	for _, tt := range tests {
		host := strings.TrimPrefix(tt.host, "api.example.com@")
		h, ok := sent[host]
		if !ok {
			t.Errorf("%s: not called: %v", host, sent)
			continue
		}
		if h.Get("X-Request-ID") != f["request_id"] || h.Get("Traceparent") != "00-"+f["trace_id"]+"-"+f["span_id"]+"-01" {
			t.Errorf("%s: request and trace %v", tt.host, h)
		}
		want := ""
		if tt.trusted {
			want = "session_id=s,user_id=u,transaction_id=t,tenant=x"
		}
		if got := h.Get("Baggage"); got != want {
			t.Errorf("%s: baggage %q, want %q", tt.host, got, want)
		}
	}
}

func TestNobodyIsTrustedByDefault(t *testing.T) {
	sent := make(trip)
	get(t, user(t), correlate.Transport(sent, nil), "http://a/")
	if h := sent["a"]; h.Get("Baggage") != "" || h.Get("X-Request-ID") == "" {
		t.Errorf("headers %v", h)
	}
}

func TestHeadersOfAnotherClientAreReplaced(t *testing.T) {
	sent := make(trip)
	rt := correlate.Transport(sent, &correlate.TransportOptions{TrustedHosts: []string{"friend"}})
	ctx := correlate.Extract(context.Background(), nil)
	for _, host := range []string{"friend", "stranger"} {
		r, _ := http.NewRequestWithContext(ctx, "GET", "http://"+host+"/", nil)
		r.Header = http.Header{"X-Request-Id": {"a\nb"}, "Traceparent": {parent}, "Tracestate": {"x=y"}, "Baggage": {"user_id=root"}, "Accept": {"*/*"}}
		if _, err := rt.RoundTrip(r); err != nil {
			t.Fatal(err)
		}
		f := fields(ctx)
		want := http.Header{"X-Request-Id": {f["request_id"]}, "Traceparent": {"00-" + f["trace_id"] + "-" + f["span_id"] + "-01"}, "Accept": {"*/*"}}
		if diff := cmp.Diff(want, sent[host]); diff != "" {
			t.Errorf("%s: %s", host, diff)
		}
	}
}

func TestAnotherClientsRequestIsNotSentInPlaceOfOneThatStaysAtHome(t *testing.T) {
	sent := make(trip)
	r, _ := http.NewRequestWithContext(correlate.With(context.Background(), correlate.IDs{Request: "a b"}), "GET", "http://a/", nil)
	r.Header.Set("X-Request-ID", "other")
	if _, err := correlate.Transport(sent, nil).RoundTrip(r); err != nil {
		t.Fatal(err)
	}
	if got := sent["a"].Get("X-Request-ID"); got != "" {
		t.Errorf("sent %q", got)
	}
}

func TestOutsideAnyRequestNothingIsSent(t *testing.T) {
	sent := make(trip)
	rt := correlate.Transport(sent, nil)
	r, _ := http.NewRequest("GET", "http://a/", nil)
	r.Header.Set("Baggage", "mine=1")
	if _, err := rt.RoundTrip(r); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(http.Header{"Baggage": {"mine=1"}}, sent["a"]); diff != "" {
		t.Error(diff)
	}
	sc := trace.SpanContextFromContext(correlate.Extract(context.Background(), correlate.Map(map[string]string{"traceparent": parent})))
	get(t, trace.ContextWithSpanContext(context.Background(), sc), rt, "http://b/")
	if h := sent["b"]; !strings.HasPrefix(h.Get("Traceparent"), "00-"+parentTrace) || h.Get("X-Request-ID") != "" {
		t.Errorf("with a span alone: %v", h)
	}
}

func TestIdentifiersThatOthersWouldRefuseStayAtHome(t *testing.T) {
	sent := make(trip)
	before := correlate.Refused()
	ctx := correlate.With(context.Background(), correlate.IDs{Request: "a b\n", User: "Jane Doe", Session: "s"})
	get(t, ctx, correlate.Transport(sent, &correlate.TransportOptions{TrustedHosts: []string{"a"}}), "http://a/")
	if diff := cmp.Diff(http.Header{"Baggage": {"session_id=s"}}, sent["a"]); diff != "" {
		t.Error(diff)
	}
	if n := refusedSince(before).Outgoing; n != 2 {
		t.Errorf("%d counted, want 2", n)
	}
	if got := fields(ctx); got["user_id"] != "Jane Doe" {
		t.Errorf("records say %v", got)
	}
}

func TestOutgoingBaggageIsCappedAndOursGoesFirst(t *testing.T) {
	bag, err := baggage.Parse(members(64, 100))
	if err != nil {
		t.Fatal(err)
	}
	ctx := correlate.With(baggage.ContextWithBaggage(context.Background(), bag), correlate.IDs{User: "u", Session: "s"})
	out := make(map[string]string)
	correlate.InjectTrusted(ctx, correlate.Map(out))
	if got := out["baggage"]; !strings.HasPrefix(got, "session_id=s,user_id=u,") || strings.Count(got, ",") != 63 || len(got) > 8192 {
		t.Errorf("%d members, %d bytes: %.60s…", strings.Count(got, ",")+1, len(got), got)
	}
}

func TestOutgoingBaggageIsAtMost8KiB(t *testing.T) {
	bag, err := baggage.Parse(members(8, 1020)) // 8,191 bytes with keys and commas
	if err != nil || bag.Len() != 8 {
		t.Fatal(bag.Len(), err)
	}
	out := make(map[string]string)
	correlate.InjectTrusted(correlate.With(baggage.ContextWithBaggage(context.Background(), bag), correlate.IDs{User: "u"}), correlate.Map(out))
	if got := out["baggage"]; len(got) > 8192 || strings.Count(got, ",") != 7 || !strings.HasPrefix(got, "user_id=u,") {
		t.Errorf("%d members, %d bytes", strings.Count(got, ",")+1, len(got))
	}
}

func TestARedirectToAStrangerLeavesTheUserBehind(t *testing.T) {
	var got http.Header
	stranger := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }))
	defer stranger.Close()
	var first http.Header
	friend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first = r.Header
		http.Redirect(w, r, strings.Replace(stranger.URL, "127.0.0.1", "localhost", 1), http.StatusFound)
	}))
	defer friend.Close()
	client := &http.Client{Transport: correlate.Transport(&http.Transport{}, &correlate.TransportOptions{TrustedHosts: []string{"127.0.0.1"}})}
	defer client.CloseIdleConnections() // goleak fails when it is not forwarded
	r, _ := http.NewRequestWithContext(user(t), "GET", friend.URL, nil)
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if first.Get("Baggage") == "" {
		t.Error("the friend does not know the user")
	}
	if got.Get("Baggage") != "" || got.Get("X-Request-ID") != first.Get("X-Request-ID") {
		t.Errorf("the stranger got %v", got)
	}
}

func TestAReverseProxySendsWhatTheContextSays(t *testing.T) {
	var got http.Header
	backend := httptest.NewServer(correlate.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }), nil))
	defer backend.Close()
	target, _ := url.Parse(backend.URL)
	inner := &http.Transport{}
	defer inner.CloseIdleConnections()
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: correlate.Transport(inner, &correlate.TransportOptions{TrustedHosts: []string{"127.0.0.1"}}),
	}
	front := correlate.Handler(proxy, &correlate.HandlerOptions{PublicEndpoint: true})
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header = http.Header{"X-Request-Id": {"client's"}, "Traceparent": {parent}, "Baggage": {"user_id=root"}}
	front.ServeHTTP(w, r)
	if id := w.Header().Get("X-Request-ID"); got.Get("X-Request-ID") != id || !made.MatchString(id) {
		t.Errorf("backend got %q, client %q", got.Get("X-Request-ID"), id)
	}
	if strings.Contains(got.Get("Traceparent"), parentTrace) || got.Get("Baggage") != "" {
		t.Errorf("the client's headers went through: %v", got)
	}
}

func TestValidateNamesTheHostThatCannotMatch(t *testing.T) {
	var none *correlate.TransportOptions
	if err := none.Validate(); err != nil {
		t.Error(err)
	}
	good := &correlate.TransportOptions{TrustedHosts: []string{"a", "a.b-c.d_e", "*.x.y", "1.2.3.4", "::1", "A.B."}}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "*", "*.", "https://a", "a:80", "a b", "*a.b", "a.*.b", "a..b", "a/b", "[::1]", strings.Repeat("a", 64), strings.Repeat("a.", 150) + "b"} {
		o := &correlate.TransportOptions{TrustedHosts: []string{"ok.example", bad}}
		err := o.Validate()
		if err == nil || !strings.Contains(err.Error(), "TrustedHosts") || !strings.Contains(err.Error(), "expected") || strings.Contains(err.Error(), "ok.example") {
			t.Errorf("%q: error %v", bad, err)
		}
		sent := make(trip)
		get(t, user(t), correlate.Transport(sent, o), "http://ok.example/")
		if sent["ok.example"].Get("Baggage") == "" {
			t.Errorf("beside %q a good entry is ignored", bad)
		}
	}
}
