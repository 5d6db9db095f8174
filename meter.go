package sluice

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"

	"github.com/sluicelog/sluice/internal/chain"
)

// tally counts what became of the records that reached a point of the chain. Every record is delivered or failed.
type tally struct {
	delivered, failed, panics atomic.Uint64

	shown uint64 // as delivered by Stats, whose lock guards it
}

// meter counts what its next handler does with each record, and contains its panics, so that one sink's panic neither
// starves the others nor reaches the caller.
type meter struct {
	next  chain.Handler
	count *tally
	name  string
}

func newMeter(next slog.Handler, name string, count *tally) *meter {
	return &meter{next: chain.Adapt(next), count: count, name: name}
}

func (m *meter) Enabled(ctx context.Context, l slog.Level) bool { return m.next.Enabled(ctx, l) }

func (m *meter) Handle(ctx context.Context, r slog.Record) error {
	return m.HandleRoot(ctx, r, chain.Root{})
}

func (m *meter) HandleRoot(ctx context.Context, r slog.Record, root chain.Root) (err error) {
	done := false
	defer func() {
		if !done {
			m.count.panics.Add(1)
			err = &PanicError{Sink: m.name, Value: recover(), Stack: debug.Stack()}
		}
		if err != nil {
			m.count.failed.Add(1)
			return
		}
		m.count.delivered.Add(1)
	}()
	err = m.next.HandleRoot(ctx, r, root)
	done = true
	return err
}

func (m *meter) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return m
	}
	return newMeter(m.next.WithAttrs(attrs), m.name, m.count)
}

func (m *meter) WithGroup(name string) slog.Handler {
	if name == "" {
		return m
	}
	return newMeter(m.next.WithGroup(name), m.name, m.count)
}

// PanicError is a panic of a sink, contained and counted as a failure.
type PanicError struct {
	Sink  string
	Value any
	Stack []byte
}

// Error names the sink and the type of the panic's value; the value itself, which could hold a record's data, is in Value.
func (e *PanicError) Error() string {
	return fmt.Sprintf("sink %s panicked with a %T", e.Sink, e.Value)
}
