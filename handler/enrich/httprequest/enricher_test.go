package httprequest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/enrich/httprequest"
)

// request is the group of a record that e enriches, as JSON.
func request(t testing.TB, e *httprequest.Enricher, attrs ...slog.Attr) string {
	t.Helper()
	var b bytes.Buffer
	slog.New(enrich.NewHandler(slog.NewJSONHandler(&b, nil), &enrich.Options{OmitProcess: true, Enrichers: []enrich.Enricher{e}})).LogAttrs(t.Context(), slog.LevelInfo, "m", attrs...)
	var got struct{ Request, Geo json.RawMessage }
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v: %s", err, b.String())
	}
	return string(got.Request) + string(got.Geo)
}

var ofRequest = slog.String("type", httprequest.Type)

func TestWhatARequestSays(t *testing.T) {
	geo := enrich.Func(func(_ context.Context, _ enrich.Record, dst []slog.Attr) []slog.Attr {
		return append(dst, slog.Group("geo", slog.String("country", "SE")))
	})
	for _, tc := range []struct {
		e     *httprequest.Enricher
		attrs []slog.Attr
		want  string
	}{
		{httprequest.New(nil), []slog.Attr{ofRequest, slog.Group("http", slog.Int("status", 502), slog.String("path", "/v2/audio/aud_0123/enhance?key=1"), slog.Int64("response_bytes", 7)), slog.Duration("elapsed", 1500*time.Microsecond)},
			`{"status_class":"5xx","route":"/v2/audio/{id}/enhance","duration_ms":1.5,"bytes":7}`},
		{httprequest.New(nil), []slog.Attr{ofRequest, slog.String("route", "/users/:id"), slog.String("path", "/users/7"), slog.Uint64("status_code", 204), slog.Float64("duration_ms", 2.5)}, `{"status_class":"2xx","route":"/users/:id","duration_ms":2.5}`},
		{httprequest.New(nil), []slog.Attr{ofRequest, slog.Int("status", 99), slog.Int("bytes", -1)}, ``},
		{httprequest.New(nil), []slog.Attr{slog.Int("status", 200)}, ``},
		{httprequest.New(&httprequest.Options{Geo: geo}), []slog.Attr{ofRequest, slog.Int("status", 200)}, `{"status_class":"2xx"}{"country":"SE"}`},
		{httprequest.New(&httprequest.Options{Agents: -1}), []slog.Attr{ofRequest, slog.String("user_agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36")},
			`{"user_agent":{"name":"Chrome","version":"131.0.0.0","os":"Windows","os_version":"10.0","device":"desktop"}}`},
		{httprequest.New(nil), []slog.Attr{ofRequest, slog.Group("http", slog.String("user_agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"))},
			`{"user_agent":{"name":"Safari","version":"18.1","os":"iOS","os_version":"18.1","device":"mobile"}}`},
		{httprequest.New(nil), []slog.Attr{ofRequest, slog.String("user_agent", "Googlebot/2.1 (+http://www.google.com/bot.html)")}, `{"user_agent":{"name":"Googlebot","version":"2.1","device":"bot"}}`},
	} {
		if d := cmp.Diff(tc.want, request(t, tc.e, tc.attrs...)); d != "" {
			t.Errorf("%v: %s", tc.attrs, d)
		}
	}
}

func TestRoutes(t *testing.T) {
	e := httprequest.New(nil)
	for path, want := range map[string]string{
		"/": "/", "/a/b": "/a/b", "/v1/users/42": "/v1/users/{id}", "/x/0190a0b0-0000-7000-8000-000000000000": "/x/{id}", "/mail/a@b.c": "/mail/{id}", "/" + strings.Repeat("x", 50): "/{id}", "/v10000": "/{id}", "*": "*",
	} {
		if got, want := request(t, e, ofRequest, slog.String("path", path)), fmt.Sprintf(`{"route":%q}`, want); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestAgentsAreRememberedAndBounded(t *testing.T) {
	e := httprequest.New(&httprequest.Options{Agents: 10})
	for range 3 {
		request(t, e, ofRequest, slog.String("user_agent", "curl/8.5.0"))
	}
	if s := e.Stats(); s.Hits != 2 || s.Misses != 1 {
		t.Errorf("%+v", s)
	}
	for i := range 1000 {
		request(t, e, ofRequest, slog.String("user_agent", fmt.Sprintf("x/%d", i)))
	}
	request(t, e, ofRequest, slog.String("user_agent", strings.Repeat("(", 1<<20)))
	if s := e.Stats(); s.Size > 200 || s.Misses < 1000 {
		t.Errorf("%+v", s)
	}
}

func FuzzAgent(f *testing.F) {
	for _, s := range []string{"curl/8.5.0", "Mozilla/5.0 (X11; Linux x86_64)", "((((;;;", "/", "a/b (c;", "\xff"} {
		f.Add(s, s)
	}
	e := httprequest.New(&httprequest.Options{Agents: -1})
	f.Fuzz(func(t *testing.T, agent, path string) {
		request(t, e, ofRequest, slog.String("user_agent", agent), slog.String("path", path))
	})
}

func BenchmarkEnrich(b *testing.B) {
	r := slog.NewRecord(time.Time{}, slog.LevelInfo, "m", 0)
	r.AddAttrs(ofRequest, slog.Group("http", slog.Int("status", 200), slog.String("route", "/v2/audio/{id}"), slog.String("user_agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36")), slog.Float64("duration_ms", 3))
	for name, es := range map[string][]enrich.Enricher{"none": nil, "warm": {httprequest.New(nil)}, "cold": {httprequest.New(&httprequest.Options{Agents: -1})}} {
		h := enrich.NewHandler(slog.DiscardHandler, &enrich.Options{OmitProcess: true, Enrichers: es})
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = h.Handle(context.Background(), r)
			}
		})
	}
}
