package mask

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// planted is a secret and a text that holds it, for one that no key gives away.
func planted(r *rand.Rand) (needle, text string) {
	word := func(alphabet string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = alphabet[r.IntN(len(alphabet))]
		}
		return string(b)
	}
	const letters, numbers = "abcdefghijklmnopqrstuvwxyz", "0123456789"
	switch r.IntN(7) {
	case 0:
		needle = word(letters, 5) + "." + word(letters, 6) + "@" + word(letters, 7) + ".example.com"
	case 1:
		needle = withCheck("4" + word(numbers, 14))
	case 2:
		needle = "ghp_" + word(letters+numbers+strings.ToUpper(letters), 36)
	case 3:
		needle = "AKIA" + word("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)
	case 4:
		needle = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIx" + word(letters+numbers, 12) + "In0." + word(letters+numbers, 43)
	case 5:
		needle = word(letters, 4) + word(numbers, 4) + word(strings.ToUpper(letters), 4)
		return needle, "login with password=" + needle
	case 6:
		needle = word(letters, 6) + word(numbers, 3) + word(letters, 6)
		return needle, "postgres://app:" + needle + "@db.example.com:5432/x"
	}
	return needle, "it was " + needle + " then"
}

func withCheck(digits string) string {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return digits + fmt.Sprint((10-sum%10)%10)
}

type box struct {
	Label string `json:"label"`
	Value any    `json:"value,omitempty"`
	inner any
}

// tree wraps v in random values.
func tree(r *rand.Rand, v any, depth int) any {
	for range depth {
		switch r.IntN(18) {
		case 0:
			v = map[string]any{"a": 1, "b": v}
		case 1:
			v = []any{1, v, "x"}
		case 2:
			v = box{Label: "l", Value: v}
		case 3:
			v = &box{Label: "l", Value: v}
		case 4:
			v = box{Label: "l", inner: v}
		case 5:
			if s, ok := v.(string); ok {
				v = errors.New(s)
			}
		case 6:
			if err, ok := v.(error); ok {
				v = fmt.Errorf("failed: %w", err)
			}
		case 7:
			if s, ok := v.(string); ok {
				v = []byte(s)
			}
		case 8:
			if text, err := json.Marshal(v); err == nil {
				v = json.RawMessage(text)
			}
		case 9:
			if text, err := json.Marshal(v); err == nil {
				v = string(text)
			}
		case 10:
			if s, ok := v.(string); ok {
				v = stringer{s}
			}
		case 11:
			if s, ok := v.(string); ok {
				v = textual{s}
			}
		case 12:
			v = valuer{slog.GroupValue(slog.Int("n", 1), slog.Any("v", v))}
		case 13:
			if s, ok := v.(string); ok {
				v = http.Header{"X-Note": {"y", s}}
			}
		case 14:
			if s, ok := v.(string); ok {
				v = map[string]int{s: 1}
			}
		case 15:
			if s, ok := v.(string); ok {
				v = url.Values{"q": {s}}
			}
		case 16:
			v = [1]any{v}
		case 17:
			p := &v
			c := *p
			v = &c
		}
	}
	return v
}

// logged logs v at a random place of a logger with a random order of With and WithGroup, from a seed, so that it can be repeated.
func logged(seed uint64, v any, text string) func(*slog.Logger) {
	return func(l *slog.Logger) {
		r := rand.New(rand.NewPCG(seed, 1))
		names := []string{"g", "request", "password", "cfg"}
		for range r.IntN(4) {
			if r.IntN(2) == 0 {
				l = l.WithGroup(names[r.IntN(len(names))])
			} else {
				l = l.With("w", r.IntN(9), "stage", "denoise")
			}
		}
		switch r.IntN(5) {
		case 0:
			l.With("k", v).Info("m", "a", 1)
		case 1:
			l.Info("m", "a", 1, slog.Group("g", slog.Int("b", 2), slog.Any("k", v)))
		case 2:
			l.Info("m", "a", 1, "b", "two", "c", 3.5, "d", true, "e", nil, "k", v)
		case 3:
			l.Info(text)
		default:
			l.With(slog.Group("x", slog.Any("k", v))).WithGroup("y").Info("m")
		}
	}
}

