package async

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/scope"
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

// both logs through a queue and directly; the lines must be the same.
func both(t *testing.T, log func(h slog.Handler)) (queued string) {
	t.Helper()
	var direct, behind bytes.Buffer
	opts := &slog.HandlerOptions{AddSource: true, Level: slog.LevelDebug}
	log(slog.NewJSONHandler(&direct, opts))
	h := start(t, slog.NewJSONHandler(&behind, opts), Options{Workers: 1})
	log(h)
	flushed(t, h)
	if d := cmp.Diff(direct.String(), behind.String()); d != "" {
		t.Errorf("the queue changes records:\n%s", d)
	}
	return behind.String()
}

func TestT12_OddRecordsPassUnchanged(t *testing.T) {
	var pcs [1]uintptr
	runtime.Callers(1, pcs[:])
	for name, r := range map[string]slog.Record{
		"zero time, zero PC": slog.NewRecord(time.Time{}, 0, "m", 0),
		"PC":                 slog.NewRecord(time.Unix(1, 0), slog.LevelWarn, "m", pcs[0]),
		"empty attr":         rec(0, "m", slog.Attr{}, slog.Int("a", 1)),
		"empty group":        rec(0, "m", slog.Group("g"), slog.Int("a", 1)),
		"inline group":       rec(0, "m", slog.Attr{Value: slog.GroupValue(slog.Int("a", 1), slog.Int("b", 2))}),
		"duplicate keys":     rec(0, "m", slog.Int("a", 1), slog.Int("a", 2), slog.Group("g", slog.Int("a", 3))),
		"eight attributes":   rec(0, "m", slog.Int("1", 1), slog.Int("2", 2), slog.Int("3", 3), slog.Int("4", 4), slog.Int("5", 5), slog.Int("6", 6), slog.Any("7", []int{7}), slog.Any("8", nil)),
		"level between":      rec(3, "", slog.Any("", "v")),
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(h slog.Handler) {
				_ = h.Handle(bg, r)
				_ = h.WithAttrs([]slog.Attr{slog.Int("w", 1)}).WithGroup("g").WithAttrs([]slog.Attr{slog.Any("x", r.Level)}).Handle(bg, r)
			})
		})
	}
}

func TestWithOfNothingIsTheReceiver(t *testing.T) {
	h := start(t, slog.DiscardHandler, Options{})
	if h.WithGroup("") != slog.Handler(h) || h.WithAttrs(nil) != slog.Handler(h) || h.WithAttrs([]slog.Attr{}) != slog.Handler(h) {
		t.Error("a new handler for nothing")
	}
	if h.Enabled(bg, 0) {
		t.Error("Enabled is not that of the next handler")
	}
}

func TestT5_GroupsAreFrozenBeforeTheQueue(t *testing.T) {
	type profile struct{ Name string }
	g := newGate()
	var b bytes.Buffer
	h := start(t, g.before(slog.NewJSONHandler(&b, nil)), Options{Workers: 1})
	defer g.release()
	p := &profile{"before"}
	m := map[string]any{"p": p}
	group := []slog.Attr{slog.String("s", "before"), slog.Any("p", p)}
	with := []slog.Attr{slog.Any("m", m)}
	kept := append([]slog.Attr(nil), group...)
	_ = h.WithAttrs(with).Handle(bg, rec(0, "m", slog.Attr{Key: "g", Value: slog.GroupValue(group...)}, slog.Any("p", p)))
	_ = h.HandleRoot(bg, rec(0, "m"), chain.Root{Record: []slog.Attr{slog.Any("root", p)}})
	if !group[0].Equal(kept[0]) || !group[1].Equal(kept[1]) || with[0].Value.Any().(map[string]any)["p"] != any(p) {
		t.Error("the caller's data was written to")
	}
	p.Name = "after"
	m["new"] = "after"
	group[0] = slog.String("s", "after")
	with[0] = slog.String("m", "after")
	g.release()
	flushed(t, h)
	if got := b.String(); strings.Contains(got, "after") || strings.Count(got, "before") != 4 {
		t.Errorf("a change after the call shows: %s", got)
	}
}

