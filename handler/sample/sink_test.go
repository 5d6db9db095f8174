package sample

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
)

// entry is one record as a sink of sluice receives it.
type entry struct {
	ctx  context.Context
	rec  slog.Record
	root chain.Root
}

// sink is a chain.Handler that keeps what it gets. With attributes and groups are not kept.
type sink struct {
	mu      sync.Mutex
	entries []entry
	min     slog.Leveler // nil: all
	handle  func(entry) error
}

func (s *sink) Enabled(_ context.Context, l slog.Level) bool {
	return s.min == nil || l >= s.min.Level()
}

func (s *sink) Handle(ctx context.Context, r slog.Record) error {
	return s.HandleRoot(ctx, r, chain.Root{})
}

func (s *sink) HandleRoot(ctx context.Context, r slog.Record, root chain.Root) error {
	e := entry{ctx, r.Clone(), root}
	s.mu.Lock()
	s.entries = append(s.entries, e)
	s.mu.Unlock()
	if s.handle != nil {
		return s.handle(e)
	}
	return nil
}

func (s *sink) WithAttrs([]slog.Attr) slog.Handler { return s }
func (s *sink) WithGroup(string) slog.Handler      { return s }

func (s *sink) messages() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var m []string
	for _, e := range s.entries {
		m = append(m, e.rec.Message)
	}
	return m
}

// keepAll are options that keep every record.
func keepAll() *Options {
	return &Options{Rates: map[slog.Level]float64{slog.LevelDebug: 1, slog.LevelInfo: 1, slog.LevelWarn: 1}}
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func record(l slog.Level, msg string, attrs ...slog.Attr) slog.Record {
	r := slog.NewRecord(noon, l, msg, 0)
	r.AddAttrs(attrs...)
	return r
}

// lines decodes JSON lines.
func lines(t testing.TB, b *bytes.Buffer) []map[string]any {
	t.Helper()
	var ms []map[string]any
	for line := range bytes.Lines(b.Bytes()) {
		var m map[string]any
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		ms = append(ms, m)
	}
	return ms
}

// keyAt is a trace key whose fraction is u.
func keyAt(u float64) uint64 { return uint64(u*(1<<53))<<11 | 1 }
