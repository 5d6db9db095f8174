package viewer_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/lines"
	"github.com/sluicelog/sluice/viewer"
)

func TestSearchReturnsRowsPageByPage(t *testing.T) {
	v := page(t, lines.Of(records()), nil)
	first := answer[found](t, v, "/api/search?q=level:error&limit=40")
	if len(first.Rows) != 40 || first.Total != 60 || !first.Exact || first.Cursor == "" {
		t.Fatalf("%d rows of %d (exact %v), cursor %q", len(first.Rows), first.Total, first.Exact, first.Cursor)
	}
	if first.Rows[0].Record["msg"] != "stage completed 590" || len(first.Rows[0].Highlights) == 0 {
		t.Errorf("the first row is %v, want the newest error, highlighted", first.Rows[0])
	}
	rest := answer[found](t, v, "/api/search?q=level:error&limit=40&cursor="+url.QueryEscape(first.Cursor))
	if len(rest.Rows) != 20 || rest.Cursor != "" || rest.Rows[19].Record["msg"] != "stage completed 0" {
		t.Errorf("%d rows on the second page, cursor %q", len(rest.Rows), rest.Cursor)
	}
}

func TestALineThatIsNoJSONIsShownAsText(t *testing.T) {
	v := page(t, lines.Of([][]byte{[]byte("<script>alert(1)</script> plain")}), nil)
	got := answer[found](t, v, "/api/search?q=plain")
	if len(got.Rows) != 1 || got.Rows[0].Text == "" && got.Rows[0].Record == nil {
		t.Errorf("rows %v", got.Rows)
	}
}

func TestTheHistogramCountsEveryRecordOnce(t *testing.T) {
	v := page(t, lines.Of(records()), nil)
	type histogram struct {
		From, To time.Time
		StepMS   int64 `json:"step_ms"`
		Bars     []struct {
			Time   time.Time
			Total  float64
			Levels map[string]uint64
		}
	}
	for _, path := range []string{"/api/histogram", "/api/histogram?from=2026-05-04T12:00:00Z&to=2026-05-04T12:10:00Z"} {
		got := answer[histogram](t, v, path)
		var total float64
		var errs uint64
		for _, b := range got.Bars {
			total += b.Total
			errs += b.Levels["ERROR"]
		}
		if total != 600 || errs != 60 || len(got.Bars) < 20 || len(got.Bars) > 81 || !got.From.Equal(begin) {
			t.Errorf("%s: %v records, %d errors in %d bars of %d ms from %v", path, total, errs, len(got.Bars), got.StepMS, got.From)
		}
	}
	if none := answer[histogram](t, v, "/api/histogram?q=nothing"); len(none.Bars) != 0 {
		t.Errorf("bars without a record: %v", none.Bars)
	}
}

