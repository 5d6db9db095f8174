package sample

import (
	"context"
	"log/slog"

	"github.com/sluicelog/sluice/internal/chain"
)

// Handler hands on a share of the records and drops the rest. A record that was kept at a rate below 1 carries the rate
// as sample_rate at its root. Handlers made by WithAttrs and WithGroup share one sampler. Safe for concurrent use.
type Handler struct {
	next    chain.Handler
	sampler *Sampler
	with    found // what the attributes of With say
}

// NewHandler returns a handler that samples what it hands on to next. Nil opts are the zero Options; values out of
// range are clamped, and [Options.Validate] reports them.
func NewHandler(next slog.Handler, opts *Options) *Handler {
	return &Handler{next: chain.Adapt(next), sampler: NewSampler(opts)}
}

// Middleware returns NewHandler as a function of the next handler. Every handler that it makes has its own sampler.
func Middleware(opts *Options) func(slog.Handler) slog.Handler {
	return func(next slog.Handler) slog.Handler { return NewHandler(next, opts) }
}

// Enabled asks the next handler, and with Options.Early first the sampler.
func (h *Handler) Enabled(ctx context.Context, l slog.Level) bool {
	if h.sampler.early && h.sampler.lost(ctx, l) {
		return false
	}
	return h.next.Enabled(ctx, l)
}

// Handle hands r on or drops it. The error is the next handler's.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	return h.HandleRoot(ctx, r, chain.Root{})
}

// HandleRoot is Handle for a record with root attributes. A rate that they have from an earlier sampler is multiplied;
// a record that was kept at rate 1 for certain passes.
func (h *Handler) HandleRoot(ctx context.Context, r slog.Record, root chain.Root) error {
	rate, keep := h.sampler.verdict(ctx, &r, &root, &h.with)
	if !keep {
		return nil
	}
	if rate < 1 {
		if root.Rate > 0 {
			rate *= root.Rate
		}
		root.Rate = rate
	}
	return h.next.HandleRoot(ctx, r, root)
}

// WithAttrs returns a handler whose records have attrs too. They are looked at once, here.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	n := *h
	n.with = h.with.then(h.sampler.watch.attrs(attrs))
	n.next = chain.Adapt(h.next.WithAttrs(attrs))
	return &n
}

// WithGroup returns a handler whose further attributes are in a group of that name.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	n := *h
	n.next = chain.Adapt(h.next.WithGroup(name))
	return &n
}

// Stats returns the figures of the sampler, which all handlers grown from one NewHandler share.
func (h *Handler) Stats() Stats { return h.sampler.Stats() }
