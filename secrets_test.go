package sluice_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	slogmulti "github.com/samber/slog-multi"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/correlate"
	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/slogrec"
)

// plant makes values of every kind that slog carries around a secret.
type plant struct {
	r      *rand.Rand
	secret string
}

// text puts the secret among words. Secrets that have a pattern are found anywhere.
func (p *plant) text() string {
	return []string{p.secret, "value " + p.secret + " seen", "got: " + p.secret + ", retry", `{"user":{"note":"` + p.secret + `"}}`, "(" + p.secret + ")"}[p.r.IntN(5)]
}

type holder struct {
	Name   string `json:"name"`
	Inner  *holder
	Notes  []string
	Extra  map[string]any
	Hidden string `json:"-"`
}

type stringer struct{ s string }

func (s stringer) String() string { return s.s }

type valuer struct{ v slog.Value }

func (v valuer) LogValue() slog.Value { return v.v }

type textError struct{ msg string }

func (e *textError) Error() string { return e.msg }

// value returns a value tree with the secret in it, and a copy made the same way.
func (p *plant) value(depth int) slog.Value {
	if depth > 3 {
		return slog.StringValue(p.text())
	}
	switch p.r.IntN(16) {
	case 0:
		return slog.StringValue(p.text())
	case 1:
		return slog.AnyValue(errors.New(p.text()))
	case 2:
		return slog.AnyValue(fmt.Errorf("outer: %w", errors.Join(errors.New("clean"), &textError{p.text()})))
	case 3:
		return slog.AnyValue(stringer{p.text()})
	case 4:
		return slog.AnyValue(valuer{p.value(depth + 1)})
	case 5:
		return slog.AnyValue(map[string]any{"a": 1, "b": []any{p.text(), map[string]string{"c": p.text()}}})
	case 6:
		return slog.AnyValue(&holder{Name: p.text(), Notes: []string{"x", p.text()}, Extra: map[string]any{"k": p.text()}})
	case 7:
		return slog.AnyValue(holder{Inner: &holder{Name: p.text(), Hidden: p.secret}})
	case 8:
		return slog.AnyValue([]byte(p.text()))
	case 9:
		b, _ := json.Marshal(map[string]any{"note": p.text()})
		return slog.AnyValue(json.RawMessage(b))
	case 10:
		return slog.GroupValue(slog.String("x", "y"), slog.Attr{Key: "deep", Value: p.value(depth + 1)})
	case 11:
		return slog.AnyValue([]slog.Attr{slog.String("z", p.text())})
	case 12:
		return slog.AnyValue(http.Header{"X-Note": {p.text()}, "Authorization": {"Bearer " + p.secret}})
	case 13:
		return slog.AnyValue(&url.URL{Scheme: "https", Host: "h", User: url.UserPassword("u", p.secret), RawQuery: url.Values{"token": {p.secret}}.Encode()})
	case 14:
		s := p.text()
		ps := &s
		return slog.AnyValue(&ps)
	default:
		return slog.AnyValue([3]any{nil, valuer{slog.AnyValue([]string{p.text()})}, 7})
	}
}

// secretOf makes a random secret of a known kind that has a pattern of its own.
func secretOf(r *rand.Rand) string {
	word := func(n int, alphabet string) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = alphabet[r.IntN(len(alphabet))]
		}
		return string(b)
	}
	const lower, digits = "abcdefghijklmnopqrstuvwxyz", "0123456789"
	mixed := lower + strings.ToUpper(lower) + digits
	switch r.IntN(6) {
	case 0:
		return word(8, lower) + "." + word(5, lower) + "@" + word(7, lower) + ".example.com"
	case 1:
		return "ghp_" + word(36, mixed)
	case 2:
		return "glpat-" + word(20, mixed)
	case 3:
		return "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI" + word(12, mixed) + "In0." + word(43, mixed)
	case 4:
		return "sk_live_" + word(24, mixed)
	default:
		return "AKIA" + word(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
	}
}

