package level

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func ask(c *Controller, method, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	c.ServeHTTP(w, httptest.NewRequest(method, "/level", strings.NewReader(body)))
	return w
}

func TestHTTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := mustController(t, "info,store=debug")
		for _, tt := range []struct{ method, body, want string }{
			{"GET", "", `{"level":"INFO","spec":"info,store=debug","loggers":{"store":"DEBUG"}}`},
			{"PUT", `{"level":"warn"}`, `{"level":"WARN","spec":"warn,store=debug","loggers":{"store":"DEBUG"}}`},
			{"PUT", `{"logger":"http","level":"ERROR+1"}`, `{"level":"WARN","spec":"warn,http=error+1,store=debug","loggers":{"http":"ERROR+1","store":"DEBUG"}}`},
			{"PUT", `{"spec":"info,http=warn"}`, `{"level":"INFO","spec":"info,http=warn","loggers":{"http":"WARN"}}`},
			{"PUT", `{"level":"debug","logger":"store","for":"10m"}`,
				`{"level":"INFO","spec":"info,http=warn,store=debug","loggers":{"http":"WARN","store":"DEBUG"},"until":"2000-01-01T00:10:00Z"}`},
			{"PUT", `{"spec":"","for":"1h"}`, `{"level":"INFO","spec":"info","loggers":{},"until":"2000-01-01T01:00:00Z"}`},
		} {
			w := ask(c, tt.method, tt.body)
			if diff := cmp.Diff(tt.want+"\n", w.Body.String()); diff != "" || w.Code != 200 || w.Header().Get("Content-Type") != "application/json" {
				t.Errorf("%s %s: %d %s", tt.method, tt.body, w.Code, diff)
			}
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if got, want := ask(c, "GET", "").Body.String(), `{"level":"INFO","spec":"info,http=warn","loggers":{"http":"WARN"}}`+"\n"; got != want {
			t.Errorf("afterwards %s, want %s", got, want)
		}
	})
}

func TestHTTPErrorsNameFieldValueAndWhatIsAllowed(t *testing.T) {
	c := mustController(t, "info,store=debug")
	for _, tt := range []struct {
		method, body string
		code         int
		want         []string
	}{
		{"POST", `{}`, 405, []string{`"field":"method"`, `"value":"POST"`, `"allowed":"GET, HEAD or PUT"`}},
		{"PUT", ``, 400, []string{`"field":"body"`, `a JSON object`}},
		{"PUT", `[]`, 400, []string{`"field":"body"`}},
		{"PUT", `{"level":"debug"} x`, 400, []string{`"field":"body"`, "one JSON object"}},
		{"PUT", `{}`, 400, []string{`"field":"level"`, "CRITICAL"}},
		{"PUT", `{"logger":"store"}`, 400, []string{`"field":"level"`}},
		{"PUT", `{"level":"loud"}`, 400, []string{`"field":"level"`, `"value":"loud"`, `"allowed":"DEBUG, INFO`}},
		{"PUT", `{"level":5}`, 400, []string{`"field":"level"`, `"value":"number"`, `"allowed":"a string"`}},
		{"PUT", `{"levle":"debug"}`, 400, []string{`"field":"levle"`, "only the fields"}},
		{"PUT", `{"level":"debug","for":"soon"}`, 400, []string{`"field":"for"`, `"value":"soon"`, "10m"}},
		{"PUT", `{"level":"debug","for":"-1m"}`, 400, []string{`"field":"for"`}},
		{"PUT", `{"level":"debug","logger":"a b"}`, 400, []string{`"field":"logger"`, `"value":"a b"`}},
		{"PUT", `{"level":"debug","logger":""}`, 400, []string{`"field":"logger"`}},
		{"PUT", `{"spec":"info","level":"debug"}`, 400, []string{`"field":"spec"`, "beside it"}},
		{"PUT", `{"spec":"info,store=loud"}`, 400, []string{`"field":"spec"`, `"value":"store=loud"`}},
		{"PUT", `{"spec":"` + strings.Repeat(" ", maxBody) + `"}`, 413, []string{`"field":"body"`, "131072"}},
	} {
		w := ask(c, tt.method, tt.body)
		for _, want := range tt.want {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s %.60s: %s has no %s", tt.method, tt.body, w.Body, want)
			}
		}
		if w.Code != tt.code {
			t.Errorf("%s %.60s: status %d, want %d", tt.method, tt.body, w.Code, tt.code)
		}
	}
	if w := ask(c, "POST", ""); w.Header().Get("Allow") != "GET, HEAD, PUT" {
		t.Errorf("Allow: %q", w.Header().Get("Allow"))
	}
	if c.String() != "info,store=debug" {
		t.Errorf("an error changed it to %s", c)
	}
}

func TestHTTPOverTheWire(t *testing.T) {
	c := mustController(t, "info")
	s := httptest.NewServer(c)
	defer s.Close()
	resp, err := http.Head(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get("Cache-Control") != "no-store" {
		t.Error(resp.Status, resp.Header)
	}
}
