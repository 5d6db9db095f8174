package compress

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/freeze"
	"github.com/sluicelog/sluice/internal/onerror"
	"github.com/sluicelog/sluice/template"
)

// ErrClosed is returned by Handle for a record that came after Close. It is counted.
var ErrClosed = errors.New("compress: closed, record refused")

// PanicError is a panic of the next handler.
type PanicError struct {
	Value any    // what the handler panicked with
	Stack []byte // of the panicking goroutine
}

// Error returns the panic's value as text, without the stack.
func (e *PanicError) Error() string {
	return fmt.Sprintf("compress: panic in the next handler: %v", e.Value)
}

// Unwrap returns the panic's value when it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Handler collapses records that are alike. Handlers derived from it by WithAttrs and WithGroup share its windows: Flush,
// Close and Stats of any of them are those of all. Safe for concurrent use.
type Handler struct {
	next chain.Handler
	core *core
	with *with
}

var _ chain.Handler = (*Handler)(nil)

// core is what all handlers derived from one share.
type core struct {
	opts  Options
	base  chain.Handler // takes the records of groups
	errs  onerror.Sink
	books books

	mu      sync.Mutex
	miner   *template.Miner
	open    *window   // takes records
	waiting []*window // have ended and are to be handed on
	free    []*window
	ended   uint64 // windows that have ended
	emitted uint64 // windows that have been handed on
	flushes []flush
	closed  bool

	timer *time.Timer   // runs while the open window has records
	wake  chan struct{} // a window has ended, or the handler is closed
	done  chan struct{} // closed when the goroutine has ended
}

// NewHandler starts collapsing in front of next. Its goroutine runs until Close: who builds the handler closes it. opts may be
// nil. The error names a nil next handler and every option out of range; then nothing has been started.
func NewHandler(next slog.Handler, opts *Options) (*Handler, error) {
	if next == nil {
		return nil, errors.New("compress: next handler is nil: want the handler that takes the collapsed records")
	}
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	return build(next, opts.clamped()), nil
}

// Middleware is NewHandler in the form that slogmulti.Pipe takes; Options.OnBuild tells of the handler that is built, so
// that it can be closed. Options out of range are clamped, and the error goes to OnError. A nil next handler is
// replaced by one that discards.
func Middleware(opts *Options) func(slog.Handler) slog.Handler {
	invalid, o := opts.Validate(), opts.clamped()
	return func(next slog.Handler) slog.Handler {
		err := invalid
		if next == nil {
			next = slog.DiscardHandler
			err = errors.Join(err, errors.New("compress: next handler is nil: records are discarded"))
		}
		h := build(next, o)
		h.core.errs.Report(err)
		return h
	}
}

func build(next slog.Handler, o Options) *Handler {
	c := &core{
		opts:  o,
		base:  chain.Adapt(next),
		errs:  onerror.Sink{Component: "compress", Func: o.OnError},
		miner: template.NewMiner(&template.Options{MaxTemplates: o.MaxTemplates}),
		open:  newWindow(),
		timer: time.NewTimer(o.Interval),
		wake:  make(chan struct{}, 1),
		done:  make(chan struct{}),
	}
	c.timer.Stop()
	go c.run()
	h := &Handler{next: c.base, core: c}
	if o.OnBuild != nil {
		o.OnBuild(h)
	}
	return h
}

// Enabled asks the next handler.
func (h *Handler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// Handle holds the record until its window ends. A record of PassLevel and above is handed on at once, and the error is the
// next handler's; after Close it is ErrClosed.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	return h.HandleRoot(ctx, r, chain.Root{})
}

// HandleRoot is Handle for a record whose root attributes come beside it.
func (h *Handler) HandleRoot(ctx context.Context, r slog.Record, root chain.Root) error {
	if ctx == nil {
		ctx = context.Background()
	}
	c := h.core
	c.books.offered.Add(1)
	if r.Level >= c.opts.PassLevel.Level() {
		return c.pass(ctx, h.next, r, root, &c.books.urgent)
	}
	// What runs the caller's code (methods of values) runs before the lock.
	if !root.Plain {
		r = freeze.Record(r)
	}
	if len(root.Record) > 0 {
		root.Record = freeze.Attrs(root.Record)
	}
	keys, rate := h.with.hash(), root.Rate
	r.Attrs(func(a slog.Attr) bool {
		keys = hashAttr(keys, &a)
		if f := rateOf(&a); f > 0 && rate == 0 {
			rate = f
		}
		return true
	})
	if ctx.Done() != nil {
		ctx = context.WithoutCancel(ctx)
	}
	switch held, closed := c.hold(entry{ctx: ctx, next: h.next, with: h.with, record: r.Clone(), root: root}, keys, rate); {
	case closed:
		c.books.refused.Add(1)
		return ErrClosed
	case !held:
		return c.pass(ctx, h.next, r, root, &c.books.crowded)
	}
	return nil
}

// hold puts a record into the open window. It is not held when too many windows wait, or after Close.
func (c *core) hold(e entry, keys uint64, rate float64) (held, closed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false, true
	}
	if len(c.waiting) >= maxWaiting {
		return false, false
	}
	t, _ := c.miner.Match(e.record.Message)
	w := c.open
	if w.records == 0 {
		w.since = time.Now()
		c.timer.Reset(c.opts.Interval)
	}
	w.add(e, t, keys, rate, c.opts.Threshold)
	if w.records >= c.opts.Records {
		c.end()
	}
	return true, false
}

// end ends the open window, when there is something in it. Called with the lock held.
func (c *core) end() {
	if c.open.records == 0 {
		return
	}
	c.open.settle(c.miner.Resolve, c.opts.Threshold)
	c.waiting = append(c.waiting, c.open)
	c.ended++
	if n := len(c.free); n > 0 {
		c.open, c.free = c.free[n-1], c.free[:n-1]
	} else {
		c.open = newWindow()
	}
	c.timer.Stop()
	c.rouse()
}

func (c *core) rouse() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// pass hands a record on in the caller's goroutine.
func (c *core) pass(ctx context.Context, next chain.Handler, r slog.Record, root chain.Root, count *counter) error {
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if closed {
		c.books.refused.Add(1)
		return ErrClosed
	}
	count.Add(1)
	err := c.deliver(ctx, next, r, root)
	if err != nil {
		c.books.failed.Add(1)
		return err
	}
	c.books.delivered.Add(1)
	return nil
}

// deliver contains what the next handler does.
func (c *core) deliver(ctx context.Context, next chain.Handler, r slog.Record, root chain.Root) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.books.panics.Add(1)
			err = &PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	return next.HandleRoot(ctx, r, root)
}

// WithAttrs returns a handler on the same windows whose records have attrs, as they are now.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	attrs = freeze.Attrs(slices.Clone(attrs))
	// The next handler owns the slice that it is given.
	next := chain.Adapt(h.next.WithAttrs(slices.Clone(attrs)))
	return &Handler{next: next, core: h.core, with: h.with.withAttrs(attrs)}
}

// WithGroup returns a handler on the same windows whose records are in a group.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &Handler{next: chain.Adapt(h.next.WithGroup(name)), core: h.core, with: h.with.withGroup(name)}
}