func TestFacetsAreExact(t *testing.T) {
	v := page(t, lines.Of(records()), nil)
	type facet struct {
		Field  string
		Values []struct {
			Value string
			Count float64
		}
		Other uint64
	}
	got := answer[[]facet](t, v, "/api/facets?field=level&field=service&size=1")
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"Field":"level","Values":[{"Value":"INFO","Count":540}],"Other":60},{"Field":"service","Values":[{"Value":"gateway","Count":300}],"Other":300}]`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("facets (-want +got):\n%s", diff)
	}
}

func TestOperationsHaveLatencyAndErrors(t *testing.T) {
	v := page(t, lines.Of(records()), nil)
	type operation struct {
		Name          string
		Calls, Failed uint64
		P95           float64 `json:"p95_ms"`
		Points        []struct{ Calls uint64 }
	}
	got := answer[[]operation](t, v, "/api/operations")
	if len(got) != 1 || got[0].Name != "denoise" || got[0].Calls != 120 || got[0].Failed != 60 || got[0].P95 < 140 || got[0].P95 > 146 {
		t.Errorf("operations %+v", got)
	}
}

func TestContextShowsWhatWasWrittenAround(t *testing.T) {
	v := page(t, lines.Of(records()), nil)
	hit := answer[found](t, v, "/api/search?q=%22stage+completed+100%22&limit=1").Rows[0]
	got := answer[found](t, v, "/api/context?before=2&after=2&id="+hit.ID)
	var msgs []any
	for _, r := range got.Rows {
		msgs = append(msgs, r.Record["msg"])
	}
	want := []any{"stage completed 98", "stage completed 99", "stage completed 100", "stage completed 101", "stage completed 102"}
	if diff := cmp.Diff(want, msgs); diff != "" {
		t.Errorf("around (-want +got):\n%s", diff)
	}
	if status, _ := get(t, v, "/api/context?id=999999"); status != http.StatusNotFound {
		t.Errorf("a record that is not there: %d", status)
	}
}

func TestTheExportIsTheRecordsAsTheyAreStored(t *testing.T) {
	all := records()
	v := page(t, lines.Of(all), &viewer.Options{MaxExport: 100})
	_, body := get(t, v, "/api/export?sort=arrival&q=service:gateway")
	got := strings.Split(strings.TrimSuffix(body, "\n"), "\n")
	if len(got) != 100 || got[0] != string(all[0]) || got[99] != string(all[198]) {
		t.Errorf("%d lines, the first %s", len(got), got[0])
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	v := page(t, lines.Of(records()), nil)
	for path, want := range map[string]string{
		"/api/search?q=level:(":           `"column":8`,
		"/api/search?limit=100000":        "want a number from 1 to 1000",
		"/api/search?from=yesterday":      "want a time such as",
		"/api/search?from=now&to=-1h":     "ends",
		"/api/search?sort=x:y":            "want newest, oldest",
		"/api/search?cursor=no":           "cursor",
		"/api/context":                    "id is missing",
		"/api/facets":                     "want 1 to 20",
		"/api/facets?field=a&size=1e9":    "want a number from 1 to 100",
		"/api/histogram?from=2026-99-01T": "want a time such as",
	} {
		status, body := get(t, v, path)
		if status != http.StatusBadRequest || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s, want 400 and %s", path, status, body, want)
		}
	}
}

func TestNothingEscapesTheForcedFilterAndHiddenFields(t *testing.T) {
	forced, err := search.Parse("service:worker")
	if err != nil {
		t.Fatal(err)
	}
	v := page(t, lines.Of(records()), &viewer.Options{
		Forced: func(*http.Request) (search.Query, error) { return forced, nil },
		Hide:   func(*http.Request) []string { return []string{"user_id"} },
	})
	for _, q := range []string{"", "*", "service:gateway OR *", "NOT service:worker", ") OR (*", "user_id:u1", "NOT user_id:*"} {
		for _, path := range []string{"/api/search?", "/api/export?", "/api/facets?field=service&field=user_id&", "/api/histogram?", "/api/fields?"} {
			_, body := get(t, v, path+"q="+url.QueryEscape(q))
			if strings.Contains(body, "gateway") || strings.Contains(body, `"u1"`) || strings.Contains(body, `"user_id"`) && !strings.Contains(path, "user_id") {
				t.Errorf("%s with q=%s tells what is hidden: %.300s", path, q, body)
			}
		}
	}
	if got := answer[found](t, v, "/api/search?q=user_id:u1"); got.Total != 0 {
		t.Errorf("a query on a hidden field finds %d records", got.Total)
	}
	if got := answer[found](t, v, "/api/search"); got.Total != 300 {
		t.Errorf("%d records under the forced filter, want 300", got.Total)
	}
}

func TestEveryRequestIsAuthorized(t *testing.T) {
	deny := viewer.ErrUnauthenticated
	v := page(t, lines.Of(records()), &viewer.Options{Authorize: func(*http.Request) error { return deny }})
	for _, path := range []string{"/", "/assets/app.js", "/api/search", "/api/tail", "/api/export", "/api/audit"} {
		deny = viewer.ErrUnauthenticated
		if status, _ := get(t, v, path); status != http.StatusUnauthorized {
			t.Errorf("%s: %d without a name, want 401", path, status)
		}
		deny = errors.New("the secret reason")
		if status, body := get(t, v, path); status != http.StatusForbidden || strings.Contains(body, "secret") {
			t.Errorf("%s: %d %s, want 403 without the reason", path, status, body)
		}
	}
}

func TestOtherHostNamesAreRefused(t *testing.T) {
	v := page(t, lines.Of(records()), &viewer.Options{Hosts: []string{"localhost", "127.0.0.1", "::1"}})
	for host, want := range map[string]int{
		"localhost:8080": 200, "LOCALHOST": 200, "127.0.0.1:1": 200, "[::1]:9": 200, "evil.example": 421, "127.0.0.1.evil.example:80": 421, "": 421,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/fields", nil)
		r.Host = host
		w := httptest.NewRecorder()
		v.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("host %q: %d, want %d", host, w.Code, want)
		}
	}
}

func TestThePolicyForbidsWhatIsInline(t *testing.T) {
	v := page(t, lines.Of(nil), &viewer.Options{Title: `<script>alert("t")</script>`})
	w := httptest.NewRecorder()
	v.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	csp := w.Header().Get("Content-Security-Policy")
	if strings.Contains(csp, "unsafe") || !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("policy %q", csp)
	}
	body := w.Body.String()
	if regexp.MustCompile(`(?i)<script>|\son\w+=|style=|https?://`).MatchString(strings.ReplaceAll(body, "2026-05-04T12:00:00Z", "")) {
		t.Error("the page has something inline, or asks another host")
	}
	if w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Error("browsers may guess the type")
	}
}

