package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/sluicelog/sluice/examples/pipeline/internal/audio"
)

// targetLUFS is the loudness that results have: EBU R 128's for streaming of speech.
const targetLUFS = -18

// worker enhances audio, stage by stage.
type worker struct {
	log *slog.Logger
}

func (w *worker) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /process", w.process)
	return mux
}

func (w *worker) process(rw http.ResponseWriter, r *http.Request) {
	out, err := w.enhance(r.Context(), r.Body)
	switch {
	case errors.Is(err, audio.ErrFormat):
		http.Error(rw, err.Error(), http.StatusUnsupportedMediaType)
	case err != nil:
		http.Error(rw, err.Error(), http.StatusUnprocessableEntity)
	default:
		rw.Header().Set("Content-Type", "audio/wav")
		if _, err := rw.Write(out); err != nil {
			w.log.WarnContext(r.Context(), "gateway went away", "error", err)
		}
	}
}

// enhance runs the stages: decode, denoise, loudness, encode.
func (w *worker) enhance(ctx context.Context, in io.Reader) ([]byte, error) {
	var clip *audio.Clip
	var out bytes.Buffer
	for _, stage := range []struct {
		name string
		run  func() (result slog.Attr, err error)
	}{
		{"decode", func() (a slog.Attr, err error) {
			if clip, err = audio.DecodeWAV(in, maxUpload); err != nil {
				return a, err
			}
			return slog.Group("audio", "sample_rate", clip.Rate, "seconds", clip.Seconds(), "peak", clip.Peak()), nil
		}},
		{"denoise", func() (slog.Attr, error) {
			clean, snr := audio.Denoise(clip)
			clip = clean
			return slog.Group("metrics", "snr_before_db", snr), nil
		}},
		{"loudness", func() (slog.Attr, error) {
			before := audio.Loudness(clip)
			louder, gain := audio.Normalize(clip, targetLUFS)
			clip = louder
			return slog.Group("metrics", "lufs_before", before, "lufs_after", audio.Loudness(clip), "gain_db", gain), nil
		}},
		{"encode", func() (slog.Attr, error) {
			err := clip.EncodeWAV(&out)
			return slog.Group("metrics", "bytes", out.Len()), err
		}},
	} {
		log := w.log.With("stage", stage.name)
		log.DebugContext(ctx, "stage started")
		begin := time.Now()
		result, err := stage.run()
		if err != nil {
			err = fmt.Errorf("%s: %w", stage.name, err)
			log.ErrorContext(ctx, "stage failed", "error", err, "duration_ms", ms(begin))
			return nil, err
		}
		log.InfoContext(ctx, "stage completed", "duration_ms", ms(begin), result)
	}
	return out.Bytes(), nil
}
