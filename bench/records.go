package bench

import (
	"context"
	"errors"
	"log/slog"
	"time"

	phuslu "github.com/phuslu/log"
	"github.com/rs/zerolog"
	"go.uber.org/zap"
)

// record logs the record of the tables: six strings of about 90 bytes together, two floats, an int and a bool.
func record(ctx context.Context, log *slog.Logger) {
	log.LogAttrs(ctx, slog.LevelInfo, "stage completed",
		slog.String("stage", "denoise"), slog.String("model", "dfn3-48k"), slog.String("pod", "denoise-worker-7c9f25-ag1"),
		slog.String("audio_id", "aud_5f2c9a1be07d4c33"), slog.String("codec", "opus"), slog.String("worker", "denoise-worker"),
		slog.Float64("duration_ms", 851.204), slog.Float64("quality_score", 0.8125), slog.Int("attempt", 1), slog.Bool("cached", false))
}

func recordZap(log *zap.Logger) {
	log.Info("stage completed",
		zap.String("stage", "denoise"), zap.String("model", "dfn3-48k"), zap.String("pod", "denoise-worker-7c9f25-ag1"),
		zap.String("audio_id", "aud_5f2c9a1be07d4c33"), zap.String("codec", "opus"), zap.String("worker", "denoise-worker"),
		zap.Float64("duration_ms", 851.204), zap.Float64("quality_score", 0.8125), zap.Int("attempt", 1), zap.Bool("cached", false))
}

func recordZerolog(log *zerolog.Logger) {
	log.Info().
		Str("stage", "denoise").Str("model", "dfn3-48k").Str("pod", "denoise-worker-7c9f25-ag1").
		Str("audio_id", "aud_5f2c9a1be07d4c33").Str("codec", "opus").Str("worker", "denoise-worker").
		Float64("duration_ms", 851.204).Float64("quality_score", 0.8125).Int("attempt", 1).Bool("cached", false).
		Msg("stage completed")
}

func recordPhuslu(log *phuslu.Logger) {
	log.Info().
		Str("stage", "denoise").Str("model", "dfn3-48k").Str("pod", "denoise-worker-7c9f25-ag1").
		Str("audio_id", "aud_5f2c9a1be07d4c33").Str("codec", "opus").Str("worker", "denoise-worker").
		Float64("duration_ms", 851.204).Float64("quality_score", 0.8125).Int("attempt", 1).Bool("cached", false).
		Msg("stage completed")
}

// shapes of records that an encoder meets.
var shapes = []struct {
	name string
	with []slog.Attr
	log  func(context.Context, *slog.Logger)
}{
	{"A (5 attributes)", nil, func(ctx context.Context, log *slog.Logger) {
		log.LogAttrs(ctx, slog.LevelInfo, "stage completed",
			slog.String("stage", "denoise"), slog.String("audio_id", "aud_5f2c9a1be07d4c33"), slog.Int("attempt", 1),
			slog.Float64("duration_ms", 851.204), slog.Bool("cached", false))
	}},
	{"B (10 mixed, 2 groups of 3)", nil, func(ctx context.Context, log *slog.Logger) {
		log.LogAttrs(ctx, slog.LevelInfo, "stage completed",
			slog.String("stage", "denoise"), slog.String("audio_id", "aud_5f2c9a1be07d4c33"), slog.Int("attempt", 1),
			slog.Float64("duration_ms", 851.204), slog.Bool("cached", false), slog.Duration("wait", 1500*time.Millisecond),
			slog.Time("queued_at", queuedAt), slog.Any("error", errShape), slog.Uint64("bytes", 18_446_744_073), slog.String("codec", "opus"),
			slog.Attr{Key: "input", Value: slog.GroupValue(slog.String("format", "wav"), slog.Int("rate", 48000), slog.Int("channels", 2))},
			slog.Attr{Key: "output", Value: slog.GroupValue(slog.String("format", "opus"), slog.Int("bitrate", 96000), slog.Float64("lufs", -16.02))})
	}},
	{"C (10 on With, 3 attributes)", []slog.Attr{
		slog.String("service", "denoise"), slog.String("version", "2.14.0"), slog.String("pod", "denoise-worker-7c9f25-ag1"),
		slog.String("region", "eu-west-1"), slog.String("model", "dfn3-48k"), slog.String("codec", "opus"),
		slog.Int("worker", 7), slog.Bool("gpu", true), slog.Float64("weight", 0.75), slog.String("queue", "high"),
	}, func(ctx context.Context, log *slog.Logger) {
		log.LogAttrs(ctx, slog.LevelInfo, "stage completed",
			slog.String("audio_id", "aud_5f2c9a1be07d4c33"), slog.Float64("duration_ms", 851.204), slog.Int("attempt", 1))
	}},
}

var (
	queuedAt = time.Date(2026, 5, 4, 12, 30, 15, 123456789, time.UTC)
	errShape = errors.New("model returned no frames")
)
