package sluice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	slogmulti "github.com/samber/slog-multi"

	"github.com/sluicelog/sluice/handler/archive"
	"github.com/sluicelog/sluice/handler/async"
	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/mask/entity"
	"github.com/sluicelog/sluice/handler/opensearch"
	"github.com/sluicelog/sluice/handler/sample"
	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/onerror"
	"github.com/sluicelog/sluice/level"
)

// ErrClosed is what a closed Stack answers to a record.
var ErrClosed = errors.New("sluice: stack is closed")

// Stack is a chain that runs: a level, the stages, the queue and the sinks of a [Config]. Safe for concurrent use.
type Stack struct {
	level   *level.Controller
	head    slog.Handler
	current atomic.Pointer[generation]

	accepted, errors atomic.Uint64
	files            files
	stores           pool[*archive.Handler]
	searchers        pool[*opensearch.Handler]
	enrichers        pool[enrich.Enricher]
	lates            lates
	errs             atomic.Pointer[onerror.Sink]
	audit            *auditLane // nil without
	failures         failures

	reloading chan struct{}               // has room for one: one Reload or Close at a time
	signals   func(context.Context) error // ends the watching of SIGHUP; nil when nobody watches

	mu       sync.Mutex // guards what follows
	refused  uint64     // records that a closed generation did not take, and no other did
	tallies  map[string]*tally
	shown    uint64        // as delivered by Stats
	draining []*generation // replaced, and not yet in retired
	retired  Stats         // what closed generations did
	reloads  uint64
	closed   bool
}

// generation is one chain, from Open or Reload until the next Reload or Close.
type generation struct {
	cfg    *resolved
	head   slog.Handler
	mask   *mask.Handler
	names  *entity.Handler
	ready  *enrichers
	enrich []*enrich.Handler
	buffer *sample.Buffer
	sample *sample.Handler
	queue  *async.Handler
	sinks  []*sink
	direct slog.Handler // to the sinks, past everything else
	own    *ownRecords  // to the sinks, past mask and sampler
	exit   tally        // what came out of the fan-out
	past   tally        // of it by direct

	// callers are inside a chain without a queue, which is closed when they have left; with one, the queue refuses. anchors are inside direct.
	callers, anchors *gate
	// refusals are those of the queue that Stack.refused has, whose lock guards it.
	refusals uint64
	ended    chan struct{} // closed when close has returned
}

// Open builds and starts the chain of cfg. An error about the configuration joins a [ConfigError] for each wrong field;
// others say which sink could not be opened. What was started is closed when Open fails. ctx bounds the opening alone.
func Open(ctx context.Context, cfg Config) (*Stack, error) {
	r, err := cfg.resolve()
	if err != nil {
		return nil, fmt.Errorf("sluice: config: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := &Stack{level: r.level, tallies: make(map[string]*tally), reloading: make(chan struct{}, 1)}
	s.errs.Store(&onerror.Sink{Component: "stack", Func: r.OnError})
	s.head = s.level.Handler(&swap{stack: s})
	gen, err := s.build(ctx, r)
	if err != nil {
		return nil, err
	}
	s.current.Store(gen)
	if err := s.openAudit(r); err != nil {
		return nil, errors.Join(err, gen.close(ctx, nil))
	}
	if r.ReloadOnSIGHUP {
		s.signals = s.watch()
	}
	return s, nil
}

// build composes one generation, from its sinks up. This is what a chain by hand looks like, too: see examples/byhand.
func (s *Stack) build(ctx context.Context, r *resolved) (gen *generation, err error) {
	g := &generation{cfg: r, callers: newGate(), anchors: newGate(), ended: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.ready.close(ctx), closeSinks(ctx, g.sinks))
		}
	}()
	if g.ready, err = s.openEnrichers(ctx, r); err != nil {
		return nil, err
	}
	for _, p := range r.sinks {
		k, err := s.openSink(ctx, &r.Config, p)
		if err != nil && p.Optional {
			s.report(err)
			continue
		}
		if err != nil {
			return nil, err
		}
		g.sinks = append(g.sinks, k)
	}
	for i, h := range r.Handlers {
		name := fmt.Sprintf("handler-%d", i)
		g.sinks = append(g.sinks, &sink{name: name, handler: newMeter(h, name, s.tally(name))})
	}
	end := fanOut(g.sinks)
	g.direct = newMeter(end, "chain", &g.past)
	if r.names != nil {
		opts := *r.names
		opts.OnError = s.report
		g.names = entity.NewHandler(end, &opts)
		end = g.names
	}
	end = newMeter(end, "chain", &g.exit)
	if r.queue != nil {
		opts := *r.queue
		opts.OnError = s.report
		if g.queue, err = async.NewHandler(end, &opts); err != nil {
			return nil, err
		}
		end = g.queue
	}

	locating, masking, enriching := pass, pass, pass
	if r.enrich != nil {
		opts := *r.enrich
		opts.OnError = s.report
		opts.Attrs, opts.Enrichers = slices.Concat(g.ready.attrs, opts.Attrs), slices.Concat(g.ready.list, r.Enrichers)
		enricher := func(opts *enrich.Options) func(slog.Handler) slog.Handler {
			return func(next slog.Handler) slog.Handler {
				h := enrich.NewHandler(next, opts)
				g.enrich = append(g.enrich, h)
				return h
			}
		}
		enriching = enricher(&opts)
		if len(g.ready.front) > 0 {
			locating = enricher(&enrich.Options{OmitProcess: true, KeepErrors: true, Span: opts.Span, Enrichers: g.ready.front, OnError: s.report})
		}
	}
	g.own = &ownRecords{stack: s, gen: g, next: chain.Adapt(enriching(end))}
	if r.mask != nil {
		opts := *r.mask
		opts.Reports = g.own
		masking = func(next slog.Handler) slog.Handler { g.mask = mask.NewHandler(next, &opts); return g.mask }
	}
	buffering, sampling := pass, pass
	if r.sample != nil {
		opts := *r.sample
		if g.queue != nil {
			opts.Load = append(opts.Load, sample.LoadFunc(g.queue.Fill))
		}
		sampling = func(next slog.Handler) slog.Handler { g.sample = sample.NewHandler(next, &opts); return g.sample }
	}
	if r.Sample.Buffer {
		buffering = func(next slog.Handler) slog.Handler { g.buffer = sample.NewBuffer(next, nil); return g.buffer }
	}
	// A PipeBuilder is spent by its first Handler, so each chain gets one of its own.
	order := slogmulti.Pipe(locating, masking, enriching, buffering, sampling)
	if r.Sample.First {
		order = slogmulti.Pipe(sampling, locating, masking, enriching, buffering)
	}
	g.head = order.Handler(end)
	return g, nil
}

