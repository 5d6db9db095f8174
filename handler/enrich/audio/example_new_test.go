package audio_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/enrich/audio"
)

// Records of a stage tell how the stage has done so far in this process.
func ExampleNew() {
	sound, err := audio.New(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sound.Close(context.Background())
	h := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "run_id" || a.Key == slog.LevelKey || a.Key == "type" {
			return slog.Attr{}
		}
		return a
	}})
	logger := slog.New(enrich.NewHandler(h, &enrich.Options{OmitProcess: true, Enrichers: []enrich.Enricher{sound}}))
	logger.Info("stage completed", "type", audio.Type, "stage", "denoise", "duration_ms", 4)
	logger.Error("stage failed", "type", audio.Type, "stage", "denoise")
	// Output:
	// msg="stage completed" stage_metrics.count=1 stage_metrics.p50_ms=3.968 stage_metrics.p95_ms=3.968 stage_metrics.error_rate=0 stage=denoise duration_ms=4
	// msg="stage failed" stage_metrics.count=2 stage_metrics.p50_ms=3.968 stage_metrics.p95_ms=3.968 stage_metrics.error_rate=0.5 stage=denoise
}

// The header of a file says what is in it; no length in it is believed.
func ExampleProbe() {
	file := []byte("RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\xff\xff\xff\xff")
	file = append(file, make([]byte, 16000)...)
	info, err := audio.Probe(bytes.NewReader(file), int64(len(file)))
	fmt.Println(info.Codec, info.SampleRate, info.Duration, err)
	// Output: pcm_s16le 8000 1s <nil>
}
