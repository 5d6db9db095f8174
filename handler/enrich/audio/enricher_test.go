package audio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluicelog/sluice/correlate"
	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/enrich/provider"
	"github.com/sluicelog/sluice/slogrec"
)

func made(t testing.TB, o Options) *Enricher {
	t.Helper()
	e, err := New(&o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return e
}

// line is a record that e enriches, as JSON.
func line(t testing.TB, e *Enricher, level slog.Level, attrs ...slog.Attr) string {
	t.Helper()
	var b bytes.Buffer
	slog.New(enrich.NewHandler(slog.NewJSONHandler(&b, nil), &enrich.Options{OmitProcess: true, Enrichers: []enrich.Enricher{e}})).LogAttrs(t.Context(), level, "m", attrs...)
	if !json.Valid(b.Bytes()) {
		t.Fatal(b.String())
	}
	return b.String()
}

var audioType = slog.String("type", Type)

func TestMetadataIsThatOfTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.wav")
	if err := os.WriteFile(path, wavOf(48000, 2, make([]float64, 96000)), 0o600); err != nil {
		t.Fatal(err)
	}
	e := made(t, Options{Metadata: Files(func(_ context.Context, id string) (string, error) {
		switch id {
		case "a":
			return path, nil
		case "odd":
			return "", errors.New("no such recording")
		}
		return "", nil
	}), Cache: &provider.Options{Budget: time.Minute, OnError: func(error) {}}})
	for id, want := range map[string]string{
		"a":   `"audio":{"container":"wav","codec":"pcm_f32le","sample_rate_hz":48000,"channels":2,"bit_depth":32,"duration_ms":1000,"bitrate":3072000,"size_bytes":384044}`,
		"odd": `"audio_id":"odd"}`, "none": `"audio_id":"none"}`,
	} {
		if got := line(t, e, slog.LevelInfo, audioType, slog.String("audio_id", id)); !strings.Contains(got, want) || id != "a" && strings.Contains(got, `"audio":`) {
			t.Errorf("%s: %s", id, got)
		}
	}
	if got := line(t, e, slog.LevelInfo, slog.String("audio_id", "a")); strings.Contains(got, `"audio":`) {
		t.Errorf("a record of no type: %s", got)
	}
	if s := e.Stats(); s.Metadata.Fetches != 3 || s.Metadata.Errors != 1 {
		t.Errorf("%+v", s)
	}
}

func TestStageMetricsCountWhatHasBeen(t *testing.T) {
	e := made(t, Options{OmitQuality: true})
	last := ""
	for i := 1; i <= 100; i++ {
		level, outcome := slog.LevelInfo, "success"
		if i%20 == 0 {
			level = slog.LevelError
		}
		if i%25 == 0 {
			outcome = "failure"
		}
		last = line(t, e, level, audioType, slog.String("processing_stage", "denoise"), slog.Float64("duration_ms", float64(i)), slog.String("outcome", outcome))
	}
	var got struct {
		Metrics struct {
			Count int
			P50   float64 `json:"p50_ms"`
			P95   float64 `json:"p95_ms"`
			Rate  float64 `json:"error_rate"`
		} `json:"stage_metrics"`
	}
	if err := json.Unmarshal([]byte(last), &got); err != nil {
		t.Fatal(err)
	}
	if m := got.Metrics; m.Count != 100 || m.P50 < 50*.9375 || m.P50 > 50*1.0625 || m.P95 < 95*.9375 || m.P95 > 95*1.0625 || m.Rate != .08 {
		t.Errorf("%+v", m)
	}
	for name, attrs := range map[string][]slog.Attr{
		"another stage":           {audioType, slog.String("stage", "encode"), slog.Duration("duration", 20*time.Millisecond)},
		"an error without a time": {audioType, slog.String("stage", "upload"), slog.String("outcome", "failure")},
	} {
		if s := line(t, e, slog.LevelInfo, attrs...); !strings.Contains(s, `"stage_metrics":{"count":1`) {
			t.Errorf("%s: %s", name, s)
		}
	}
	for name, attrs := range map[string][]slog.Attr{"no time": {audioType, slog.String("stage", "encode")}, "no stage": {audioType, slog.Int("duration_ms", 3)}} {
		if s := line(t, e, slog.LevelInfo, attrs...); strings.Contains(s, "stage_metrics") {
			t.Errorf("%s: %s", name, s)
		}
	}
}

func TestStagesAreBoundedAndBucketsHoldTheirNumbers(t *testing.T) {
	var s stages
	for i := range 2 * maxStages {
		s.get(fmt.Sprint(i))
	}
	if len(s.of) != maxStages || s.get("new") != nil || s.get("0") == nil || s.get("") != nil {
		t.Errorf("%d stages", len(s.of))
	}
	for n := uint64(0); n < 1<<62; n += n/8 + 1 {
		b := bucket(n)
		if m := middle(b); m < float64(n)*.937 || m > float64(n)*1.063 {
			t.Fatalf("%d is in the bucket around %v", n, m)
		}
	}
	if b := bucket(1<<64 - 1); b >= len((&stage{}).buckets) {
		t.Errorf("bucket %d", b)
	}
	var wg sync.WaitGroup
	st := &stage{}
	for range 8 {
		wg.Go(func() {
			for i := range 1000 {
				st.add(float64(i), i%2 == 0)
			}
		})
	}
	wg.Wait()
	if st.count != 8000 || st.errors != 4000 || st.timed != 8000 {
		t.Errorf("%d %d %d", st.count, st.errors, st.timed)
	}
}

