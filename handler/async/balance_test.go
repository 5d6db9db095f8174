package async

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"weak"

	"github.com/sluicelog/sluice/internal/chain"
)

// TestTheBooksBalance has 64 producers log at every policy into every kind of sink, once to the end and once with Close in
// the middle. What the test itself counts must agree with the books.
func TestTheBooksBalance(t *testing.T) {
	const producers, each = 64, 60
	sinks := map[string]func(i int64) error{
		"good":   func(int64) error { return nil },
		"errors": func(i int64) error { return [...]error{nil, errSink}[i%2] },
		"panics": func(i int64) error {
			if i%3 == 0 {
				panic(i)
			}
			return nil
		},
		"exits": func(i int64) error {
			if i%50 == 0 {
				runtime.Goexit()
			}
			return nil
		},
		"slow": func(int64) error {
			for range 20 {
				runtime.Gosched()
			}
			return nil
		},
	}
	for name, sink := range sinks {
		for _, o := range []Options{
			{Policy: DropNewest, Capacity: 50}, {Policy: DropOldest, Capacity: 50}, {Policy: Block, Capacity: 50, Timeout: time.Minute},
			{Policy: DropNewest, Capacity: 3, Workers: 3}, {Policy: DropOldest, Capacity: 3, Workers: 3},
			{Policy: DropOldest, Capacity: 7, Workers: 2, WaitLevel: slog.LevelWarn, Timeout: time.Minute},
			{Policy: Block, Capacity: 1, Workers: 1, Timeout: time.Minute}, {},
		} {
			for _, middle := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%v %d places/close in the middle %v", name, o.Policy, o.Capacity, middle), func(t *testing.T) {
					var calls, good, accepted, dropped, refused atomic.Int64
					o.DropReportInterval = -1
					h := start(t, sinkFunc(func(context.Context, slog.Record) error {
						err := sink(calls.Add(1))
						if err == nil {
							good.Add(1)
						}
						return err
					}), o)
					var wg sync.WaitGroup
					for p := range producers {
						l := h.WithAttrs([]slog.Attr{slog.Int("p", p)})
						wg.Go(func() {
							for i := range each {
								if middle && p == 7 && i == each/2 {
									if err := h.Close(within5s(t)); err != nil {
										t.Error(err)
									}
								}
								switch err := l.Handle(bg, rec(slog.Level(4*(i%5)-4), "m")); {
								case err == nil:
									accepted.Add(1)
								case errors.Is(err, ErrDropped):
									dropped.Add(1)
								case errors.Is(err, ErrClosed):
									refused.Add(1)
								default:
									t.Error(err)
								}
							}
						})
					}
					wg.Wait()
					flushed(t, h)
					balanced(t, h, producers*each)
					s := h.Stats()
					if s.Queued != 0 || h.Fill() != 0 {
						t.Errorf("queued after Flush: %d, fill %v", s.Queued, h.Fill())
					}
					if int64(s.Accepted) != accepted.Load() || int64(s.Refused) != refused.Load() ||
						int64(s.DroppedByReason.Full+s.DroppedByReason.Timeout) != dropped.Load() {
						t.Errorf("Handle said %d accepted, %d dropped, %d refused: %+v", accepted.Load(), dropped.Load(), refused.Load(), s)
					}
					if int64(s.Delivered) != good.Load() || int64(s.Delivered+s.Failed) != calls.Load() {
						t.Errorf("the sink was called %d times, %d well: %+v", calls.Load(), good.Load(), s)
					}
					if o.Policy == Block && s.Dropped != 0 {
						t.Errorf("Block dropped: %+v", s)
					}
					if s.HighWater > s.Capacity || s.HighWater == 0 {
						t.Errorf("high water %d of %d", s.HighWater, s.Capacity)
					}
				})
			}
		}
	}
}

// hung is a queue of one worker whose sink hangs on its first record, and which is then full.
func hung(t *testing.T, o Options) (*Handler, *gate, *memory) {
	g, m := newGate(), &memory{}
	o.Workers = 1
	h := start(t, g.before(m.handler()), o)
	t.Cleanup(g.release)
	if err := h.Handle(bg, rec(slog.LevelError, "in hand")); err != nil {
		t.Fatal(err)
	}
	<-g.entered
	for i := range h.Stats().Capacity {
		if err := h.Handle(bg, rec(0, fmt.Sprint(i))); err != nil {
			t.Fatalf("place %d: %v", i, err)
		}
	}
	return h, g, m
}

