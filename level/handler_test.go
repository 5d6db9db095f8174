package level

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"runtime"
	"sync"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/slogrec"
)

func callerPC() uintptr {
	var pcs [1]uintptr
	runtime.Callers(2, pcs[:])
	return pcs[0]
}

func mustController(t testing.TB, spec string) *Controller {
	t.Helper()
	c, err := NewController(spec)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSlogtest(t *testing.T) {
	var buf bytes.Buffer
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		buf.Reset()
		return mustController(t, "info,a=debug,github.com/x=debug").Handler(slog.NewJSONHandler(&buf, nil))
	}, func(t *testing.T) map[string]any {
		var m map[string]any
		if err := json.Unmarshal(buf.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		return m
	})
}

func TestLevelsByLogger(t *testing.T) {
	c := mustController(t, "info,store=debug,store.cold=error,http=warn")
	for _, tt := range []struct {
		name string
		grow func(*slog.Logger) *slog.Logger
		want []string
	}{
		{"default", func(l *slog.Logger) *slog.Logger { return l }, []string{"INFO", "WARN", "ERROR"}},
		{"prefix", func(l *slog.Logger) *slog.Logger { return l.With("logger", "store") }, []string{"DEBUG", "INFO", "WARN", "ERROR"}},
		{"among others", func(l *slog.Logger) *slog.Logger { return l.With("a", 1, "logger", "http.client", "b", 2) }, []string{"WARN", "ERROR"}},
		{"the last name wins", func(l *slog.Logger) *slog.Logger { return l.With("logger", "store").With("logger", "store.cold") }, []string{"ERROR"}},
		{"kept by what is grown", func(l *slog.Logger) *slog.Logger {
			return l.With("logger", "http").With("x", 1).WithGroup("g").With("y", 1)
		}, []string{"WARN", "ERROR"}},
		{"not in a group", func(l *slog.Logger) *slog.Logger { return l.WithGroup("g").With("logger", "store") }, []string{"INFO", "WARN", "ERROR"}},
		{"T12 in an inline group", func(l *slog.Logger) *slog.Logger { return l.With(slog.Group("", "logger", "store")) }, []string{"DEBUG", "INFO", "WARN", "ERROR"}},
		{"a group called logger", func(l *slog.Logger) *slog.Logger { return l.With(slog.Group("logger", "logger", "store")) }, []string{"INFO", "WARN", "ERROR"}},
		{"T8 a LogValuer", func(l *slog.Logger) *slog.Logger { return l.With("logger", name("store")) }, []string{"DEBUG", "INFO", "WARN", "ERROR"}},
		{"no string", func(l *slog.Logger) *slog.Logger { return l.With("logger", 7) }, []string{"INFO", "WARN", "ERROR"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec := slogrec.New()
			log := tt.grow(slog.New(c.Handler(rec)))
			var got, direct []string
			for _, l := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
				if log.Enabled(t.Context(), l) {
					got = append(got, l.String())
				}
				// T20: what a fan-out hands on without asking is checked again.
				if err := log.Handler().Handle(t.Context(), slog.NewRecord(time.Time{}, l, "m", 0)); err != nil {
					t.Error(err)
				}
			}
			for _, r := range rec.Records() {
				direct = append(direct, r.Level.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Enabled: %s", diff)
			}
			if diff := cmp.Diff(tt.want, direct); diff != "" {
				t.Errorf("Handle: %s", diff)
			}
		})
	}
}

type name string

func (n name) LogValue() slog.Value { return slog.StringValue(string(n)) }

func TestLevelsByPackage(t *testing.T) {
	const here = "github.com/sluicelog/sluice/level"
	for _, tt := range []struct {
		spec, logger  string
		enabled, pass bool
	}{
		{"info", "", false, false},
		{"info," + here + "=debug", "", true, true},
		{"info,github.com/sluicelog=debug", "", true, true},
		{"info,github.com/sluicelog/sluice/=debug", "", true, true},
		{"info,github.com/sluicelog/sluice/lev=debug", "", true, false},
		{"info,github.com/other=debug", "", true, false},
		{"info,github.com/sluicelog=debug," + here + "=warn", "", true, false},
		{"debug," + here + "=warn", "", true, false},
		{"info,level=debug", "", false, false},
		{"info,main=debug", "", true, false},
		{"info,store=error," + here + "=debug", "store", false, false},
		{"info,store=debug," + here + "=error", "store", true, true},
		{"info,a/b=debug", "a/b", true, true},
	} {
		rec := slogrec.New()
		log := slog.New(mustController(t, tt.spec).Handler(rec))
		if tt.logger != "" {
			log = log.With("logger", tt.logger)
		}
		if got := log.Enabled(t.Context(), slog.LevelDebug); got != tt.enabled {
			t.Errorf("%s: Enabled %v", tt.spec, got)
		}
		for range 2 { // the second time from the cache
			log.Debug("m")
		}
		if got := rec.Len() == 2; got != tt.pass {
			t.Errorf("%s: passed %d of 2", tt.spec, rec.Len())
		}
	}
}

