package sample_test

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/sluicelog/sluice/handler/sample"
)

// withoutTime leaves out the time, so that the output is the same on every run.
var withoutTime = &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}}

// Records of one trace are kept or dropped together; a record that was kept says at which rate.
func Example() {
	h := sample.NewHandler(slog.NewTextHandler(os.Stdout, withoutTime), nil)
	for _, trace := range []string{"4bf92f3577b34da6a3ce929d0e0e4736", "8c3d0f6f1d5e4b0e9a53f0c2a9e10b7e"} {
		l := slog.New(h).With("trace_id", trace)
		l.Warn("stage is slow", "stage", "denoise")
		l.Warn("stage is slow", "stage", "normalise")
	}
	slog.New(h).Error("stage failed")
	st := h.Stats()
	fmt.Println("kept", st.Kept, "sampled out", st.SampledOut)
	// Output:
	// level=WARN msg="stage is slow" trace_id=8c3d0f6f1d5e4b0e9a53f0c2a9e10b7e sample_rate=0.5 stage=denoise
	// level=WARN msg="stage is slow" trace_id=8c3d0f6f1d5e4b0e9a53f0c2a9e10b7e sample_rate=0.5 stage=normalise
	// level=ERROR msg="stage failed"
	// kept 3 sampled out 2
}

// A queue behind the sampler thins out what comes when it fills up; errors are spared.
func ExampleOptions_load() {
	queue := make(chan slog.Record, 100)
	for range 75 {
		queue <- slog.Record{}
	}
	h := sample.NewHandler(slog.DiscardHandler, &sample.Options{
		Load: []sample.LoadSource{
			sample.LoadFunc(func() float64 { return float64(len(queue)) / float64(cap(queue)) }),
		},
	})
	for _, l := range h.Stats().Levels {
		fmt.Printf("%v %.4g\n", l.Level, l.Rate)
	}
	// Output:
	// DEBUG 0.0025
	// INFO 0.025
	// WARN 0.125
	// ERROR 1
	// ERROR+4 1
}
