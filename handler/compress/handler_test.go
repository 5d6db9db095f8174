package compress

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/slogrec"
)

func TestSlogtest(t *testing.T) {
	var b bytes.Buffer
	var h *Handler
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		b.Reset()
		h = start(t, slog.NewJSONHandler(&b, nil), Options{})
		return h
	}, func(t *testing.T) map[string]any {
		flushed(t, h)
		var m map[string]any
		if err := json.Unmarshal(b.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		return m
	})
}

func TestALargeGroupBecomesOneRecord(t *testing.T) {
	sink := slogrec.New()
	h := start(t, sink, Options{})
	l := h.WithAttrs([]slog.Attr{slog.String("service", "ingest"), slog.Int("shard", 3)}).WithGroup("job").(*Handler)
	for i := range 8 {
		r := rec(slog.LevelInfo, fmt.Sprintf("job %d took %dms", i, 10*i), slog.Int("id", 100+i), slog.String("user", fmt.Sprint("u", i)),
			slog.Group("io", slog.Float64("mb", float64(i)/2), slog.Duration("wait", time.Duration(i)*time.Second)))
		r.Time = epoch.Add(time.Duration(i%3) * time.Second)
		if err := l.Handle(bg, r); err != nil {
			t.Fatal(err)
		}
	}
	flushed(t, h)
	got := sink.Records()
	if len(got) != 1 {
		t.Fatalf("%d records", len(got))
	}
	want := map[string]any{
		"count": int64(8), "template": "job <number> took <duration>", "first_occurrence": epoch, "last_occurrence": epoch.Add(2 * time.Second),
		"sample": map[string]any{"service": "ingest", "shard": int64(3), "job": map[string]any{
			"id": int64(100), "user": "u0", "io": map[string]any{"mb": 0., "wait": time.Duration(0)},
		}},
		"summary": map[string]any{
			"shard": map[string]any{"min": int64(3), "max": int64(3), "mean": 3.},
			"job": map[string]any{
				"id": map[string]any{"min": int64(100), "max": int64(107), "mean": 103.5},
				"io": map[string]any{
					"mb":   map[string]any{"min": 0., "max": 3.5, "mean": 1.75},
					"wait": map[string]any{"min": time.Duration(0), "max": 7 * time.Second, "mean": 3500 * time.Millisecond},
				},
			},
		},
	}
	if d := cmp.Diff(want, got[0].Attrs); d != "" {
		t.Error(d)
	}
	if got[0].Message != "job <number> took <duration>" || got[0].Level != slog.LevelInfo || !got[0].Time.Equal(epoch) {
		t.Error(got[0])
	}
	if s := balanced(t, h, 8); s.Delivered != 1 || s.Collapsed != 7 || s.Groups != 1 {
		t.Errorf("%+v", s)
	}
}

func TestSmallGroupsPassUnchangedAndInOrder(t *testing.T) {
	var direct, behind bytes.Buffer
	opts := &slog.HandlerOptions{Level: slog.LevelDebug}
	h := start(t, slog.NewJSONHandler(&behind, opts), Options{})
	for _, base := range []slog.Handler{slog.NewJSONHandler(&direct, opts), h} {
		w := base.WithAttrs([]slog.Attr{slog.Int("w", 1)}).WithGroup("g").WithAttrs([]slog.Attr{slog.Any("x", []int{1})})
		for i := range 5 {
			_ = base.Handle(bg, rec(slog.LevelInfo, fmt.Sprint("item ", i), slog.Int("i", i)))
			_ = w.Handle(bg, rec(slog.LevelInfo, fmt.Sprint("item ", i), slog.Int("i", i)))
			_ = base.Handle(bg, rec(slog.LevelDebug, fmt.Sprint("item ", i), slog.Int("i", i)))
			_ = base.Handle(bg, rec(slog.LevelInfo, fmt.Sprint("item ", i), slog.Int("j", i)))
			_ = w.Handle(bg, slog.NewRecord(time.Time{}, 3, "", 0))
		}
	}
	flushed(t, h)
	if d := cmp.Diff(direct.String(), behind.String()); d != "" {
		t.Error(d)
	}
	if s := balanced(t, h, 25); s.Delivered != 25 || s.Groups != 0 {
		t.Errorf("%+v", s)
	}
}

func TestAGroupStandsWhereItsFirstRecordStood(t *testing.T) {
	sink := slogrec.New()
	h := start(t, sink, Options{})
	for i := range 7 {
		_ = h.Handle(bg, rec(0, fmt.Sprint("many ", i)))
		if i%3 == 0 {
			_ = h.Handle(bg, rec(0, fmt.Sprint("few ", i)))
		}
	}
	flushed(t, h)
	if d := cmp.Diff([]string{"many <number>", "few 0", "few 3", "few 6"}, messages(sink)); d != "" {
		t.Error(d)
	}
}

