package enrich_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/scope"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// seen is one record as a handler of this module receives it.
type seen struct {
	record slog.Record
	root   chain.Root
}

// recorder is a chain.Handler that keeps what it gets.
type recorder struct{ got *[]seen }

func newRecorder() recorder { return recorder{new([]seen)} }

func (h recorder) Enabled(context.Context, slog.Level) bool { return true }
func (h recorder) Handle(ctx context.Context, r slog.Record) error {
	return h.HandleRoot(ctx, r, chain.Root{})
}
func (h recorder) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h recorder) WithGroup(string) slog.Handler      { return h }
func (h recorder) HandleRoot(_ context.Context, r slog.Record, root chain.Root) error {
	*h.got = append(*h.got, seen{r, root})
	return nil
}

func (h recorder) last(t testing.TB) seen {
	t.Helper()
	if len(*h.got) == 0 {
		t.Fatal("no record arrived")
	}
	return (*h.got)[len(*h.got)-1]
}

// discard is a handler of this module that does nothing.
type discard struct{}

func (discard) Enabled(context.Context, slog.Level) bool                  { return true }
func (discard) Handle(context.Context, slog.Record) error                 { return nil }
func (d discard) WithAttrs([]slog.Attr) slog.Handler                      { return d }
func (d discard) WithGroup(string) slog.Handler                           { return d }
func (discard) HandleRoot(context.Context, slog.Record, chain.Root) error { return nil }

func newDiscard() chain.Handler { return discard{} }

// masker is a mask that replaces every text that contains "secret" by "[M]", and counts what it looks at. It stands in
// front of next as handler/mask does.
type masker struct{ calls int }

func (m *masker) MaskAttrs(attrs []slog.Attr) []slog.Attr {
	m.calls++
	return maskAttrs(attrs)
}

func maskAttrs(attrs []slog.Attr) []slog.Attr {
	out, changed := make([]slog.Attr, len(attrs)), false
	for i, a := range attrs {
		switch v := a.Value; v.Kind() {
		case slog.KindString:
			if strings.Contains(v.String(), "secret") {
				a.Value, changed = slog.StringValue("[M]"), true
			}
		case slog.KindGroup:
			sub := maskAttrs(v.Group())
			if len(sub) > 0 && &sub[0] != &v.Group()[0] {
				a.Value, changed = slog.GroupValue(sub...), true
			}
		case slog.KindAny:
			if texts, ok := v.Any().([]string); ok && strings.Contains(strings.Join(texts, ""), "secret") {
				a.Value, changed = slog.StringValue("[M]"), true
			}
		}
		out[i] = a
	}
	if !changed {
		return attrs
	}
	return out
}

type maskHandler struct {
	recorder
	m    *masker
	next chain.Handler
}

// HandleRoot masks what is in root already and says that the record is masked.
func (h maskHandler) HandleRoot(ctx context.Context, r slog.Record, root chain.Root) error {
	root.Mask = h.m
	root.Static = root.MaskedBlock(root.Static)
	root.Scope = root.MaskedBlock(root.Scope)
	root.Record = root.Masked(root.Record)
	return h.next.HandleRoot(ctx, r, root)
}

func (h maskHandler) Handle(ctx context.Context, r slog.Record) error {
	return h.HandleRoot(ctx, r, chain.Root{})
}

// request returns a context with a request's scope, as correlate makes it.
func request(t testing.TB) (context.Context, *scope.Scope) {
	t.Helper()
	s := &scope.Scope{
		Request: "r-1", User: "u-1", Trace: [16]byte{15: 1}, Span: [8]byte{7: 2}, Flags: 1,
		Extra: []slog.Attr{slog.String("tenant", "acme")},
	}
	s.Seal()
	return scope.NewContext(context.Background(), s), s
}

// lines decodes JSON lines.
func lines(t testing.TB, b *bytes.Buffer) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range strings.Lines(b.String()) {
		m := make(map[string]any)
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		out = append(out, m)
	}
	return out
}

// line logs by log through a JSON handler under wrap and returns the one line.
func line(t testing.TB, wrap func(slog.Handler) slog.Handler, log func(*slog.Logger)) map[string]any {
	t.Helper()
	var b bytes.Buffer
	log(slog.New(wrap(slog.NewJSONHandler(&b, &slog.HandlerOptions{
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))))
	all := lines(t, &b)
	if len(all) != 1 {
		t.Fatalf("%d lines, want 1: %s", len(all), &b)
	}
	return all[0]
}

func keys(attrs []slog.Attr) []string {
	var out []string
	for _, a := range attrs {
		out = append(out, a.Key)
	}
	return out
}