// logSecret logs one record with a secret somewhere through a logger that was derived at random.
func logSecret(r *rand.Rand, log *slog.Logger) (secret string, values, again []slog.Value) {
	secret = secretOf(r)
	seed := r.Uint64()
	make := func() *plant { return &plant{rand.New(rand.NewPCG(seed, 1)), secret} }
	p, q := make(), make()
	ctx := context.Background()
	value := func() slog.Value {
		v := p.value(0)
		values, again = append(values, v), append(again, q.value(0))
		return v
	}
	for range r.IntN(4) {
		switch r.IntN(4) {
		case 0:
			log = log.With(slog.Attr{Key: "with", Value: value()})
		case 1:
			log = log.WithGroup([]string{"g", "password", "request"}[r.IntN(3)])
		case 2:
			log = log.With("password", secret)
		case 3:
			ctx = correlate.Attrs(ctx, slog.Attr{Key: "ctx", Value: value()})
		}
	}
	msg := "m"
	if r.IntN(3) == 0 {
		msg = p.text()
		q.text()
	}
	level := []slog.Level{slog.LevelInfo, slog.LevelError}[r.IntN(2)]
	log.LogAttrs(ctx, level, msg, slog.Int("n", 1), slog.Attr{Key: []string{"v", "error", "payload", "api_key"}[r.IntN(4)], Value: value()})
	return secret, values, again
}

func FuzzNoSecretPasses(f *testing.F) {
	for i := range uint64(200) {
		f.Add(i, i*7919)
	}
	var out, text, std bytes.Buffer
	sink := slogrec.New()
	stack, err := sluice.Open(context.Background(), sluice.Config{
		Environment: sluice.Test, Stdout: &out, Stderr: &text,
		Sinks:    []sluice.SinkConfig{{Type: "json"}, {Type: "console", Format: "color"}},
		Handlers: []slog.Handler{sink, slog.NewJSONHandler(&std, nil), slog.NewTextHandler(&std, nil)},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, a, b uint64) {
		out.Reset()
		text.Reset()
		std.Reset()
		sink.Reset()
		secret, values, again := logSecret(rand.New(rand.NewPCG(a, b)), stack.Logger())
		if out.Len() == 0 || text.Len() == 0 || sink.Len() != 1 {
			t.Fatal("the record did not arrive")
		}
		for name, got := range map[string]string{
			"json": out.String(), "console": text.String(), "slog": std.String(), "recorder": fmt.Sprintf("%+v", sink.Records()),
		} {
			if strings.Contains(got, secret) {
				t.Errorf("%s tells %q: %s", name, secret, got)
			}
		}
		if !json.Valid(out.Bytes()) {
			t.Errorf("invalid JSON: %s", out.String())
		}
		for i := range values {
			if diff := cmp.Diff(fmt.Sprintf("%#v", deep(again[i])), fmt.Sprintf("%#v", deep(values[i]))); diff != "" {
				t.Errorf("the caller's value was changed: %s", diff)
			}
		}
	})
}

// deep renders pointers by what they point to.
func deep(v slog.Value) any {
	if v.Kind() == slog.KindGroup {
		return deepAttrs(v.Group())
	}
	switch x := v.Any().(type) {
	case *holder:
		return deepHolder(*x)
	case holder:
		return deepHolder(x)
	case **string:
		return **x
	case *url.URL:
		return x.String()
	case valuer:
		return deep(x.v)
	case []slog.Attr:
		return deepAttrs(x)
	case error:
		return x.Error()
	default:
		return x
	}
}

func deepAttrs(attrs []slog.Attr) (out []string) {
	for _, a := range attrs {
		out = append(out, fmt.Sprintf("%s=%#v", a.Key, deep(a.Value)))
	}
	return out
}

func deepHolder(h holder) string {
	b, _ := json.Marshal(h)
	return string(b) + h.Hidden
}

func TestAnErrorInASecretGroupStaysMaskedWhereverTheMaskStands(t *testing.T) {
	for _, order := range []slogmulti.Middleware{
		func(h slog.Handler) slog.Handler { return enrich.NewHandler(mask.NewHandler(h, nil), nil) },
		func(h slog.Handler) slog.Handler { return mask.NewHandler(enrich.NewHandler(h, nil), nil) },
	} {
		sink := slogrec.New()
		slog.New(order(sink)).WithGroup("password").Error("m", "error", errors.New("hunter2"))
		if r := sink.Require(t); strings.Contains(r.String(), "hunter2") {
			t.Errorf("the record tells the secret: %s", r)
		}
	}
}