func TestT12_NoPCGoesByTheLogger(t *testing.T) {
	rec := slogrec.New()
	h := mustController(t, "info,github.com/sluicelog=debug").Handler(rec)
	for _, l := range []slog.Level{slog.LevelDebug, slog.LevelInfo} {
		_ = h.Handle(t.Context(), slog.NewRecord(time.Time{}, l, "m", 0))
	}
	rec.RequireCount(t, 1)
	rec.Require(t, slogrec.Level(slog.LevelInfo))
}

func TestNextHandlerMayRefuseMore(t *testing.T) {
	h := mustController(t, "debug").Handler(slogrec.New(slogrec.MinLevel(slog.LevelWarn)))
	if h.Enabled(t.Context(), slog.LevelInfo) || !h.Enabled(t.Context(), slog.LevelWarn) {
		t.Error("the level of the next handler does not count")
	}
}

func TestT10_ErrorsComeBack(t *testing.T) {
	h := mustController(t, "").Handler(slogrec.New(slogrec.FailWith(context.Canceled)))
	if err := h.Handle(t.Context(), slog.NewRecord(time.Time{}, slog.LevelInfo, "m", 0)); err != context.Canceled {
		t.Error(err)
	}
}

func TestT11_CancelledContextLosesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	rec := slogrec.New()
	slog.New(mustController(t, "").Handler(rec)).InfoContext(ctx, "m")
	rec.RequireCount(t, 1)
}

func TestT19_RootAttributesStayAtTheRoot(t *testing.T) {
	rec := slogrec.New()
	h := chain.Adapt(mustController(t, "").Handler(rec).WithGroup("g").WithAttrs([]slog.Attr{slog.Int("a", 1)}))
	root := chain.Root{Scope: chain.NewBlock([]slog.Attr{slog.String("trace_id", "t")})}
	if err := h.HandleRoot(t.Context(), slog.NewRecord(time.Time{}, slog.LevelInfo, "m", 0), root); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"trace_id": "t", "g": map[string]any{"a": int64(1)}}
	if diff := cmp.Diff(want, rec.Records()[0].Attrs); diff != "" {
		t.Error(diff)
	}
}

func TestT2_SiblingsHaveTheirOwnNames(t *testing.T) {
	rec := slogrec.New()
	base := slog.New(mustController(t, "info,a=debug,b=error").Handler(rec)).With("x", 1)
	a, b := base.With("logger", "a"), base.With("logger", "b")
	for _, l := range []*slog.Logger{a, b, base} {
		l.Debug("debug")
		l.Info("info")
	}
	rec.RequireCount(t, 3)
	rec.RequireCount(t, 2, slogrec.Attr("logger", "a"))
	rec.RequireCount(t, 1, slogrec.Not(slogrec.HasAttr("logger")))
}

func TestWithNothingReturnsTheReceiver(t *testing.T) {
	h := mustController(t, "").Handler(slog.DiscardHandler)
	if h.WithAttrs(nil) != slog.Handler(h) || h.WithGroup("") != slog.Handler(h) {
		t.Error("a new handler")
	}
}

func TestMiddlewareIsHandler(t *testing.T) {
	rec := slogrec.New()
	log := slog.New(mustController(t, "warn").Middleware()(rec))
	log.Info("no")
	log.Warn("yes")
	rec.RequireCount(t, 1)
}

func TestChangeReachesHandlersThatExist(t *testing.T) {
	c := mustController(t, "info")
	log := slog.New(c.Handler(slogrec.New())).With("logger", "store")
	for _, tt := range []struct {
		spec string
		want bool
	}{{"info", false}, {"info,store=debug", true}, {"debug,store=warn", false}, {"debug", true}} {
		if err := c.Set(tt.spec); err != nil {
			t.Fatal(err)
		}
		if got := log.Enabled(t.Context(), slog.LevelDebug); got != tt.want {
			t.Errorf("%s: %v", tt.spec, got)
		}
	}
}

func TestConcurrentChangeAndLogging(t *testing.T) {
	c := mustController(t, "info")
	rec := slogrec.New()
	log := slog.New(c.Handler(rec)).With("logger", "store")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 500 {
				log.Debug("d")
				log.Error("e")
			}
		})
	}
	for i := range 200 {
		_ = c.Set([]string{"info", "store=debug", "github.com/sluicelog=debug"}[i%3])
	}
	wg.Wait()
	rec.RequireCount(t, 2000, slogrec.Message("e"))
}
