package enrich_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/scope"

	"github.com/google/go-cmp/cmp"
)

// bare adds nothing of the process, so that tests compare whole records.
var bare = enrich.Options{OmitProcess: true}

func TestHandlerPassesSlogtestAlone(t *testing.T) {
	for name, opts := range map[string]*enrich.Options{
		"default":   nil,
		"bare":      &bare,
		"enrichers": {Enrichers: []enrich.Enricher{enrich.Func(user)}},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			slogtest.Run(t, func(*testing.T) slog.Handler {
				b.Reset()
				return enrich.NewHandler(slog.NewJSONHandler(&b, nil), opts)
			}, func(t *testing.T) map[string]any { return lines(t, &b)[0] })
		})
	}
}

// user is an enricher that adds one attribute where there is a user.
func user(_ context.Context, r enrich.Record, dst []slog.Attr) []slog.Attr {
	if v, ok := r.Attr("user_id"); ok {
		return append(dst, slog.String("user", "name of "+v.String()))
	}
	return dst
}

func TestT19_IdentifiersAreAtTheRootUnderGroups(t *testing.T) {
	ctx, _ := request(t)
	got := line(t, enrich.Middleware(&bare), func(l *slog.Logger) {
		l.With("a", 1).WithGroup("g").With("b", 2).WithGroup("h").InfoContext(ctx, "m", "c", 3)
	})
	want := map[string]any{
		"level": "INFO", "msg": "m",
		"request_id": "r-1", "user_id": "u-1", "tenant": "acme",
		"trace_id": "00000000000000000000000000000001", "span_id": "0000000000000002", "trace_flags": "01",
		"transaction_id": "00000000000000000000000000000001",
		"a":              1.0,
		"g":              map[string]any{"b": 2.0, "h": map[string]any{"c": 3.0}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("record (-want +got):\n%s", d)
	}
}

func TestT3_OrderOfGroupsAndAttributesIsKept(t *testing.T) {
	opts := bare
	opts.Enrichers = []enrich.Enricher{enrich.Func(func(_ context.Context, r enrich.Record, dst []slog.Attr) []slog.Attr {
		for _, path := range []string{"a", "g.a", "g.h.a", "g.h.i.a"} {
			v, _ := r.Attr(path)
			dst = append(dst, slog.Any("saw "+path, v))
		}
		return dst
	})}
	got := line(t, enrich.Middleware(&opts), func(l *slog.Logger) {
		l.With("a", 0).WithGroup("g").With("a", 1).WithGroup("h").With("a", 2).WithGroup("i").Info("m", "a", 3)
	})
	delete(got, "run_id")
	want := map[string]any{
		"level": "INFO", "msg": "m", "a": 0.0,
		"g": map[string]any{"a": 1.0, "h": map[string]any{"a": 2.0, "i": map[string]any{"a": 3.0}}},
		// Spelled as the log call spells it, the record's own comes first.
		"saw a": 3.0, "saw g.a": 1.0, "saw g.h.a": 2.0, "saw g.h.i.a": 3.0,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("record (-want +got):\n%s", d)
	}
}

func TestT2_SiblingsDoNotShareState(t *testing.T) {
	opts := bare
	opts.Enrichers = []enrich.Enricher{enrich.Func(func(_ context.Context, r enrich.Record, dst []slog.Attr) []slog.Attr {
		v, _ := r.Attr("x")
		return append(dst, slog.Any("saw", v))
	})}
	rec := newRecorder()
	l := slog.New(enrich.NewHandler(rec, &opts)).With("p", 1).WithGroup("a").WithGroup("b")
	one, two := l.With("x", "one"), l.With("x", "two")
	one.Info("m")
	two.Info("m")
	one.Info("m")
	var got []string
	for _, s := range *rec.got {
		got = append(got, s.root.Record[0].Value.String())
	}
	if d := cmp.Diff([]string{"one", "two", "one"}, got); d != "" {
		t.Errorf("attribute of the logger (-want +got):\n%s", d)
	}
}

// owner is a next handler that uses its right to write to the slice of WithAttrs.
type owner struct{ recorder }

func (o owner) WithAttrs(attrs []slog.Attr) slog.Handler {
	attrs[0] = slog.String("x", "overwritten")
	return o
}

func TestT4_NextHandlerOwnsTheWithSlice(t *testing.T) {
	opts := bare
	opts.Enrichers = []enrich.Enricher{enrich.Func(func(_ context.Context, r enrich.Record, dst []slog.Attr) []slog.Attr {
		v, _ := r.Attr("x")
		return append(dst, slog.Any("saw", v))
	})}
	rec := newRecorder()
	_ = slog.New(enrich.NewHandler(owner{rec}, &opts)).With("x", "mine").Handler().
		Handle(context.Background(), slog.NewRecord(time.Time{}, 0, "m", 0))
	if got := rec.last(t).root.Record[0].Value.String(); got != "mine" {
		t.Errorf("the enricher saw %q, want mine", got)
	}
}

func TestT5_RecordsAreNotWrittenTo(t *testing.T) {
	shared := []slog.Attr{slog.String("k", "v"), slog.Any("err", errors.New("x"))}
	r := slog.NewRecord(time.Time{}, slog.LevelError, "m", 0)
	r.AddAttrs(slog.Int("1", 1), slog.Int("2", 2), slog.Int("3", 3), slog.Int("4", 4), slog.Int("5", 5),
		slog.Any("err", errors.New("first")), slog.Attr{Key: "g", Value: slog.GroupValue(shared...)})
	before := fmt.Sprint(attrsOf(r))
	base := append(make([]slog.Attr, 0, 8), slog.Int("base", 1))
	rec := newRecorder()
	h := enrich.NewHandler(rec, &bare)
	for range 2 {
		if err := h.HandleRoot(context.Background(), r.Clone(), chain.Root{Record: base}); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(attrsOf(r)); got != before {
		t.Errorf("the record changed: %s, was %s", got, before)
	}
	if spare := base[:2][1]; !spare.Equal(slog.Attr{}) {
		t.Errorf("root attributes were appended to a shared slice: %v", spare)
	}
	if d := cmp.Diff([]string{"base", "error"}, keys(rec.last(t).root.Record)); d != "" {
		t.Errorf("root attributes (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"1", "2", "3", "4", "5", "g"}, keys(attrsOf(rec.last(t).record))); d != "" {
		t.Errorf("own attributes (-want +got):\n%s", d)
	}
}

func attrsOf(r slog.Record) []slog.Attr {
	var out []slog.Attr
	r.Attrs(func(a slog.Attr) bool {
		out = append(out, a)
		return true
	})
	return out
}

func TestT11_ACancelledContextLosesNothing(t *testing.T) {
	ctx, _ := request(t)
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	rec := newRecorder()
	slog.New(enrich.NewHandler(rec, &bare)).InfoContext(ctx, "m")
	if got := keys(rec.last(t).root.Scope.Attrs()); got[0] != "request_id" {
		t.Errorf("scope of a cancelled context has %v, want request_id first", got)
	}
}

func TestT12_OddRecordsPassAsTheyAre(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, tt := range map[string]struct {
		time  time.Time
		attrs []slog.Attr
		want  string
	}{
		"zero time and pc": {want: `{"level":"INFO","msg":"m"}`},
		"empty attribute":  {time: at, attrs: []slog.Attr{{}, slog.Int("a", 1)}, want: `{"time":"2026-01-02T03:04:05Z","level":"INFO","msg":"m","a":1}`},
		"empty group":      {attrs: []slog.Attr{slog.Group("g"), slog.Int("a", 1)}, want: `{"level":"INFO","msg":"m","a":1}`},
		"inline group":     {attrs: []slog.Attr{slog.Group("", slog.Int("a", 1))}, want: `{"level":"INFO","msg":"m","a":1}`},
		"duplicate keys":   {attrs: []slog.Attr{slog.Int("a", 1), slog.Int("a", 2)}, want: `{"level":"INFO","msg":"m","a":1,"a":2}`},
		"nil":              {attrs: []slog.Attr{slog.Any("err", nil)}, want: `{"level":"INFO","msg":"m","err":null}`},
	} {
		t.Run(name, func(t *testing.T) {
			for _, ctx := range []context.Context{context.Background(), nil} {
				var b bytes.Buffer
				r := slog.NewRecord(tt.time, slog.LevelInfo, "m", 0)
				r.AddAttrs(tt.attrs...)
				if err := enrich.NewHandler(slog.NewJSONHandler(&b, nil), &bare).Handle(ctx, r); err != nil {
					t.Fatal(err)
				}
				run := fmt.Sprintf(`,"run_id":%q`, scope.RunID())
				if got := strings.TrimSpace(strings.Replace(b.String(), run, "", 1)); got != tt.want {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
			}
		})
	}
}

func TestEmptyWithReturnsTheReceiver(t *testing.T) {
	h := enrich.NewHandler(newRecorder(), nil)
	if h.WithAttrs(nil) != slog.Handler(h) || h.WithGroup("") != slog.Handler(h) {
		t.Error("WithAttrs(nil) or WithGroup(\"\") made a new handler")
	}
}

func TestRootGoesByReferenceToAHandlerThatTakesIt(t *testing.T) {
	ctx, s := request(t)
	rec := newRecorder()
	l := slog.New(enrich.NewHandler(rec, nil))
	l.InfoContext(ctx, "m")
	first := rec.last(t).root
	l.WithGroup("g").With("a", 1).InfoContext(ctx, "m")
	second := rec.last(t).root
	if first.Scope != s.Block || second.Scope != s.Block {
		t.Error("the scope's block was copied")
	}
	if first.Static == nil || first.Static != second.Static {
		t.Error("the process's block is not one and the same")
	}
	if first.Key != s.Key || first.Record != nil {
		t.Errorf("key %d, record attributes %v; want the scope's key %d and none", first.Key, first.Record, s.Key)
	}
}

func TestRecordsOutsideARequestCarryTheRunAndAreCounted(t *testing.T) {
	rec := newRecorder()
	l := slog.New(enrich.NewHandler(rec, &bare))
	before := strayed("TestRecordsOutsideARequestCarryTheRunAndAreCounted")
	for range 3 {
		l.Info("m")
	}
	ctx, _ := request(t)
	l.InfoContext(ctx, "m")
	if got := strayed("TestRecordsOutsideARequestCarryTheRunAndAreCounted") - before; got != 3 {
		t.Errorf("%d records counted as uncorrelated, want 3", got)
	}
	root := (*rec.got)[0].root
	if d := cmp.Diff([]string{"run_id"}, keys(root.Scope.Attrs())); d != "" || root.Key != 0 {
		t.Errorf("scope (-want +got), key %d, want 0:\n%s", root.Key, d)
	}
}

func strayed(function string) (n uint64) {
	for _, s := range scope.Uncorrelated.List() {
		if strings.HasSuffix(s.Function, "."+function) {
			n += s.Count
		}
	}
	return n
}

func TestT14_UserAttributesDoNotTakeTheKeysOfTheRoot(t *testing.T) {
	ctx, _ := request(t)
	got := line(t, enrich.Middleware(&enrich.Options{Service: "svc"}), func(l *slog.Logger) {
		l.InfoContext(ctx, "m", "service", "forged", "request_id", "forged", "error", "text", "err", errors.New("x"))
	})
	for key, want := range map[string]any{
		"service": "svc", "attr.service": "forged", "request_id": "r-1", "attr.request_id": "forged", "attr.error": "text",
	} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
	if _, ok := got["error"].(map[string]any); !ok {
		t.Errorf("error is %v, want the group", got["error"])
	}
}

func TestAPlainRecordIsNotWalked(t *testing.T) {
	rec := newRecorder()
	r := slog.NewRecord(time.Time{}, 0, "m", 0)
	r.AddAttrs(slog.Any("err", errors.New("x"))) // against what Plain says, to see that it is believed
	if err := enrich.NewHandler(rec, &bare).HandleRoot(context.Background(), r, chain.Root{Plain: true}); err != nil {
		t.Fatal(err)
	}
	if got := rec.last(t).root; got.Record != nil || !got.Plain {
		t.Errorf("root attributes %v, plain %v; want none, true", got.Record, got.Plain)
	}
}

func TestTwoEnrichersInARowAddEverythingOnce(t *testing.T) {
	ctx, _ := request(t)
	outer := enrich.Middleware(&enrich.Options{Service: "outer", Attrs: []slog.Attr{slog.Int("only_outer", 1)}})
	inner := enrich.Middleware(&enrich.Options{Service: "inner", Attrs: []slog.Attr{slog.Int("only_inner", 1)}})
	rec := newRecorder()
	h := outer(inner(rec))
	before := strayed("TestTwoEnrichersInARowAddEverythingOnce")
	slog.New(h).ErrorContext(ctx, "m", "err", errors.New("x"))
	slog.New(h).Info("m")
	if got := strayed("TestTwoEnrichersInARowAddEverythingOnce") - before; got != 1 {
		t.Errorf("the uncorrelated record was counted %d times, want once", got)
	}
	root := (*rec.got)[0].root
	all := make(map[string]int)
	for _, a := range root.Append(nil) {
		all[a.Key]++
		if a.Key == "service" && a.Value.String() != "outer" {
			t.Errorf("service is %s, want outer, who came first", a.Value)
		}
	}
	for _, key := range []string{"@version", "service", "request_id", "error", "only_outer", "only_inner"} {
		if all[key] != 1 {
			t.Errorf("%d attributes %s, want 1", all[key], key)
		}
	}
	if root.Static != (*rec.got)[1].root.Static {
		t.Error("the joined block was made anew for the second record")
	}
}

func TestEverythingAddedIsMaskedInBothOrders(t *testing.T) {
	opts := &enrich.Options{
		Service: "secret service",
		Enrichers: []enrich.Enricher{enrich.Func(func(_ context.Context, _ enrich.Record, dst []slog.Attr) []slog.Attr {
			return append(dst, slog.String("note", "secret note"))
		})},
	}
	s := &scope.Scope{Request: "r", Extra: []slog.Attr{slog.String("tenant", "secret tenant")}}
	s.Seal()
	ctx := scope.NewContext(context.Background(), s)
	err := fmt.Errorf("outer secret: %w", errors.New("inner secret"))

	for _, order := range []string{"mask, enrich", "enrich, mask"} {
		t.Run(order, func(t *testing.T) {
			var b bytes.Buffer
			sink := chain.Adapt(slog.NewJSONHandler(&b, nil))
			m := &masker{}
			var h slog.Handler
			if order == "mask, enrich" {
				h = maskHandler{m: m, next: enrich.NewHandler(sink, opts)}
			} else {
				h = enrich.NewHandler(maskHandler{m: m, next: sink}, opts)
			}
			// The fake mask leaves the record's own attributes alone: what it leaves is what enrich has to mask.
			slog.New(h).ErrorContext(ctx, "m", "err", err)
			if strings.Contains(b.String(), "secret") {
				t.Errorf("something came through unmasked: %s", &b)
			}
			got := lines(t, &b)[0]
			for _, key := range []string{"service", "tenant", "note"} {
				if got[key] != "[M]" {
					t.Errorf("%s is %v, want [M]", key, got[key])
				}
			}
			group, _ := got["error"].(map[string]any)
			if group["message"] != "[M]" || group["chain"] != "[M]" || group["stack_trace"] == nil ||
				len(fmt.Sprint(group["fingerprint"])) != 16 {
				t.Errorf("error is %v, want message and chain masked, stack and fingerprint there", group)
			}
			before := m.calls
			slog.New(h).InfoContext(ctx, "m")
			if blocks := m.calls - before; blocks != 1 {
				t.Errorf("a second record had %d lists masked, want 1: blocks remember", blocks)
			}
		})
	}
}

func TestAPanickingEnricherIsContainedCountedAndReported(t *testing.T) {
	boom := errors.New("boom")
	var reported []error
	opts := bare
	opts.OnError = func(err error) { reported = append(reported, err) }
	opts.Enrichers = []enrich.Enricher{
		enrich.Func(func(_ context.Context, _ enrich.Record, dst []slog.Attr) []slog.Attr {
			return append(dst, slog.Int("before", 1))
		}),
		enrich.Func(func(_ context.Context, _ enrich.Record, dst []slog.Attr) []slog.Attr {
			_ = append(dst, slog.Int("half", 1))
			panic(boom)
		}),
		nil,
		enrich.Func(func(context.Context, enrich.Record, []slog.Attr) []slog.Attr { return nil }),
		enrich.Func(func(_ context.Context, _ enrich.Record, dst []slog.Attr) []slog.Attr {
			return append(dst, slog.Int("after", 1))
		}),
	}
	rec := newRecorder()
	h := enrich.NewHandler(rec, &opts)
	slog.New(h).Info("m")
	if d := cmp.Diff([]string{"before", "after"}, keys(rec.last(t).root.Record)); d != "" {
		t.Errorf("root attributes (-want +got):\n%s", d)
	}
	if d := cmp.Diff(enrich.Stats{Panics: 1, Errors: 1}, h.WithGroup("g").(*enrich.Handler).Stats()); d != "" {
		t.Errorf("stats (-want +got):\n%s", d)
	}
	var p *enrich.PanicError
	if len(reported) != 1 || !errors.As(reported[0], &p) || !errors.Is(reported[0], boom) ||
		reported[0].Error() != "enrich.Func panicked: boom" {
		t.Errorf("reported %v, want one PanicError that wraps boom", reported)
	}
}

func TestOptionsAreCopied(t *testing.T) {
	opts := enrich.Options{OmitProcess: true, Enrichers: []enrich.Enricher{enrich.Func(user)}}
	rec := newRecorder()
	h := enrich.NewHandler(rec, &opts)
	opts.Enrichers[0] = nil
	opts.KeepErrors = true
	slog.New(h).Info("m", "user_id", "u", "err", errors.New("x"))
	if d := cmp.Diff([]string{"error", "user"}, keys(rec.last(t).root.Record)); d != "" {
		t.Errorf("root attributes (-want +got):\n%s", d)
	}
}

func TestT10_ErrorOfTheNextHandlerIsReturned(t *testing.T) {
	want := errors.New("disk full")
	h := enrich.NewHandler(failing{err: want}, nil)
	if err := h.Handle(context.Background(), slog.Record{}); !errors.Is(err, want) {
		t.Errorf("Handle returned %v, want %v", err, want)
	}
	if h.Enabled(context.Background(), slog.LevelError) {
		t.Error("Enabled is true, the next handler says false")
	}
}

type failing struct {
	slog.Handler
	err error
}

func (f failing) Enabled(context.Context, slog.Level) bool  { return false }
func (f failing) Handle(context.Context, slog.Record) error { return f.err }