func TestT5_WithAttrsAreFrozenAtWith(t *testing.T) {
	var b bytes.Buffer
	h := start(t, slog.NewTextHandler(&b, nil), Options{})
	s := []string{"before"}
	l := h.WithAttrs([]slog.Attr{slog.Any("s", s)})
	s[0] = "after"
	_ = l.Handle(bg, rec(0, "m"))
	flushed(t, h)
	if !strings.Contains(b.String(), "s=[before]") {
		t.Error(b.String())
	}
}

func TestT4_TheSliceOfWithIsNotHandedOn(t *testing.T) {
	h := start(t, thief{}, Options{})
	attrs := []slog.Attr{slog.Int("a", 1)}
	h.WithAttrs(attrs)
	if attrs[0].Key != "a" {
		t.Error("the next handler wrote to the caller's slice")
	}
}

// thief writes to the slices that it is given, as the slog.Handler documentation allows.
type thief struct{ sinkFunc }

func (thief) WithAttrs(attrs []slog.Attr) slog.Handler {
	attrs[0] = slog.String("stolen", "")
	return slog.DiscardHandler
}

func TestT2_SiblingsShareNothing(t *testing.T) {
	both(t, func(h slog.Handler) {
		base := slog.New(h).With("a", 1).WithGroup("g").With("b", 2)
		one, two := base.With("x", 1).WithGroup("one"), base.With("y", 2).WithGroup("two")
		for _, l := range []*slog.Logger{one, two, base} {
			_ = l.Handler().Handle(bg, rec(0, "m", slog.Int("k", 1)))
		}
	})
}

type valuer struct{ calls *atomic.Int64 }

func (v valuer) LogValue() slog.Value {
	v.calls.Add(1)
	return slog.StringValue("resolved")
}

func TestT8_LogValuersAreResolvedByTheCaller(t *testing.T) {
	g := newGate()
	var b bytes.Buffer
	h := start(t, g.before(slog.NewTextHandler(&b, nil)), Options{Workers: 1})
	defer g.release()
	var calls atomic.Int64
	_ = h.Handle(bg, rec(0, "m", slog.Any("v", valuer{&calls}), slog.Any("p", valuer{})))
	if calls.Load() != 1 {
		t.Error("not resolved when Handle returned")
	}
	g.release()
	flushed(t, h)
	if got := b.String(); !strings.Contains(got, "v=resolved") || !strings.Contains(got, "panicked") || calls.Load() != 1 {
		t.Errorf("%d calls: %s", calls.Load(), got)
	}
}

func TestT10_ErrorsAndPanicsAreCountedAndReported(t *testing.T) {
	var mu sync.Mutex
	var got []error
	h := start(t, sinkFunc(func(_ context.Context, r slog.Record) error {
		switch r.Message {
		case "error":
			return fmt.Errorf("wrapped: %w", errSink)
		case "panic":
			panic(errSink)
		case "exit":
			runtime.Goexit()
		}
		return nil
	}), Options{Workers: 1, OnError: func(err error) {
		mu.Lock()
		got = append(got, err)
		mu.Unlock()
		if err.Error() != "" {
			panic("in OnError")
		}
	}})
	for _, msg := range []string{"ok", "error", "panic", "exit", "ok"} {
		if err := h.Handle(bg, rec(0, msg)); err != nil {
			t.Fatal(err)
		}
	}
	flushed(t, h)
	s := h.Stats()
	if s.Delivered != 2 || s.Failed != 3 || s.Panics != 2 || len(got) != 3 {
		t.Fatalf("%+v %v", s, got)
	}
	var p *PanicError
	if !errors.Is(got[0], errSink) || !errors.As(got[1], &p) || !errors.Is(got[1], errSink) || !bytes.Contains(p.Stack, []byte("handler_test.go")) {
		t.Errorf("%v", got)
	}
	if !errors.As(got[2], &p) || p.Unwrap() != nil || p.Error() != "async: panic in the next handler: runtime.Goexit" {
		t.Errorf("%v", got[2])
	}
	balanced(t, h, 5)
}

type badError struct{ error }

