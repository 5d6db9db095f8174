package chain

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func rec(msg string, attrs ...slog.Attr) slog.Record {
	r := slog.NewRecord(time.Time{}, slog.LevelInfo, msg, 0)
	r.AddAttrs(attrs...)
	return r
}

func TestAdapterPutsRootAtTheRootUnderGroups(t *testing.T) {
	root := Root{
		Static: NewBlock([]slog.Attr{slog.String("service", "s")}),
		Scope:  NewBlock([]slog.Attr{slog.String("request_id", "r")}),
		Record: []slog.Attr{slog.String("x", "y")},
		Rate:   0.5,
	}
	for _, tc := range []struct {
		name string
		with func(slog.Handler) slog.Handler
		root Root
		want string
	}{
		{"no group", func(h slog.Handler) slog.Handler { return h }, root,
			`{"level":"INFO","msg":"m","service":"s","request_id":"r","x":"y","sample_rate":0.5,"a":1}`},
		{"in groups", func(h slog.Handler) slog.Handler {
			return h.WithAttrs([]slog.Attr{slog.Int("w", 1)}).WithGroup("g").WithAttrs([]slog.Attr{slog.Int("v", 2)}).WithGroup("k")
		}, root, `{"level":"INFO","msg":"m","w":1,"service":"s","request_id":"r","x":"y","sample_rate":0.5,"g":{"v":2,"k":{"a":1}}}`},
		{"in groups without root", func(h slog.Handler) slog.Handler { return h.WithGroup("g") }, Root{},
			`{"level":"INFO","msg":"m","g":{"a":1}}`},
		{"collision", func(h slog.Handler) slog.Handler { return h },
			Root{Static: NewBlock([]slog.Attr{slog.String("a", "root")})}, `{"level":"INFO","msg":"m","a":"root","attr.a":1}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var buf bytes.Buffer
			h := tc.with(Adapt(slog.NewJSONHandler(&buf, nil))).(Handler)
			if err := h.HandleRoot(t.Context(), rec("m", slog.Int("a", 1)), tc.root); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want+"\n", buf.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestT2_AdapterSiblingsDoNotShareState(t *testing.T) {
	var buf bytes.Buffer
	base := Adapt(slog.NewJSONHandler(&buf, nil)).WithGroup("a").WithAttrs([]slog.Attr{slog.Int("p", 0)})
	one := base.WithGroup("one").(Handler)
	two := base.WithGroup("two").(Handler)
	root := Root{Rate: 1}
	_ = one.HandleRoot(t.Context(), rec("m", slog.Int("x", 1)), root)
	_ = two.HandleRoot(t.Context(), rec("m", slog.Int("x", 2)), root)
	want := `{"level":"INFO","msg":"m","sample_rate":1,"a":{"p":0,"one":{"x":1}}}
{"level":"INFO","msg":"m","sample_rate":1,"a":{"p":0,"two":{"x":2}}}
`
	if diff := cmp.Diff(want, buf.String()); diff != "" {
		t.Error(diff)
	}
}

func TestAdapterPassesSlogtest(t *testing.T) {
	for _, root := range []Root{{}, {Rate: 1}} {
		var buf bytes.Buffer
		slogtest.Run(t, func(*testing.T) slog.Handler {
			buf.Reset()
			return withRoot{Adapt(slog.NewJSONHandler(&buf, nil)), root}
		}, func(t *testing.T) map[string]any {
			var m map[string]any
			if err := json.Unmarshal(buf.Bytes(), &m); err != nil {
				t.Fatal(err)
			}
			return m
		})
	}
}

// withRoot hands each record on with a root.
type withRoot struct {
	next Handler
	root Root
}

func (h withRoot) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }
func (h withRoot) Handle(ctx context.Context, r slog.Record) error {
	return h.next.HandleRoot(ctx, r, h.root)
}
func (h withRoot) WithAttrs(as []slog.Attr) slog.Handler {
	return withRoot{Adapt(h.next.WithAttrs(as)), h.root}
}
func (h withRoot) WithGroup(g string) slog.Handler {
	return withRoot{Adapt(h.next.WithGroup(g)), h.root}
}

type upper struct{ calls int }

func (u *upper) MaskAttrs(attrs []slog.Attr) []slog.Attr {
	u.calls++
	for i := range attrs {
		if attrs[i].Value.String() == "secret" {
			out := append([]slog.Attr(nil), attrs...)
			out[i].Value = slog.StringValue("[X]")
			return out
		}
	}
	return attrs
}

func TestBlockRemembersItsMaskedForm(t *testing.T) {
	m := &upper{}
	b := NewBlock([]slog.Attr{slog.String("k", "secret")})
	mb := b.MaskedBy(m)
	if got := mb.Attrs()[0].Value.String(); got != "[X]" {
		t.Errorf("masked value = %q", got)
	}
	if b.Attrs()[0].Value.String() != "secret" {
		t.Error("the original was written to")
	}
	if b.MaskedBy(m) != mb || mb.MaskedBy(m) != mb || m.calls != 1 {
		t.Errorf("masked %d times, want once", m.calls)
	}
	clean := NewBlock([]slog.Attr{slog.String("k", "v")})
	if clean.MaskedBy(m) != clean {
		t.Error("a clean block must be its own masked form")
	}
}

func TestBlockDeriveIsBoundedAndConcurrent(t *testing.T) {
	b := NewBlock([]slog.Attr{slog.String("k", "v")})
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			if got := b.Derive(i, func(*Block) any { return i * 2 }); got != i*2 {
				t.Errorf("Derive(%d) = %v", i, got)
			}
		})
	}
	wg.Wait()
	n := 0
	for d := b.derived.Load(); d != nil; d = d.next {
		n++
	}
	if n > maxDerived {
		t.Errorf("a block remembers %d derivations, want at most %d", n, maxDerived)
	}
}