func TestErrorsPassAtOnceAndAreCounted(t *testing.T) {
	sink := slogrec.New()
	h := start(t, sink, Options{})
	_ = h.Handle(bg, rec(0, "held"))
	for i := range 10 {
		_ = h.Handle(bg, rec(slog.LevelError, fmt.Sprint("disk full ", i)))
	}
	if sink.Len() != 10 {
		t.Errorf("%d errors passed, want 10", sink.Len())
	}
	if s := balanced(t, h, 11); s.Urgent != 10 || s.Held != 1 || s.Delivered != 10 {
		t.Errorf("%+v", s)
	}
	flushed(t, h)
	if s := balanced(t, h, 11); s.Held != 0 || s.Delivered != 11 {
		t.Errorf("%+v", s)
	}
	low := start(t, sink, Options{PassLevel: slog.LevelDebug})
	sink.Reset()
	_ = low.Handle(bg, rec(slog.LevelDebug, "d"))
	if sink.Len() != 1 {
		t.Error("PassLevel is not heeded")
	}
}

func TestSampledRecordsKeepTheirWeight(t *testing.T) {
	for _, tc := range []struct {
		name  string
		rates []float64
		want  float64
	}{
		{"none", []float64{0, 0, 0, 0, 0, 0}, 0},
		{"all certain", []float64{1, 1, 1, 1, 1, 1}, 1},
		{"equal", []float64{.1, .1, .1, .1, .1, .1}, .1},
		{"mixed", []float64{.5, .5, .25, .25, 1, 0}, 6. / 14},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sink := &roots{}
			h := start(t, sink, Options{})
			was := 0.
			for _, r := range tc.rates {
				_ = h.HandleRoot(bg, rec(0, "m"), chain.Root{Rate: r})
				if r > 0 {
					was += 1 / r
				} else {
					was++
				}
			}
			flushed(t, h)
			got := sink.roots[0].Rate
			if math.Abs(got-tc.want) > 1e-12 {
				t.Errorf("rate %v, want %v", got, tc.want)
			}
			if got > 0 && math.Abs(6/got-was) > 1e-9 {
				t.Errorf("count/sample_rate is %v, there were %v", 6/got, was)
			}
		})
	}
}

func TestARateInTheAttributesCounts(t *testing.T) {
	sink := slogrec.New()
	h := start(t, sink, Options{})
	for range 6 {
		_ = h.Handle(bg, rec(0, "m", slog.Float64("sample_rate", .25), slog.Int("n", 1)))
	}
	flushed(t, h)
	r := sink.Require(t, slogrec.Attr("sample_rate", .25), slogrec.Attr("count", 6), slogrec.Attr("summary.n.max", 1))
	if _, ok := r.Get("summary.sample_rate"); ok {
		t.Error("the rate is summarised")
	}
}

func TestRootAttributesAreCarriedByReference(t *testing.T) {
	static, request := chain.NewBlock([]slog.Attr{slog.String("service", "s")}), chain.NewBlock([]slog.Attr{slog.String("request_id", "r")})
	other := chain.NewBlock([]slog.Attr{slog.String("request_id", "other")})
	type key struct{}
	ctx := context.WithValue(bg, key{}, "request")
	sink := &roots{}
	h := start(t, sink, Options{})
	one := chain.Root{Static: static, Scope: request, Key: 7, Record: []slog.Attr{slog.Int("own", 1)}}
	for range 6 {
		_ = h.HandleRoot(ctx, rec(0, "same request"), one)
	}
	for i := range 6 {
		root := one
		if i == 3 {
			root.Scope, root.Key = other, 8
		}
		_ = h.HandleRoot(ctx, rec(0, "of several requests"), root)
	}
	_ = h.HandleRoot(ctx, rec(0, "alone"), one)
	flushed(t, h)
	same, several, alone := sink.roots[0], sink.roots[1], sink.roots[2]
	if same.Static != static || same.Scope != request || same.Key != 7 || sink.ctxs[0].Value(key{}) != "request" {
		t.Errorf("same request: %+v", same)
	}
	if several.Static != static || several.Scope != nil || several.Key != 0 || sink.ctxs[1].Value(key{}) != nil {
		t.Errorf("several requests: %+v", several)
	}
	for _, a := range several.Record {
		if a.Key == KeySample && fmt.Sprint(a.Value) != "[request_id=r own=1]" {
			t.Error(a)
		}
	}
	if alone.Scope != request || sink.ctxs[2].Value(key{}) != "request" || len(alone.Record) != 1 {
		t.Errorf("alone: %+v", alone)
	}
}

func TestTemplatesThatBecomeOneAreOneGroup(t *testing.T) {
	sink := slogrec.New()
	h := start(t, sink, Options{})
	for _, stage := range []string{"decode", "denoise", "encode", "store", "notify", "upload", "verify"} {
		_ = h.Handle(bg, rec(0, "stage "+stage+" started", slog.Int("n", 2)))
	}
	flushed(t, h)
	sink.RequireCount(t, 1, slogrec.Message("stage <word> started"), slogrec.Attr("count", 7), slogrec.Attr("sample.n", 2), slogrec.Attr("summary.n.mean", 2.))
	if sink.Len() != 1 {
		t.Errorf("%q", messages(sink))
	}
	balanced(t, h, 7)
}

