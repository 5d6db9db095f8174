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

	accepted, refused, retried, errors atomic.Uint64
	files                              files
	stores                             pool[*archive.Handler]
	searchers                          pool[*opensearch.Handler]
	enrichers                          pool[enrich.Enricher]
	lates                              lates
	errs                               atomic.Pointer[onerror.Sink]
	audit                              *auditLane // nil without

	reloading   sync.Mutex // one Reload or Close at a time
	signals     func()     // ends the watching of SIGHUP; nil when nobody watches
	stopSignals sync.Once

	mu       sync.Mutex // guards what follows
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
	exit   tally        // what came out of the fan-out
	past   tally        // of it by direct

	// gate lets a chain without a queue be closed between two records; with one, the queue refuses.
	gate   sync.RWMutex
	closed bool
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
	s := &Stack{level: r.level, tallies: make(map[string]*tally)}
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
	g := &generation{cfg: r}
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
	if r.mask != nil {
		opts := *r.mask
		opts.Reports = &ownRecords{stack: s, next: chain.Adapt(enriching(end))}
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
}

// Handler returns the head of the chain. It stays valid across reloads.
func (s *Stack) Handler() slog.Handler { return s.head }

// Logger returns a logger for the chain, for slog.SetDefault.
func (s *Stack) Logger() *slog.Logger { return slog.New(s.head) }

// Level returns the controller of the chain's levels: an http.Handler, and a slog.Leveler.
func (s *Stack) Level() *level.Controller { return s.level }

// handle hands a record to the generation, unless it is closed.
func (g *generation) handle(ctx context.Context, h chain.Handler, r slog.Record, root chain.Root) error {
	if g.queue != nil {
		return h.HandleRoot(ctx, r, root)
	}
	g.gate.RLock()
	defer g.gate.RUnlock()
	if g.closed {
		return ErrClosed
	}
	return h.HandleRoot(ctx, r, root)
}

// Flush returns when every record that was accepted before has reached its sinks; an error says that ctx ended first, and
// how many records remain.
func (s *Stack) Flush(ctx context.Context) error {
	g := s.current.Load()
	if g.queue != nil {
		if err := g.queue.Flush(ctx); err != nil {
			return err
		}
	}
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
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

// Close drains the chain and closes its sinks, bounded by ctx. Later records are refused with [ErrClosed] and counted as
// dropped. Idempotent.
func (s *Stack) Close(ctx context.Context) error {
	if s.signals != nil {
		s.stopSignals.Do(s.signals)
	}
	s.reloading.Lock()
	defer s.reloading.Unlock()
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
	errs := []error{g.ready.close(ctx)}
	if g.queue != nil {
		errs = append(errs, g.queue.Close(ctx))
	} else {
		shut := make(chan struct{})
		go func() { // a sink that hangs holds the gate
			g.gate.Lock()
			g.closed = true
			g.gate.Unlock()
			close(shut)
		}()
		select {
		case <-shut:
		case <-ctx.Done():
			return errors.Join(append(errs, fmt.Errorf("sluice: close: a sink still writes: %w", ctx.Err()), last.close(ctx))...)
		}
	}
	errs = append(errs, last.close(ctx))
	return errors.Join(append(errs, closeSinks(ctx, g.sinks))...)
}
