package slogrec_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/slogtest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/slogrec"
)

func TestSlogtest(t *testing.T) {
	var rec *slogrec.Recorder
	slogtest.Run(t, func(*testing.T) slog.Handler {
		rec = slogrec.New()
		return rec
	}, func(t *testing.T) map[string]any {
		return rec.Records()[0].Map()
	})
}

type valuer struct{ v slog.Value }

func (v valuer) LogValue() slog.Value { return v.v }

type panicking struct{}

func (panicking) LogValue() slog.Value { panic("no value") }

type endless struct{}

func (e endless) LogValue() slog.Value { return slog.AnyValue(e) }

func TestAttributesAsHandled(t *testing.T) {
	for _, tt := range []struct {
		name string
		with func(slog.Handler) slog.Handler
		args []slog.Attr
		want map[string]any
	}{
		{"kinds", nil, []slog.Attr{
			slog.Int("i", 1), slog.Uint64("u", 2), slog.Float64("f", 3.5), slog.Bool("b", true), slog.String("s", "x"),
			slog.Duration("d", time.Second),
		}, map[string]any{"i": int64(1), "u": uint64(2), "f": 3.5, "b": true, "s": "x", "d": time.Second}},
		{"T12 empty attribute", nil, []slog.Attr{{}, slog.Int("a", 1)}, map[string]any{"a": int64(1)}},
		{"T12 empty key with a value", nil, []slog.Attr{slog.Int("", 1)}, map[string]any{"": int64(1)}},
		{"T12 empty group", nil, []slog.Attr{slog.Group("g")}, map[string]any{}},
		{"T12 group of empties", nil, []slog.Attr{slog.Group("g", slog.Attr{}, slog.Group("h"))}, map[string]any{}},
		{"T12 inline group", nil, []slog.Attr{slog.Group("", slog.Int("a", 1))}, map[string]any{"a": int64(1)}},
		{"T12 WithGroup without attributes", func(h slog.Handler) slog.Handler { return h.WithGroup("g") }, nil, map[string]any{}},
		{"T14 last duplicate wins", nil, []slog.Attr{slog.Int("a", 1), slog.Int("a", 2)}, map[string]any{"a": int64(2)}},
		{"T3 order of With and WithGroup", func(h slog.Handler) slog.Handler {
			return h.WithAttrs([]slog.Attr{slog.Int("a", 1)}).WithGroup("g").WithAttrs([]slog.Attr{slog.Int("b", 2)}).WithGroup("h")
		}, []slog.Attr{slog.Int("c", 3)}, map[string]any{
			"a": int64(1), "g": map[string]any{"b": int64(2), "h": map[string]any{"c": int64(3)}},
		}},
		{"T8 LogValuer in a group", nil, []slog.Attr{slog.Group("g", slog.Any("v", valuer{slog.GroupValue(slog.Int("a", 1))}))},
			map[string]any{"g": map[string]any{"v": map[string]any{"a": int64(1)}}}},
		{"T8 inline LogValuer in With", func(h slog.Handler) slog.Handler {
			return h.WithAttrs([]slog.Attr{slog.Any("", valuer{slog.GroupValue(slog.Int("a", 1))})})
		}, nil, map[string]any{"a": int64(1)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := slogrec.New()
			var h slog.Handler = rec
			if tt.with != nil {
				h = tt.with(h)
			}
			r := slog.NewRecord(time.Time{}, slog.LevelInfo, "m", 0)
			r.AddAttrs(tt.args...)
			if err := h.Handle(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, rec.Records()[0].Attrs); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestT8_LogValuersThatPanicOrNeverEndAreRecordedAsErrors(t *testing.T) {
	rec := slogrec.New()
	rec.Logger().Info("m", "p", panicking{}, "e", endless{})
	for _, key := range []string{"p", "e"} {
		v, _ := rec.Records()[0].Get(key)
		if _, ok := v.(error); !ok {
			t.Errorf("%s = %v (%T), want an error", key, v, v)
		}
	}
}

func TestT12_ZeroTimeAndZeroPC(t *testing.T) {
	rec := slogrec.New()
	_ = rec.Handle(t.Context(), slog.NewRecord(time.Time{}, slog.LevelInfo, "m", 0))
	r := rec.Records()[0]
	if _, ok := r.Map()[slog.TimeKey]; ok || !r.Time.IsZero() || r.Source() != nil {
		t.Errorf("got time %v, source %v, map %v", r.Time, r.Source(), r.Map())
	}
}

func TestSourceIsTheLogCall(t *testing.T) {
	rec := slogrec.New()
	rec.Logger().Info("m")
	if f := rec.Records()[0].Source().Function; f != "github.com/sluicelog/sluice/slogrec_test.TestSourceIsTheLogCall" {
		t.Error(f)
	}
}

func TestT2_SiblingsShareNothing(t *testing.T) {
	rec := slogrec.New()
	base := rec.Logger().With("a", 1).WithGroup("g").With("b", 2)
	x, y := base.With("c", "x"), base.With("c", "y")
	x.Info("x")
	y.Info("y")
	base.Info("base")
	rec.Require(t, slogrec.Message("x"), slogrec.Attr("g.c", "x"))
	rec.Require(t, slogrec.Message("y"), slogrec.Attr("g.c", "y"))
	rec.Require(t, slogrec.Message("base"), slogrec.Not(slogrec.HasAttr("g.c")))
}

func TestT4_WithSliceIsCopied(t *testing.T) {
	rec := slogrec.New()
	group := []slog.Attr{slog.String("in", "before")}
	attrs := []slog.Attr{slog.String("a", "before"), {Key: "g", Value: slog.GroupValue(group...)}}
	h := rec.WithAttrs(attrs)
	attrs[0].Value, group[0].Value = slog.StringValue("after"), slog.StringValue("after")
	slog.New(h).Info("m")
	rec.Require(t, slogrec.Attr("a", "before"), slogrec.Attr("g.in", "before"))
}

func TestT5_GroupSlicesAreCopied(t *testing.T) {
	rec := slogrec.New()
	group := []slog.Attr{slog.String("in", "before")}
	rec.Logger().Info("m", slog.Attr{Key: "g", Value: slog.GroupValue(group...)})
	group[0].Value = slog.StringValue("after")
	rec.Require(t, slogrec.Attr("g.in", "before"))
}

func TestT11_CancelledContextIsRecordedWithItsValues(t *testing.T) {
	type key struct{}
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "v"))
	cancel()
	rec := slogrec.New()
	rec.Logger().InfoContext(ctx, "m")
	if got := rec.Require(t, slogrec.Message("m")).Context.Value(key{}); got != "v" {
		t.Error(got)
	}
}

func TestWithNothingReturnsTheReceiver(t *testing.T) {
	rec := slogrec.New()
	if rec.WithAttrs(nil) != slog.Handler(rec) || rec.WithGroup("") != slog.Handler(rec) {
		t.Error("a new handler")
	}
}

func TestMinLevel(t *testing.T) {
	rec := slogrec.New(slogrec.MinLevel(slog.LevelWarn))
	rec.Logger().Info("low")
	rec.Logger().Warn("high")
	rec.RequireCount(t, 1)
	rec.Require(t, slogrec.Message("high"))
}

func TestListKeepsOrderAndDuplicates(t *testing.T) {
	rec := slogrec.New()
	rec.Logger().With("a", 1).Info("m", "b", 2, "a", 3, slog.Group("g", "x", "y z"))
	r := rec.Records()[0]
	if got, want := r.String(), `INFO "m" a=1 b=2 a=3 g.x="y z"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if diff := cmp.Diff(map[string]any{"a": int64(3), "b": int64(2), "g.x": "y z"}, r.Flat()); diff != "" {
		t.Error(diff)
	}
}

func TestConcurrentUse(t *testing.T) {
	rec := slogrec.New()
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			l := rec.Logger().With("g", g)
			for range 100 {
				l.Info("m")
				rec.Len()
			}
		})
	}
	wg.Wait()
	for g := range 8 {
		rec.RequireCount(t, 100, slogrec.Attr("g", g))
	}
	rec.Reset()
	rec.RequireCount(t, 0)
}

func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := slogrec.New()
		go func() {
			for range 3 {
				time.Sleep(time.Hour)
				rec.Logger().Info("m")
			}
		}()
		if err := rec.Await(t.Context(), 3); err != nil || rec.Len() != 3 {
			t.Fatal(err, rec.Len())
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := rec.Await(ctx, 4); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		rec.Reset()
		if err := rec.Await(ctx, 3); err != nil {
			t.Errorf("after Reset: %v", err)
		}
	})
}
