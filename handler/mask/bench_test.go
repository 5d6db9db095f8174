package mask

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
)

type nop struct{}

func (nop) Enabled(context.Context, slog.Level) bool                  { return true }
func (nop) Handle(context.Context, slog.Record) error                 { return nil }
func (nop) HandleRoot(context.Context, slog.Record, chain.Root) error { return nil }
func (n nop) WithAttrs([]slog.Attr) slog.Handler                      { return n }
func (n nop) WithGroup(string) slog.Handler                           { return n }

// tenClean is a record of ten flat attributes as a service writes it: seven texts of about 120 bytes, two floats, an int, a bool.
func tenClean() slog.Record {
	r := slog.NewRecord(time.Unix(1, 0), slog.LevelInfo, "stage finished", 0)
	r.AddAttrs(
		slog.String("service", "audio-enhancer"), slog.String("stage", "denoise"), slog.String("request_id", "0190a5e2-7b1c-7def-8a01-23456789abcd"),
		slog.String("user_id", "u_001234"), slog.String("path", "/v2/audio/aud_1234/enhance"), slog.String("format", "48kHz stereo"),
		slog.Float64("duration_ms", 12.75), slog.Float64("snr_db", 31.5), slog.Int("frames", 48000), slog.Bool("cached", false))
	return r
}

func BenchmarkHandle(b *testing.B) {
	ctx := context.Background()
	masking := NewHandler(nop{}, nil)
	for _, bm := range []struct {
		name string
		h    slog.Handler
		r    slog.Record
	}{
		{"floor", nop{}, tenClean()},
		{"clean", masking, tenClean()},
		{"clean, nine", masking, nineClean()},
		{"struct and map", masking, record("m", slog.Any("s", &account{Name: "n", Contact: &contact{Mail: "none"}}), slog.Any("m", map[string]any{"a": "b", "n": 1, "f": 1.5}))},
		{"error", masking, record("m", slog.Any("err", context.DeadlineExceeded))},
		{"match", masking, record("m", slog.String("a", mail))},
		{"match in a struct", masking, record("m", slog.Any("s", &account{Name: mail}))},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = bm.h.Handle(ctx, bm.r)
			}
		})
	}
}

// nineClean is tenClean without its last attribute: the record by which the peers were measured has nine.
func nineClean() slog.Record {
	ten := tenClean()
	r := slog.NewRecord(ten.Time, ten.Level, ten.Message, ten.PC)
	ten.Attrs(func(a slog.Attr) bool {
		r.AddAttrs(a)
		return r.NumAttrs() < 9
	})
	return r
}

func BenchmarkAppendLine(b *testing.B) {
	line := []byte(`{"time":"2026-01-02T03:04:05Z","level":"INFO","msg":"stage finished","service":"audio-enhancer","stage":"denoise","request_id":"0190a5e2-7b1c-7def-8a01-23456789abcd","duration_ms":12.75,"frames":48000}`)
	m := New(nil)
	var dst []byte
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		dst = m.AppendLine(dst[:0], line)
	}
}
