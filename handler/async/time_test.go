package async

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// inBubble runs f where time passes only while everybody waits.
func inBubble(t *testing.T, f func(t *testing.T)) { synctest.Test(t, f) }

func TestBlockWaitsForAPlaceUpToTheTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h, g, m := hung(t, Options{Capacity: 2, Policy: Block, Timeout: 3 * time.Second, DropReportInterval: -1})
		start := time.Now()
		if err := h.Handle(bg, rec(0, "late")); !errors.Is(err, ErrDropped) || time.Since(start) != 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		// The worker stands still: who comes now is not held.
		start = time.Now()
		if err := h.Handle(bg, rec(0, "late")); !errors.Is(err, ErrDropped) || time.Since(start) != 0 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if s := h.Stats(); s.DroppedByReason != (ByReason{Timeout: 2}) {
			t.Errorf("%+v", s)
		}
		balanced(t, h, 5)
		g.release()
		flushed(t, h)
		if got := fmt.Sprint(m.messages()); got != "[in hand 0 1]" {
			t.Error(got)
		}
	})
}

func TestBlockedCallersGoOnWhenThereIsRoom(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h, g, m := hung(t, Options{Capacity: 100, Policy: Block, Timeout: time.Hour})
		var wg sync.WaitGroup
		for range 20 { // too few to wake a worker that polls: each must let the next one in
			wg.Go(func() {
				ctx, cancel := context.WithCancel(bg)
				cancel() // does not cut the wait short
				if err := h.Handle(ctx, rec(0, "m")); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		time.Sleep(time.Minute)
		start := time.Now()
		g.release()
		wg.Wait()
		flushed(t, h)
		if n := len(m.messages()); n != 121 || time.Since(start) != 0 {
			t.Errorf("%d records after %v", n, time.Since(start))
		}
		balanced(t, h, 121)
	})
}

func TestOneSignalOfRoomLetsInAllThatFit(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h, _, _ := hung(t, Options{Capacity: 3, Policy: Block, Timeout: time.Hour})
		l := &h.core.lanes[0]
		begin := time.Now()
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { _ = h.Handle(bg, rec(0, "m")) })
		}
		synctest.Wait()
		var it item
		for range 3 {
			l.take(&it, false)
		}
		l.pass()
		wg.Wait()
		if d := time.Since(begin); d != 0 {
			t.Errorf("held for %v beside free places", d)
		}
	})
}

func TestCloseReleasesBlockedCallers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h, g, _ := hung(t, Options{Capacity: 1, Policy: Block, Timeout: time.Hour})
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if err := h.Handle(bg, rec(0, "m")); !errors.Is(err, ErrClosed) {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		start := time.Now()
		ctx, cancel := context.WithTimeout(bg, time.Second)
		defer cancel()
		if err := h.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		wg.Wait()
		if d := time.Since(start); d != time.Second {
			t.Errorf("Close took %v", d)
		}
		balanced(t, h, 7)
		g.release()
	})
}

func TestWaitLevelWaitsOnlyFromThereOn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h, _, _ := hung(t, Options{Capacity: 1, WaitLevel: slog.LevelWarn, DropReportInterval: -1})
		for _, tt := range []struct {
			level slog.Level
			wait  time.Duration
		}{{slog.LevelInfo, 0}, {slog.LevelWarn - 1, 0}, {slog.LevelWarn, time.Second}, {slog.LevelError, 0}} {
			// The last does not wait, for the one before it has waited in vain.
			start := time.Now()
			if err := h.Handle(bg, rec(tt.level, "m")); !errors.Is(err, ErrDropped) || time.Since(start) != tt.wait {
				t.Errorf("%v: %v after %v, want %v", tt.level, err, time.Since(start), tt.wait)
			}
		}
		if s := h.Stats(); s.DroppedByReason != (ByReason{Full: 2, Timeout: 2}) {
			t.Errorf("%+v", s)
		}
	})
}

