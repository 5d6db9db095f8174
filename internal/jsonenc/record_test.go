package jsonenc

import (
	"bytes"
	"context"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/internal/chain"
)

// scenario is a logger and a record.
type scenario struct {
	groups []string // "" for attributes
	with   [][]slog.Attr
	attrs  []slog.Attr
}

func (g *generator) scenario() (s scenario) {
	for range g.byte() % 4 {
		name := ""
		if g.byte()%2 == 0 {
			name = g.key()
		}
		s.groups = append(s.groups, name)
		s.with = append(s.with, g.attrs(0))
	}
	s.attrs = g.attrs(0)
	return s
}

func (s scenario) record() slog.Record {
	r := slog.NewRecord(time.Date(2026, 3, 1, 12, 0, 0, 120, time.UTC), slog.LevelWarn, "a message", 0)
	r.AddAttrs(s.attrs...)
	return r
}

func (s scenario) encode(e *Encoder, root chain.Root) string {
	var w *With
	for i, name := range s.groups {
		w = e.WithGroup(w, name)
		w = e.WithAttrs(w, s.with[i])
	}
	r := s.record()
	b := NewBuffer()
	defer b.Free()
	e.Append(b, &r, &root, w)
	return string(b.B)
}

func (s scenario) slog(t *testing.T) string {
	var buf bytes.Buffer
	var h slog.Handler = slog.NewJSONHandler(&buf, nil)
	for i, name := range s.groups {
		if name != "" { // slog.JSONHandler opens a group without a name
			h = h.WithGroup(name)
		}
		h = h.WithAttrs(s.with[i])
	}
	if err := h.Handle(context.Background(), s.record()); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(buf.String(), "\n")
}

func TestLinesAreThoseOfJSONHandler(t *testing.T) {
	e := New(Config{})
	rng := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		data := make([]byte, rng.IntN(300))
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		s := (&generator{data: data, plain: true}).scenario()
		if diff := cmp.Diff(s.slog(t), s.encode(e, chain.Root{})); diff != "" {
			t.Fatal(diff)
		}
	}
}

func FuzzRecord(f *testing.F) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 40 {
		data := make([]byte, rng.IntN(400))
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		f.Add(data)
	}
	wide := New(Config{MaxRecord: 64 << 10}) // small enough to be checked fast
	small := New(Config{MaxValue: MinValue, MaxRecord: MinRecord, MaxDepth: 3})
	f.Fuzz(func(t *testing.T, data []byte) {
		g := &generator{data: data}
		root := chain.Root{Static: chain.NewBlock(g.attrs(3)), Scope: chain.NewBlock(g.attrs(3)), Record: g.attrs(3)}
		if g.byte()%2 == 0 {
			root.Rate = 0.5
		}
		s := g.scenario()
		for _, e := range []*Encoder{wide, small} {
			line := s.encode(e, root)
			checkLine(t, []byte(line))
			if len(line) > e.MaxRecord {
				t.Errorf("%d bytes", len(line))
			}
			if again := s.encode(e, root); again != line {
				t.Errorf("not the same again: %s", cmp.Diff(line, again))
			}
			if !strings.HasPrefix(line, `{"time":"2026-03-01T12:00:00.00000012Z","level":"WARN","msg":"a message"`) {
				t.Errorf("fields: %.100s", line)
			}
		}
	})
}
