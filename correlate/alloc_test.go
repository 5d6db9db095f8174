//go:build !race

package correlate_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/sluicelog/sluice/correlate"
)

func TestAllocations(t *testing.T) {
	bare := context.Background()
	request, end := correlate.Begin(bare)
	defer end()
	headers := http.Header{"X-Request-Id": {"r1"}, "Traceparent": {parent}}
	h := correlate.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), nil)
	r := httptest.NewRequest("GET", "/", nil)
	r.Header = headers
	w := httptest.NewRecorder()
	attr := slog.Int("n", 1)
	tests := []struct {
		name string
		max  float64
		do   func()
	}{
		{"From", 0, func() { correlate.From(request) }},
		{"From outside any request", 0, func() { correlate.From(bare) }},
		{"With in a request: scope, block, attributes, digits, context", 5, func() { correlate.With(request, correlate.IDs{User: "u"}) }},
		{"Attrs in a request: its own and the caller's besides", 7, func() { correlate.Attrs(request, attr) }},
		{"NewRequestID", 1, func() { correlate.NewRequestID() }},
		{"Handler", 13, func() { h.ServeHTTP(w, r) }},
	}
	for _, tt := range tests {
		if n := testing.AllocsPerRun(200, tt.do); n > tt.max {
			t.Errorf("%s: %v allocations, want at most %v", tt.name, n, tt.max)
		} else {
			t.Logf("%s: %v", tt.name, n)
		}
	}
}
