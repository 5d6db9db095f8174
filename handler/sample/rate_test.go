package sample

import (
	"context"
	"log/slog"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/scope"
)

var approx = cmpopts.EquateApprox(1e-12, 0)

func constant(f float64) []LoadSource {
	return []LoadSource{LoadFunc(func() float64 { return f })}
}

// warm has the sampler read its load sources.
func warm(s *Sampler) *Sampler {
	s.Stats()
	return s
}

type valuer struct{ v slog.Value }

func (v valuer) LogValue() slog.Value { return v.v }

func TestRateIsBaseTimesRoomTimesImportance(t *testing.T) {
	yes := slog.Bool("user_facing", true)
	critical := slog.Bool("critical_path", true)
	for _, tc := range []struct {
		name  string
		opts  *Options
		l     slog.Level
		attrs []slog.Attr
		want  float64
	}{
		{"debug", nil, slog.LevelDebug, nil, .01},
		{"below debug", nil, slog.LevelDebug - 4, nil, .01},
		{"info", nil, slog.LevelInfo, nil, .1},
		{"between info and warn", nil, slog.LevelInfo + 3, nil, .1},
		{"warn", nil, slog.LevelWarn, nil, .5},
		{"error", nil, slog.LevelError, nil, 1},
		{"critical", nil, levelCritical, nil, 1},
		{"above critical", nil, levelCritical + 40, nil, 1},
		{"an error is not recent to itself", &Options{Rates: map[slog.Level]float64{slog.LevelError: .1}}, slog.LevelError, nil, .1},
		{"named level keeps the others", &Options{Rates: map[slog.Level]float64{slog.LevelInfo: .3}}, slog.LevelWarn, nil, .5},
		{"own level", &Options{Rates: map[slog.Level]float64{slog.LevelInfo + 2: .3}}, slog.LevelInfo + 3, nil, .3},
		{"user facing", nil, slog.LevelInfo, []slog.Attr{yes}, .2},
		{"critical path", nil, slog.LevelInfo, []slog.Attr{critical}, .15},
		{"both", nil, slog.LevelInfo, []slog.Attr{yes, critical}, .3},
		{"twice counts once", nil, slog.LevelInfo, []slog.Attr{yes, yes}, .2},
		{"the last counts", nil, slog.LevelInfo, []slog.Attr{yes, slog.Bool("user_facing", false)}, .1},
		{"false", nil, slog.LevelInfo, []slog.Attr{slog.Bool("user_facing", false)}, .1},
		{"text", nil, slog.LevelInfo, []slog.Attr{slog.String("user_facing", "true")}, .2},
		{"another value", nil, slog.LevelInfo, []slog.Attr{slog.Int("user_facing", 1)}, .1},
		{"a key of the same length", nil, slog.LevelInfo, []slog.Attr{slog.Bool("user_facin_", true)}, .1},
		{"in a group", nil, slog.LevelInfo, []slog.Attr{slog.Group("a", slog.Group("b", yes))}, .2},
		{"in an inline group", nil, slog.LevelInfo, []slog.Attr{slog.Group("", yes)}, .2},
		{"never above 1", nil, slog.LevelWarn, []slog.Attr{yes, critical}, 1},
		{"capped", &Options{Importance: map[string]float64{"a": 5, "b": 5}}, slog.LevelInfo, []slog.Attr{slog.Bool("a", true), slog.Bool("b", true)}, .3},
		{"own cap", &Options{MaxImportance: 7, Importance: map[string]float64{"a": 9}}, slog.LevelInfo, []slog.Attr{slog.Bool("a", true)}, .7},
		{"less important", &Options{Importance: map[string]float64{"health": .1}}, slog.LevelInfo, []slog.Attr{slog.Bool("health", true)}, .01},
		{"never kept", &Options{Importance: map[string]float64{"noise": 0}}, slog.LevelError, []slog.Attr{slog.Bool("noise", true)}, 0},
		{"no importance", &Options{Importance: map[string]float64{}}, slog.LevelInfo, []slog.Attr{yes}, .1},
		{"exempt", &Options{Importance: map[string]float64{"keep": math.Inf(1)}}, slog.LevelInfo, []slog.Attr{slog.Bool("keep", true)}, 1},
		{"exempt beats rate 0, full load and factor 0", &Options{
			Rates: map[slog.Level]float64{slog.LevelInfo: 0}, Load: constant(1),
			Importance: map[string]float64{"keep": math.Inf(1), "noise": 0},
		}, slog.LevelInfo, []slog.Attr{slog.Bool("keep", true), slog.Bool("noise", true)}, 1},
		{"not exempt", &Options{Importance: map[string]float64{"keep": math.Inf(1)}}, slog.LevelInfo, nil, .1},
		{"load", &Options{Load: constant(.25)}, slog.LevelInfo, []slog.Attr{yes}, .15},
		{"load spares errors", &Options{Load: constant(.9)}, slog.LevelError, nil, 1},
		{"full", &Options{Load: constant(1)}, slog.LevelWarn, []slog.Attr{yes}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := warm(NewSampler(tc.opts))
			got := s.Rate(context.Background(), record(tc.l, "m", tc.attrs...))
			if diff := cmp.Diff(tc.want, got, approx); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRecentErrorsRaiseRates(t *testing.T) {
	at := func(d time.Duration, l slog.Level, attrs ...slog.Attr) slog.Record {
		r := slog.NewRecord(noon.Add(d), l, "m", 0)
		r.AddAttrs(attrs...)
		return r
	}
	all := []slog.Attr{slog.Bool("user_facing", true), slog.Bool("critical_path", true)}
	for _, tc := range []struct {
		name string
		opts *Options
		r    slog.Record
		want float64
	}{
		{"after", nil, at(59*time.Second, slog.LevelInfo), .13},
		{"stamped before", nil, at(-59*time.Second, slog.LevelInfo), .13},
		{"long after", nil, at(61*time.Second, slog.LevelInfo), .1},
		{"long before", nil, at(-61*time.Second, slog.LevelInfo), .1},
		{"capped with the rest", nil, at(0, slog.LevelInfo, all...), .3},
		{"own factor", &Options{RecentErrorFactor: 2}, at(0, slog.LevelInfo), .2},
		{"own window", &Options{RecentErrorWindow: time.Hour}, at(50*time.Minute, slog.LevelInfo), .13},
		{"error", &Options{Rates: map[slog.Level]float64{slog.LevelError: .1}}, at(0, slog.LevelError), .13},
		{"off", &Options{RecentErrorFactor: 1}, at(0, slog.LevelInfo), .1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := NewSampler(tc.opts)
			s.Rate(context.Background(), at(0, slog.LevelError))
			if diff := cmp.Diff(tc.want, s.Rate(context.Background(), tc.r), approx); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestT9_ImportanceSeesWithAttrs covers every place in which an attribute of a record can stand.
func TestT9_ImportanceSeesWithAttrs(t *testing.T) {
	yes := slog.Bool("user_facing", true)
	block := chain.NewBlock([]slog.Attr{yes})
	inScope := scope.NewContext(context.Background(), &scope.Scope{Block: block})
	low := keyAt(.15) // kept at .2, dropped at .1
	for _, tc := range []struct {
		name string
		with func(slog.Handler) slog.Handler
		ctx  context.Context
		root chain.Root
		own  []slog.Attr
		keep bool
	}{
		{name: "nowhere"},
		{name: "record", own: []slog.Attr{yes}, keep: true},
		{name: "record, LogValuer", own: []slog.Attr{slog.Any("user_facing", valuer{slog.BoolValue(true)})}, keep: true},
		{name: "record, LogValuer of a group", own: []slog.Attr{slog.Any("x", valuer{slog.GroupValue(yes)})}, keep: true},
		{name: "With", with: func(h slog.Handler) slog.Handler { return h.WithAttrs([]slog.Attr{yes}) }, keep: true},
		{name: "With, LogValuer", with: func(h slog.Handler) slog.Handler {
			return h.WithAttrs([]slog.Attr{slog.Any("user_facing", valuer{slog.BoolValue(true)})})
		}, keep: true},
		{name: "With under a group", with: func(h slog.Handler) slog.Handler {
			return h.WithGroup("g").WithAttrs([]slog.Attr{yes}).WithGroup("h")
		}, keep: true},
		{name: "With before With", with: func(h slog.Handler) slog.Handler {
			return h.WithAttrs([]slog.Attr{yes}).WithAttrs([]slog.Attr{slog.Int("n", 1)})
		}, keep: true},
		{name: "record takes With back", with: func(h slog.Handler) slog.Handler {
			return h.WithAttrs([]slog.Attr{yes})
		}, own: []slog.Attr{slog.Bool("user_facing", false)}},
		{name: "root scope", root: chain.Root{Scope: block}, keep: true},
		{name: "root static", root: chain.Root{Static: block}, keep: true},
		{name: "root record", root: chain.Root{Record: []slog.Attr{yes}}, keep: true},
		{name: "context", ctx: inScope, keep: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out := &sink{}
			var h slog.Handler = NewHandler(out, nil)
			if tc.with != nil {
				h = tc.with(h)
			}
			if tc.ctx == nil {
				tc.ctx = context.Background()
			}
			tc.root.Key = low
			if err := h.(chain.Handler).HandleRoot(tc.ctx, record(slog.LevelInfo, "m", tc.own...), tc.root); err != nil {
				t.Fatal(err)
			}
			if keep := len(out.entries) == 1; keep != tc.keep {
				t.Fatalf("kept: %v, want %v", keep, tc.keep)
			}
			if tc.keep {
				if diff := cmp.Diff(.2, out.entries[0].root.Rate, approx); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestT8_LogValuersThatPanicOrLoopAreContained(t *testing.T) {
	s := NewSampler(nil)
	for _, v := range []slog.LogValuer{panics{}, loops{}} {
		r := record(slog.LevelInfo, "m", slog.Any("user_facing", v), slog.Any("trace_id", v), slog.Any("x", v))
		if diff := cmp.Diff(.1, s.Rate(context.Background(), r), approx); diff != "" {
			t.Errorf("%T: %s", v, diff)
		}
	}
	var self []slog.Attr
	self = append(self, slog.Attr{})
	self[0] = slog.Attr{Key: "", Value: slog.GroupValue(self...)} // a group that is its own member
	if diff := cmp.Diff(.1, s.Rate(context.Background(), record(slog.LevelInfo, "m", self[0])), approx); diff != "" {
		t.Error(diff)
	}
}

type panics struct{}

func (panics) LogValue() slog.Value { panic("no value") }

type loops struct{}

func (l loops) LogValue() slog.Value { return slog.AnyValue(l) }

// TestWithAttrsAreEvaluatedOnce counts how often the sampler asks a LogValuer of With.
func TestWithAttrsAreEvaluatedOnce(t *testing.T) {
	n := 0
	h := NewHandler(&sink{}, nil).WithAttrs([]slog.Attr{slog.Any("user_facing", counting{&n})})
	if n != 1 {
		t.Errorf("evaluated %d times by WithAttrs, want 1", n)
	}
	for range 10 {
		_ = h.Handle(context.Background(), record(slog.LevelInfo, "m"))
	}
	if n != 1 {
		t.Errorf("evaluated %d times after 10 records, want 1", n)
	}
}

type counting struct{ n *int }

func (c counting) LogValue() slog.Value { *c.n++; return slog.BoolValue(true) }
