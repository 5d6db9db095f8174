package async

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/freeze"
	"github.com/sluicelog/sluice/internal/onerror"
	"github.com/sluicelog/sluice/internal/scope"
)

var (
	// ErrDropped is returned by Handle for a record that found no place. It is counted.
	ErrDropped = errors.New("async: queue full, record dropped")
	// ErrClosed is returned by Handle for a record that came after Close. It is counted.
	ErrClosed = errors.New("async: closed, record refused")
)

// PanicError is a panic of the next handler, as OnError receives it.
type PanicError struct {
	Value any    // what the handler panicked with
	Stack []byte // of the panicking goroutine
}

// Error returns the panic's value as text, without the stack.
func (e *PanicError) Error() string {
	return fmt.Sprintf("async: panic in the next handler: %v", e.Value)
}

// Unwrap returns the panic's value when it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Handler is the queue. Handlers derived from it by WithAttrs and WithGroup share its rings and workers: Flush, Close,
// Stats and Fill of any of them are those of all. Safe for concurrent use.
type Handler struct {
	next chain.Handler
	core *core
	// id spreads the records of loggers without a key over the rings: one logger, one ring.
	id uint64
}

var _ chain.Handler = (*Handler)(nil)

// core is what all handlers derived from one share.
type core struct {
	opts    Options
	lanes   []lane
	base    chain.Handler // takes the drop reports
	errs    onerror.Sink
	derived atomic.Uint64

	alarm   atomic.Bool   // a drop has been noted that no report has told
	drops   chan struct{} // wakes the reporter
	closing chan struct{} // closed when Close begins
	ended   chan struct{} // closed when workers and reporter have ended
	refused atomic.Uint64
	reports atomic.Uint64
	once    sync.Once
}

// NewHandler starts a queue in front of next. Its workers run until Close: who builds a queue closes it. opts may be nil.
// The error names a nil next handler and every option out of range; then nothing has been started.
func NewHandler(next slog.Handler, opts *Options) (*Handler, error) {
	if next == nil {
		return nil, errors.New("async: next handler is nil: want the handler that the workers hand records to")
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
			err = errors.Join(err, errors.New("async: next handler is nil: records are discarded"))
		}
		h := build(next, o)
		h.core.report(err)
		return h
	}
}

func build(next slog.Handler, o Options) *Handler {
	c := &core{
		opts:    o,
		lanes:   make([]lane, o.Workers),
		base:    chain.Adapt(next),
		errs:    onerror.Sink{Component: "async", Func: o.OnError},
		drops:   make(chan struct{}, 1),
		closing: make(chan struct{}),
		ended:   make(chan struct{}),
	}
	for i := range c.lanes {
		capacity := o.Capacity / o.Workers
		if i < o.Capacity%o.Workers {
			capacity++
		}
		c.lanes[i].init(c, capacity)
		go c.lanes[i].run()
	}
	go c.reporter()
	h := c.handler(c.base)
	if o.OnBuild != nil {
		o.OnBuild(h)
	}
	return h
}

func (c *core) handler(next chain.Handler) *Handler {
	// Multiples of 2^64 divided by the golden ratio lie evenly, so the loggers of a program spread over all rings.
	return &Handler{next: next, core: c, id: c.derived.Add(1) * 0x9e3779b97f4a7c15}
}

// Enabled asks the next handler, in the caller's goroutine.
func (h *Handler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// Handle queues the record. nil means accepted: the record will be handed on, or counted. It returns ErrDropped or
// ErrClosed for a record that was not. The context's cancellation is ignored, its values are passed on.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	return h.enqueue(ctx, &r, nil)
}

// HandleRoot is Handle for a record whose root attributes come beside it.
func (h *Handler) HandleRoot(ctx context.Context, r slog.Record, root chain.Root) error {
	return h.enqueue(ctx, &r, &root)
}

// WithAttrs returns a handler on the same queue whose records have attrs, as they are now.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	// The slice is the caller's, the next handler's is its own.
	return h.core.handler(chain.Adapt(h.next.WithAttrs(freeze.Attrs(slices.Clone(attrs)))))
}

// WithGroup returns a handler on the same queue whose records are in a group.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.core.handler(chain.Adapt(h.next.WithGroup(name)))
}

// enqueue takes no root as nil: an empty slot has the zero Root already.
func (h *Handler) enqueue(ctx context.Context, r *slog.Record, root *chain.Root) error {
	if ctx == nil {
		ctx = context.Background()
	}
	c := h.core
	var key uint64
	var own []slog.Attr
	if root != nil {
		key, own = root.Key, root.Record
	}
	l := c.lane(ctx, key, h.id)
	var flags uint64
	if c.waits(r.Level) {
		flags = kept
	}
	if flags == 0 && c.opts.Policy == DropNewest && l.isFull() {
		return l.refuse(dropFull, r.Level) // before its attributes cost anything
	}
	// Everything that runs the caller's code (methods of values, a Leveler) runs before a slot is claimed: readers wait
	// for a claimed slot.
	if (root == nil || !root.Plain) && !freeze.Frozen(r) {
		frozen := freeze.Record(*r)
		r = &frozen
	}
	if len(own) > 0 {
		own = freeze.Attrs(own)
	}
	s, pos, got := l.claim()
	if got != done {
		var err error
		if s, pos, err = l.overflow(got, r.Level, flags == kept); err != nil {
			return err
		}
	}
	s.ctx, s.next = ctx, h.next
	s.record = *r // on its own: in a tuple it would be copied twice
	if root != nil {
		s.root = *root
		s.root.Record = own
	}
	s.publish(pos, flags)
	l.published(pos, r.Level)
	return nil
}

// lane returns the lane of a record: that of its trace or request, else of its logger.
func (c *core) lane(ctx context.Context, key, logger uint64) *lane {
	if len(c.lanes) == 1 {
		return &c.lanes[0]
	}
	if key == 0 {
		if s := scope.From(ctx); s != nil {
			key = s.Key
		}
		if key == 0 {
			key = logger
		}
	}
	i, _ := bits.Mul64(key, uint64(len(c.lanes)))
	return &c.lanes[i]
}

// waits says whether records of the level wait instead of being dropped.
func (c *core) waits(l slog.Level) bool {
	return c.opts.WaitLevel != nil && l >= c.opts.WaitLevel.Level()
}

// report hands err to OnError; an error whose own methods panic is no reason for a worker to die.
func (c *core) report(err error) {
	defer func() { _ = recover() }()
	c.errs.Report(err)
}
