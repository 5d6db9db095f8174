package sluice

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/sluicelog/sluice/internal/onerror"
)

// Reload swaps the chain for that of cfg without losing a record: loggers made before go on working, records in flight are
// delivered by the old chain, and figures go on counting. When cfg is wrong or a sink cannot be opened, nothing changes.
// ctx bounds the draining of the old chain: when it ends first, the error says what is left behind.
func (s *Stack) Reload(ctx context.Context, cfg Config) error {
	r, err := cfg.resolve()
	if err != nil {
		return fmt.Errorf("sluice: config: %w", err)
	}
	end, err := s.alone(ctx)
	if err != nil {
		return err
	}
	defer end()
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return ErrClosed
	}
	if err := s.sameAudit(r); err != nil {
		return err
	}
	gen, err := s.build(ctx, r)
	if err != nil {
		return err
	}
	if err := s.level.Set(r.Level); err != nil { // resolve has read it before
		return errors.Join(err, gen.close(ctx, nil))
	}
	s.errs.Store(&onerror.Sink{Component: "stack", Func: r.OnError})
	s.mu.Lock()
	old := s.current.Swap(gen)
	s.draining = append(s.draining, old)
	s.reloads++
	s.mu.Unlock()

	err = old.close(ctx, nil)
	s.retire()
	return err
}

// retire moves the figures of drained generations to those of the past. A generation whose buffer still holds records for
// requests that run is kept until they end.
func (s *Stack) retire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = slices.DeleteFunc(s.draining, func(g *generation) bool {
		if g.waiting() {
			return false
		}
		s.retired = s.retired.clone()
		g.addTo(&s.retired)
		s.countRefusals(g)
		return true
	})
}

// waiting says whether records are still somewhere inside the generation.
func (g *generation) waiting() bool {
	return !g.anchors.deserted() || g.queue == nil && !g.callers.deserted() || g.buffer != nil && g.buffer.Stats().Held > 0 || g.queue != nil && g.queue.Stats().Queued > 0
}

// ReloadFile reads the file that the Stack's Config came from again and reloads; a Config that was written in code is
// kept. Fields that code has changed since LoadConfig are kept too, each as a whole: with other Mask.Keys the whole of Mask. Log files
// are reopened under their path either way.
func (s *Stack) ReloadFile(ctx context.Context) error {
	if err := s.files.reopen(); err != nil {
		return err
	}
	given := s.current.Load().cfg.given
	if given.origin == "" {
		return nil
	}
	fresh, err := LoadConfig(given.origin)
	if err != nil {
		return err
	}
	code, loaded, file := reflect.ValueOf(given), reflect.ValueOf(*given.loaded), reflect.ValueOf(&fresh).Elem()
	for i := range file.NumField() {
		if f := file.Field(i); f.CanSet() && !reflect.DeepEqual(code.Field(i).Interface(), loaded.Field(i).Interface()) {
			f.Set(code.Field(i))
		}
	}
	return s.Reload(ctx, fresh)
}

// watch reloads at every SIGHUP until the function that it returns is called, which waits for a reload that runs.
func (s *Stack) watch() (stop func(context.Context) error) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	done, ended := make(chan struct{}), make(chan struct{})
	var busy atomic.Bool
	go func() {
		defer close(ended)
		for {
			select {
			case <-hup:
				busy.Store(true)
				ctx, cancel := closingContext()
				if err := s.ReloadFile(ctx); err != nil {
					s.report(fmt.Errorf("reload: %w", err))
				}
				cancel()
				busy.Store(false)
			case <-done:
				return
			}
		}
	}()
	var once sync.Once
	return func(ctx context.Context) error {
		once.Do(func() {
			signal.Stop(hup)
			close(done)
		})
		select {
		case <-ended:
			return nil
		case <-ctx.Done():
		}
		if busy.Load() {
			return fmt.Errorf("sluice: a reload is under way: %w", ctx.Err())
		}
		return nil // the watcher ends by itself
	}
}