// pass is the stage that is switched off.
func pass(next slog.Handler) slog.Handler { return next }

// tally returns the figures of the sink of that name, which outlive a reload.
func (s *Stack) tally(name string) *tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tallies[name]
	if t == nil {
		t = new(tally)
		s.tallies[name] = t
	}
	return t
}

// report takes every error of a stage or sink.
func (s *Stack) report(err error) {
	s.errors.Add(1)
	s.errs.Load().Report(err)
	s.noteFailure()
}

// Handler returns the head of the chain. It stays valid across reloads.
func (s *Stack) Handler() slog.Handler { return s.head }

// Logger returns a logger for the chain, for slog.SetDefault.
func (s *Stack) Logger() *slog.Logger { return slog.New(s.head) }

// Level returns the controller of the chain's levels: an http.Handler, and a slog.Leveler.
func (s *Stack) Level() *level.Controller { return s.level }

// handle hands a record to the generation. refused says that it is closed and has done nothing with it.
func (g *generation) handle(ctx context.Context, h chain.Handler, r slog.Record, root chain.Root) (refused bool, err error) {
	if g.queue != nil {
		err := h.HandleRoot(ctx, r, root)
		return errors.Is(err, async.ErrClosed), err
	}
	if !g.callers.enter() {
		return true, ErrClosed
	}
	defer g.callers.leave()
	return false, h.HandleRoot(ctx, r, root)
}

// settle brings a record that a closed generation has refused into the books; again says that another generation gets it.
func (s *Stack) settle(g *generation, again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.queue == nil {
		s.refused++
	}
	s.countRefusals(g)
	if again {
		s.refused--
	}
}

// countRefusals takes over what the generation's queue has refused, also after the generation has been retired. The lock is held.
func (s *Stack) countRefusals(g *generation) {
	if g.queue != nil {
		n := g.queue.Stats().Refused
		s.refused += n - g.refusals
		g.refusals = n
	}
}

// Flush returns when every record that was accepted before has reached its sinks; an error says that ctx ended first, and
// how many records remain.
func (s *Stack) Flush(ctx context.Context) error {
	s.mu.Lock()
	g, draining, closed := s.current.Load(), slices.Clone(s.draining), s.closed
	s.mu.Unlock()
	if g.queue != nil {
		if err := g.queue.Flush(ctx); err != nil {
			return err
		}
	}
	for _, old := range draining {
		select {
		case <-old.ended:
		case <-ctx.Done():
			return fmt.Errorf("sluice: flush: a chain that was replaced still has records: %w", ctx.Err())
		}
	}
	if closed {
		return nil // so are the sinks
	}
	var errs []error
	for _, k := range g.sinks {
		if k.flush != nil {
			errs = append(errs, k.flush(ctx))
		}
	}
	return errors.Join(errs...)
}

// alone begins what only one may do at a time, Reload and Close; end ends it.
func (s *Stack) alone(ctx context.Context) (end func(), err error) {
	select {
	case s.reloading <- struct{}{}:
		return func() { <-s.reloading }, nil
	default:
	}
	select {
	case s.reloading <- struct{}{}:
		return func() { <-s.reloading }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("sluice: a reload is under way: %w", ctx.Err())
	}
}

// Close drains the chain and closes its sinks, bounded by ctx. Later records are refused with [ErrClosed] and counted as
// dropped. Idempotent; after an error that says that a reload is under way the chain is still open.
func (s *Stack) Close(ctx context.Context) error {
	if s.signals != nil {
		if err := s.signals(ctx); err != nil {
			return err
		}
	}
	s.failures.close()
	end, err := s.alone(ctx)
	if err != nil {
		return err
	}
	defer end()
	s.mu.Lock()
	already := s.closed
	s.closed = true
	s.mu.Unlock()
	if already {
		return nil
	}
	return s.current.Load().close(ctx, s.audit)
}

// close drains the generation, ends the audit trail if it is the last, and closes the sinks, which get the last checkpoint. Enrichers
// end first: they may still log.
func (g *generation) close(ctx context.Context, last *auditLane) error {
	defer close(g.ended)
	errs := []error{g.ready.close(ctx)}
	if g.queue != nil {
		errs = append(errs, g.queue.Close(ctx))
	} else if err := g.callers.shut(ctx); err != nil {
		errs = append(errs, fmt.Errorf("sluice: close: a sink still writes: %w", err))
	}
	errs = append(errs, last.close(ctx))
	if err := g.anchors.shut(ctx); err != nil {
		errs = append(errs, fmt.Errorf("sluice: close: a checkpoint is still being written: %w", err))
	}
	return errors.Join(append(errs, closeSinks(ctx, g.sinks))...)
}
