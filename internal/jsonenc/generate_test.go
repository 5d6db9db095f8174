package jsonenc

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/netip"
	"strings"
	"time"
)

// A generator makes attributes from bytes: the same bytes make the same attributes. With plain set it makes none on
// which this encoder and slog.JSONHandler differ by intent.
type generator struct {
	data  []byte
	plain bool
	keys  int
}

func (g *generator) byte() int {
	if len(g.data) == 0 {
		return 0
	}
	c := g.data[0]
	g.data = g.data[1:]
	return int(c)
}

func (g *generator) uint64() uint64 {
	var w [8]byte
	n := copy(w[:], g.data)
	g.data = g.data[n:]
	return binary.LittleEndian.Uint64(w[:])
}

func (g *generator) text() string {
	n := min(g.byte()%24, len(g.data))
	s := string(g.data[:n])
	g.data = g.data[n:]
	if g.plain {
		// encoding/json escapes these two by a letter, slog does not.
		return strings.NewReplacer("\b", "", "\f", "").Replace(strings.ToValidUTF8(s, ""))
	}
	return s
}

func (g *generator) key() string {
	if g.plain {
		g.keys++
		return strings.Trim(g.text(), ".") + "k" + string(rune('a'+g.keys%26)) + strings.Repeat("x", g.keys/26)
	}
	switch c := g.byte() % 12; c {
	case 0, 1, 2, 3, 4:
		return string(rune('a' + c))
	case 5, 6:
		return []string{"time", "level", "msg", "source", "record_cut", "attr.time", "service", "sample_rate", "a#2", "a#3"}[g.byte()%10]
	case 7:
		return []string{"", ".", "..", "_", "a.", ".a", "a_", "…[1 left out]"}[g.byte()%8]
	}
	return g.text()
}

func (g *generator) attrs(depth int) []slog.Attr {
	attrs := make([]slog.Attr, g.byte()%7)
	for i := range attrs {
		attrs[i] = g.attr(depth)
	}
	return attrs
}

func (g *generator) attr(depth int) slog.Attr {
	if !g.plain && g.byte()%16 == 0 {
		return slog.Attr{}
	}
	return slog.Attr{Key: g.key(), Value: g.value(depth)}
}

func (g *generator) value(depth int) slog.Value {
	kinds := 22
	if g.plain {
		kinds = 16
	}
	switch k := g.byte() % kinds; k {
	case 0, 1, 2:
		return slog.StringValue(g.text())
	case 3:
		return slog.Int64Value(int64(g.uint64()))
	case 4:
		return slog.Uint64Value(g.uint64())
	case 5:
		f := math.Float64frombits(g.uint64())
		if g.plain && (math.IsNaN(f) || math.IsInf(f, 0)) {
			f = 0
		}
		return slog.Float64Value(f)
	case 6:
		return slog.Float64Value(float64(int8(g.byte())) / 8)
	case 7:
		return slog.BoolValue(g.byte()&1 == 0)
	case 8:
		return slog.DurationValue(time.Duration(g.uint64()))
	case 9:
		return slog.TimeValue(time.Unix(int64(g.uint64()>>32), int64(g.uint64()%1e9)).UTC())
	case 10, 11:
		if depth >= 6 {
			return slog.IntValue(depth)
		}
		return slog.GroupValue(g.attrs(depth + 1)...)
	case 12:
		return slog.AnyValue(errors.New(g.text()))
	case 13:
		return slog.AnyValue(map[string]any{"k" + g.text() + "k": g.byte(), "l": []string{g.text()}, "m": nil})
	case 14:
		return slog.AnyValue(struct {
			A string `json:"a,omitempty"`
			B []int
			C *time.Time
			D json.Marshaler
		}{g.text(), []int{g.byte()}, nil, json.RawMessage(` { "x" : [ 1 , 2 ] } `)})
	case 15:
		return slog.AnyValue(valuer{slog.StringValue(g.text())})
	case 16:
		return slog.AnyValue(hostile(g.byte() % 8))
	case 17:
		return slog.AnyValue(json.RawMessage(g.text()))
	case 18:
		return slog.AnyValue(json.RawMessage(`{"a":1,"a":[{"":2,"\u0061":3,"a":4}],"` + strings.ToValidUTF8(strings.Map(letter, g.text()), "") + `":"` + "\xff" + `"}`))
	case 19:
		return slog.AnyValue([]byte(g.text()))
	case 20:
		return slog.AnyValue(map[string]any{g.text(): 1, "": map[string]any{".": g.text()}})
	}
	return slog.StringValue(strings.Repeat(g.text(), g.byte()*4))
}

func letter(r rune) rune {
	if r < ' ' || r == '"' || r == '\\' {
		return -1
	}
	return r
}

type valuer struct{ v slog.Value }

func (v valuer) LogValue() slog.Value { return v.v }

func hostile(n int) any {
	switch n {
	case 0:
		return (*panicker)(nil)
	case 1:
		return &panicker{}
	case 2:
		return func() {}
	case 3:
		return loop{}
	case 4:
		return math.Inf(1)
	case 5:
		var cycle []any
		cycle = append(cycle, &cycle)
		cycle[0] = cycle
		return cycle
	case 6:
		return netip.MustParseAddr("192.0.2.1")
	}
	return &slog.Source{Function: "f", Line: 3}
}

type panicker struct{ s string }

func (p *panicker) Error() string {
	if p.s == "" {
		panic("no text")
	}
	return p.s
}

// loop is a group of itself, twice.
type loop struct{}

func (loop) LogValue() slog.Value {
	return slog.GroupValue(slog.Any("l", loop{}), slog.Any("m", loop{}))
}
