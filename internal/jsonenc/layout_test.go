package jsonenc

import (
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/internal/chain"
)

// testLayout routes the keys that the generator likes.
func testLayout(main string) *Layout {
	return NewLayout(Layout{
		Main: main, Observed: "seen", LevelText: "text", LevelNumber: "number", Resource: []string{"resource", "attributes"},
		Constant: `,"v":1`, Reserved: []string{"v", "resource", "seen", "at", "scope", "A", "flags", "body", "severity"},
		Routes: []Route{
			{Key: "a", Section: Root, Path: []string{"A"}},
			{Key: "b", Section: Resource, Path: []string{"b.name"}},
			{Key: "service", Section: Resource, Path: []string{"service.name"}},
			{Key: "logger", Section: Root, Path: []string{"scope", "name"}},
			{Key: "flags", Section: Root, Path: []string{"flags"}, Hex: true},
			{Key: "error", Section: Main, Path: []string{"exception.message"}},
			{Key: "error.type", Section: Main, Path: []string{"exception.type"}},
			{Key: "error.message", Section: Main, Path: []string{"exception.message"}},
			{Key: "source.function", Section: Main, Path: []string{"code.function"}},
			{Key: "source.file", Section: Main, Path: []string{"code.file"}},
			{Key: "source.line", Section: Main, Path: []string{"code.line"}},
			{Key: "c.a", Section: Root, Path: []string{"C"}},
		},
	})
}

func testDocuments(main string) Config {
	return Config{
		Names:  Names{Time: "at", Level: "severity", Message: "body", Source: "code", Function: "function", File: "file", Line: "line", Cut: "record_cut"},
		Layout: testLayout(main),
	}
}

// document encodes a record of attrs, and of a logger and a root.
func document(t *testing.T, c Config, root chain.Root, with func(*Encoder) *With, attrs ...slog.Attr) string {
	t.Helper()
	e := New(c)
	var w *With
	if with != nil {
		w = with(e)
	}
	r := slog.NewRecord(time.Date(2026, 3, 1, 12, 0, 0, 120, time.UTC), slog.LevelWarn+1, "m", 0)
	r.AddAttrs(attrs...)
	b := NewBuffer()
	defer b.Free()
	for range 2 { // the second time from what is remembered
		b.B = append(b.B[:0], "before"...)
		e.Append(b, &r, &root, w)
	}
	doc := strings.TrimPrefix(string(b.B), "before")
	checkLine(t, []byte(doc))
	rest, ok := strings.CutPrefix(doc, `{"at":"2026-03-01T12:00:00.00000012Z","severity":{"text":"WARN+1","number":14},"body":"m"`)
	if !ok {
		t.Fatalf("fields: %s", doc)
	}
	return strings.TrimSuffix(rest, `,"v":1}`)
}

