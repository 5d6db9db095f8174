package jsonenc

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/internal/chain"
)

func TestT14_KeysOfAnObjectAreUnique(t *testing.T) {
	i := func(k string, v int) slog.Attr { return slog.Int(k, v) }
	long := strings.Repeat("k", 2000)
	for _, tc := range []struct {
		name    string
		attrs   []slog.Attr
		want    string
		renamed int
	}{
		{"none", nil, `{}`, 0},
		{"different", []slog.Attr{i("a", 1), i("b", 2)}, `{"a":1,"b":2}`, 0},
		{"twice", []slog.Attr{i("a", 1), i("b", 0), i("a", 2)}, `{"a#2":1,"b":0,"a":2}`, 1},
		{"thrice", []slog.Attr{i("a", 1), i("a", 2), i("b", 0), i("a", 3)}, `{"a#2":1,"a#3":2,"b":0,"a":3}`, 2},
		{"number taken before", []slog.Attr{i("a#2", 0), i("a", 1), i("a", 2)}, `{"a#2":0,"a#3":1,"a":2}`, 1},
		{"number taken later", []slog.Attr{i("a", 1), i("a", 2), i("a#2", 0)}, `{"a#2#2":1,"a":2,"a#2":0}`, 2},
		{"escaped", []slog.Attr{i("a\"", 1), i("a\"", 2)}, `{"a\"#2":1,"a\"":2}`, 1},
		{"equal once decoded", []slog.Attr{i("a\xff", 1), i("a\uFFFD", 2)}, "{\"a\uFFFD#2\":1,\"a\uFFFD\":2}", 1},
		{"fields", []slog.Attr{i("time", 1), i("level", 2), i("msg", 3), i("source", 4), i("record_cut", 5)},
			`{"attr.time":1,"attr.level":2,"attr.msg":3,"attr.source":4,"attr.record_cut":5}`, 5},
		{"field twice", []slog.Attr{i("msg", 1), i("msg", 2), i("attr.msg", 3)}, `{"attr.msg#2":1,"attr.msg#3":2,"attr.msg":3}`, 4},
		{"fields in a group", []slog.Attr{slog.Group("g", i("msg", 1), i("a", 1), i("a", 2))}, `{"g":{"msg":1,"a#2":1,"a":2}}`, 1},
		{"group and value", []slog.Attr{slog.Group("g", i("a", 1)), i("a", 1), i("g", 2)}, `{"g#2":{"a":1},"a":1,"g":2}`, 1},
		{"across an inline group", []slog.Attr{i("a", 1), slog.Group("", i("a", 2))}, `{"a#2":1,"a":2}`, 1},
		{"an empty group displaces nothing", []slog.Attr{i("g", 1), slog.Group("g", slog.Group("h"))}, `{"g":1}`, 0},
		{"empty", []slog.Attr{i("", 1)}, `{"_":1}`, 1},
		{"dots", []slog.Attr{i(".", 1), i("..", 2), i(".a", 3), i("a.", 4), i("a.b", 5)}, `{"_":1,"__":2,"_a":3,"a_":4,"a.b":5}`, 4},
		{"dots that fall together", []slog.Attr{i("", 1), i("_", 2)}, `{"_#2":1,"_":2}`, 2},
		{"long", []slog.Attr{i(long, 1)}, `{"` + long[:1024-len("…[2000 bytes]")] + `…[2000 bytes]":1}`, 1},
		{"group name", []slog.Attr{slog.Group("a.", i("b", 1))}, `{"a_":{"b":1}}`, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for range 2 { // keys are known the second time
				got, notes := encodeAttrs(Config{}, tc.attrs...)
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Error(diff)
				}
				if notes.Renamed != tc.renamed {
					t.Errorf("%d keys renamed, want %d", notes.Renamed, tc.renamed)
				}
			}
		})
	}
}