func TestWaitsAreAllowedAgainWhenTheWorkerHasMoved(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		step := make(chan struct{})
		h := start(t, sinkFunc(func(context.Context, slog.Record) error { <-step; return nil }),
			Options{Capacity: 1, Workers: 1, Policy: Block, Timeout: time.Second, DropReportInterval: -1})
		defer close(step)
		_ = h.Handle(bg, rec(slog.LevelError, "in hand"))
		synctest.Wait()
		_ = h.Handle(bg, rec(0, "queued"))
		held := func() time.Duration {
			start := time.Now()
			if err := h.Handle(bg, rec(0, "m")); !errors.Is(err, ErrDropped) {
				t.Error(err)
			}
			return time.Since(start)
		}
		first, second := held(), held()
		step <- struct{}{}
		synctest.Wait()
		_ = h.Handle(bg, rec(0, "queued"))
		if third := held(); first != time.Second || second != 0 || third != time.Second {
			t.Errorf("held for %v, %v and %v", first, second, third)
		}
	})
}

func TestDropsAreReportedAtMostOncePerInterval(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		step := make(chan struct{})
		var m memory
		keep := m.handler()
		h := start(t, sinkFunc(func(ctx context.Context, r slog.Record) error {
			if r.Message != ReportMessage {
				<-step
			}
			return keep.Handle(ctx, r)
		}), Options{Capacity: 1, Workers: 1})
		_ = h.Handle(bg, rec(slog.LevelError, "in hand"))
		synctest.Wait()
		for range 4 {
			_ = h.Handle(bg, rec(0, "m"))
		}
		_ = h.Handle(bg, rec(slog.LevelError+4, "m"))
		check := func(want ...string) {
			t.Helper()
			synctest.Wait()
			m.mu.Lock()
			defer m.mu.Unlock()
			if d := cmp.Diff(want, m.reports); d != "" {
				t.Error(d)
			}
		}
		time.Sleep(10*time.Second - 1)
		check()
		time.Sleep(1)
		// The sink hangs, and still the report comes: it does not stand in the queue.
		one := `level=WARN msg="records dropped" dropped=4 by_level.info=3 by_level.critical=1 by_reason.full=4 interval_ms=10000`
		check(one)
		time.Sleep(time.Hour)
		check(one) // nothing new, no report
		_ = h.Handle(bg, rec(slog.LevelDebug, "m"))
		time.Sleep(5 * time.Second)
		_ = h.Handle(bg, rec(slog.LevelWarn, "m"))
		time.Sleep(5 * time.Second)
		two := `level=WARN msg="records dropped" dropped=2 by_level.debug=1 by_level.warn=1 by_reason.full=2 interval_ms=10000`
		check(one, two)
		_ = h.Handle(bg, rec(slog.LevelDebug, "m"))
		time.Sleep(time.Second)
		close(step)
		if err := h.Close(within5s(t)); err != nil {
			t.Error(err)
		}
		check(one, two, `level=WARN msg="records dropped" dropped=1 by_level.debug=1 by_reason.full=1 interval_ms=1000`)
		if s := h.Stats(); s.Reports != 3 || s.Delivered != 2 {
			t.Errorf("%+v", s)
		}
		balanced(t, h, 9)
	})
}

func TestReportsCanBeOffAndRespectTheSinksLevel(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h, g, m := hung(t, Options{Capacity: 1, DropReportInterval: -time.Second})
		_ = h.Handle(bg, rec(0, "m"))
		time.Sleep(time.Hour)
		g.release()
		if err := h.Close(within5s(t)); err != nil || len(m.reports) != 0 || h.Stats().Dropped != 1 {
			t.Errorf("%v %v", err, m.reports)
		}
	})
}

type faultySink struct {
	sinkFunc
	quiet bool
}

func (f faultySink) Enabled(context.Context, slog.Level) bool { return !f.quiet }

func TestAReportIsContainedLikeARecord(t *testing.T) {
	for name, tt := range map[string]struct {
		sink faultySink
		errs int
	}{
		"panic":     {faultySink{sinkFunc: func(context.Context, slog.Record) error { panic("x") }}, 2},
		"error":     {faultySink{sinkFunc: func(context.Context, slog.Record) error { return errSink }}, 2},
		"not asked": {faultySink{sinkFunc: func(context.Context, slog.Record) error { return nil }, quiet: true}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var mu sync.Mutex
				errs := 0
				h := start(t, tt.sink, Options{Capacity: 1, Workers: 1, OnError: func(error) { mu.Lock(); errs++; mu.Unlock() }})
				h.core.lanes[0].drop(dropFull, 0)
				_ = h.Handle(bg, rec(0, "m"))
				if err := h.Close(within5s(t)); err != nil || errs != tt.errs || h.Stats().Reports != 0 {
					t.Errorf("%v, %d errors, %+v", err, errs, h.Stats())
				}
			})
		})
	}
}

