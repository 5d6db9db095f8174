package correlate_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/correlate"
	"github.com/sluicelog/sluice/internal/scope"
)

func TestWithAddsToWhatIsThere(t *testing.T) {
	ctx := correlate.With(context.Background(), correlate.IDs{Request: "r1", Session: "s1"})
	user := correlate.With(ctx, correlate.IDs{User: "u1", Session: "s2", Transaction: "t1"})
	if diff := cmp.Diff(correlate.IDs{Request: "r1", Session: "s2", User: "u1", Transaction: "t1"}, correlate.From(user)); diff != "" {
		t.Error(diff)
	}
	if got := correlate.From(ctx); got.User != "" || got.Session != "s1" {
		t.Errorf("the outer context changed: %+v", got)
	}
	if got := correlate.With(ctx, correlate.IDs{}); got != ctx {
		t.Error("nothing to add made a new context")
	}
	if got := correlate.From(context.Background()); got != (correlate.IDs{}) {
		t.Errorf("identifiers from nowhere: %+v", got)
	}
}

func TestTransactionIsInferred(t *testing.T) {
	traced, end := correlate.Begin(context.Background())
	defer end()
	trace := fields(traced)["trace_id"]
	ofRequest := correlate.With(context.Background(), correlate.IDs{Request: "r"})
	withSession := correlate.With(ofRequest, correlate.IDs{Session: "s"})
	tests := []struct {
		name string
		ctx  context.Context
		want string
	}{
		{"from the trace", traced, trace},
		{"from the trace whatever comes later", correlate.With(traced, correlate.IDs{Session: "s", Request: "r"}), trace},
		// printf 's\0r' | sha256sum
		{"from session and request", withSession, "f4bff73d4edd1a1284bd894841299392"},
		{"the same in one step", correlate.With(context.Background(), correlate.IDs{Request: "r", Session: "s"}), "f4bff73d4edd1a1284bd894841299392"},
		{"not from a user", correlate.With(context.Background(), correlate.IDs{User: "u"}), ""},
		{"not when named", correlate.With(withSession, correlate.IDs{Transaction: "t"}), "t"},
		{"named, then more", correlate.With(correlate.With(ofRequest, correlate.IDs{Transaction: "t"}), correlate.IDs{Session: "s"}), "t"},
	}
	for _, tt := range tests {
		if got := correlate.From(tt.ctx).Transaction; got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if got := fields(tt.ctx)["transaction_id"]; got != tt.want {
			t.Errorf("%s: record says %q, want %q", tt.name, got, tt.want)
		}
	}
	started := correlate.Start(withSession, "")
	if got, want := correlate.From(started).Transaction, fields(started)["trace_id"]; got != want {
		t.Errorf("once there is a trace: %q, want %q", got, want)
	}
}

func TestWithoutARequestRecordsCarryTheRun(t *testing.T) {
	ctx := correlate.Attrs(correlate.With(context.Background(), correlate.IDs{User: "u"}), slog.Int("n", 1))
	want := map[string]string{"run_id": correlate.Process(), "user_id": "u", "n": "1"}
	if diff := cmp.Diff(want, fields(ctx)); diff != "" {
		t.Error(diff)
	}
	if k := scope.From(ctx).Key; k != 0 {
		t.Errorf("key %d, want 0", k)
	}
}

func TestAttrs(t *testing.T) {
	request := correlate.With(context.Background(), correlate.IDs{Request: "r", Transaction: "t"})
	first := correlate.Attrs(request, slog.String("a", "1"), slog.String("b", "2"))
	tests := []struct {
		name string
		ctx  context.Context
		want string
		vals map[string]string
	}{
		{"in order", first, "request_id transaction_id a b", map[string]string{"a": "1", "b": "2"}},
		{"same key replaces in place", correlate.Attrs(first, slog.String("a", "3"), slog.String("c", "4")), "request_id transaction_id a b c", map[string]string{"a": "3", "c": "4"}},
		{"same key in one call", correlate.Attrs(request, slog.Int("x", 1), slog.Int("x", 2)), "request_id transaction_id x", map[string]string{"x": "2"}},
		{"T12 empty attributes and groups vanish", correlate.Attrs(request, slog.Attr{}, slog.Group("g"), slog.Int("x", 1)), "request_id transaction_id x", nil},
		{"T12 a group without key is inlined", correlate.Attrs(first, slog.Group("", slog.Int("b", 5), slog.Int("d", 6))), "request_id transaction_id a b d", map[string]string{"b": "5", "d": "6"}},
		{"identifiers are not overwritten", correlate.Attrs(request, slog.String("request_id", "x"), slog.String("trace_id", "y")), "request_id transaction_id attr.request_id attr.trace_id", map[string]string{"request_id": "r"}},
		{"identifiers stay in front", correlate.With(first, correlate.IDs{User: "u"}), "request_id transaction_id user_id a b", nil},
		{"kept by stages", correlate.Start(first, "s"), "request_id trace_id span_id trace_flags span_name transaction_id a b", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := keys(tt.ctx); got != tt.want {
				t.Errorf("keys %q, want %q", got, tt.want)
			}
			got := fields(tt.ctx)
			for k, v := range tt.vals {
				if got[k] != v {
					t.Errorf("%s=%q, want %q", k, got[k], v)
				}
			}
		})
	}
	if correlate.Attrs(request) != request {
		t.Error("no attributes made a new scope")
	}
	if bg := context.Background(); correlate.Attrs(bg, slog.Attr{}) != bg {
		t.Error("an empty attribute made a scope")
	}
}