func TestCapacityIsExact(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5, 100} {
		h, _, _ := hung(t, Options{Capacity: n})
		if h.Fill() != 1 || h.Stats().Queued != n+1 {
			t.Errorf("fill %v, queued %d", h.Fill(), h.Stats().Queued)
		}
		if err := h.Handle(bg, rec(0, "m")); !errors.Is(err, ErrDropped) {
			t.Errorf("place %d of %d: %v", n+1, n, err)
		}
	}
	for _, o := range []Options{{}, {Capacity: 10, Workers: 4}, {Capacity: 3, Workers: 8}} {
		h := start(t, slog.DiscardHandler, o)
		places := 0
		for i := range h.core.lanes {
			places += len(h.core.lanes[i].slots)
		}
		if s := h.Stats(); places != s.Capacity || s.Workers > s.Capacity {
			t.Errorf("%d places: %+v", places, s)
		}
	}
	if s := start(t, slog.DiscardHandler, Options{}).Stats(); s.Capacity != 10_000 || s.Workers != 4 {
		t.Errorf("defaults: %+v", s)
	}
}

func TestDropNewestKeepsTheOldest(t *testing.T) {
	h, g, m := hung(t, Options{Capacity: 3, DropReportInterval: -1})
	for _, l := range []slog.Level{-4, 0, 3, 4, 8, 12, 16, -100, 11} {
		if err := h.Handle(bg, rec(l, "new")); !errors.Is(err, ErrDropped) {
			t.Error(err)
		}
	}
	// A mutable value is not even copied for a record that will be dropped.
	var calls atomic.Int64
	if err := h.Handle(bg, rec(0, "new", slog.Any("v", valuer{&calls}))); !errors.Is(err, ErrDropped) || calls.Load() != 0 {
		t.Errorf("%v, resolved %d times", err, calls.Load())
	}
	s := h.Stats()
	if s.HighWater != 3 {
		t.Errorf("high water %d", s.HighWater)
	}
	if s.DroppedByLevel != (ByLevel{Debug: 2, Info: 3, Warn: 1, Error: 2, Critical: 2}) || s.DroppedByReason != (ByReason{Full: 10}) {
		t.Errorf("%+v", s)
	}
	balanced(t, h, 14)
	g.release()
	flushed(t, h)
	if got := fmt.Sprint(m.messages()); got != "[in hand 0 1 2]" {
		t.Error(got)
	}
	balanced(t, h, 14)
}

func TestDropOldestKeepsTheNewestAndCountsTheEvicted(t *testing.T) {
	h, g, m := hung(t, Options{Capacity: 3, Policy: DropOldest, DropReportInterval: -1})
	for i := range 3 {
		if err := h.Handle(bg, rec(slog.LevelError, fmt.Sprint("new ", i))); err != nil {
			t.Error(err)
		}
	}
	_ = h.Handle(bg, rec(slog.LevelDebug, "last"))
	s := h.Stats()
	// Three of INFO went, then the first of ERROR: each counts by its own level.
	if s.DroppedByLevel != (ByLevel{Info: 3, Error: 1}) || s.DroppedByReason != (ByReason{Evicted: 4}) {
		t.Errorf("%+v", s)
	}
	balanced(t, h, 8)
	g.release()
	flushed(t, h)
	if got := fmt.Sprint(m.messages()); got != "[in hand new 1 new 2 last]" {
		t.Error(got)
	}
	balanced(t, h, 8)
}

func TestDropOldestSparesWhatWaits(t *testing.T) {
	h, g, m := hung(t, Options{Capacity: 2, Policy: DropOldest, WaitLevel: slog.LevelError, Timeout: time.Millisecond, DropReportInterval: -1})
	for i := range 2 {
		if err := h.Handle(bg, rec(slog.LevelError, fmt.Sprint("error ", i))); err != nil {
			t.Error(err)
		}
	}
	if err := h.Handle(bg, rec(0, "info")); !errors.Is(err, ErrDropped) {
		t.Errorf("an error was evicted for an info: %v", err)
	}
	if err := h.Handle(bg, rec(slog.LevelError, "error 2")); !errors.Is(err, ErrDropped) {
		t.Error(err)
	}
	if s := h.Stats(); s.DroppedByReason != (ByReason{Full: 1, Evicted: 2, Timeout: 1}) || s.DroppedByLevel != (ByLevel{Info: 3, Error: 1}) {
		t.Errorf("%+v", s)
	}
	g.release()
	flushed(t, h)
	if got := fmt.Sprint(m.messages()); got != "[in hand error 0 error 1]" {
		t.Error(got)
	}
}

