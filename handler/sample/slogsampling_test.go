package sample_test

import (
	"context"
	"io"
	"log/slog"
	"math"
	"testing"
	"time"

	slogmulti "github.com/samber/slog-multi"
	slogsampling "github.com/samber/slog-sampling"

	"github.com/sluicelog/sluice/handler/sample"
)

// TestRateServesSlogSampling has slog-sampling apply the rates. Its own draw has a precision of .001.
func TestRateServesSlogSampling(t *testing.T) {
	s := sample.NewSampler(&sample.Options{Rates: map[slog.Level]float64{slog.LevelInfo: .25, slog.LevelDebug: 0}})
	kept := 0
	option := slogsampling.CustomSamplingOption{
		Sampler:    s.Rate,
		OnAccepted: func(context.Context, slog.Record) { kept++ },
	}
	h := slogmulti.Pipe(option.NewMiddleware()).Handler(slog.NewJSONHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelDebug}))
	const n = 5000
	for _, tc := range []struct {
		l    slog.Level
		attr slog.Attr
		want float64
	}{
		{slog.LevelDebug, slog.Attr{}, 0},
		{slog.LevelInfo, slog.Attr{}, .25},
		{slog.LevelInfo, slog.Bool("user_facing", true), .5},
		{slog.LevelError, slog.Attr{}, 1},
	} {
		kept = 0
		for range n {
			r := slog.NewRecord(time.Time{}, tc.l, "m", 0)
			r.AddAttrs(tc.attr)
			if err := h.Handle(context.Background(), r); err != nil {
				t.Fatal(err)
			}
		}
		if d := math.Abs(float64(kept) - n*tc.want); d > .002*n+6*math.Sqrt(n*tc.want*(1-tc.want)) {
			t.Errorf("%v %v: kept %d of %d, want a share of %v", tc.l, tc.attr, kept, n, tc.want)
		}
	}
	if st := s.Stats(); st.Rated != 4*n || st.Kept != 0 {
		t.Errorf("%+v", st)
	}
}

// TestT1_MiddlewaresMakeAnyNumberOfHandlers uses one middleware value for two chains, each with a builder of its own.
func TestT1_MiddlewaresMakeAnyNumberOfHandlers(t *testing.T) {
	drop := sample.Middleware(&sample.Options{Rates: map[slog.Level]float64{slog.LevelInfo: 0}})
	for range 2 {
		n := 0
		count := slogmulti.NewHandleInlineHandler(func(context.Context, []string, []slog.Attr, slog.Record) error {
			n++
			return nil
		})
		l := slog.New(slogmulti.Pipe(sample.BufferMiddleware(nil), drop).Handler(count))
		l.Info("dropped")
		l.Error("kept")
		if n != 1 {
			t.Errorf("%d records came through, want 1", n)
		}
	}
}
