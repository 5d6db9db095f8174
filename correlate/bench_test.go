package correlate_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/sluicelog/sluice/correlate"
)

func BenchmarkWith(b *testing.B) {
	request, end := correlate.Begin(context.Background())
	defer end()
	b.ReportAllocs()
	for b.Loop() {
		correlate.With(request, correlate.IDs{Session: "s", User: "u"})
	}
}

func BenchmarkFrom(b *testing.B) {
	request, end := correlate.Begin(context.Background())
	defer end()
	b.ReportAllocs()
	for b.Loop() {
		correlate.From(request)
	}
}

func BenchmarkStart(b *testing.B) {
	request, end := correlate.Begin(context.Background())
	defer end()
	b.ReportAllocs()
	for b.Loop() {
		correlate.Start(request, "stage")
	}
}

// BenchmarkHandler is the cost of a request beside that of a handler that does nothing ("alone").
func BenchmarkHandler(b *testing.B) {
	nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for _, bench := range []struct {
		name    string
		h       http.Handler
		headers http.Header
	}{
		{"alone", nothing, nil},
		{"new", correlate.Handler(nothing, nil), http.Header{}},
		{"continued", correlate.Handler(nothing, nil), http.Header{"X-Request-Id": {"r1"}, "Traceparent": {parent}}},
		{"baggage", correlate.Handler(nothing, nil), http.Header{"X-Request-Id": {"r1"}, "Traceparent": {parent}, "Baggage": {"user_id=u,session_id=s,tenant=t"}}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header = bench.headers
			w := httptest.NewRecorder()
			b.ReportAllocs()
			for b.Loop() {
				bench.h.ServeHTTP(w, r)
			}
		})
	}
}

func BenchmarkTransport(b *testing.B) {
	rt := correlate.Transport(discard{}, &correlate.TransportOptions{TrustedHosts: []string{"*.svc.local"}})
	ctx := user(b)
	for _, url := range []string{"http://stranger/", "http://a.svc.local/"} {
		b.Run(url, func(b *testing.B) {
			r, _ := http.NewRequestWithContext(ctx, "GET", url, nil)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = rt.RoundTrip(r)
			}
		})
	}
}

type discard struct{}

func (discard) RoundTrip(*http.Request) (*http.Response, error) { return nil, nil }
