package compress

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/slogrec"
)

func TestAWindowEndsAfterItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := slogrec.New()
		h := start(t, sink, Options{})
		for round := range 3 {
			_ = h.Handle(bg, rec(0, "a"))
			time.Sleep(999 * time.Millisecond)
			_ = h.Handle(bg, rec(0, "b"))
			synctest.Wait()
			if sink.Len() != 2*round {
				t.Fatalf("round %d: %q", round, messages(sink))
			}
			time.Sleep(time.Millisecond)
			synctest.Wait()
			if sink.Len() != 2*round+2 {
				t.Fatalf("round %d: %q", round, messages(sink))
			}
			time.Sleep(time.Duration(round) * time.Hour)
		}
	})
}

func TestAWindowEndsWhenItIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := slogrec.New()
		h := start(t, sink, Options{Records: 10})
		for i := range 25 {
			_ = h.Handle(bg, rec(0, fmt.Sprint("r ", i), slog.Int("i", i)))
			synctest.Wait()
			if want := (i + 1) / 10; sink.Len() != want {
				t.Fatalf("after %d: %q", i+1, messages(sink))
			}
		}
		// The rest has its own second from its own first record.
		time.Sleep(time.Second)
		synctest.Wait()
		sink.RequireCount(t, 2, slogrec.Attr("count", 10))
		balanced(t, h, 25)
		if sink.Len() != 2+5 {
			t.Errorf("%q", messages(sink))
		}
	})
}

func TestAHangingSinkHoldsNobodyAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := &slogrec.Gate{}
		sink := slogrec.New(slogrec.BlockOn(gate, slogrec.Message("stuck")))
		h := start(t, sink, Options{Records: 1})
		_ = h.Handle(bg, rec(0, "stuck"))
		synctest.Wait()
		for i := range 10 {
			_ = h.Handle(bg, rec(0, fmt.Sprint("m ", i)))
		}
		if s := balanced(t, h, 11); s.Held != 5 || s.Crowded != 6 {
			t.Errorf("%+v", s)
		}
		ctx, cancel := context.WithTimeout(bg, time.Second)
		defer cancel()
		if err := h.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) || err.Error() != "compress: flush: 5 records not handed on yet: context deadline exceeded" {
			t.Error(err)
		}
		if err := h.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if err := h.Handle(bg, rec(0, "late")); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		if err := h.Handle(bg, rec(slog.LevelError, "late")); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		gate.Open()
		if err := h.Close(bg); err != nil {
			t.Error(err)
		}
		if s := balanced(t, h, 13); s.Held != 0 || s.Delivered != 11 || s.Refused != 2 {
			t.Errorf("%+v", s)
		}
		if d := cmp.Diff([]string{"m 4", "m 5", "m 6", "m 7", "m 8", "m 9", "stuck", "m 0", "m 1", "m 2", "m 3"}, messages(sink)); d != "" {
			t.Error(d)
		}
	})
}

func TestCloseHandsOnWhatIsHeld(t *testing.T) {
	sink := slogrec.New()
	h, err := NewHandler(sink, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(bg)
	cancel()
	for range 7 {
		_ = h.Handle(ctx, rec(0, "m"))
	}
	for range 2 {
		if err := h.Close(within5s(t)); err != nil {
			t.Error(err)
		}
	}
	r := sink.Require(t, slogrec.Attr("count", 7))
	if r.Context.Err() != nil {
		t.Error("the context's cancellation is handed on")
	}
	if err := h.Flush(bg); err != nil {
		t.Error(err)
	}
}

func TestASinkThatEndsItsGoroutineEndsNothingElse(t *testing.T) {
	sink := slogrec.New()
	h := start(t, goexit{sink}, Options{Records: 3})
	for _, msg := range []string{"a", "exit", "b", "c", "d", "e"} {
		_ = h.Handle(bg, rec(0, msg))
	}
	flushed(t, h)
	if d := cmp.Diff([]string{"a", "c", "d", "e"}, messages(sink)); d != "" {
		t.Error(d)
	}
	if s := balanced(t, h, 6); s.Failed != 2 {
		t.Errorf("%+v", s)
	}
}

type goexit struct{ *slogrec.Recorder }

func (g goexit) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == "exit" {
		runtime.Goexit()
	}
	return g.Recorder.Handle(ctx, r)
}

func TestTheBooksBalanceUnderLoad(t *testing.T) {
	const workers, each = 8, 4000
	sink := slogrec.New(slogrec.FailWith(errSink, slogrec.MessageContains("unlucky")))
	h := start(t, sink, Options{Records: 100, Interval: time.Millisecond})
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			l := h.WithAttrs([]slog.Attr{slog.Int("worker", w)})
			for i := range each {
				msg, level := fmt.Sprint("step ", i), slog.LevelInfo
				switch {
				case i%50 == 0:
					msg = fmt.Sprintf("unlucky %d %d", w, i)
				case i%70 == 0:
					level = slog.LevelError
				}
				_ = l.Handle(bg, rec(level, msg, slog.Int("i", i)))
				if i%1000 == 0 {
					h.Stats()
				}
			}
		})
	}
	wg.Wait()
	flushed(t, h)
	s := balanced(t, h, workers*each)
	if s.Held != 0 || s.Groups == 0 || s.Failed != workers*each/50 {
		t.Errorf("%+v", s)
	}
	stands := 0
	for _, r := range sink.Records() {
		n := 1
		if c, ok := r.Get(KeyCount); ok {
			n = int(c.(int64))
		}
		stands += n
	}
	if want := workers*each - int(s.Failed); stands != want {
		t.Errorf("the sink's records stand for %d, want %d", stands, want)
	}
}
