package entity_test

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/mask/entity"
	"github.com/sluicelog/sluice/internal/chain"
)

// texts are what a tagger meets: without a capital, with one at the beginning alone, and with names.
var texts = []struct{ name, text string }{
	{"shut", "stage finished in 1204 ms, next stage is denoise, 17 left in the queue of worker-7"},
	{"opens", "Connection to the broker lost after 5 s, retrying on node-17 in 250 ms"},
	{"title case", "Health Check Failed for Encode Service"},
	{"one name", "password reset mail delivered to Ingrid Halvorsen after 2 attempts"},
	{"three names", "invoice INV-2044 of Halvorsen & Okonkwo LLP sent to Ingrid Halvorsen in Rotterdam"},
}

func BenchmarkTagger(b *testing.B) {
	for _, bb := range texts {
		for _, c := range []struct {
			name  string
			cache int
		}{{"", -1}, {", remembered", 0}} {
			b.Run(bb.name+c.name, func(b *testing.B) {
				t := entity.NewTagger(&entity.Options{Cache: c.cache})
				dst := make([]mask.Entity, 0, 8)
				b.ReportAllocs()
				for b.Loop() {
					dst = t.Detect(context.Background(), bb.text, dst[:0])
				}
			})
		}
	}
}

type discard struct{}

func (discard) Enabled(context.Context, slog.Level) bool  { return true }
func (discard) Handle(context.Context, slog.Record) error { return nil }
func (discard) HandleRoot(context.Context, slog.Record, chain.Root) error {
	return nil
}
func (d discard) WithAttrs([]slog.Attr) slog.Handler { return d }
func (d discard) WithGroup(string) slog.Handler      { return d }

func tenAttrs(msg string) slog.Record {
	r := slog.NewRecord(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), slog.LevelInfo, msg, 0)
	r.AddAttrs(slog.String("stage", "denoise"), slog.String("request_id", "0b6c8d0e"), slog.String("codec", "opus"), slog.Int("duration_ms", 1204),
		slog.Float64("snr_db", 17.5), slog.Bool("cached", false), slog.String("model", "dfn3-48k"), slog.String("outcome", "ok"), slog.Int("bytes", 4096),
		slog.String("note", "second take"))
	return r
}

func BenchmarkHandler(b *testing.B) {
	for _, bb := range texts {
		b.Run(bb.name, func(b *testing.B) {
			h := entity.NewHandler(discard{}, &entity.Options{Cache: -1})
			r := tenAttrs(bb.text)
			b.ReportAllocs()
			for b.Loop() {
				_ = h.Handle(context.Background(), r)
			}
		})
	}
	b.Run("JSON alone", func(b *testing.B) {
		h := slog.NewJSONHandler(io.Discard, nil)
		r := tenAttrs(texts[0].text)
		b.ReportAllocs()
		for b.Loop() {
			_ = h.Handle(context.Background(), r)
		}
	})
}
