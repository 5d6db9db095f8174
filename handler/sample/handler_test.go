package sample

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"strings"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/internal/chain"
)

func TestHandlerIsASlogHandler(t *testing.T) {
	for name, opts := range map[string]*Options{
		"all kept": keepAll(),
		// A rate a hair below 1 keeps all too, and takes the way of records with a sample_rate.
		"with sample_rate": {Rates: map[slog.Level]float64{slog.LevelInfo: math.Nextafter(1, 0)}, RecentErrorFactor: 1},
	} {
		t.Run(name, func(t *testing.T) {
			var b *bytes.Buffer
			slogtest.Run(t, func(*testing.T) slog.Handler {
				b = new(bytes.Buffer)
				return NewHandler(slog.NewJSONHandler(b, nil), opts)
			}, func(t *testing.T) map[string]any { return lines(t, b)[0] })
		})
	}
}

func TestT19_SampleRateIsAtTheRoot(t *testing.T) {
	var b bytes.Buffer
	h := NewHandler(slog.NewJSONHandler(&b, nil), &Options{Rates: map[slog.Level]float64{slog.LevelInfo: .25}})
	g := h.WithAttrs([]slog.Attr{slog.Int("a", 1)}).WithGroup("g").WithAttrs([]slog.Attr{slog.Int("b", 2)}).(chain.Handler)
	_ = g.HandleRoot(context.Background(), record(slog.LevelInfo, "m", slog.Int("c", 3)), chain.Root{Key: 1})
	_ = g.HandleRoot(context.Background(), record(slog.LevelError, "e", slog.Int("c", 3)), chain.Root{Key: 1})
	want := []map[string]any{
		{"time": "2026-03-01T12:00:00Z", "level": "INFO", "msg": "m", "a": 1., "sample_rate": .25, "g": map[string]any{"b": 2., "c": 3.}},
		{"time": "2026-03-01T12:00:00Z", "level": "ERROR", "msg": "e", "a": 1., "g": map[string]any{"b": 2., "c": 3.}},
	}
	if diff := cmp.Diff(want, lines(t, &b)); diff != "" {
		t.Error(diff)
	}
}

// TestT12_OddRecordsPass hands records to Handle that a Logger seldom or never makes, and wants them as the next handler
// alone writes them.
func TestT12_OddRecordsPass(t *testing.T) {
	odd := map[string]slog.Record{
		"zero time":      slog.NewRecord(time.Time{}, slog.LevelInfo, "m", 0),
		"far future":     slog.NewRecord(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), slog.LevelError, "m", 0),
		"zero record":    {},
		"empty attr":     record(slog.LevelInfo, "m", slog.Attr{}),
		"empty group":    record(slog.LevelInfo, "m", slog.Group("g")),
		"inline group":   record(slog.LevelInfo, "m", slog.Group("", slog.Int("a", 1))),
		"empty key":      record(slog.LevelInfo, "m", slog.Int("", 1)),
		"duplicate keys": record(slog.LevelInfo, "m", slog.Int("a", 1), slog.Int("a", 2)),
		"extreme level":  record(math.MinInt, "m"),
	}
	for name, r := range odd {
		for _, with := range []func(slog.Handler) slog.Handler{
			func(h slog.Handler) slog.Handler { return h },
			func(h slog.Handler) slog.Handler { return h.WithGroup("g").WithAttrs([]slog.Attr{slog.Int("x", 1)}) },
		} {
			var got, want bytes.Buffer
			std := func(b *bytes.Buffer) slog.Handler {
				return slog.NewJSONHandler(b, &slog.HandlerOptions{Level: slog.Level(math.MinInt), AddSource: true})
			}
			buffer := NewBuffer(std(&got), nil)
			if err := with(NewHandler(buffer, keepAll())).Handle(context.Background(), r); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if err := with(std(&want)).Handle(context.Background(), r); err != nil {
				t.Fatal(err)
			}
			if got.String() != want.String() {
				t.Errorf("%s: got %swant %s", name, &got, &want)
			}
		}
	}
}

func TestWithNothingIsTheReceiver(t *testing.T) {
	for _, h := range []slog.Handler{NewHandler(&sink{}, nil), NewBuffer(&sink{}, nil)} {
		if h.WithGroup("") != h || h.WithAttrs(nil) != h || h.WithAttrs([]slog.Attr{}) != h {
			t.Errorf("%T: With of nothing made another handler", h)
		}
	}
}