func TestValuesAreAsTheyWereAtTheCall(t *testing.T) {
	sink := slogrec.New()
	h := start(t, sink, Options{})
	m := map[string]string{"k": "before"}
	with := h.WithAttrs([]slog.Attr{slog.Any("with", m)})
	_ = with.Handle(bg, rec(0, "m", slog.Any("own", m), slog.Any("v", lazy{m})))
	m["k"] = "after"
	flushed(t, h)
	if s := fmt.Sprint(sink.Records()[0]); strings.Contains(s, "after") || strings.Count(s, "before") != 3 {
		t.Error(s)
	}
}

type lazy struct{ m map[string]string }

func (l lazy) LogValue() slog.Value { return slog.StringValue(l.m["k"]) }

func TestNumbersThatAreNone(t *testing.T) {
	sink := slogrec.New()
	h := start(t, sink, Options{})
	for i := range 6 {
		f, u := slog.Float64("f", math.NaN()), slog.Any("mixed", "text")
		if i > 0 {
			u = slog.Float64("mixed", .5)
		}
		if i > 2 {
			f, u = slog.Float64("f", float64(i)), slog.Int("mixed", i)
		}
		_ = h.Handle(bg, rec(0, "m", f, u, slog.Uint64("big", math.MaxUint64), slog.Int("kind", i)))
	}
	flushed(t, h)
	sink.Require(t, slogrec.Attr("summary.kind.max", 5), slogrec.Attr("summary.big.max", float64(math.MaxUint64)), slogrec.Not(slogrec.HasAttr("summary.f")))
}

func TestASinksErrorIsCounted(t *testing.T) {
	var got []error
	sink := slogrec.New(slogrec.FailWith(errSink, slogrec.MessageContains("bad")), slogrec.PanicWith("oh", slogrec.MessageContains("worse")))
	h := start(t, sink, Options{OnError: func(err error) { got = append(got, err) }})
	for i := range 6 {
		_ = h.Handle(bg, rec(0, fmt.Sprint("bad group ", i)))
	}
	_ = h.Handle(bg, rec(0, "bad"))
	_ = h.Handle(bg, rec(0, "worse"))
	_ = h.Handle(bg, rec(0, "good"))
	if err := h.Handle(bg, rec(slog.LevelError, "bad error")); !errors.Is(err, errSink) {
		t.Error(err)
	}
	var p *PanicError
	if err := h.Handle(bg, rec(slog.LevelError, "worse error")); !errors.As(err, &p) || p.Value != "oh" || len(p.Stack) == 0 {
		t.Error(err)
	}
	flushed(t, h)
	if s := balanced(t, h, 11); s.Failed != 10 || s.Delivered != 1 || s.Panics != 2 || s.Groups != 0 {
		t.Errorf("%+v", s)
	}
	if len(got) != 3 {
		t.Errorf("%v", got)
	}
}

func TestNothingIsTheReceiver(t *testing.T) {
	h := start(t, slog.DiscardHandler, Options{})
	if h.WithGroup("") != slog.Handler(h) || h.WithAttrs(nil) != slog.Handler(h) || h.WithAttrs([]slog.Attr{}) != slog.Handler(h) {
		t.Error("a new handler for nothing")
	}
	if h.Enabled(bg, 0) {
		t.Error("Enabled is not that of the next handler")
	}
}

func TestOptionsOutOfRange(t *testing.T) {
	for _, tc := range []struct {
		o    Options
		want string
	}{
		{Options{}, ""}, {Options{Records: 1, Interval: time.Millisecond, Threshold: 1, MaxTemplates: 1}, ""},
		{Options{Records: -1}, "Records is -1: want 1 to 1000000"}, {Options{Interval: time.Nanosecond}, "Interval is 1ns: want 1ms to 1h"},
		{Options{Threshold: 5000}, "Threshold is 5000: want 1 to 1000"}, {Options{MaxTemplates: -5}, "MaxTemplates is -5: want 1 to 1000000"},
	} {
		h, err := NewHandler(slog.DiscardHandler, &tc.o)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%+v: %v", tc.o, err)
		}
		if err == nil {
			_ = h.Close(bg)
		}
	}
	if h, err := NewHandler(nil, nil); h != nil || err == nil {
		t.Error("a nil next handler is taken")
	}
	var built *Handler
	var got error
	m := Middleware(&Options{Records: -1, OnBuild: func(h *Handler) { built = h }, OnError: func(err error) { got = err }})(nil)
	if m != slog.Handler(built) || got == nil || !strings.Contains(got.Error(), "Records is -1") || !strings.Contains(got.Error(), "nil") {
		t.Errorf("%v", got)
	}
	_ = built.Close(bg)
}
