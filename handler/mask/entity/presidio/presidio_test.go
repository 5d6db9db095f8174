package presidio_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/mask/entity"
	"github.com/sluicelog/sluice/handler/mask/entity/presidio"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// analyzer is a stand-in for Presidio's: it finds one name, in characters, as Python counts.
func analyzer(t *testing.T, name string) (*httptest.Server, *presidio.Detector) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Text, Language string
			Entities       []string
		}
		if r.URL.Path != "/analyze" || json.NewDecoder(r.Body).Decode(&q) != nil || q.Language != "en" || len(q.Entities) == 0 {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		type hit struct {
			Type  string  `json:"entity_type"`
			Start int     `json:"start"`
			End   int     `json:"end"`
			Score float64 `json:"score"`
		}
		hits := []hit{}
		if i := strings.Index(q.Text, name); i >= 0 {
			start := utf8.RuneCountInString(q.Text[:i])
			hits = append(hits, hit{"PERSON", start, start + utf8.RuneCountInString(name), 0.85})
		}
		_ = json.NewEncoder(w).Encode(hits)
	}))
	client := srv.Client()
	t.Cleanup(func() { client.CloseIdleConnections(); srv.Close() })
	d, err := presidio.New(&presidio.Options{URL: srv.URL, Client: client})
	if err != nil {
		t.Fatal(err)
	}
	return srv, d
}

func TestCharactersOfTheAnalyzerBecomeBytes(t *testing.T) {
	_, d := analyzer(t, "łukasz wójcik")
	const text = "für łukasz wójcik bestellt"
	got := d.Detect(context.Background(), text, nil)
	if diff := cmp.Diff([]mask.Entity{{Start: 5, End: 20, Type: "PERSON", Score: 0.85}}, got); diff != "" {
		t.Fatal(diff)
	}
	if s := text[got[0].Start:got[0].End]; s != "łukasz wójcik" {
		t.Error(s)
	}
}

func TestAFailureIsNoCleanText(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "overloaded", http.StatusServiceUnavailable)
	}))
	defer srv.Close()
	client := srv.Client()
	defer client.CloseIdleConnections()
	d, err := presidio.New(&presidio.Options{URL: srv.URL, Client: client})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Find(context.Background(), "Ingrid Halvorsen", nil); err == nil || strings.Contains(err.Error(), "Ingrid") {
		t.Errorf("error %v, want one without the text", err)
	}
	if got := d.Detect(context.Background(), "Ingrid Halvorsen", nil); len(got) != 1 || got[0].Start >= 0 {
		t.Errorf("found %v, want an entity outside of the text", got)
	}
}

func TestTheTaggerMasksWhatTheAnalyzerDoesNotAnswer(t *testing.T) {
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer srv.Close()
	defer close(release)
	client := srv.Client()
	defer client.CloseIdleConnections()
	d, err := presidio.New(&presidio.Options{URL: srv.URL, Client: client})
	if err != nil {
		t.Fatal(err)
	}
	var failures []error
	m := entity.New(&entity.Options{Detector: d, Budget: 5 * time.Millisecond, OnError: func(err error) { failures = append(failures, err) }})
	if got := m.Text("invoice sent to Ingrid Halvorsen"); got != "invoice sent to [PERSON_REDACTED]" {
		t.Error(got)
	}
	if len(failures) != 1 || m.Stats().Detector.Timeouts != 1 {
		t.Errorf("failures %v, stats %+v; want one timeout", failures, m.Stats())
	}
}

func TestTheHandlerMasksWhatTheAnalyzerFinds(t *testing.T) {
	_, d := analyzer(t, "xqz of Ur")
	var b strings.Builder
	h := entity.NewHandler(slog.NewTextHandler(&b, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}), &entity.Options{Detector: d, Budget: 5 * time.Second})
	slog.New(h).Info("hello xqz of Ur")
	if got, want := b.String(), "level=INFO msg=\"hello [PERSON_REDACTED]\"\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestOptionsThatCannotBeUsedAreRefused(t *testing.T) {
	for _, o := range []*presidio.Options{nil, {URL: "localhost:5002"}, {URL: "ftp://x"}, {URL: "http://x", Threshold: 2}, {URL: "http://u:secret@"}} {
		if d, err := presidio.New(o); err == nil || d != nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
