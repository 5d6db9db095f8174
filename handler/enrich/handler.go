package enrich

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/onerror"
)

// Handler adds attributes to the root of every record and hands it to the next handler. It is made by [NewHandler].
// Safe for concurrent use.
type Handler struct {
	core *core
	next chain.Handler
	with *with // kept only when there are enrichers to read it
}

var _ chain.Handler = (*Handler)(nil)

// core is what a handler shares with all handlers grown from it.
type core struct {
	static    *chain.Block
	expand    bool
	stackFrom slog.Level
	stacks    stackCache
	span      func(context.Context) Span
	spans     *spanCache // nil without span
	enrichers []Enricher
	errs      onerror.Sink
	panics    atomic.Uint64
}

// NewHandler returns a handler that enriches records on their way to next. Nil options are the zero [Options]. Values
// out of range are clamped; [Options.Validate] names them. What the environment holds that cannot be used is reported
// to [Options.OnError] and left out.
func NewHandler(next slog.Handler, opts *Options) *Handler {
	var o Options
	if opts != nil {
		o = *opts
	}
	c := &core{
		expand:    !o.KeepErrors,
		stackFrom: o.Stack.from(),
		span:      o.Span,
		enrichers: slices.DeleteFunc(slices.Clone(o.Enrichers), func(e Enricher) bool { return e == nil }),
		errs:      onerror.Sink{Component: "enrich", Func: o.OnError},
	}
	if c.span != nil {
		c.spans = new(spanCache)
	}
	if !o.OmitProcess {
		attrs, err := o.process(systemEnvironment)
		c.errs.Report(err)
		c.static = chain.NewBlock(attrs)
	}
	return &Handler{core: c, next: chain.Adapt(next)}
}

// Middleware returns NewHandler with opts as a function of the next handler, the form that slogmulti.Pipe takes.
func Middleware(opts *Options) func(slog.Handler) slog.Handler {
	return func(next slog.Handler) slog.Handler { return NewHandler(next, opts) }
}

// Enabled asks the next handler.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle enriches r and hands it on. It returns the next handler's error.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	return h.HandleRoot(ctx, r, chain.Root{})
}

// WithAttrs returns a handler whose records carry attrs too.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	n := &Handler{core: h.core, with: h.with}
	if len(h.core.enrichers) > 0 {
		// Cloned, because the next handler owns the slice that it is given.
		n.with = h.with.grow(slices.Clone(attrs))
	}
	n.next = chain.Adapt(h.next.WithAttrs(attrs))
	return n
}

// WithGroup returns a handler whose further attributes are in the group name. What this handler adds stays outside.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	n := &Handler{core: h.core, with: h.with, next: chain.Adapt(h.next.WithGroup(name))}
	if len(h.core.enrichers) > 0 {
		n.with = h.with.group(name)
	}
	return n
}

// HandleRoot is Handle for a record that comes with root attributes. Handlers of this module call it.
func (h *Handler) HandleRoot(ctx context.Context, r slog.Record, root chain.Root) error {
	c := h.core
	if c.static != nil {
		root.Static = merge(root.Static, root.MaskedBlock(c.static))
	}
	c.addScope(ctx, r.PC, &root)

	if !c.expand && len(c.enrichers) == 0 {
		return h.next.HandleRoot(ctx, r, root)
	}
	// The walk is most of what a record without an error costs here, so it is done in place: a call would copy the record.
	candidate := false
	if !root.Plain {
		r.Attrs(func(a slog.Attr) bool {
			k := a.Value.Kind()
			candidate = k == slog.KindAny || k == slog.KindLogValuer
			return !candidate
		})
	}
	var (
		found error
		at    int
		named bool
	)
	if candidate {
		found, at, named = findError(r)
	}
	if found == nil && len(c.enrichers) == 0 {
		return h.next.HandleRoot(ctx, r, root)
	}

	base := root.Record[:len(root.Record):len(root.Record)]
	var added []slog.Attr
	if len(c.enrichers) > 0 {
		added = c.enrich(ctx, &r, &root, h.with, found)
	}
	// A mask further down could not know any more that the error stood under the key of a secret.
	if c.expand && (named || found != nil && root.Mask != nil) {
		base = append(base, c.errorGroup(&root, found, r.Level, r.PC)...)
		r = without(r, at)
	}
	root.Record = append(base, added...)
	return h.next.HandleRoot(ctx, r, root)
}

// findError returns the error of r and the number of the attribute that holds it; nil for none. Named says that the key
// is that of an error.
func findError(r slog.Record) (found error, at int, named bool) {
	i := 0
	r.Attrs(func(a slog.Attr) bool {
		named = a.Key == "err" || a.Key == "error"
		if named || found == nil {
			if err := errorIn(a.Value); err != nil {
				found, at = err, i
			} else {
				named = false
			}
		}
		i++
		return !named
	})
	return found, at, named
}

// without returns r without its attribute number at.
func without(r slog.Record, at int) slog.Record {
	attrs := make([]slog.Attr, 0, r.NumAttrs()-1)
	i := 0
	r.Attrs(func(a slog.Attr) bool {
		if i != at {
			attrs = append(attrs, a)
		}
		i++
		return true
	})
	nr := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	nr.AddAttrs(attrs...)
	return nr
}

var views = sync.Pool{New: func() any { return new(view) }}

// maxPooled bounds the slice of a view that goes back to the pool.
const maxPooled = 64

// enrich returns what the enrichers add, masked where the record was.
func (c *core) enrich(ctx context.Context, r *slog.Record, root *chain.Root, with *with, err error) []slog.Attr {
	v := views.Get().(*view)
	v.rec, v.root, v.with, v.err = *r, *root, with, err
	for _, e := range c.enrichers {
		v.dst = c.call(ctx, e, v)
	}
	var added []slog.Attr
	if len(v.dst) > 0 {
		added = root.Masked(slices.Clone(v.dst))
	}
	clear(v.dst)
	dst := v.dst[:0]
	if cap(dst) > maxPooled {
		dst = nil
	}
	*v = view{dst: dst}
	views.Put(v)
	return added
}

// call has one enricher append to what v has. Whatever it does, what was there stays.
func (c *core) call(ctx context.Context, e Enricher, v *view) (out []slog.Attr) {
	defer func() {
		if p := recover(); p != nil {
			c.panics.Add(1)
			c.errs.Report(&PanicError{Enricher: e, Value: p})
			out = v.dst
		}
	}()
	if out = e.Enrich(ctx, Record{v}, v.dst); len(out) < len(v.dst) {
		return v.dst
	}
	return out
}

// Stats are the counters of a handler and of all handlers grown from the same [NewHandler].
type Stats struct {
	// Panics is how many calls of an Enricher, or of Options.Span, ended in a panic.
	Panics uint64
	// Errors is how many errors were reported, panics included.
	Errors uint64
}

// Stats returns the counters as they are now.
func (h *Handler) Stats() Stats {
	return Stats{Panics: h.core.panics.Load(), Errors: h.core.errs.Count()}
}
