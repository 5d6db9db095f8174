package mask

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/maskederr"
)

func TestHandlerKeepsTheContractOfSlog(t *testing.T) {
	var buf bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		buf.Reset()
		return NewHandler(slog.NewJSONHandler(&buf, nil), nil)
	}, func(t *testing.T) map[string]any {
		m := map[string]any{}
		if err := json.Unmarshal(buf.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		return m
	})
}

func TestHandleByItself(t *testing.T) {
	secret := slog.String("password", plaintext) // has the record rebuilt
	for _, tc := range []struct {
		name  string
		r     slog.Record
		attrs []slog.Attr
		want  string
	}{
		{"zero time", slog.NewRecord(time.Time{}, 0, "m", 0), []slog.Attr{secret}, `{"level":"INFO","msg":"m","password":"[REDACTED]"}`},
		{"zero PC", slog.NewRecord(time.Time{}, 0, "m", 0), nil, `{"level":"INFO","msg":"m"}`},
		{"empty attr", slog.NewRecord(time.Time{}, 0, "m", 0), []slog.Attr{{}, secret}, `{"level":"INFO","msg":"m","password":"[REDACTED]"}`},
		{"empty group", slog.NewRecord(time.Time{}, 0, "m", 0), []slog.Attr{slog.Group("g"), secret}, `{"level":"INFO","msg":"m","password":"[REDACTED]"}`},
		{"inline group", slog.NewRecord(time.Time{}, 0, "m", 0), []slog.Attr{slog.Group("", slog.Int("a", 1), secret)}, `{"level":"INFO","msg":"m","a":1,"password":"[REDACTED]"}`},
		{"duplicate keys", slog.NewRecord(time.Time{}, 0, "m", 0), []slog.Attr{slog.Int("a", 1), slog.Int("a", 2), secret, secret}, `{"level":"INFO","msg":"m","a":1,"a":2,"password":"[REDACTED]","password":"[REDACTED]"}`},
		{"message", slog.NewRecord(time.Time{}, 0, "to "+mail, 0), []slog.Attr{slog.Int("a", 1)}, `{"level":"INFO","msg":"to [EMAIL_REDACTED]","a":1}`},
		{"many", slog.NewRecord(time.Time{}, 0, "m", 0), []slog.Attr{slog.Int("a", 1), slog.Int("b", 2), slog.Int("c", 3), slog.Int("d", 4), slog.Int("e", 5), slog.Int("f", 6), secret, slog.Int("g", 7)},
			`{"level":"INFO","msg":"m","a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"password":"[REDACTED]","g":7}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var buf bytes.Buffer
			tc.r.AddAttrs(tc.attrs...)
			if err := NewHandler(slog.NewJSONHandler(&buf, nil), nil).Handle(context.Background(), tc.r); err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSpace(buf.String()); got != tc.want {
				t.Errorf("\n got %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestEmptyWithReturnsTheReceiver(t *testing.T) {
	h := NewHandler(slog.DiscardHandler, nil)
	if h.WithGroup("") != slog.Handler(h) || h.WithAttrs(nil) != slog.Handler(h) || h.WithAttrs([]slog.Attr{}) != slog.Handler(h) {
		t.Error("another handler")
	}
	if h := NewHandler(slog.DiscardHandler, &Options{Keys: map[string]Action{"gone": Drop}}); h.WithAttrs([]slog.Attr{slog.Int("gone", 1)}) != slog.Handler(h) {
		t.Error("a With of which nothing is left made a handler")
	}
}

func TestEnabledAndErrorsAreTheNextHandlers(t *testing.T) {
	failed := errors.New("failed")
	h := NewHandler(failing{failed}, nil)
	if h.Enabled(context.Background(), slog.LevelInfo) || !h.Enabled(context.Background(), slog.LevelWarn) {
		t.Error("Enabled is not next's")
	}
	if err := h.Handle(context.Background(), record("m")); err != failed {
		t.Errorf("error %v", err)
	}
}

type failing struct{ err error }

func (f failing) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }
func (f failing) Handle(context.Context, slog.Record) error    { return f.err }
func (f failing) WithAttrs([]slog.Attr) slog.Handler           { return f }
func (f failing) WithGroup(string) slog.Handler                { return f }

func TestACancelledContextLosesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c := newCapture()
	slog.New(NewHandler(c, nil)).InfoContext(ctx, "to "+mail)
	if got := c.last(t).Message; got != "to [EMAIL_REDACTED]" {
		t.Error(got)
	}
}

// TestT1_AMiddlewareServesManyChains: what makes handlers is not used up by the first.
func TestT1_AMiddlewareServesManyChains(t *testing.T) {
	mw := Middleware(nil)
	for range 3 {
		var buf bytes.Buffer
		slog.New(mw(slog.NewJSONHandler(&buf, nil))).Info("m", "password", plaintext)
		if strings.Contains(buf.String(), plaintext) {
			t.Fatal(buf.String())
		}
	}
}

func TestT2_SiblingsDoNotShareState(t *testing.T) {
	var buf bytes.Buffer
	base := slog.New(NewHandler(slog.NewJSONHandler(&buf, nil), nil)).WithGroup("a").WithGroup("b")
	open, shut := base.WithGroup("settings"), base.WithGroup("password")
	open.Info("m", "k", "v1")
	shut.Info("m", "k", "v2")
	open.With("w", "v3").Info("m", "k", "v4")
	got := buf.String()
	for _, want := range []string{`"settings":{"k":"v1"}`, `"password":{"k":"[REDACTED]"}`, `"settings":{"w":"v3","k":"v4"}`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

func TestT3_OrderOfGroupsAndAttrsStays(t *testing.T) {
	var buf bytes.Buffer
	slog.New(NewHandler(slog.NewJSONHandler(&buf, nil), nil)).With("a", mail).WithGroup("g").With("b", mail).Info("m", "c", mail)
	if got, want := buf.String(), `"a":"[EMAIL_REDACTED]","g":{"b":"[EMAIL_REDACTED]","c":"[EMAIL_REDACTED]"}}`; !strings.HasSuffix(got, want+"\n") {
		t.Error(got)
	}
}

// TestT4_SlicesOfTheCallerAreNotWrittenTo: With slices and group slices may be shared with other handlers.
func TestT4_SlicesOfTheCallerAreNotWrittenTo(t *testing.T) {
	group := []slog.Attr{slog.String("a", "x"), slog.String("password", plaintext), slog.Any("v", valuer{slog.IntValue(1)})}
	with := []slog.Attr{slog.String("b", mail), {Key: "g", Value: slog.GroupValue(group...)}}
	copies := [][]slog.Attr{append([]slog.Attr(nil), group...), append([]slog.Attr(nil), with...)}
	h := NewHandler(newCapture(), nil)
	h.WithAttrs(with)
	r := record("m", with...)
	_ = h.Handle(context.Background(), r)
	for i, s := range [][]slog.Attr{group, with} {
		for j := range s {
			if s[j].Key != copies[i][j].Key || s[j].Value.Kind() != copies[i][j].Value.Kind() || s[j].Value.Kind() == slog.KindString && !s[j].Equal(copies[i][j]) {
				t.Errorf("%v became %v", copies[i][j], s[j])
			}
		}
	}
	if got := attrsOf(r)[0].Value.String(); got != mail {
		t.Errorf("the record now has %s", got)
	}
}

// TestT5_AMaskedCopyDoesNotChangeWithItsSource: what replaces a value has nothing in common with it.
func TestT5_AMaskedCopyDoesNotChangeWithItsSource(t *testing.T) {
	c := newCapture()
	live := map[string]any{"password": plaintext, "list": []string{"a"}}
	_ = NewHandler(c, nil).Handle(context.Background(), record("m", slog.Any("k", live)))
	live["list"].([]string)[0], live["new"] = "changed", 1
	got, err := json.Marshal(attrsOf(c.last(t))[0].Value.Any())
	if err != nil || string(got) != `{"list":["a"],"password":"[REDACTED]"}` {
		t.Errorf("%s, %v", got, err)
	}
}

func TestT6_GroupsUnderASecretKeyAreMasked(t *testing.T) {
	for _, log := range []func(*slog.Logger){
		func(l *slog.Logger) {
			l.Info("m", slog.Group("password", "k", "inside", "n", 4711, slog.Group("in", "x", "inside")))
		},
		func(l *slog.Logger) {
			l.WithGroup("password").Info("m", "k", "inside", "n", 4711, slog.Any("v", []string{"inside"}))
		},
		func(l *slog.Logger) {
			l.WithGroup("password").With("k", "inside").WithGroup("sub").Info("m", "n", 4711)
		},
		func(l *slog.Logger) { l.WithGroup("userPassword").Info("m", slog.Group("page_token", "k", "inside")) },
		func(l *slog.Logger) { l.Info("m", "credentials", map[string]any{"k": "inside", "n": 4711}) },
	} {
		if out := printed(nil, log); strings.Contains(out, "inside") || strings.Contains(out, "4711") || !strings.Contains(out, "REDACTED") {
			t.Error(out)
		}
	}
}

// TestT9_WithAttrsAreMaskedLikeARecords, at the time of With.
func TestT9_WithAttrsAreMaskedLikeARecords(t *testing.T) {
	c := newCapture()
	slog.New(NewHandler(c, nil)).With("password", plaintext, "a", mail, "ok", "x")
	want := []slog.Attr{slog.String("password", "[REDACTED]"), slog.String("a", "[EMAIL_REDACTED]"), slog.String("ok", "x")}
	if diff := cmp.Diff(want, c.with[0], cmp.Comparer(slog.Attr.Equal)); diff != "" {
		t.Error(diff)
	}
}

func TestT12_GroupNamesAndKeysThatAreSecrets(t *testing.T) {
	out := printed(nil, func(l *slog.Logger) { l.WithGroup("of "+mail).Info("m", mail, 1, slog.Group(mail, "a", 1)) })
	if strings.Contains(out, mail) || strings.Count(out, "[EMAIL_REDACTED]") < 6 {
		t.Error(out)
	}
}

// TestT19_RootAttributesAreMasked whether they were there before the mask or are added after it.
func TestT19_RootAttributesAreMasked(t *testing.T) {
	c := newCapture()
	h := NewHandler(c, nil)
	root := chain.Root{
		Static: chain.NewBlock([]slog.Attr{slog.String("owner", mail)}),
		Scope:  chain.NewBlock([]slog.Attr{slog.String("session_id", "s-1"), slog.String("api_key", plaintext)}),
		Record: []slog.Attr{slog.String("token", plaintext)},
	}
	grouped := h.WithGroup("password").(chain.Handler)
	for range 2 {
		if err := grouped.HandleRoot(context.Background(), record("m", slog.String("k", plaintext)), root); err != nil {
			t.Fatal(err)
		}
	}
	got := c.roots[1]
	want := []slog.Attr{slog.String("owner", "[EMAIL_REDACTED]"), slog.String("session_id", "s-1"), slog.String("api_key", "[REDACTED]"), slog.String("token", "[REDACTED]")}
	if diff := cmp.Diff(want, got.Append(nil), cmp.Comparer(slog.Attr.Equal)); diff != "" {
		t.Error(diff)
	}
	if c.roots[0].Static != got.Static {
		t.Error("the block was masked twice")
	}
	if got.Mask != chain.Masker(h.Masker()) {
		t.Error("root.Mask is not the mask")
	}
	// A second pass of the same mask finds its work done; another mask joins.
	if err := h.HandleRoot(context.Background(), record("m"), got); err != nil || c.roots[2].Static != got.Static {
		t.Errorf("%v, %v", err, c.roots[2])
	}
	other := NewHandler(c, &Options{Keys: map[string]Action{"colour": Redact}})
	_ = other.HandleRoot(context.Background(), record("m"), got)
	masked := c.roots[3].Masked([]slog.Attr{slog.String("colour", "red"), slog.String("pwd", "x"), slog.String("a", "b")})
	if diff := cmp.Diff([]slog.Attr{slog.String("colour", "[REDACTED]"), slog.String("pwd", "[REDACTED]"), slog.String("a", "b")}, masked, cmp.Comparer(slog.Attr.Equal)); diff != "" {
		t.Error(diff)
	}
}

func TestMaskedErrorsTellTypeAndChain(t *testing.T) {
	c := newCapture()
	in := wrapErr{"read " + mail, errors.New("password=" + plaintext)}
	_ = NewHandler(c, nil).Handle(context.Background(), record("m", slog.Any("err", in)))
	err, ok := attrsOf(c.last(t))[0].Value.Any().(*maskederr.Error)
	if !ok {
		t.Fatalf("%T", attrsOf(c.last(t))[0].Value.Any())
	}
	want := []string{"mask.wrapErr", "read [EMAIL_REDACTED]", "password=[PASSWORD_REDACTED]"}
	if diff := cmp.Diff(want, append([]string{err.TypeName()}, err.Chain()...)); diff != "" {
		t.Error(diff)
	}
	// Masked once more it is the same error.
	_ = NewHandler(c, nil).Handle(context.Background(), c.last(t))
	if again := attrsOf(c.last(t))[0].Value.Any(); again != any(err) {
		t.Errorf("%v", again)
	}
}

func TestAMaskThatFailsPassesNothing(t *testing.T) {
	c := newCapture()
	h := NewHandler(c, nil)
	h.m.byClass[plain] = nil // as no masker is made
	l := slog.New(h)
	l.Info("to " + mail)
	if got := c.last(t); got.Message != markUninspected || got.NumAttrs() != 0 || h.Masker().Stats()["UNINSPECTED"] != 1 {
		t.Errorf("passed %q", got.Message)
	}
}
