package freeze

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type (
	named  string
	point  struct{ X, Y int }
	holder struct {
		Name string
		Tags []string
		Deep map[string]*point
		Any  any
		n    int
	}
	locked struct {
		mu    sync.Mutex
		Name  string
		cache map[string]int
	}
	counted struct{ N atomic.Int64 }
	node    struct {
		Name string
		Next *node
	}
	speaker struct{ words []string }
	jsoner  struct{ m map[string]int }
	lv      struct{ v slog.Value }
	selfish struct{}
	loud    struct{ p *int }
)

func (s *speaker) String() string              { return strings.Join(s.words, " ") }
func (j *jsoner) MarshalJSON() ([]byte, error) { return json.Marshal(j.m) }
func (l lv) LogValue() slog.Value              { return l.v }
func (l *selfish) LogValue() slog.Value        { return slog.AnyValue(l) }
func (*loud) String() string                   { panic("no voice") }

// logged is v, frozen, as slog's JSON handler writes it.
func logged(v any) string { return written(Value(slog.AnyValue(v))) }

func written(v slog.Value) string {
	var b bytes.Buffer
	h := slog.NewJSONHandler(&b, &slog.HandlerOptions{ReplaceAttr: func(g []string, a slog.Attr) slog.Attr {
		if len(g) == 0 && a.Key != "v" {
			return slog.Attr{}
		}
		return a
	}})
	r := slog.NewRecord(time.Time{}, 0, "", 0)
	r.AddAttrs(slog.Attr{Key: "v", Value: v})
	_ = h.Handle(context.Background(), r)
	return strings.TrimSpace(b.String())
}

func TestImmutableValuesPass(t *testing.T) {
	var nilPoint *point
	for name, x := range map[string]any{
		"string": "s", "int": 1, "float": 1.5, "bool": true, "time": time.Now(), "duration": time.Second,
		"named": named("x"), "struct": point{1, 2}, "array": [3]string{"a"}, "addr": netip.MustParseAddr("::1"),
		"level": slog.LevelWarn, "errno": syscall.ENOENT, "error": errors.New("x"), "fmt error": fmt.Errorf("x %d", 1),
		"wrapped": fmt.Errorf("a: %w", errors.Join(errors.New("x"), syscall.EIO)), "canceled": context.Canceled,
		"deadline": context.DeadlineExceeded, "nil": nil, "nested struct": struct{ P, Q point }{},
		"complex": complex(1, 2), "zone": time.UTC, "empty group": slog.GroupValue(), "frozen": Value(slog.AnyValue(&fs.PathError{Op: "o", Path: "p", Err: syscall.EIO})),
	} {
		t.Run(name, func(t *testing.T) {
			v := slog.AnyValue(x)
			if !immutable(v) {
				t.Fatalf("%T is taken for mutable", x)
			}
			if got := Value(v); got.Kind() != v.Kind() {
				t.Errorf("%v became %v", v.Kind(), got.Kind())
			}
		})
	}
	if got := Value(slog.AnyValue(nilPoint)).Any(); got != any(nilPoint) {
		t.Errorf("nil pointer became %v", got)
	}
}

func TestCopiesKeepTypeAndContent(t *testing.T) {
	h := holder{Name: "a", Tags: []string{"x"}, Deep: map[string]*point{"p": {1, 2}}, Any: []any{1, &point{3, 4}, nil}, n: 7}
	u, _ := url.Parse("http://example.org/a?b=c")
	when := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, x := range []any{
		h, &h, []holder{h}, map[string]holder{"k": h}, [2]*holder{&h, nil}, []string{"a"}, map[named][]int{"a": {1}},
		http.Header{"A": {"b"}}, net.IPv4(1, 2, 3, 4), &point{1, 2}, &when, []error{errors.New("e")},
		struct{ U *url.URL }{u}, map[any]any{1: "a", "b": []int{2}}, []byte("raw"), json.RawMessage(`{"a":1}`),
		[]any{map[string]any{"k": []any{1.5, "s"}}}, []slog.Attr(nil), (*holder)(nil), map[string]int(nil),
	} {
		got := Value(slog.AnyValue(x)).Any()
		if d := cmp.Diff(fmt.Sprintf("%T", x), fmt.Sprintf("%T", got)); d != "" {
			t.Errorf("type of %T: %s", x, d)
		}
		if d := cmp.Diff(x, got, cmp.AllowUnexported(holder{}, url.Userinfo{}), cmp.Comparer(func(a, b error) bool { return a == b })); d != "" {
			t.Errorf("%T: %s", x, d)
		}
	}
}

