package sample

import (
	"context"
	"log/slog"
	"math/rand/v2"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/scope"
)

// Buffer holds the debug and info records of a request until its fate is known. When the request logs an error, they
// are handed on before it, in the order in which they were logged, and what the request logs after that passes at
// once; when the request ends without one, they are dropped. Records outside of a request pass untouched, and so do
// those between BufferOptions.Hold and BufferOptions.Release.
//
// A request is what correlate's HTTP handler or [Begin] put into the context. Held records are frozen, so that
// values which change later do not change them. A released record carries released_by, the level of the record that
// released it, and a sample_rate of 1: it was kept for certain, which a [Handler] further down respects. The records
// that follow it in its request have that sample_rate too.
//
// Buffers made by WithAttrs and WithGroup share what is held; a record is released to the handler it was logged with.
// Safe for concurrent use.
type Buffer struct {
	next  chain.Handler
	store *store
}

// NewBuffer returns a Buffer before next. Nil opts are the zero BufferOptions; values out of range are clamped, and
// [BufferOptions.Validate] reports them.
func NewBuffer(next slog.Handler, opts *BufferOptions) *Buffer {
	return &Buffer{next: chain.Adapt(next), store: &store{opts: opts.clamped(), counts: newCounts(bufferKinds)}}
}

// BufferMiddleware returns NewBuffer as a function of the next handler. Buffers that it makes share nothing.
func BufferMiddleware(opts *BufferOptions) func(slog.Handler) slog.Handler {
	return func(next slog.Handler) slog.Handler { return NewBuffer(next, opts) }
}

// Enabled asks the next handler; within a request it is true from BufferOptions.Level on.
func (b *Buffer) Enabled(ctx context.Context, l slog.Level) bool {
	if b.next.Enabled(ctx, l) {
		return true
	}
	min := b.store.opts.Level
	return min != nil && l >= min.Level() && life(ctx) != nil
}

// Handle holds r, hands it on, or releases what its request holds and hands it on. An error is the next handler's; for
// a record that releases others it tells of theirs too. While one goroutine releases, records that others log to the
// request join the queue, and their Handle returns before they are handed on.
func (b *Buffer) Handle(ctx context.Context, r slog.Record) error {
	return b.HandleRoot(ctx, r, chain.Root{})
}

// HandleRoot is Handle for a record with root attributes.
func (b *Buffer) HandleRoot(ctx context.Context, r slog.Record, root chain.Root) error {
	s := b.store
	var q *request
	if l := life(ctx); l != nil {
		q = s.request(l)
	}
	if q == nil {
		stripe := root.Key
		if stripe == 0 {
			stripe = rand.Uint64()
		}
		s.counts.add(stripe, received, 1)
		s.counts.add(stripe, passed, 1)
		return b.next.HandleRoot(ctx, r, root)
	}
	s.counts.add(q.stripe, received, 1)
	below := r.Level < s.opts.Hold.Level()
	if (below || r.Level >= s.opts.Release.Level()) && !q.open.Load() {
		it := newItem(b.next, ctx, r, root, below)
		switch q.take(it) {
		case taken:
			s.settle(q)
			return nil
		case releases:
			it.ctx = ctx
			return s.release(q, it)
		}
	}
	if below && root.Rate == 0 && q.open.Load() {
		root.Rate = 1
	}
	s.counts.add(q.stripe, passed, 1)
	return b.next.HandleRoot(ctx, r, root)
}

// WithAttrs returns a Buffer whose records have attrs too.
func (b *Buffer) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return b
	}
	return &Buffer{next: chain.Adapt(b.next.WithAttrs(attrs)), store: b.store}
}

// WithGroup returns a Buffer whose further attributes are in a group of that name.
func (b *Buffer) WithGroup(name string) slog.Handler {
	if name == "" {
		return b
	}
	return &Buffer{next: chain.Adapt(b.next.WithGroup(name)), store: b.store}
}

// life is the request of ctx, nil for none.
func life(ctx context.Context) *scope.Life {
	if sc := scope.From(ctx); sc != nil {
		return sc.Life
	}
	return nil
}