func TestARecordWaitsForTheNextLookUnlessItIsUrgent(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var got time.Time
		h := start(t, sinkFunc(func(context.Context, slog.Record) error { got = time.Now(); return nil }), Options{Capacity: 10, Workers: 1})
		l := &h.core.lanes[0]
		latency := func(level slog.Level, n int) time.Duration {
			start := time.Now()
			for range n {
				_ = h.Handle(bg, rec(level, "m"))
			}
			time.Sleep(2 * pollMax)
			synctest.Wait()
			return got.Sub(start)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if s := l.state.Load(); s != asleep {
			t.Errorf("state after an hour without a record: %d", s)
		}
		if d := latency(0, 1); d != 0 {
			t.Errorf("a sleeping worker was not woken: %v", d)
		}
		// It has looked in vain for 20 ms and looks each 10 ms by now.
		if d := latency(0, 1); d <= 0 || d > pollMax {
			t.Errorf("latency of an info: %v", d)
		}
		if d := latency(slog.LevelError, 1); d != 0 {
			t.Errorf("latency of an error: %v", d)
		}
		if d := latency(0, 5); d != 0 {
			t.Errorf("latency with the ring half full: %v", d)
		}
		_ = h.Handle(bg, rec(slog.LevelError, "m"))
		synctest.Wait()
		if d := latency(0, 1); d <= 0 || d > pollMin {
			t.Errorf("latency right after a record: %v", d)
		}
	})
}

func TestAnIdleQueueIsDurablyBlockedAndItsClockStands(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := start(t, slog.DiscardHandler, Options{})
		synctest.Wait()
		_ = h.Handle(bg, rec(0, "m"))
		synctest.Wait()
		time.Sleep(24 * time.Hour) // 4 workers that polled on would look 35 million times
		for i := range h.core.lanes {
			if s := h.core.lanes[i].state.Load(); s != asleep {
				t.Errorf("worker %d: state %d", i, s)
			}
		}
		flushed(t, h)
	})
}

// TestNoProducerIsHeldByAHangingSink has 64 producers log to a sink that hangs for good: the waits of Block and WaitLevel
// are the only ones, and nobody waits again where a wait ran out without the worker having moved.
func TestNoProducerIsHeldByAHangingSink(t *testing.T) {
	const producers, each = 64, 30
	for _, o := range []Options{
		{Capacity: 40}, {Capacity: 40, Policy: DropOldest}, {Capacity: 40, Policy: Block, Timeout: time.Second},
		{Capacity: 40, WaitLevel: slog.LevelError, Timeout: time.Second},
		{Capacity: 40, Policy: DropOldest, WaitLevel: slog.LevelWarn, Timeout: time.Second},
	} {
		t.Run(fmt.Sprint(o.Policy, o.WaitLevel), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				g, m := newGate(), &memory{}
				h := start(t, g.before(m.handler()), o)
				defer g.release()
				begin := time.Now()
				var wg sync.WaitGroup
				for p := range producers {
					l := h.WithAttrs([]slog.Attr{slog.Int("p", p)})
					wg.Go(func() {
						for i := range each {
							_ = l.Handle(bg, rec(slog.Level(4*(i%5)-4), "m"))
						}
					})
				}
				wg.Wait()
				// A first wait may begin before the worker takes the record on which it hangs, a second one after.
				if d := time.Since(begin); d > 2*(o.Timeout+pollMax) {
					t.Errorf("held for %v", d)
				}
				synctest.Wait()
				balanced(t, h, producers*each)
				if s := h.Stats(); s.Delivered+s.Failed != 0 || s.Dropped == 0 {
					t.Errorf("%+v", s)
				}
				ctx, cancel := context.WithTimeout(bg, time.Second)
				defer cancel()
				if err := h.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
				balanced(t, h, producers*each)
				g.release()
				if err := h.Close(within5s(t)); err != nil {
					t.Error(err)
				}
				balanced(t, h, producers*each)
				if s := h.Stats(); s.Queued != 0 || int(s.Delivered) != len(m.messages()) || s.Delivered > 4 {
					t.Errorf("%+v, %d handed on", s, len(m.messages()))
				}
			})
		})
	}
}