func TestT5_LaterChangesDoNotReachTheSnapshot(t *testing.T) {
	p := &point{1, 2}
	bs := []byte("before")
	m := map[string]any{"p": p, "s": []int{1}, "b": bs}
	h := &holder{Tags: []string{"x"}, Deep: map[string]*point{"p": p}}
	group := []slog.Attr{slog.Int("a", 1), slog.Any("p", p), {Key: "in", Value: slog.GroupValue(slog.Any("m", m))}}
	pe := &fs.PathError{Op: "open", Path: "before", Err: fs.ErrNotExist}
	sp := &speaker{[]string{"before"}}
	in := []slog.Attr{
		slog.Any("p", p), slog.Any("b", bs), slog.Any("m", m), slog.Any("h", h), {Key: "g", Value: slog.GroupValue(group...)},
		slog.Any("e", fmt.Errorf("w: %w", pe)), slog.Any("sp", sp), slog.Any("lv", lv{slog.AnyValue(p)}),
		slog.Any("raw", json.RawMessage(bs[:0:0])), slog.Any("pp", &p),
	}
	frozen := Attrs(in)
	print := func() string {
		var b bytes.Buffer
		r := slog.NewRecord(time.Time{}, 0, "m", 0)
		r.AddAttrs(frozen...)
		_ = slog.NewJSONHandler(&b, nil).Handle(context.Background(), r)
		_ = slog.NewTextHandler(&b, nil).Handle(context.Background(), r)
		return b.String()
	}
	// The text handler prints pointers as addresses: those of the copies.
	before := print()
	p.X = 99
	copy(bs, "after!")
	m["new"] = 1
	m["s"].([]int)[0] = 99
	h.Tags[0] = "after"
	group[0] = slog.Int("changed", 99)
	pe.Path = "after"
	sp.words[0] = "after"
	if d := cmp.Diff(before, print()); d != "" {
		t.Errorf("a change after the call shows:\n%s", d)
	}
	if strings.Contains(before, "LogValue") || !strings.Contains(before, `"e":"w: open before`) {
		t.Errorf("unexpected: %s", before)
	}
}

func TestCallersDataIsNotWritten(t *testing.T) {
	attrs := []slog.Attr{slog.Int("a", 1), slog.Any("p", &point{1, 2}), slog.Any("lv", &lv{slog.IntValue(3)}), slog.Group("g", slog.Any("p", &point{}))}
	inner := attrs[3].Value.Group()
	kept, keptInner := append([]slog.Attr(nil), attrs...), append([]slog.Attr(nil), inner...)
	Attrs(attrs)
	for i := range attrs {
		if !attrs[i].Equal(kept[i]) {
			t.Errorf("attribute %d was written to", i)
		}
	}
	if !inner[0].Equal(keptInner[0]) {
		t.Error("group was written to")
	}
}

func TestWhatCannotBeCopiedIsRendered(t *testing.T) {
	broken := map[string]any{"f": func() {}, "l": &locked{}}
	c := &counted{}
	c.N.Store(3)
	tests := []struct {
		name string
		in   any
		want any
	}{
		{"lock, by its JSON", &locked{Name: "<a&b>", cache: map[string]int{"x": 1}}, json.RawMessage(`{"Name":"<a&b>"}`)},
		{"lock inside a typed slice", []*locked{{Name: "a"}}, json.RawMessage(`[{"Name":"a"}]`)},
		{"lock inside any", map[string]any{"l": &locked{Name: "a"}}, map[string]any{"l": json.RawMessage(`{"Name":"a"}`)}},
		{"atomic", c, json.RawMessage(`{"N":{}}`)},
		{"stringer", &speaker{[]string{"a", "b"}}, "a b"},
		{"text and string", net.ParseIP("1.2.3.4"), net.ParseIP("1.2.3.4")},
		{"address", &net.TCPAddr{IP: net.IPv4(1, 2, 3, 4), Port: 5}, "1.2.3.4:5"},
		{"JSON", &jsoner{map[string]int{"a": 1}}, json.RawMessage(`{"a":1}`)},
		{"big number", big.NewInt(12), json.RawMessage(`12`)},
		{"narrow interface", []fmt.Stringer{&speaker{[]string{"a"}}}, json.RawMessage(`[{}]`)},
		{"panic", &loud{}, "!PANIC: no voice"},
		{"narrow interface twice", map[string]any{"a": []fmt.Stringer{&speaker{}}, "b": []fmt.Stringer{&speaker{}}},
			map[string]any{"a": json.RawMessage(`[{}]`), "b": json.RawMessage(`[{}]`)}},
		{"pointer as key", map[any]int{&point{1, 2}: 1}, "!ERROR:json: unsupported type: map[interface {}]int"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, Value(slog.AnyValue(tt.in)).Any()); d != "" {
				t.Error(d)
			}
		})
	}
	if got := Value(slog.AnyValue(broken)).Any().(map[string]any); got["f"] == nil {
		t.Error("a function lost its identity")
	}
}

