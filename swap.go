package sluice

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/sluicelog/sluice/internal/chain"
)

// swap hands records to the current generation of the chain. Loggers derived from it follow a reload: a derived swap
// remembers its With calls and repeats them on the new generation when it first meets it.
type swap struct {
	stack *Stack
	ops   *with
	last  atomic.Pointer[bound]
}

// with is one With call, latest first.
type with struct {
	attrs []slog.Attr
	group string
	prev  *with
}

// bound is a swap's handler in one generation.
type bound struct {
	gen *generation
	h   chain.Handler
}

func (s *swap) bind() *bound {
	gen := s.stack.current.Load()
	if b := s.last.Load(); b != nil && b.gen == gen {
		return b
	}
	b := &bound{gen: gen, h: chain.Adapt(s.ops.apply(gen.head))}
	s.last.Store(b)
	return b
}

func (w *with) apply(h slog.Handler) slog.Handler {
	if w == nil {
		return h
	}
	h = w.prev.apply(h)
	if w.group != "" {
		return h.WithGroup(w.group)
	}
	return h.WithAttrs(w.attrs)
}

func (s *swap) Enabled(ctx context.Context, l slog.Level) bool { return s.bind().h.Enabled(ctx, l) }

func (s *swap) Handle(ctx context.Context, r slog.Record) error {
	return s.HandleRoot(ctx, r, chain.Root{})
}

// HandleRoot counts the record in and hands it to the current generation. A generation that was closed under its hands
// refuses the record, which then goes to the next: a reload loses none.
func (s *swap) HandleRoot(ctx context.Context, r slog.Record, root chain.Root) error {
	s.stack.accepted.Add(1)
	for {
		b := s.bind()
		refused, err := b.gen.handle(ctx, b.h, r, root)
		if !refused {
			switch {
			case err != nil && b.gen.queue == nil:
				s.stack.report(err) // with a queue its worker does
			case err != nil:
				s.stack.noteFailure()
			}
			return err
		}
		again := s.stack.current.Load() != b.gen
		s.stack.settle(b.gen, again)
		if !again {
			return ErrClosed
		}
	}
}

func (s *swap) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return s
	}
	return s.derive(&with{attrs: append([]slog.Attr(nil), attrs...), prev: s.ops})
}

func (s *swap) WithGroup(name string) slog.Handler {
	if name == "" {
		return s
	}
	return s.derive(&with{group: name, prev: s.ops})
}

func (s *swap) derive(ops *with) *swap {
	d := &swap{stack: s.stack, ops: ops}
	// From the parent's handler where it is current: each With call is made once, in the caller's goroutine.
	b := s.bind()
	last := &with{attrs: ops.attrs, group: ops.group}
	d.last.Store(&bound{gen: b.gen, h: chain.Adapt(last.apply(b.h))})
	return d
}