func FuzzNoSecretPasses(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	mw := Middleware(nil)
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 0))
		needle, text := planted(r)
		var v any = text
		if r.IntN(4) == 0 { // under a secret key instead, with nothing else to tell it
			needle = "swordfish " + fmt.Sprint(r.Uint32())
			text = `{"a":{"client_secret":"` + needle + `"}}`
			v = []any{map[string]any{"password": needle}, map[string]string{"apiKey": needle}, account{Password: needle}, &account{Password: needle},
				json.RawMessage(text), []byte(text), text, embedder{Embedded{needle}, 1}, map[string]any{"x": []any{map[string]any{"private_key": needle}}},
				http.Header{"Authorization": {needle}}, url.Values{"token": {needle}}, map[string]any{"secret": []any{needle}}}[r.IntN(12)]
		}
		depth := r.IntN(6)
		shape := r.Uint64()
		v = tree(rand.New(rand.NewPCG(shape, 2)), v, depth)
		log := logged(seed, v, text)
		before := fmt.Sprintf("%#v", v)
		snapshot := deepCopy(v)

		var js, tx bytes.Buffer
		log(slog.New(mw(slog.NewJSONHandler(&js, nil))))
		log(slog.New(mw(slog.NewTextHandler(&tx, nil))))
		c := newCapture()
		log(slog.New(mw(c)))
		var raw bytes.Buffer
		for _, rec := range c.records {
			fmt.Fprintln(&raw, rec.Message)
			for _, a := range attrsOf(rec) {
				printAttr(&raw, a)
			}
		}
		for _, attrs := range c.with {
			for _, a := range attrs {
				printAttr(&raw, a)
			}
		}
		for name, out := range map[string]string{"JSON": js.String(), "text": tx.String(), "%+v": raw.String()} {
			if strings.Contains(out, needle) {
				t.Fatalf("%q passed (%s) in %s\nvalue %s", needle, name, out, before)
			}
		}
		if !json.Valid(js.Bytes()) {
			t.Fatalf("not JSON: %s", js.String())
		}
		if after := fmt.Sprintf("%#v", v); before != after || !reflect.DeepEqual(v, snapshot) {
			t.Fatalf("the caller's value changed from %s to %s", before, after)
		}

		// What was masked is masked again without a change.
		var twice bytes.Buffer
		log(slog.New(mw(mw(slog.NewJSONHandler(&twice, nil)))))
		if a, b := afterTime(js.String()), afterTime(twice.String()); a != b {
			t.Fatalf("masked twice:\n%s\n%s", a, b)
		}
		line := New(nil).AppendLine(nil, []byte(strings.TrimSpace(js.String())))
		if strings.Contains(string(line), needle) {
			t.Fatalf("the line: %s", line)
		}
	})
}

func afterTime(line string) string { _, rest, _ := strings.Cut(line, `"level"`); return rest }

// deepCopy copies what tree makes, as far as it can be changed.
func deepCopy(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range x {
			out[k] = deepCopy(e)
		}
		return out
	case map[string]string:
		out := map[string]string{}
		for k, e := range x {
			out[k] = e
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i := range x {
			out[i] = deepCopy(x[i])
		}
		return out
	case [1]any:
		return [1]any{deepCopy(x[0])}
	case *box:
		return &box{x.Label, deepCopy(x.Value), x.inner}
	case box:
		return box{x.Label, deepCopy(x.Value), x.inner}
	case *any:
		c := deepCopy(*x)
		return &c
	case []byte:
		return append([]byte(nil), x...)
	case json.RawMessage:
		return append(json.RawMessage(nil), x...)
	case http.Header:
		return x.Clone()
	case url.Values:
		return url.Values(http.Header(x).Clone())
	}
	return v
}