func TestQualityIsMeasuredBesideTheLogCall(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "out.wav"), wavOf(48000, 1, sound(48000, 1, 1, sine(-20))), 0o600); err != nil {
		t.Fatal(err)
	}
	rec := slogrec.New()
	e := made(t, Options{Root: dir, Logger: slog.New(enrich.NewHandler(rec, nil)), OnError: func(err error) { t.Error(err) }})
	ctx := correlate.With(t.Context(), correlate.IDs{Request: "r-1"})
	var b bytes.Buffer
	l := slog.New(enrich.NewHandler(slog.NewJSONHandler(&b, nil), &enrich.Options{OmitProcess: true, Enrichers: []enrich.Enricher{e}}))
	l.InfoContext(ctx, "m", "type", Type, "output_path", filepath.Join(dir, "out.wav"))
	if !strings.Contains(b.String(), `"quality":{"pending":true}`) {
		t.Error(b.String())
	}
	if err := rec.Await(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	rec.Require(t, slogrec.Message(MeasuredMessage), slogrec.Attr("request_id", "r-1"), slogrec.Attr("quality.peak_dbfs", -20.), slogrec.HasAttr("quality.lufs"))
	// The answer is in the cache a moment after its record.
	for {
		if got := line(t, e, slog.LevelInfo, audioType, slog.String("output_path", filepath.Join(dir, "out.wav"))); strings.Contains(got, `"lufs":-2`) {
			break
		}
		if t.Context().Err() != nil {
			t.Fatal("no figures")
		}
	}
	if n := rec.Len(); n != 1 {
		t.Errorf("measured %d times", n)
	}
}

func TestFilesOutsideTheRootAreNotRead(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "x.wav")
	if err := os.WriteFile(secret, wavOf(8000, 1, make([]float64, 8000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(dir, "link.wav")); err != nil {
		t.Skip("no symbolic links here")
	}
	e := made(t, Options{Root: dir})
	for _, path := range []string{secret, "../" + filepath.Base(outside) + "/x.wav", "link.wav", dir, "none.wav"} {
		if _, err := e.measure(t.Context(), dir, path); err == nil {
			t.Errorf("%s was read", path)
		}
	}
	if _, err := New(&Options{Root: filepath.Join(dir, "none")}); err == nil {
		t.Error("a directory that is not there is taken")
	}
	if _, err := New(&Options{Timeout: -1, Cache: &provider.Options{Size: -1}}); err == nil || !strings.Contains(err.Error(), "Timeout") || !strings.Contains(err.Error(), "Size") {
		t.Error(err)
	}
}

// BenchmarkEnrich is a record of each kind with warm caches, and without the enricher; cold are audio_ids of which each is new, and
// whose file's header is read.
func BenchmarkEnrich(b *testing.B) {
	path := filepath.Join(b.TempDir(), "a.wav")
	if err := os.WriteFile(path, wavOf(8000, 1, make([]float64, 8000)), 0o600); err != nil {
		b.Fatal(err)
	}
	e := made(b, Options{Metadata: Files(func(context.Context, string) (string, error) { return path, nil }), Cache: &provider.Options{Budget: time.Second}})
	for name, attrs := range map[string][]slog.Attr{
		"other type": {slog.String("type", "x")}, "metadata": {audioType, slog.String("audio_id", "a")}, "stage": {audioType, slog.String("stage", "s"), slog.Float64("duration_ms", 3)},
		"quality": {audioType, slog.String("output_path", path)},
	} {
		for kind, es := range map[string][]enrich.Enricher{"without": nil, "with": {e}} {
			h := enrich.NewHandler(slog.DiscardHandler, &enrich.Options{OmitProcess: true, Enrichers: es})
			r := slog.NewRecord(time.Time{}, slog.LevelInfo, "m", 0)
			r.AddAttrs(attrs...)
			b.Run(name+"/"+kind, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					_ = h.Handle(context.Background(), r)
				}
			})
		}
	}
	b.Run("metadata/cold", func(b *testing.B) {
		h := enrich.NewHandler(slog.DiscardHandler, &enrich.Options{OmitProcess: true, Enrichers: []enrich.Enricher{e}})
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			r := slog.NewRecord(time.Time{}, slog.LevelInfo, "m", 0)
			r.AddAttrs(audioType, slog.String("audio_id", strconv.Itoa(i)))
			_ = h.Handle(context.Background(), r)
		}
	})
}