func TestT10_AnErrorWhoseTextPanicsDoesNotEndTheWorker(t *testing.T) {
	h, err := NewHandler(sinkFunc(func(_ context.Context, r slog.Record) error { return badError{} }), &Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	_ = h.Handle(bg, rec(0, "m"))
	_ = h.Handle(bg, rec(0, "m"))
	if err := h.Close(within5s(t)); err != nil || h.Stats().Failed != 2 {
		t.Errorf("%v %+v", err, h.Stats())
	}
}

type ctxKey struct{}

func TestT11_CancelledContextsLoseNothingAndValuesPass(t *testing.T) {
	var seen []any
	h := start(t, sinkFunc(func(ctx context.Context, r slog.Record) error {
		_, deadline := ctx.Deadline()
		seen = append(seen, ctx.Value(ctxKey{}), ctx.Err(), deadline, ctx.Done() == nil)
		return nil
	}), Options{Workers: 1, Policy: Block})
	ctx, cancel := context.WithCancel(context.WithValue(bg, ctxKey{}, "v"))
	cancel()
	if err := h.Handle(ctx, rec(0, "m")); err != nil {
		t.Error(err)
	}
	if err := h.Handle(nil, rec(0, "m")); err != nil { //nolint:staticcheck // a nil context must not hurt
		t.Error(err)
	}
	flushed(t, h)
	if d := cmp.Diff([]any{"v", nil, false, true, nil, nil, false, true}, seen); d != "" {
		t.Error(d)
	}
}

func TestT15_TheRecordDoesNotChangeWhenItsCallerGoesOn(t *testing.T) {
	g := newGate()
	var got string
	h := start(t, g.before(sinkFunc(func(_ context.Context, r slog.Record) error {
		r.AddAttrs(slog.String("sink", "x")) // finds the caller's attribute in the spare capacity of a shared slice
		got = line(r)
		return nil
	})), Options{Workers: 1})
	defer g.release()
	r := rec(0, "m")
	for i := range 8 {
		r.AddAttrs(slog.Int("a", i))
	}
	_ = h.Handle(bg, r)
	r.AddAttrs(slog.String("later", "x"))
	g.release()
	flushed(t, h)
	if strings.Contains(got, "later") || strings.Contains(got, "BUG") || !strings.HasSuffix(got, "a=7 sink=x") {
		t.Error(got)
	}
}

// rooted records what HandleRoot gets.
type rooted struct {
	sinkFunc
	got *[]chain.Root
}

func (h rooted) HandleRoot(_ context.Context, _ slog.Record, root chain.Root) error {
	*h.got = append(*h.got, root)
	return nil
}

func TestT19_RootsPassByReference(t *testing.T) {
	var got []chain.Root
	h := start(t, rooted{got: &got}, Options{Workers: 1})
	root := chain.Root{Static: chain.NewBlock([]slog.Attr{slog.Int("s", 1)}), Scope: chain.NewBlock([]slog.Attr{slog.Int("c", 1)}),
		Record: []slog.Attr{slog.Int("r", 1)}, Rate: .5, Key: 7}
	_ = h.HandleRoot(bg, rec(0, "m"), root)
	_ = h.Handle(bg, rec(0, "m"))
	flushed(t, h)
	if len(got) != 2 || got[0].Static != root.Static || got[0].Scope != root.Scope || &got[0].Record[0] != &root.Record[0] ||
		got[0].Rate != .5 || got[0].Key != 7 || !got[1].Empty() {
		t.Errorf("%+v", got)
	}
	var b bytes.Buffer
	j := start(t, slog.NewJSONHandler(&b, nil), Options{Workers: 1})
	_ = j.WithGroup("g").(chain.Handler).HandleRoot(bg, rec(0, "m", slog.Int("k", 1)), root)
	flushed(t, j)
	if !strings.Contains(b.String(), `"s":1,"c":1,"r":1,"sample_rate":0.5,"g":{"k":1}`) {
		t.Error(b.String())
	}
}

func TestT20_OnePanicStarvesNobody(t *testing.T) {
	var m memory
	keep := m.handler()
	h := start(t, sinkFunc(func(ctx context.Context, r slog.Record) error {
		if strings.HasPrefix(r.Message, "bad") {
			panic(r.Message)
		}
		return keep.Handle(ctx, r)
	}), Options{Workers: 2})
	for i := range 100 {
		_ = h.Handle(bg, rec(0, fmt.Sprintf("%s %d", []string{"bad", "good"}[i%2], i)))
	}
	flushed(t, h)
	if n := len(m.messages()); n != 50 || h.Stats().Panics != 50 {
		t.Errorf("%d good ones, %+v", n, h.Stats())
	}
}

func TestOrderHoldsWithinAKeyALoggerAndUnderOneWorker(t *testing.T) {
	const goroutines, each = 16, 300
	for name, tt := range map[string]struct {
		workers int
		logger  func(h *Handler, i int) (context.Context, slog.Handler, chain.Root)
	}{
		"root key": {4, func(h *Handler, i int) (context.Context, slog.Handler, chain.Root) {
			return bg, h, chain.Root{Key: scope.Key(fmt.Sprint(i))}
		}},
		"scope key": {4, func(h *Handler, i int) (context.Context, slog.Handler, chain.Root) {
			return scope.NewContext(bg, &scope.Scope{Key: scope.Key(fmt.Sprint(i))}), h, chain.Root{}
		}},
		"logger": {4, func(h *Handler, i int) (context.Context, slog.Handler, chain.Root) {
			return bg, h.WithGroup("g"), chain.Root{}
		}},
		"one worker": {1, func(h *Handler, i int) (context.Context, slog.Handler, chain.Root) { return bg, h, chain.Root{} }},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			next := make([]int64, goroutines)
			h := start(t, sinkFunc(func(_ context.Context, r slog.Record) error {
				g, i := int(r.PC), r.Time.UnixNano()
				mu.Lock()
				defer mu.Unlock()
				if next[g] != i {
					t.Errorf("goroutine %d: record %d came when %d was due", g, i, next[g])
				}
				next[g] = i + 1
				return nil
			}), Options{Workers: tt.workers})
			var wg sync.WaitGroup
			for g := range goroutines {
				ctx, l, root := tt.logger(h, g)
				wg.Go(func() {
					for i := range each {
						if err := l.(chain.Handler).HandleRoot(ctx, slog.NewRecord(time.Unix(0, int64(i)), 0, "", uintptr(g)), root); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			flushed(t, h)
			balanced(t, h, goroutines*each)
		})
	}
}

func TestTheKeyDecidesTheLane(t *testing.T) {
	h := start(t, slog.DiscardHandler, Options{Workers: 4})
	c := h.core
	sc := scope.NewContext(bg, &scope.Scope{Key: scope.Key("trace")})
	want := c.lane(bg, scope.Key("trace"), 1)
	if c.lane(sc, 0, 2) != want || c.lane(sc, 0, h.id) != want {
		t.Error("the scope's key and the root's lead to different lanes")
	}
	used := map[*lane]int{}
	for range 400 {
		used[c.lane(bg, 0, h.WithGroup("g").(*Handler).id)]++
	}
	for i := range c.lanes {
		if n := used[&c.lanes[i]]; n < 80 || n > 120 {
			t.Errorf("lane %d has %d of 400 loggers", i, n)
		}
	}
}

func TestMiddlewareTellsOfTheHandlerAndClampsWhatIsOutOfRange(t *testing.T) {
	var built *Handler
	var errs []error
	o := &Options{Workers: -3, OnBuild: func(h *Handler) { built = h }, OnError: func(err error) { errs = append(errs, err) }}
	var m memory
	h := Middleware(o)(m.handler())
	_ = h.Handle(bg, rec(0, "m"))
	if h != slog.Handler(built) || len(errs) != 1 || !strings.Contains(errs[0].Error(), "Workers is -3") {
		t.Errorf("%v %v", built, errs)
	}
	if err := built.Close(within5s(t)); err != nil || len(m.messages()) != 1 {
		t.Error(err)
	}
	errs = nil
	Middleware(&Options{OnBuild: o.OnBuild, OnError: o.OnError})(nil)
	if len(errs) != 1 || built.Enabled(bg, 12) || built.Close(within5s(t)) != nil {
		t.Errorf("nil next: %v", errs)
	}
}
