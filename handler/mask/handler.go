package mask

import (
	"context"
	"log/slog"

	"github.com/sluicelog/sluice/internal/chain"
)

// Handler masks records on their way to the next handler. Safe for concurrent use when the next handler is.
type Handler struct {
	next chain.Handler
	m    *Masker
	in   verdict // of the groups that are open
}

var _ chain.Handler = (*Handler)(nil)

// NewHandler returns a handler that masks what it hands to next. Nil options mask all default keys and patterns; options out of
// range are clamped, and Options.Validate says which.
func NewHandler(next slog.Handler, opts *Options) *Handler {
	return &Handler{next: chain.Adapt(next), m: New(opts)}
}

// Middleware is NewHandler in the form that chains are composed of. All handlers that it makes share one Masker.
func Middleware(opts *Options) func(slog.Handler) slog.Handler {
	m := New(opts)
	return func(next slog.Handler) slog.Handler { return &Handler{next: chain.Adapt(next), m: m} }
}

// Masker returns the masker that h and all handlers derived from it use.
func (h *Handler) Masker() *Masker { return h.m }

// Enabled is next's.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle masks r and hands it on. The error is next's.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	return h.HandleRoot(ctx, r, chain.Root{})
}

// HandleRoot is Handle for a record with root attributes, which are masked too. Handlers further down mask what they
// add by root.Mask.
func (h *Handler) HandleRoot(ctx context.Context, r slog.Record, root chain.Root) error {
	w := walker{m: h.m, ctx: ctx}
	root.Plain = w.record(&r, h.in)
	if root.Mask != chain.Masker(h.m) {
		if root.Static != nil {
			root.Static = root.Static.MaskedBy(h.m)
		}
		if root.Scope != nil {
			root.Scope = root.Scope.MaskedBy(h.m)
		}
		// An enricher before the mask may have moved the record's own values to the root: the groups' verdict stays theirs.
		root.Record = w.attrs(root.Record, h.in, 0)
		if root.Mask == nil {
			root.Mask = h.m
		} else {
			root.Mask = both{root.Mask, h.m}
		}
	}
	return h.next.HandleRoot(ctx, r, root)
}

// WithAttrs masks attrs now, once for all records.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	w := walker{m: h.m, ctx: context.Background()}
	if attrs = w.attrs(attrs, h.in, 0); len(attrs) == 0 {
		return h
	}
	return &Handler{next: chain.Adapt(h.next.WithAttrs(attrs)), m: h.m, in: h.in}
}

// WithGroup opens a group. When its name is a secret key, all that is logged inside of it is masked.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	e := h.m.judge(name)
	if e.name != "" {
		name = e.name
	}
	return &Handler{next: chain.Adapt(h.next.WithGroup(name)), m: h.m, in: h.in.under(e.verdict)}
}

// both is two masks that a record has passed, one after the other.
type both struct{ first, second chain.Masker }

func (b both) MaskAttrs(attrs []slog.Attr) []slog.Attr {
	return b.second.MaskAttrs(b.first.MaskAttrs(attrs))
}