func TestCyclesAndDepthAreBounded(t *testing.T) {
	ring := &node{Name: "a"}
	ring.Next = &node{"b", ring}
	if got := Value(slog.AnyValue(ring)).Any().(*node); got.Next.Name != "b" || got.Next.Next != nil || got == ring {
		t.Errorf("cycle of pointers: %v", got.Next)
	}
	m := map[string]any{}
	m["self"] = m
	if d := cmp.Diff(map[string]any{"self": cycleMark}, Value(slog.AnyValue(m)).Any()); d != "" {
		t.Error(d)
	}
	s := make([]any, 12)
	for i := range s {
		s[i] = s
	}
	if got := logged(s); strings.Count(got, cycleMark) != 12 {
		t.Errorf("cycle of slices: %s", got)
	}
	shared := &point{1, 2}
	twice := Value(slog.AnyValue([]*point{shared, shared})).Any().([]*point)
	if twice[0] != twice[1] || *twice[0] != *shared || twice[0] == shared {
		t.Error("what was shared is not shared in the copy")
	}
	var deepest any = "end"
	var byValue any = "end"
	group := slog.StringValue("end")
	for range 1000 {
		deepest = []any{deepest}
		byValue = struct{ V any }{byValue}
		group = slog.GroupValue(slog.Attr{Key: "g", Value: group})
	}
	for _, x := range []any{deepest, byValue, group} {
		got := logged(x)
		if n := strings.Count(got, "[") + strings.Count(got, "{"); !strings.Contains(got, depthMark) || n < maxDepth || n > maxDepth+3 {
			t.Errorf("depth: %s", got)
		}
	}
	ten := strings.Repeat("[", maxDepth) + "1" + strings.Repeat("]", maxDepth)
	var ok any
	_ = json.Unmarshal([]byte(ten), &ok)
	if got := logged(ok); got != `{"v":`+ten+`}` {
		t.Errorf("ten levels were cut: %s", got)
	}
}

type crowd struct{ all []slog.Attr }

func (c *crowd) LogValue() slog.Value { return slog.GroupValue(c.all...) }