func TestOnlyGETIsAnswered(t *testing.T) {
	v := page(t, lines.Of(nil), nil)
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
		w := httptest.NewRecorder()
		v.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/api/search", nil))
		if w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}

func TestARequestThatTakesTooLongIsEnded(t *testing.T) {
	v, err := viewer.New(slow{}, &viewer.Options{Timeout: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if status, body := get(t, v, "/api/search"); status != http.StatusGatewayTimeout || !strings.Contains(body, "longer than 10ms") {
		t.Errorf("%d %s", status, body)
	}
}

func TestErrorsOfTheSearcherAreToldAndNotShown(t *testing.T) {
	var told error
	v, err := viewer.New(broken{}, &viewer.Options{OnError: func(err error) { told = err }})
	if err != nil {
		t.Fatal(err)
	}
	if status, body := get(t, v, "/api/search"); status != http.StatusBadGateway || strings.Contains(body, "10.1.2.3") {
		t.Errorf("%d %s", status, body)
	}
	if told == nil || !strings.Contains(told.Error(), "10.1.2.3") {
		t.Errorf("told %v, want the whole error", told)
	}
}

func TestOptionsOutOfRangeAreNamed(t *testing.T) {
	for want, opts := range map[string]*viewer.Options{"MaxRows": {MaxRows: 1 << 20}, "Timeout": {Timeout: -1}} {
		if _, err := viewer.New(slow{}, opts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one that names %s", err, want)
		}
	}
	if _, err := viewer.New(nil, nil); err == nil {
		t.Error("a nil searcher was taken")
	}
}

func TestTheAssetsAreSmall(t *testing.T) {
	v := page(t, lines.Of(nil), nil)
	total := 0
	_, index := get(t, v, "/")
	names := regexp.MustCompile(`assets/[\w.]+/[\w.]+`).FindAllString(index, -1)
	if len(names) < 10 {
		t.Fatalf("the page names %q only", names)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		status, body := get(t, v, "/"+name)
		if status != http.StatusOK || body == "" {
			t.Errorf("%s: %d", name, status)
		}
		total += len(body)
	}
	if total+len(index) > 120<<10 {
		t.Errorf("%d bytes of assets", total)
	}
}
