package sluice

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync/atomic"
	"time"

	slogmulti "github.com/samber/slog-multi"

	"github.com/sluicelog/sluice/handler/compress"
	"github.com/sluicelog/sluice/handler/jsonl"
	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/store"
)

// sink is one end of the chain.
type sink struct {
	name    string
	handler slog.Handler // a meter around the sink itself
	count   *tally
	plan    sinkPlan
	store   *store.Store // nil for a sink that is none
	// flush and close are nil when there is nothing to do.
	flush, close func(context.Context) error
}

// allLevels is a level that lets every record pass.
const allLevels = slog.Level(-1 << 31)

func (s *Stack) openSink(ctx context.Context, cfg *Config, p sinkPlan) (*sink, error) {
	k := &sink{name: p.Name, plan: p, count: s.tally(p.Name)}
	h, err := s.openEnd(ctx, cfg, k)
	if err != nil {
		return nil, fmt.Errorf("sluice: sink %s: %w", p.Name, err)
	}
	if p.collapse != nil {
		if h, err = s.collapse(ctx, k, h); err != nil {
			return nil, err
		}
	}
	k.handler = newMeter(h, p.Name, k.count)
	return k, nil
}

// openEnd opens what takes the records of a sink in the end.
func (s *Stack) openEnd(ctx context.Context, cfg *Config, k *sink) (slog.Handler, error) {
	p := &k.plan
	var least slog.Leveler = allLevels
	if p.least != nil {
		least = p.least
	}
	switch p.Type {
	case sinkNull:
		return discard{}, nil
	case sinkConsole:
		return console(cfg.stream(p.Output, "stderr"), *p, least), nil
	case sinkStore:
		return s.openStore(k, least)
	case sinkOpenSearch:
		return s.openSearch(ctx, cfg, k)
	}
	w := cfg.stream(p.Output, "stdout")
	if p.Path != "" {
		p.rotate.OnError = s.report
		f, err := s.files.acquire(p.Path, p.rotate)
		if err != nil {
			return nil, err
		}
		w, k.close = f, func(context.Context) error { return f.Close() }
	}
	return jsonl.NewHandler(w, &jsonl.Options{Level: least, AddSource: p.Source, OnError: func(error) {}}), nil
}

// collapse puts a collapser before the end of a sink; it is flushed and closed before that.
func (s *Stack) collapse(ctx context.Context, k *sink, end slog.Handler) (slog.Handler, error) {
	opts := *k.plan.collapse
	opts.OnError = s.report
	h, err := compress.NewHandler(end, &opts)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sluice: sink %s: %w", k.name, err), closeSinks(ctx, []*sink{k}))
	}
	settled := s.lates.add(k.name, func() late {
		st := h.Stats()
		return late{failed: st.Late, collapsed: st.Collapsed, pending: uint64(st.Held)}
	})
	flush, closeEnd := k.flush, k.close
	k.flush = func(ctx context.Context) error {
		err := h.Flush(ctx)
		if flush != nil && err == nil {
			err = flush(ctx)
		}
		return err
	}
	k.close = func(ctx context.Context) error {
		err := h.Close(ctx)
		settled()
		if closeEnd != nil {
			err = errors.Join(err, closeEnd(ctx))
		}
		return err
	}
	return h, nil
}

// stream is the standard stream of that name.
func (c *Config) stream(name, def string) io.Writer {
	if cmp.Or(name, def) == "stdout" {
		if c.Stdout != nil {
			return c.Stdout
		}
		return os.Stdout
	}
	if c.Stderr != nil {
		return c.Stderr
	}
	return os.Stderr
}

// fanOut hands each record to every sink that takes it. Sinks that only take some levels make it a Router, a sink with a
// failover becomes one with its backup behind it.
func fanOut(sinks []*sink) slog.Handler {
	backup := map[string]bool{}
	for _, k := range sinks {
		backup[k.plan.Failover] = true
	}
	byName := func(name string) slog.Handler {
		return sinks[slices.IndexFunc(sinks, func(k *sink) bool { return k.name == name })].handler
	}
	var all []slog.Handler
	router, routed := slogmulti.Router(), false
	for _, k := range sinks {
		if backup[k.name] {
			continue
		}
		h := k.handler
		if k.plan.Failover != "" {
			h = slogmulti.Failover()(h, byName(k.plan.Failover))
		}
		all = append(all, h)
		if only := k.plan.only; len(only) > 0 {
			routed = true
			router = router.Add(h, func(_ context.Context, r slog.Record) bool { return slices.Contains(only, r.Level) })
			continue
		}
		router = router.Add(h)
	}
	if !routed {
		return slogmulti.Fanout(all...)
	}
	return router.Handler()
}

// discard takes every record and does nothing with it: unlike slog.DiscardHandler it is enabled, so that the chain before
// it works as with any other sink.
type discard struct{}

func (discard) Enabled(context.Context, slog.Level) bool                  { return true }
func (discard) Handle(context.Context, slog.Record) error                 { return nil }
func (discard) HandleRoot(context.Context, slog.Record, chain.Root) error { return nil }
func (d discard) WithAttrs([]slog.Attr) slog.Handler                      { return d }
func (d discard) WithGroup(string) slog.Handler                           { return d }

// grace is how long closing the sinks may go on past its context, which often has ended in the queue before them: closing a file takes
// no time, and what a sink still buffers is worth some.
const grace = 200 * time.Millisecond

// closeSinks closes the sinks, bounded by ctx and grace; a sink that hangs is closed behind it.
func closeSinks(ctx context.Context, sinks []*sink) error {
	done := make(chan error, 1)
	var at atomic.Int32
	go func() {
		var errs []error
		for i, k := range sinks {
			at.Store(int32(i))
			if k.close != nil {
				errs = append(errs, k.close(ctx))
			}
		}
		done <- errors.Join(errs...)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(grace):
		return fmt.Errorf("sluice: close: sink %s is still being closed: %w", sinks[at.Load()].name, ctx.Err())
	}
}