func TestT8_LogValuersAreResolvedAndContained(t *testing.T) {
	c := &crowd{}
	for range 10 {
		c.all = append(c.all, slog.Any("c", c))
	}
	if got := logged(c); !strings.Contains(got, depthMark) {
		t.Error("a valuer of itself has no end")
	}
	if got := logged(&selfish{}); !strings.Contains(got, "too many times") {
		t.Errorf("loop: %s", got)
	}
	var nilCrowd *crowd
	if got := logged(nilCrowd); !strings.Contains(got, "panicked") {
		t.Errorf("panic: %s", got)
	}
	inside := map[string]any{"l": []any{lv{slog.GroupValue(slog.Int("a", 1), slog.Any("b", lv{slog.StringValue("x")}))}}}
	if got, want := logged(inside), `{"v":{"l":[{"a":1,"b":"x"}]}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestGroupsAreCopied(t *testing.T) {
	attrs := []slog.Attr{slog.Int("a", 1)}
	v := Value(slog.GroupValue(attrs...))
	attrs[0] = slog.Int("b", 2)
	if got := v.Group()[0].Key; got != "a" {
		t.Errorf("the group changed with its caller's slice: %s", got)
	}
}

type factsError struct{ cause error }

func (e *factsError) Error() string    { return "facts" }
func (e *factsError) TypeName() string { return "told.Type" }
func (e *factsError) Chain() []string  { return []string{"told"} }

type jsonFault struct{ Code *int }

func (e *jsonFault) Error() string                { return "fault" }
func (e *jsonFault) MarshalJSON() ([]byte, error) { return []byte(`{"code":7}`), nil }

type loopError struct{ n *int }

func (e *loopError) Error() string { return "loop" }
func (e *loopError) Unwrap() error { return e }

func TestErrorsThatCanChangeBecomeSnapshotsWithTheirFacts(t *testing.T) {
	pe := &fs.PathError{Op: "open", Path: "f", Err: syscall.ENOENT}
	var nilPath *fs.PathError
	code := 1
	tests := []struct {
		name     string
		in       error
		text     string
		typeName string
		chain    []string
	}{
		{"pointer", pe, "open f: no such file or directory", "*fs.PathError", []string{"no such file or directory"}},
		{"wrapped", fmt.Errorf("a: %w", pe), "a: open f: no such file or directory", "*fmt.wrapError",
			[]string{"open f: no such file or directory", "no such file or directory"}},
		{"joined", errors.Join(errors.New("x"), pe), "x\nopen f: no such file or directory", "*errors.joinError",
			[]string{"x", "open f: no such file or directory", "no such file or directory"}},
		{"typed nil", nilPath, "<nil>", "*fs.PathError", nil},
		{"tells its facts", &factsError{}, "facts", "told.Type", []string{"told"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := Value(slog.AnyValue(tt.in)).Any().(interface {
				error
				TypeName() string
				Chain() []string
			})
			if !ok {
				t.Fatal("no snapshot")
			}
			if d := cmp.Diff([]any{tt.text, tt.typeName, tt.chain}, []any{got.Error(), got.TypeName(), got.Chain()}); d != "" {
				t.Error(d)
			}
			if again := Value(slog.AnyValue(got)).Any(); again != any(got) {
				t.Error("a snapshot is taken twice")
			}
		})
	}
	if got := logged(&jsonFault{&code}); got != `{"v":{"code":7}}` {
		t.Errorf("JSON of an error: %s", got)
	}
	loop := Value(slog.AnyValue(&loopError{&code})).Any().(snapshotError)
	if n := len(loop.Chain()); n != maxChain {
		t.Errorf("chain of a loop: %d", n)
	}
	if got := Value(slog.AnyValue([]error{pe})).Any().([]error)[0]; got == error(pe) || got.Error() != pe.Error() {
		t.Errorf("error in a slice: %v", got)
	}
}

func TestRecordKeepsAllButTheMutable(t *testing.T) {
	for _, n := range []int{0, 1, 5, 6, 16, 17, 40} {
		r := slog.NewRecord(time.Unix(1, 2), slog.LevelWarn, "msg", 42)
		for i := range n {
			r.AddAttrs(slog.Any(fmt.Sprint(i), i))
		}
		if !Frozen(&r) {
			t.Errorf("%d scalars are taken for mutable", n)
		}
		p := &point{1, 2}
		r.AddAttrs(slog.Any("p", p))
		got := Record(r)
		p.X = 5
		want := r.Clone()
		want.AddAttrs()
		var keys, wantKeys []string
		got.Attrs(func(a slog.Attr) bool { keys = append(keys, a.Key); return true })
		want.Attrs(func(a slog.Attr) bool { wantKeys = append(wantKeys, a.Key); return true })
		if d := cmp.Diff(wantKeys, keys); d != "" || !got.Time.Equal(r.Time) || got.Level != r.Level || got.Message != "msg" || got.PC != 42 {
			t.Errorf("%d attributes: %s", n, d)
		}
		got.Attrs(func(a slog.Attr) bool {
			if a.Key == "p" && a.Value.Any().(*point).X != 1 {
				t.Error("the record changed")
			}
			return true
		})
	}
}

func TestConcurrentSnapshotsOfOneValue(t *testing.T) {
	v := slog.AnyValue(&holder{Tags: []string{"a"}, Any: map[string]any{"k": &locked{Name: "x"}}})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if Value(v).Any().(*holder).Tags[0] != "a" {
					t.Error("lost")
				}
			}
		})
	}
	wg.Wait()
}

func FuzzJSONTreesComeOutAsTheyWentIn(f *testing.F) {
	f.Add([]byte(`{"a":[1,2,{"b":null}],"c":"x"}`))
	f.Add([]byte(`[[[[[[[[[[[[1]]]]]]]]]]]]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var x any
		if json.Unmarshal(data, &x) != nil {
			return
		}
		got := logged(x)
		if want := written(slog.AnyValue(x)); got != want && !strings.Contains(got, depthMark) {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}
