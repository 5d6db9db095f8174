package main

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sluicelog/sluice/correlate"
	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/slogrec"
)

func TestARequestIsLoggedWithoutItsQueryHeadersAndBody(t *testing.T) {
	sink := slogrec.New()
	log := slog.New(enrich.NewHandler(sink, nil))
	h := correlate.Handler(logRequests(log, routes()), nil)
	r := httptest.NewRequest("GET", "/hello/ada?token=hunter2", strings.NewReader("hunter2"))
	r.Header.Set("X-Api-Key", "hunter2")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	rec := sink.Require(t, slogrec.Message("request"), slogrec.Attr("http.route", "GET /hello/{name}"), slogrec.Attr("http.status", 200),
		slogrec.Attr("http.bytes", 6), slogrec.Attr("request_id", w.Header().Get("X-Request-ID")), slogrec.HasAttr("trace_id"))
	if strings.Contains(rec.String(), "hunter2") || strings.Contains(rec.String(), "ada") {
		t.Errorf("the record tells too much: %s", rec)
	}
}
