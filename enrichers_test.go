package sluice_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/internal/fields"
	"github.com/sluicelog/sluice/slogrec"
)

const cityDatabase = "handler/enrich/geo/testdata/city.mmdb"

// wavFile writes a second of a square wave: 16 bits, one channel, 8,000 Hz.
func wavFile(t *testing.T, path string) {
	t.Helper()
	le := binary.LittleEndian
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x80\x3e\x00\x00")
	for i := range 8000 {
		b = le.AppendUint16(b, uint16(int16(16000*(1-i/4%2*2))))
	}
	le.PutUint32(b[4:], uint32(len(b)-8))
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// enriched opens a chain of src that ends in a recorder.
func enriched(t *testing.T, src string) (*sluice.Stack, *slogrec.Recorder) {
	t.Helper()
	clearEnv(t)
	cfg, err := sluice.ParseConfig([]byte(src), "c.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rec := slogrec.New()
	cfg.Handlers, cfg.OnError = []slog.Handler{rec}, func(err error) { t.Error(err) }
	return open(t, cfg), rec
}

func TestEveryEnricherRunsFromTheFileAndWritesKeysOfTheTable(t *testing.T) {
	dir := t.TempDir()
	wavFile(t, filepath.Join(dir, "a1.wav"))
	t.Setenv("POD_NAME", "web-7f")
	stack, rec := enriched(t, fmt.Sprintf(`
environment: production
queue: {off: true}
sample: {off: true}
enrich:
  system: {interval: 100ms, level: debug}
  geo: {files: [%s], city: true, coordinates: true}
  audio: {files: '%s/{audio_id}.wav', root: %s, report: true, budget: 100ms}
  resource: {}
`, cityDatabase, dir, dir))
	log := stack.Logger()
	log.Error("upstream failed", "type", "error", "err", errors.New("boom"))
	log.WithGroup("http").Info("served", "type", "http_request", "client_ip", "203.0.113.7", "status", 502, "path", "/v1/audio/77", "bytes", 5, "duration_ms", 1.5, "user_agent", "curl/8.5.0")
	log.Info("enhanced", "type", "audio_processing", "audio_id", "a1", "processing_stage", "denoise", "duration_ms", 3, "output_path", "a1.wav")
	// The measured file has a record of its own.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := rec.Await(ctx, 4); err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for _, r := range rec.Records() {
		for p := range r.Flat() {
			has[p] = true
			group, _, _ := strings.Cut(p, ".")
			if slices.Contains([]string{"geo", "system", "request", "occurrence", "audio", "stage_metrics", "quality"}, group) && fields.ByKey(p) == nil {
				t.Errorf("the table of fields does not have %s", p)
			}
		}
	}
	for _, want := range []string{
		"pod", "os_type", "system.goroutines", "geo.country", "geo.city", "geo.latitude", "request.status_class", "request.route", "request.user_agent.name",
		"occurrence.fingerprint", "occurrence.first_seen", "audio.codec", "stage_metrics.p95_ms", "quality.pending", "quality.lufs", "error.type",
	} {
		if !has[want] {
			t.Errorf("no record has %s", want)
		}
	}
	if got := rec.Records()[1]; strings.Contains(fmt.Sprint(got.Attrs), "203.0.113.7") {
		t.Errorf("the address is not masked: %v", got.Attrs)
	}
	st := stack.Stats()
	if e := st.Enrich; e.Caches["audio"].Misses != 1 || e.Caches["quality"].Misses != 1 || e.Caches["user_agent"].Misses != 1 || e.Places.Found != 1 || e.Occurrences.Kinds != 1 {
		t.Errorf("%+v", e)
	}
	if !st.Balanced() || st.Accepted != 4 {
		t.Errorf("the books:\n%s", st)
	}
}

func TestPresetsEnrichWhatTheySay(t *testing.T) {
	for env, want := range map[string]bool{sluice.Development: false, sluice.Test: false, sluice.Staging: true, sluice.Production: true} {
		t.Run(env, func(t *testing.T) {
			t.Setenv("POD_NAME", "web-7f")
			stack, rec := enriched(t, "environment: "+env+"\nqueue: {off: true}\nsample: {off: true}\nenrich: {attributes: {team: audio}}")
			stack.Logger().Warn("m", "type", "http_request", "status", 200)
			r := rec.Records()[0]
			for key, want := range map[string]bool{"request": true, "system": want, "pod": want, "team": true, "geo": false, "os_type": false} {
				if _, ok := r.Get(key); ok != want {
					t.Errorf("%s: %v, want %v: %v", key, ok, want, r.Attrs)
				}
			}
		})
	}
}

func TestWhatIsOffIsOff(t *testing.T) {
	stack, rec := enriched(t, "environment: staging\nqueue: {off: true}\n"+
		"enrich: {system: {off: true}, http_request: {off: true}, occurrence: {off: true}, container: {off: true}, audio: {off: true}, geo: {off: true}}")
	stack.Logger().Error("m", "type", "http_request", "status", 200)
	for _, key := range []string{"request", "system", "occurrence"} {
		if _, ok := rec.Records()[0].Get(key); ok {
			t.Errorf("%s is there", key)
		}
	}
}

func TestAnEnricherThatCannotBeOpenedIsNamedAndNothingStays(t *testing.T) {
	clearEnv(t)
	const none = "/does/not/exist"
	for want, e := range map[string]*sluice.EnrichConfig{
		`enrich.geo.files: "` + none + `": want databases that can be read`:              {Geo: &sluice.GeoConfig{Files: []string{none}}},
		`enrich.audio.files: "` + none + `/{audio_id}": want a path in a directory that`: {Audio: &sluice.AudioConfig{Files: none + "/{audio_id}"}},
		`enrich.audio.root: "` + none + `": want a directory that can be read`:           {Audio: &sluice.AudioConfig{Root: none}},
	} {
		e.System = &sluice.SystemConfig{}
		_, err := sluice.Open(t.Context(), sluice.Config{Environment: sluice.Staging, Enrich: e, Handlers: []slog.Handler{slogrec.New()}})
		if ce := (*sluice.ConfigError)(nil); err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &ce) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestAReloadKeepsWhatEnrichersHaveCounted(t *testing.T) {
	clearEnv(t)
	rec := slogrec.New()
	cfg := sluice.Config{Environment: sluice.Staging, Queue: &sluice.QueueConfig{Off: true}, Handlers: []slog.Handler{rec}}
	stack := open(t, cfg)
	log := stack.Logger()
	first := func() any {
		log.Error("disk full")
		v, _ := rec.Records()[rec.Len()-1].Get("occurrence.first_seen")
		return v
	}
	got := []any{first()}
	if err := stack.Reload(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	got = append(got, first())
	cfg.Enrich = &sluice.EnrichConfig{Occurrence: &sluice.OccurrenceConfig{Minutes: 7}}
	if err := stack.Reload(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if got = append(got, first()); !slices.Equal(got, []any{true, false, true}) {
		t.Errorf("first seen: %v, want true, then false, and true with new settings", got)
	}
	if o := stack.Stats().Enrich.Occurrences; o.Seen != 1 {
		t.Errorf("%+v", o)
	}
}

// The user's own enricher comes last; a panic of it is counted and the record goes on.
func TestTheUsersEnrichersAreAskedToo(t *testing.T) {
	clearEnv(t)
	rec := slogrec.New()
	stack := open(t, sluice.Config{Environment: sluice.Test, Handlers: []slog.Handler{rec}, OnError: func(error) {}, Enrichers: []enrich.Enricher{
		enrich.Func(func(context.Context, enrich.Record, []slog.Attr) []slog.Attr { panic("boom") }),
		enrich.Func(func(_ context.Context, r enrich.Record, dst []slog.Attr) []slog.Attr {
			class, _ := r.Attr("request.status_class")
			return append(dst, slog.String("seen", class.String()))
		}),
	}})
	stack.Logger().Info("m", "type", "http_request", "status", 404)
	if v, _ := rec.Records()[rec.Len()-1].Get("seen"); v != "4xx" || stack.Stats().Enrich.Panics != 1 {
		t.Errorf("%v, %+v", v, stack.Stats().Enrich)
	}
}
