package jsonenc

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/internal/chain"
)

type marshalError struct{}

func (marshalError) MarshalJSON() ([]byte, error) { return nil, errors.New("no") }

type marshalPanic struct{}

func (marshalPanic) MarshalJSON() ([]byte, error) { panic("at the disco") }

type jsonError struct{}

func (jsonError) Error() string                { return "text" }
func (jsonError) MarshalJSON() ([]byte, error) { return []byte(`{ "code" : 7 }`), nil }

func TestValuesAreWrittenByKind(t *testing.T) {
	var nilError *panicker
	var nilURL *url.URL
	for _, tc := range []struct {
		name  string
		value any
		want  string
	}{
		{"nil", nil, `null`},
		{"int64", int64(math.MinInt64), `-9223372036854775808`},
		{"uint64", uint64(math.MaxUint64), `18446744073709551615`},
		{"float", 0.1, `0.1`},
		{"NaN", math.NaN(), `"NaN"`},
		{"duration", 1500 * time.Millisecond, `1500000000`},
		{"time", time.Date(2026, 1, 2, 3, 4, 5, 60, time.FixedZone("", 3600)), `"2026-01-02T03:04:05.00000006+01:00"`},
		{"html", "<a href='x'>&", `"<a href='x'>&"`},
		{"separators", "a\u2028b\u2029", `"a\u2028b\u2029"`},
		{"control characters", "\x00\x1f\n\r\t\"\\\x7f", `"\u0000\u001f\n\r\t\"\\` + "\x7f" + `"`},
		{"invalid UTF-8", "a\xffb\xc3", "\"a\uFFFDb\uFFFD\""},
		{"level", slog.LevelError + 4, `"CRITICAL"`},
		{"error", errors.New("e\n"), `"e\n"`},
		{"wrapped error", fmt.Errorf("w: %w", errors.New("e")), `"w: e"`},
		{"error with JSON", jsonError{}, `{"code":7}`},
		{"nil error", nilError, `"<nil>"`},
		{"panicking error", &panicker{}, `"!PANIC: no text"`},
		{"Stringer", &url.URL{Scheme: "https", Host: "a.b"}, `"https://a.b"`},
		{"nil Stringer", nilURL, `"<nil>"`},
		{"TextMarshaler", netip.MustParseAddr("192.0.2.1"), `"192.0.2.1"`},
		{"failing Marshaler", marshalError{}, `"!ERROR: json: error calling MarshalJSON for type jsonenc.marshalError: no"`},
		{"panicking Marshaler", marshalPanic{}, `"!PANIC: at the disco"`},
		{"func", func() {}, `"!ERROR: json: unsupported type: func()"`},
		{"slice", []any{1, "<", nil, 2.5}, `[1,"<",null,2.5]`},
		{"map", map[string]int{"b": 1, "a": 2}, `{"a":2,"b":1}`},
		{"map of odd keys", map[string]int{"": 1, ".": 2, "a.": 3}, `{"_#2":1,"_":2,"a_":3}`},
		{"struct", struct {
			A int    `json:"a"`
			B string `json:",omitempty"`
		}{1, ""}, `{"a":1}`},
		{"RawMessage", json.RawMessage(" {\"a\" :\n [ 1 , {} , [ ] ] , \"b\":\"x\\ny\" } "), `{"a":[1,{},[]],"b":"x\ny"}`},
		{"RawMessage, scalar", json.RawMessage(`1e400`), `1e400`},
		{"RawMessage, keys twice", json.RawMessage(`{"a":1,"\u0061":2}`), `{"a#2":1,"a":2}`},
		{"RawMessage, invalid UTF-8", json.RawMessage("[\"a\xff\"]"), "[\"a\uFFFD\"]"},
		{"RawMessage, not JSON", json.RawMessage(`{`), `"ew=="`},
		{"bytes, object", []byte(` {"a":1}`), `{"a":1}`},
		{"bytes, scalar", []byte(`12`), `"MTI="`},
		{"bytes", []byte{0xff, 0}, `"/wA="`},
		{"no bytes", []byte(nil), `null`},
		{"source", &slog.Source{Function: "f", Line: 3}, `{"function":"f","line":3}`},
		{"LogValuer", valuer{slog.GroupValue(slog.Int("a", 1))}, `{"a":1}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, _ := encodeAttrs(Config{}, slog.Any("k", tc.value))
			if diff := cmp.Diff(`{"k":`+tc.want+`}`, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestT12_EmptyAttributesAndGroupsAreNotWritten(t *testing.T) {
	empty := slog.Group("g", slog.Attr{}, slog.Group("h"), slog.Any("v", valuer{slog.GroupValue()}), slog.Any("s", &slog.Source{}))
	for _, tc := range []struct {
		name  string
		attrs []slog.Attr
		want  string
	}{
		{"attribute", []slog.Attr{{}}, `{}`},
		{"nil with a key", []slog.Attr{slog.Any("k", nil)}, `{"k":null}`},
		{"group", []slog.Attr{slog.Group("g")}, `{}`},
		{"group of empty", []slog.Attr{empty, slog.Int("a", 1)}, `{"a":1}`},
		{"inline", []slog.Attr{slog.Group("", slog.Int("a", 1), slog.Group("g", slog.Int("b", 2)))}, `{"a":1,"g":{"b":2}}`},
		{"inline in a group", []slog.Attr{slog.Group("g", slog.Group("", slog.Int("a", 1)))}, `{"g":{"a":1}}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, _ := encodeAttrs(Config{}, tc.attrs...)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	with := func(e *Encoder) *With { return e.WithAttrs(e.WithGroup(nil, "g"), []slog.Attr{empty}) }
	if got, _ := encode(Config{}, chain.Root{}, with, empty); got != `{"level":"INFO","msg":"m"}` {
		t.Errorf("empty attributes of a logger: %s", got)
	}
}

func TestObjectsPastTheDepthLimitAreText(t *testing.T) {
	c := Config{MaxDepth: 3}
	deep := slog.Group("a", slog.Group("b", slog.Int("x", 1), slog.Group("c", slog.Int("d", 2), slog.Int("d", 3), slog.Group("e", slog.String("f", "\"")))))
	const want = `{"a":{"b":{"x":1,"c":"{\"d#2\":2,\"d\":3,\"e\":{\"f\":\"\\\"\"}}"}}}`
	if got, _ := encodeAttrs(c, deep); got != want {
		t.Errorf("groups: got %s, want %s", got, want)
	}
	got, _ := encodeAttrs(c, slog.Any("a", map[string]any{"b": map[string]any{"x": 1, "c": map[string]any{"d": []int{2}}}, "l": []any{[]int{1}}}))
	if want := `{"a":{"b":{"c":"{\"d\":[2]}","x":1},"l":["[1]"]}}`; got != want {
		t.Errorf("values: got %s, want %s", got, want)
	}
	got, _ = encode(c, chain.Root{}, func(e *Encoder) *With {
		w := e.WithAttrs(e.WithGroup(e.WithGroup(nil, "a"), "b"), []slog.Attr{slog.Int("x", 1)})
		w = e.WithAttrs(e.WithGroup(w, "c"), []slog.Attr{slog.Int("y", 2)})
		return e.WithGroup(w, "d")
	}, slog.Int("z", 3))
	if want := `{"level":"INFO","msg":"m","a":{"b":{"x":1,"c":"{\"y\":2,\"d\":{\"z\":3}}"}}}`; got != want {
		t.Errorf("groups of a logger: got %s, want %s", got, want)
	}
}

func TestALogValuerThatContainsItselfEnds(t *testing.T) {
	line, notes := encode(Config{MaxRecord: 4 << 10}, chain.Root{}, nil, slog.Any("l", loop{}), slog.Any("", loop{}))
	checkLine(t, []byte(line))
	if len(line) > 4<<10 || notes.Records != 1 {
		t.Errorf("%d bytes, %+v", len(line), notes)
	}
}

func TestLongValuesAreCut(t *testing.T) {
	const limit = 100
	long := strings.Repeat("x", 1000)
	many := make([]int, 1000)
	for _, tc := range []struct {
		name  string
		value any
		want  string // what the value contains
	}{
		{"string", long, `x…[1000 bytes]"`},
		{"error", errors.New(long), `x…[1000 bytes]"`},
		{"bytes", []byte(long), `…[1000 bytes]"`},
		{"member", map[string]any{"a": 1, "b": long}, `{"a":1,"b":"xxx`},
		{"elements", many, `0,"…[`},
		{"raw", json.RawMessage(`[` + strings.Repeat(" ", 500) + `1]`), `[1]`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, notes := encodeAttrs(Config{MaxValue: limit}, slog.Any("k", tc.value))
			checkLine(t, []byte(got))
			if !strings.Contains(got, tc.want) || len(got) > limit+len(`{"k":""}`) {
				t.Errorf("got %s, want something with %s", got, tc.want)
			}
			if cut := strings.Contains(got, "…"); cut != (notes.Values == 1) {
				t.Errorf("%d values counted", notes.Values)
			}
		})
	}
}