func TestT16_CloseRefusesCountsAndIsIdempotent(t *testing.T) {
	var m memory
	h := start(t, m.handler(), Options{})
	l := h.WithGroup("g")
	_ = l.Handle(bg, rec(0, "before"))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := h.Close(within5s(t)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, x := range []chain.Handler{h, l.(chain.Handler)} {
		if err := x.Handle(bg, rec(0, "after")); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		if err := x.HandleRoot(bg, rec(0, "after"), chain.Root{}); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	}
	flushed(t, h)
	if err := h.Close(nil); err != nil { //nolint:staticcheck // a nil context must not hurt
		t.Error(err)
	}
	if s := h.Stats(); fmt.Sprint(m.messages()) != "[before]" || s.Refused != 4 {
		t.Errorf("%v %+v", m.messages(), s)
	}
	balanced(t, h, 5)
}

func TestT16_CloseOnAHangingSinkIsBoundedAndCounts(t *testing.T) {
	h, g, m := hung(t, Options{Capacity: 5})
	ctx, cancel := context.WithCancel(bg)
	cancel()
	err := h.Close(ctx)
	if !errors.Is(err, context.Canceled) || err.Error() != "async: close: 5 records dropped, 1 still in the next handler: context canceled" {
		t.Error(err)
	}
	if s := h.Stats(); s.DroppedByReason != (ByReason{Closed: 5}) || s.Queued != 1 {
		t.Errorf("%+v", s)
	}
	balanced(t, h, 6)
	g.release()
	if err := h.Close(within5s(t)); err != nil {
		t.Error(err)
	}
	if s := h.Stats(); s.Queued != 0 || fmt.Sprint(m.messages()) != "[in hand]" || len(m.reports) != 1 {
		t.Errorf("%+v %v %v", s, m.messages(), m.reports)
	}
	balanced(t, h, 6)
}

func TestCloseAndFlushFromTheSinkEndWithTheirContext(t *testing.T) {
	var h *Handler
	got := make(chan error, 2)
	h = start(t, sinkFunc(func(context.Context, slog.Record) error {
		ctx, cancel := context.WithTimeout(bg, time.Millisecond)
		defer cancel()
		got <- h.Flush(ctx)
		got <- h.Close(ctx)
		return nil
	}), Options{Workers: 1})
	_ = h.Handle(bg, rec(0, "m"))
	for range 2 {
		if err := <-got; !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	}
	if err := h.Close(within5s(t)); err != nil {
		t.Error(err)
	}
	balanced(t, h, 1)
}

func TestFlushSaysHowManyRemain(t *testing.T) {
	h, g, _ := hung(t, Options{Capacity: 5})
	ctx, cancel := context.WithCancel(bg)
	cancel()
	if err := h.Flush(ctx); err == nil || err.Error() != "async: flush: 6 records not handed on yet: context canceled" {
		t.Error(err)
	}
	g.release()
	flushed(t, h)
	if err := h.Flush(ctx); err != nil {
		t.Errorf("nothing to wait for: %v", err)
	}
}

func TestFlushCoversWhatCameBeforeIt(t *testing.T) {
	const producers, each = 8, 200
	var seen [producers]atomic.Int64
	h := start(t, sinkFunc(func(_ context.Context, r slog.Record) error { seen[r.PC].Add(1); return nil }),
		Options{Capacity: 1000, Policy: Block, Timeout: time.Minute})
	var wg sync.WaitGroup
	for p := range producers {
		l := h.WithAttrs([]slog.Attr{slog.Int("p", p)})
		wg.Go(func() {
			for i := range int64(each) {
				_ = l.Handle(bg, slog.NewRecord(time.Time{}, 0, "m", uintptr(p)))
				if err := h.Flush(within5s(t)); err != nil {
					t.Error(err)
				}
				if n := seen[p].Load(); n != i+1 {
					t.Errorf("%d records before Flush, %d handed on after it", i+1, n)
				}
				if s := h.Stats(); s.Offered != s.Delivered+s.Failed+s.Dropped+s.Refused+uint64(s.Queued) {
					t.Errorf("out of balance under load: %+v", s)
				}
			}
		})
	}
	wg.Wait()
}

func TestAnIdleQueueHoldsNothing(t *testing.T) {
	h := start(t, sinkFunc(func(context.Context, slog.Record) error { return nil }), Options{})
	object := new([100]int)
	held := weak.Make(object)
	_ = h.Handle(context.WithValue(bg, ctxKey{}, object), rec(0, "m"))
	object = nil
	flushed(t, h)
	for range 10 {
		if runtime.GC(); held.Value() == nil {
			return
		}
	}
	t.Error("the context of a record that was handed on is still held")
}