func TestT19_RootAttributesStandAtTheRootUnderGroups(t *testing.T) {
	static := chain.NewBlock([]slog.Attr{slog.String("service", "s"), slog.String("host", "h")})
	scope := chain.NewBlock([]slog.Attr{slog.String("request_id", "r"), slog.String("host", "h2")})
	root := chain.Root{Static: static, Scope: scope, Record: []slog.Attr{slog.Int("seq", 7)}, Rate: 0.25}
	const rootText = `{"level":"INFO","msg":"m","service":"s","host#2":"h","request_id":"r","host":"h2","seq":7,"sample_rate":0.25`
	attr := slog.Int("n", 1)
	for _, tc := range []struct {
		name  string
		with  func(*Encoder) *With
		attrs []slog.Attr
		want  string
	}{
		{"no logger", nil, []slog.Attr{attr}, `,"n":1}`},
		{"with attrs", func(e *Encoder) *With { return e.WithAttrs(nil, []slog.Attr{slog.Int("w", 1)}) },
			[]slog.Attr{attr}, `,"w":1,"n":1}`},
		{"with group", func(e *Encoder) *With { return e.WithGroup(nil, "g") }, []slog.Attr{attr}, `,"g":{"n":1}}`},
		{"group without attrs", func(e *Encoder) *With { return e.WithGroup(nil, "g") }, nil, `}`},
		{"attrs collide", func(e *Encoder) *With {
			return e.WithAttrs(nil, []slog.Attr{slog.Int("seq", 1), slog.Int("host", 2), slog.Int("w", 3)})
		}, []slog.Attr{slog.Int("sample_rate", 4), slog.Int("seq", 5), slog.Int("w", 6)},
			`,"attr.seq#2":1,"attr.host":2,"w#2":3,"attr.sample_rate":4,"attr.seq":5,"w":6}`},
		{"attrs collide before a group", func(e *Encoder) *With {
			w := e.WithAttrs(nil, []slog.Attr{slog.Int("seq", 1)})
			return e.WithAttrs(e.WithGroup(w, "host"), []slog.Attr{slog.Int("w", 3), slog.Int("seq", 2)})
		}, []slog.Attr{slog.Int("w", 6), slog.Int("host", 7)},
			`,"attr.seq":1,"attr.host":{"w#2":3,"seq":2,"w":6,"host":7}}`},
		{"pending group collides", func(e *Encoder) *With { return e.WithGroup(nil, "seq") }, []slog.Attr{attr}, `,"attr.seq":{"n":1}}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, _ := encode(Config{}, root, tc.with, tc.attrs...)
			if diff := cmp.Diff(rootText+tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAKeyKeepsItsNameWhereTheRecordHasNoSuchRootAttribute(t *testing.T) {
	got, notes := encodeAttrs(Config{}, slog.Int("service", 1), slog.Int("sample_rate", 2))
	if want := `{"service":1,"sample_rate":2}`; got != want || notes.Renamed != 0 {
		t.Errorf("got %s, %d renamed; want %s", got, notes.Renamed, want)
	}
}

func TestKeysOfEqualHashAreNotConfused(t *testing.T) {
	seen := map[uint32]string{}
	found := 0
	for i := 0; found < 3; i++ {
		key := "k" + strconv.Itoa(i)
		hash := hashKey([]byte(key))
		if other, ok := seen[hash]; ok {
			found++
			got, _ := encodeAttrs(Config{}, slog.Int(other, 1), slog.Int(key, 2), slog.Int(other, 3))
			if want := fmt.Sprintf(`{"%s#2":1,"%s":2,"%s":3}`, other, key, other); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		seen[hash] = key
	}
}

// Enough keys for the index, among groups of enough keys for one of their own.
func TestManyKeysAreKeptApart(t *testing.T) {
	group := func(from int) []slog.Attr {
		var attrs []slog.Attr
		for i := range 120 {
			attrs = append(attrs, slog.Int("k"+strconv.Itoa(from+i%60), i))
		}
		return attrs
	}
	var attrs []slog.Attr
	for i := range 8 {
		attrs = append(attrs, group(i*30)...)
		attrs = append(attrs, slog.Attr{Key: "g", Value: slog.GroupValue(group(0)...)})
	}
	line, notes := encode(Config{}, chain.Root{}, func(e *Encoder) *With { return e.WithAttrs(nil, group(0)) }, attrs...)
	checkLine(t, []byte(line))
	if got, want := strings.Count(line, ":"), 3+120+len(attrs)+8*120-1; got != want {
		t.Errorf("%d members, want %d", got, want)
	}
	if notes.Renamed == 0 {
		t.Error("nothing was renamed")
	}
}