func TestT2_SiblingContextsDoNotShareAttributes(t *testing.T) {
	base := correlate.Attrs(context.Background(), slog.Int("a", 1), slog.Int("b", 2), slog.Int("c", 3))
	left := correlate.Attrs(base, slog.String("side", "left"), slog.Int("a", 10))
	right := correlate.Attrs(base, slog.String("side", "right"))
	if l, r, b := fields(left), fields(right), fields(base); l["side"] != "left" || r["side"] != "right" || r["a"] != "1" || b["a"] != "1" || b["side"] != "" {
		t.Errorf("left %v, right %v, base %v", l, r, b)
	}
}

type valuer struct{ calls *int }

func (v valuer) LogValue() slog.Value { *v.calls++; return slog.IntValue(*v.calls) }

type broken struct{}

func (broken) LogValue() slog.Value { panic("broken") }

type endless struct{}

func (e endless) LogValue() slog.Value { return slog.AnyValue(e) }

func TestT5_AttrsAreFrozenWhenTheyAreGiven(t *testing.T) {
	given := []slog.Attr{slog.String("a", "before"), slog.Int("b", 1)}
	ctx := correlate.Attrs(context.Background(), given...)
	given[0] = slog.String("z", "after")
	if got := fields(ctx); got["a"] != "before" || got["z"] != "" {
		t.Errorf("the caller's later write reached the context: %v", got)
	}
	list, inner := []int{1}, []slog.Attr{slog.Any("list", []int{1})}
	ctx = correlate.Attrs(ctx, slog.Any("list", list), slog.Attr{Key: "g", Value: slog.GroupValue(inner...)})
	list[0], inner[0].Value.Any().([]int)[0] = 2, 2
	if got := fields(ctx); got["list"] != "[1]" || got["g"] != "[list=[1]]" {
		t.Errorf("a later write to a value reached the context: %v", got)
	}
	caller := []slog.Attr{slog.Any("v", valuer{new(int)}), {}, slog.Group("", slog.Int("x", 1)), slog.Int("user_id", 1)}
	correlate.Attrs(ctx, caller...)
	if caller[0].Value.Kind() != slog.KindLogValuer || caller[3].Key != "user_id" {
		t.Errorf("the caller's attributes were written to: %v", caller)
	}
}

func TestT8_LogValuersAreResolvedWhenTheyAreGiven(t *testing.T) {
	calls := 0
	ctx := correlate.Attrs(context.Background(), slog.Any("v", valuer{&calls}), slog.Group("g", slog.Any("v", valuer{&calls})))
	for _, a := range scope.From(ctx).Attrs() {
		if a.Value.Kind() == slog.KindLogValuer {
			t.Errorf("%s was not resolved", a.Key)
		}
	}
	fields(ctx)
	if calls != 2 {
		t.Errorf("%d calls, want 2", calls)
	}
	hostile := correlate.Attrs(context.Background(), slog.Any("panics", broken{}), slog.Any("loops", endless{}), slog.Int("n", 1))
	if got := fields(hostile); got["n"] != "1" || len(got) != 4 {
		t.Errorf("beside hostile values: %v", got)
	}
}

func TestT11_IdentifiersOutliveACancelledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	ctx, end := correlate.Begin(ctx)
	later := context.WithoutCancel(ctx)
	want := fields(ctx)
	cancel()
	end()
	for name, ctx := range map[string]context.Context{"cancelled": ctx, "WithoutCancel": later, "Attrs of cancelled": correlate.Attrs(ctx)} {
		if diff := cmp.Diff(want, fields(ctx)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestANilContextIsAnEmptyOne(t *testing.T) {
	var none context.Context
	if got := correlate.From(none); got != (correlate.IDs{}) {
		t.Errorf("identifiers %+v", got)
	}
	for name, ctx := range map[string]context.Context{
		"With":    correlate.With(none, correlate.IDs{Request: "r"}),
		"Start":   correlate.Start(none, ""),
		"Extract": correlate.Extract(none, nil),
	} {
		if correlate.From(ctx).Request == "" {
			t.Errorf("%s: no request", name)
		}
	}
	_, end := correlate.Begin(none)
	end()
	correlate.Attrs(none, slog.Int("n", 1))
	correlate.Inject(none, nil)
}
