package mask

import (
	"context"
	"errors"
	"log/slog"

	"github.com/sluicelog/sluice/internal/chain"
)

// Handler masks records on their way to the next handler. Safe for concurrent use when the next handler is.
type Handler struct {
	next  chain.Handler
	m     *Masker
	in    verdict       // of the groups that are open
	place string        // their names
	base  chain.Handler // next, before groups and attributes: reports go there
}

var _ chain.Handler = (*Handler)(nil)

// NewHandler returns a handler that masks what it hands to next. Nil options mask all default keys and patterns; options out of
// range are clamped, and Options.Validate says which.
func NewHandler(next slog.Handler, opts *Options) *Handler {
	return New(opts).handler(next)
}

// Middleware is NewHandler in the form that chains are composed of. All handlers that it makes share one Masker.
func Middleware(opts *Options) func(slog.Handler) slog.Handler {
	m := New(opts)
	return func(next slog.Handler) slog.Handler { return m.handler(next) }
}

func (m *Masker) handler(next slog.Handler) *Handler {
	h := chain.Adapt(next)
	return &Handler{next: h, m: m, base: h}
}

// Masker returns the masker that h and all handlers derived from it use.
func (h *Handler) Masker() *Masker { return h.m }

// Enabled is next's.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle masks r and hands it on. The error is next's.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	return h.handle(ctx, &r, new(chain.Root))
}

// HandleRoot is Handle for a record with root attributes, which are masked too. Handlers further down mask what they
// add by root.Mask.
func (h *Handler) HandleRoot(ctx context.Context, r slog.Record, root chain.Root) error {
	return h.handle(ctx, &r, &root)
}

// handle takes pointers, which do not leave the stack, because each copy of a record and its root is some 400 bytes.
func (h *Handler) handle(ctx context.Context, r *slog.Record, root *chain.Root) error {
	root.Plain = h.m.record(ctx, r, h.in, h.place)
	if root.Mask != chain.Masker(h.m) {
		if root.Static != nil {
			root.Static = root.Static.MaskedBy(h.m)
		}
		if root.Scope != nil {
			root.Scope = root.Scope.MaskedBy(h.m)
		}
		// An enricher before the mask may have moved the record's own values to the root: the groups' verdict stays theirs.
		if len(root.Record) > 0 {
			w := h.m.walker(ctx, "")
			root.Record = w.attrs(root.Record, h.in, 0)
			w.end()
		}
		if root.Mask == nil {
			root.Mask = h.m
		} else {
			root.Mask = both{root.Mask, h.m}
		}
	}
	now := r.Time
	err := h.next.HandleRoot(ctx, *r, *root)
	if h.m.reportDue(now) {
		err = errors.Join(err, h.m.report(context.WithoutCancel(ctx), h.base))
	}
	return err
}

// WithAttrs masks attrs now, once for all records.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	w := h.m.walker(context.Background(), h.place)
	defer w.end()
	if attrs = w.attrs(attrs, h.in, 0); len(attrs) == 0 {
		return h
	}
	with := *h
	with.next = chain.Adapt(h.next.WithAttrs(attrs))
	return &with
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
	in := *h
	in.next, in.in, in.place = chain.Adapt(h.next.WithGroup(name)), h.in.under(e.verdict), name
	if h.place != "" {
		in.place = h.place + "." + name
	}
	return &in
}

// both is two masks that a record has passed, one after the other.
type both struct{ first, second chain.Masker }

func (b both) MaskAttrs(attrs []slog.Attr) []slog.Attr {
	return b.second.MaskAttrs(b.first.MaskAttrs(attrs))
}