func TestT2_SiblingsShareNothing(t *testing.T) {
	for name, make := range map[string]func(slog.Handler) slog.Handler{
		"sampler": Middleware(keepAll()), "buffer": BufferMiddleware(nil),
	} {
		var b bytes.Buffer
		base := make(slog.NewJSONHandler(&b, nil)).WithGroup("g").WithAttrs([]slog.Attr{slog.Int("a", 0)})
		one := base.WithAttrs([]slog.Attr{slog.Int("b", 1)}).WithGroup("x")
		two := base.WithAttrs([]slog.Attr{slog.Int("b", 2)}).WithGroup("y")
		for _, h := range []slog.Handler{one, two, base} {
			_ = h.Handle(context.Background(), record(slog.LevelWarn, "m", slog.Int("c", 3)))
		}
		var got []any
		for _, m := range lines(t, &b) {
			got = append(got, m["g"])
		}
		want := []any{
			map[string]any{"a": 0., "b": 1., "x": map[string]any{"c": 3.}},
			map[string]any{"a": 0., "b": 2., "y": map[string]any{"c": 3.}},
			map[string]any{"a": 0., "c": 3.},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestT3_OrderOfWithIsKept interleaves groups and attributes.
func TestT3_OrderOfWithIsKept(t *testing.T) {
	for name, make := range map[string]func(slog.Handler) slog.Handler{
		"sampler": Middleware(keepAll()), "buffer": BufferMiddleware(nil),
	} {
		var b bytes.Buffer
		h := make(slog.NewTextHandler(&b, nil)).WithAttrs([]slog.Attr{slog.Int("a", 1)}).WithGroup("g").
			WithAttrs([]slog.Attr{slog.Int("b", 2)}).WithGroup("h").WithAttrs([]slog.Attr{slog.Int("c", 3)})
		_ = h.Handle(context.Background(), record(slog.LevelWarn, "m", slog.Int("d", 4)))
		if want := "a=1 g.b=2 g.h.c=3 g.h.d=4\n"; !strings.HasSuffix(b.String(), want) {
			t.Errorf("%s: got %swant …%s", name, &b, want)
		}
	}
}

func TestT4_CallersAttrsAreNotWrittenTo(t *testing.T) {
	group := []slog.Attr{slog.Bool("user_facing", true), slog.String("trace_id", "5f")}
	attrs := []slog.Attr{{Key: "", Value: slog.GroupValue(group...)}, slog.Any("v", valuer{slog.IntValue(1)})}
	fresh := func() []slog.Attr { return append([]slog.Attr(nil), attrs...) }
	own, held := fresh(), fresh()
	unit, end := Begin(context.Background())
	defer end()
	h := NewBuffer(NewHandler(&sink{}, nil), nil).WithAttrs(own)
	_ = h.Handle(unit, record(slog.LevelInfo, "m", held...))
	_ = h.Handle(unit, record(slog.LevelError, "m", held...))
	equal := cmp.Comparer(func(a, b slog.Attr) bool {
		return a.Key == b.Key && a.Value.Kind() == b.Value.Kind() && a.Value.String() == b.Value.String()
	})
	for _, got := range [][]slog.Attr{own, held} {
		if diff := cmp.Diff(attrs, got, equal); diff != "" {
			t.Error(diff)
		}
	}
}

func TestT10_ErrorsOfNextComeBack(t *testing.T) {
	boom := errors.New("disk full")
	out := &sink{handle: func(entry) error { return boom }}
	if err := NewHandler(out, keepAll()).Handle(context.Background(), record(slog.LevelInfo, "m")); err != boom {
		t.Errorf("sampler: %v", err)
	}
	b := NewBuffer(out, nil)
	if err := b.Handle(context.Background(), record(slog.LevelInfo, "m")); err != boom {
		t.Errorf("buffer: %v", err)
	}
}

func TestCancelledContextLosesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	out := &sink{}
	if err := NewHandler(out, keepAll()).Handle(ctx, record(slog.LevelInfo, "m")); err != nil || len(out.entries) != 1 {
		t.Errorf("%v, %d records", err, len(out.entries))
	}
}

func TestNilContextIsTakenForAnEmptyOne(t *testing.T) {
	out := &sink{}
	var none context.Context
	if err := NewBuffer(NewHandler(out, keepAll()), nil).Handle(none, record(slog.LevelInfo, "m")); err != nil || len(out.entries) != 1 {
		t.Errorf("%v, %d records", err, len(out.entries))
	}
	if unit, end := Begin(none); unit == nil {
		t.Error("no context")
	} else {
		end()
	}
}

func TestEnabledIsTheNextHandlers(t *testing.T) {
	h := NewHandler(&sink{min: slog.LevelWarn}, nil)
	if ctx := context.Background(); h.Enabled(ctx, slog.LevelInfo) || !h.Enabled(ctx, slog.LevelWarn) {
		t.Error("not the answer of next")
	}
}

func TestOptionsAreCopiedAndNotWrittenTo(t *testing.T) {
	opts := &Options{Rates: map[slog.Level]float64{slog.LevelInfo: 1}}
	h := NewHandler(&sink{}, opts)
	if diff := cmp.Diff(&Options{Rates: map[slog.Level]float64{slog.LevelInfo: 1}}, opts); diff != "" {
		t.Errorf("written to: %s", diff)
	}
	opts.Rates[slog.LevelInfo] = 0
	if got := h.sampler.Rate(context.Background(), record(slog.LevelInfo, "m")); got != 1 {
		t.Errorf("rate %v after a change of the caller's map, want 1", got)
	}
}

func TestStatsCountByLevel(t *testing.T) {
	out := &sink{}
	h := NewHandler(out, &Options{Rates: map[slog.Level]float64{slog.LevelDebug: 0, slog.LevelInfo: 1}, Load: constant(.5), RecentErrorFactor: 1})
	h.Stats() // reads the load
	child := h.WithAttrs([]slog.Attr{slog.Int("a", 1)})
	for l, n := range map[slog.Level]int{slog.LevelDebug - 1: 1, slog.LevelDebug: 2, slog.LevelDebug + 1: 4, slog.LevelError: 8, levelCritical + 1: 16} {
		for range n {
			_ = child.Handle(context.Background(), record(l, "m"))
		}
	}
	h.sampler.Rate(context.Background(), record(slog.LevelInfo, "m"))
	want := Stats{Kept: 24, SampledOut: 7, Rated: 1, Load: .5, Levels: []LevelStats{
		{Level: slog.LevelDebug, Rate: 0, SampledOut: 7},
		{Level: slog.LevelInfo, Rate: .5, Rated: 1},
		{Level: slog.LevelWarn, Rate: .25},
		{Level: slog.LevelError, Rate: 1, Kept: 8},
		{Level: levelCritical, Rate: 1, Kept: 16},
	}}
	if diff := cmp.Diff(want, h.Stats()); diff != "" {
		t.Error(diff)
	}
}