func TestDocumentsHaveEachAttributeWhereItBelongs(t *testing.T) {
	str := slog.String
	group := func(key string, attrs ...slog.Attr) slog.Attr {
		return slog.Attr{Key: key, Value: slog.GroupValue(attrs...)}
	}
	for name, tc := range map[string]struct {
		root  chain.Root
		with  func(*Encoder) *With
		attrs []slog.Attr
		want  string
	}{
		"nothing":              {want: ``},
		"main":                 {attrs: []slog.Attr{str("x", "1"), slog.Int("y", 2)}, want: `,"attributes":{"x":"1","y":2}`},
		"root alone":           {attrs: []slog.Attr{str("a", "1")}, want: `,"A":"1"`},
		"resource":             {attrs: []slog.Attr{str("b", "1"), str("service", "s")}, want: `,"resource":{"attributes":{"b.name":"1","service.name":"s"}}`},
		"nested":               {attrs: []slog.Attr{str("logger", "l"), str("x", "1")}, want: `,"attributes":{"x":"1"},"scope":{"name":"l"}`},
		"hex":                  {attrs: []slog.Attr{str("flags", "1f")}, want: `,"flags":31`},
		"no hex":               {attrs: []slog.Attr{str("flags", "xy")}, want: `,"attributes":{"attr.flags":"xy"}`},
		"a number for a route": {attrs: []slog.Attr{slog.Int("a", 7), slog.Bool("b", true)}, want: `,"A":7,"resource":{"attributes":{"b.name":true}}`},
		"an object for a route": {attrs: []slog.Attr{group("a", str("x", "1")), slog.Any("b", map[string]int{"n": 1})},
			want: `,"attributes":{"a":{"x":"1"},"b":{"n":1}}`},
		"a group that is split": {attrs: []slog.Attr{group("error", str("type", "T"), str("chain", "c"), str("message", "M"))},
			want: `,"attributes":{"exception.type":"T","exception.message":"M","error":{"chain":"c"}}`},
		"all of a group": {attrs: []slog.Attr{group("error", str("type", "T"))}, want: `,"attributes":{"exception.type":"T"}`},
		"an error alone": {attrs: []slog.Attr{slog.Any("error", errFor("boom"))}, want: `,"attributes":{"exception.message":"boom"}`},
		"text for a group": {attrs: []slog.Attr{str("source", "kafka"), str("c", "d")},
			want: `,"attributes":{"attr.source":"kafka","attr.c":"d"}`},
		"inline group and LogValuer": {attrs: []slog.Attr{group("", str("a", "1")), slog.Any("service", valuer{slog.StringValue("s")})},
			want: `,"A":"1","resource":{"attributes":{"service.name":"s"}}`},
		"fields of the record": {attrs: []slog.Attr{str("level", "l"), str("time", "t"), str("msg", "m")},
			want: `,"attributes":{"attr.level":"l","attr.time":"t","attr.msg":"m"}`},
		"the last of equal ones": {attrs: []slog.Attr{str("a", "1"), str("a", "2"), str("a", "3"), str("x", "1"), str("x", "2")},
			want: `,"attributes":{"a#2#2":"1","a#2":"2","x#2":"1","x":"2"},"A":"3"`},
		"a root attribute has its place": {
			root:  chain.Root{Static: chain.NewBlock([]slog.Attr{str("service", "api")}), Scope: chain.NewBlock([]slog.Attr{str("a", "1"), str("r", "1")}), Record: []slog.Attr{str("b", "B")}, Rate: .5},
			attrs: []slog.Attr{str("service", "mine"), str("a", "2"), str("r", "2"), str("b", "b")},
			want:  `,"attributes":{"r":"1","sample_rate":0.5,"attr.service":"mine","attr.a":"2","attr.r":"2","attr.b":"b"},"A":"1","resource":{"attributes":{"service.name":"api","b.name":"B"}}`,
		},
		"attributes of the logger": {
			with: func(e *Encoder) *With {
				return e.WithAttrs(e.WithAttrs(nil, []slog.Attr{str("service", "s"), str("x", "1")}), []slog.Attr{str("a", "1"), str("service", "t")})
			},
			attrs: []slog.Attr{str("y", "2")},
			want:  `,"attributes":{"x":"1","service#2":"s","y":"2"},"A":"1","resource":{"attributes":{"service.name":"t"}}`,
		},
		"a logger in conflict with the root": {
			root: chain.Root{Scope: chain.NewBlock([]slog.Attr{str("a", "1"), str("q", "1")})},
			with: func(e *Encoder) *With {
				return e.WithAttrs(nil, []slog.Attr{str("a", "2"), str("b", "3"), str("q", "2")})
			},
			want: `,"attributes":{"q":"1","attr.q":"2","attr.a":"2"},"A":"1","resource":{"attributes":{"b.name":"3"}}`,
		},
		"within groups nothing is routed": {
			with: func(e *Encoder) *With {
				return e.WithGroup(e.WithAttrs(e.WithGroup(nil, "g"), []slog.Attr{str("a", "1")}), "h")
			},
			attrs: []slog.Attr{str("service", "s")},
			want:  `,"attributes":{"g":{"a":"1","h":{"service":"s"}}}`,
		},
		"attributes before a group": {
			with: func(e *Encoder) *With {
				return e.WithGroup(e.WithAttrs(nil, []slog.Attr{str("a", "1"), str("x", "1")}), "h")
			},
			attrs: []slog.Attr{str("service", "s")},
			want:  `,"attributes":{"x":"1","h":{"service":"s"}},"A":"1"`,
		},
		"paths": {attrs: []slog.Attr{str("p..q", "1"), str(" ", "2"), str("x. .y", "3"), str("ok.path", "4"), str(strings.Repeat("d.", 20)+"d", "5")},
			want: `,"attributes":{"p._.q":"1","_":"2","x._.y":"3","ok.path":"4","` + strings.Repeat("d_", 20) + `d":"5"}`},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, document(t, testDocuments("attributes"), tc.root, tc.with, tc.attrs...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

type errFor string

func (e errFor) Error() string { return string(e) }

func TestADocumentSaysWhereItWasLogged(t *testing.T) {
	c := testDocuments("attributes")
	c.AddSource = true
	e := New(c)
	var pcs [1]uintptr
	runtime.Callers(1, pcs[:])
	r := slog.NewRecord(time.Unix(1, 0), slog.LevelInfo, "m", pcs[0])
	r.AddAttrs(slog.String("code.file", "mine"))
	b := NewBuffer()
	for range 2 {
		b.B = b.B[:0]
		e.Append(b, &r, &chain.Root{}, nil)
		checkLine(t, b.B)
		var doc struct{ Attributes map[string]any }
		if err := json.Unmarshal(b.B, &doc); err != nil {
			t.Fatal(err)
		}
		a := doc.Attributes
		if !strings.HasSuffix(a["code.function"].(string), "WhereItWasLogged") || !strings.HasSuffix(a["code.file"].(string), "layout_test.go") ||
			a["code.line"].(float64) < 10 || a["attr.code.file"] != "mine" {
			t.Errorf("%s", b.B)
		}
	}
}

func TestATimeThatTheEngineDoesNotTakeIsReplacedAndKept(t *testing.T) {
	e := New(testDocuments("attributes"))
	for _, at := range []time.Time{{}, time.Unix(-1, 0).UTC(), time.Date(2263, 1, 1, 0, 0, 0, 0, time.UTC)} {
		b := NewBuffer()
		r := slog.NewRecord(at, slog.LevelInfo, "m", 0)
		e.Append(b, &r, &chain.Root{}, nil)
		checkLine(t, b.B)
		var doc struct {
			At, Seen   time.Time
			Attributes map[string]time.Time
		}
		if err := json.Unmarshal(b.B, &doc); err != nil {
			t.Fatal(err)
		}
		if kept := doc.Attributes["attr.time"]; !doc.At.Equal(doc.Seen) || time.Since(doc.At) > time.Minute || !kept.Equal(at) {
			t.Errorf("%v became %s", at, b.B)
		}
	}
}

func TestADocumentThatIsCutSaysSoAmongItsAttributes(t *testing.T) {
	for _, main := range []string{"attributes", ""} {
		c := testDocuments(main)
		c.MaxRecord = MinRecord
		got := document(t, c, chain.Root{}, nil, slog.String("x", strings.Repeat("x", 5000)), slog.String("service", "s"))
		want := `"record_cut":"…[51`
		if main != "" {
			want = `,"attributes":{` + want
		}
		if !strings.Contains(got, want) || !strings.Contains(got, `"service.name":"s"`) || len(got) > MinRecord {
			t.Errorf("%q: %s", main, got)
		}
	}
}

func FuzzDocument(f *testing.F) {
	rng := rand.New(rand.NewPCG(7, 9))
	for range 40 {
		data := make([]byte, rng.IntN(400))
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		f.Add(data)
	}
	var encoders []*Encoder
	for _, main := range []string{"attributes", ""} {
		wide := testDocuments(main)
		wide.MaxRecord = 64 << 10
		small := testDocuments(main)
		small.MaxValue, small.MaxRecord, small.MaxDepth = MinValue, MinRecord, 4
		encoders = append(encoders, New(wide), New(small))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g := &generator{data: data}
		root := chain.Root{Static: chain.NewBlock(g.attrs(3)), Scope: chain.NewBlock(g.attrs(3)), Record: g.attrs(3)}
		if g.byte()%2 == 0 {
			root.Rate = 0.5
		}
		s := g.scenario()
		for _, e := range encoders {
			doc := s.encode(e, root)
			checkLine(t, []byte(doc))
			if len(doc) > e.MaxRecord {
				t.Errorf("%d bytes", len(doc))
			}
			if again := s.encode(e, root); again != doc {
				t.Errorf("not the same again: %s", cmp.Diff(doc, again))
			}
			var tree map[string]any
			if err := json.Unmarshal([]byte(doc), &tree); err != nil {
				t.Fatal(err)
			}
			// A prefix that a conflict gives to the key of an object adds to its path.
			checkPaths(t, tree, 1, e.MaxDepth+strings.Count(doc, chain.CollisionPrefix))
		}
	})
}

// checkPaths fails when a key is a path that OpenSearch refuses, or leads too deep.
func checkPaths(t *testing.T, v any, depth, most int) {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			d := depth
			for part := range strings.SplitSeq(key, ".") {
				if strings.TrimSpace(part) == "" {
					t.Errorf("key %q", key)
				}
				d++
			}
			if d-1 > most && key != "service.name" && key != "b.name" {
				t.Errorf("key %q leads %d deep", key, d-1)
			}
			checkPaths(t, member, d, most)
		}
	case []any:
		for _, e := range v {
			checkPaths(t, e, depth+1, most)
		}
	}
}
