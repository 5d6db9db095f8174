package sluice_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/handler/async"
	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/slogrec"
)

// bare is a chain of the one handler.
func bare(h slog.Handler, off bool) sluice.Config {
	return sluice.Config{Environment: sluice.Staging, Sinks: []sluice.SinkConfig{{Type: "null"}}, Handlers: []slog.Handler{h},
		Queue: &sluice.QueueConfig{Off: off}, Enrich: &sluice.EnrichConfig{System: &sluice.SystemConfig{Off: true}}, OnError: func(error) {}}
}

func TestASinksErrorIsReportedOnceWithAndWithoutAQueue(t *testing.T) {
	gone := errors.New("gone")
	for _, off := range []bool{false, true} {
		t.Run(fmt.Sprintf("queue off %v", off), func(t *testing.T) {
			var reported []error
			cfg := bare(slogrec.New(slogrec.FailWith(gone)), off)
			cfg.OnError = func(err error) { reported = append(reported, err) }
			stack := open(t, cfg)
			stack.Logger().Info("m")
			if err := stack.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(reported) != 1 || !errors.Is(reported[0], gone) {
				t.Errorf("reported %v, want what the sink said, once", reported)
			}
		})
	}
}

func TestAHandlerThatItsOwnerClosedIsNoClosedStack(t *testing.T) {
	inner, err := async.NewHandler(slogrec.New(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := inner.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	stack := open(t, bare(inner, true))
	if err := stack.Handler().Handle(t.Context(), slog.NewRecord(time.Now(), slog.LevelInfo, "m", 0)); !errors.Is(err, async.ErrClosed) {
		t.Errorf("got %v, want the handler's own error", err)
	}
	if st := stack.Stats(); st.Failed != 1 || st.Dropped != 0 || !st.Balanced() {
		t.Errorf("the books:\n%s", st)
	}
}

// waiting is an enricher that holds records until its gate opens.
type waiting struct{ gate *gate }

type gate struct{ in, out chan struct{} }

func (w waiting) Enrich(_ context.Context, _ enrich.Record, dst []slog.Attr) []slog.Attr {
	w.gate.in <- struct{}{}
	<-w.gate.out
	return dst
}

func TestARecordThatComesToAChainThatWasReplacedIsCountedOnce(t *testing.T) {
	for _, off := range []bool{false, true} {
		t.Run(fmt.Sprintf("queue off %v", off), func(t *testing.T) {
			sink := slogrec.New()
			g := &gate{make(chan struct{}), make(chan struct{})}
			old := bare(sink, off)
			old.Enrichers = []enrich.Enricher{waiting{g}}
			stack := open(t, old)
			done := make(chan struct{})
			go func() {
				defer close(done)
				stack.Logger().Info("m")
			}()
			<-g.in // the record is in the old chain, before its end
			ctx, cancel := context.WithCancel(t.Context())
			if off {
				cancel() // without a queue a reload waits for the record
			}
			if err := stack.Reload(ctx, bare(sink, off)); (err != nil) != off {
				t.Fatal(err)
			}
			cancel()
			close(g.out)
			<-done
			if err := stack.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if st := stack.Stats(); st.Accepted != 1 || st.Delivered != 1 || !st.Balanced() || sink.Len() != 1 {
				t.Errorf("the sink has %d records; the books:\n%s", sink.Len(), st)
			}
		})
	}
}

func TestFlushWaitsForAChainThatIsBeingReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := new(slogrec.Gate)
		sink := slogrec.New(slogrec.BlockOn(hangs))
		stack := open(t, bare(sink, false))
		stack.Logger().Info("m")
		go func() { _ = stack.Reload(context.Background(), bare(slogrec.New(), false)) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := stack.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Flush answered %v though a record has not reached its sink", err)
		}
		hangs.Open()
		if err := stack.Flush(t.Context()); err != nil || sink.Len() != 1 {
			t.Errorf("Flush answered %v, and the sink has %d records", err, sink.Len())
		}
		if err := stack.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseIsBoundedByItsContextWhileAReloadWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := new(slogrec.Gate)
		stack := open(t, bare(slogrec.New(slogrec.BlockOn(hangs)), false))
		stack.Logger().Info("m")
		go func() { _ = stack.Reload(context.Background(), bare(slogrec.New(), false)) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := stack.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close answered %v", err)
		}
		hangs.Open()
		if err := stack.Close(t.Context()); err != nil {
			t.Errorf("a second Close answered %v", err)
		}
		if err := stack.Handler().Handle(t.Context(), slog.Record{}); !errors.Is(err, sluice.ErrClosed) {
			t.Errorf("a closed stack answered %v", err)
		}
	})
}

func TestASinkThatLogsToItsOwnChainDoesNotStopClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stack *sluice.Stack
		g := &gate{make(chan struct{}), make(chan struct{})}
		sink := slogrec.New()
		stack = open(t, bare(chattyHandler{sink, g, func() { stack.Logger().Info("inner") }}, true))
		go stack.Logger().Info("outer")
		<-g.in
		closed := make(chan error, 1)
		go func() { closed <- stack.Close(context.Background()) }()
		synctest.Wait() // Close waits for the outer record now
		close(g.out)
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if st := stack.Stats(); st.Delivered != 1 || st.Dropped != 1 || !st.Balanced() {
			t.Errorf("the books:\n%s", st)
		}
	})
}

// chattyHandler logs by say when it gets a record that is called outer.
type chattyHandler struct {
	*slogrec.Recorder
	gate *gate
	say  func()
}

func (c chattyHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == "outer" {
		c.gate.in <- struct{}{}
		<-c.gate.out
		c.say()
	}
	return c.Recorder.Handle(ctx, r)
}

func (c chattyHandler) WithAttrs([]slog.Attr) slog.Handler { return c }
func (c chattyHandler) WithGroup(string) slog.Handler      { return c }

func TestAnEndedContextIsNotTakenForAReload(t *testing.T) {
	for range 50 {
		stack, err := sluice.Open(t.Context(), sluice.Config{Environment: sluice.Test, ReloadOnSIGHUP: true, Sinks: []sluice.SinkConfig{{Type: "null"}}})
		if err != nil {
			t.Fatal(err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		_ = stack.Close(ended)
		if err := stack.Handler().Handle(t.Context(), slog.Record{Level: slog.LevelError}); !errors.Is(err, sluice.ErrClosed) {
			t.Fatalf("the stack is open after Close: %v", err)
		}
	}
}
