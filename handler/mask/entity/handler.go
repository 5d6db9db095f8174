package entity

import (
	"context"
	"log/slog"

	"github.com/sluicelog/sluice/internal/chain"
)

// Handler masks names in records on their way to the next handler. Safe for concurrent use when the next handler is.
type Handler struct {
	next  chain.Handler
	m     *Masker
	group string // the innermost that is open
}

var _ chain.Handler = (*Handler)(nil)

// NewHandler returns a handler that masks what it hands to next. Nil options mask all types; options out of range are clamped, and
// Options.Validate says which.
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

// Stats is Masker.Stats.
func (h *Handler) Stats() Stats { return h.m.Stats() }

// Enabled is next's.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle masks r and hands it on. The error is next's.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	return h.HandleRoot(ctx, r, chain.Root{})
}

// HandleRoot is Handle for a record with root attributes, which are masked too. Handlers further down mask what they add by root.Mask.
func (h *Handler) HandleRoot(ctx context.Context, r slog.Record, root chain.Root) error {
	h.m.record(&r, h.group)
	if root.Mask != chain.Masker(h.m) {
		if root.Static != nil {
			root.Static = root.Static.MaskedBy(h.m)
		}
		if root.Scope != nil {
			root.Scope = root.Scope.MaskedBy(h.m)
		}
		root.Record = h.m.MaskAttrs(root.Record)
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
	if len(attrs) == 0 {
		return h
	}
	return &Handler{next: chain.Adapt(h.next.WithAttrs(h.m.attrs(h.group, attrs, 0))), m: h.m, group: h.group}
}

// WithGroup opens a group.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &Handler{next: chain.Adapt(h.next.WithGroup(name)), m: h.m, group: name}
}

// both is two masks that a record has passed, one after the other.
type both struct{ first, second chain.Masker }

func (b both) MaskAttrs(attrs []slog.Attr) []slog.Attr {
	return b.second.MaskAttrs(b.first.MaskAttrs(attrs))
}
