package opensearch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// unmade is a stream that is made at the attempt number made.
type unmade struct {
	made     int
	attempts []time.Time
}

func (u *unmade) make(context.Context) error {
	u.attempts = append(u.attempts, time.Now())
	if len(u.attempts) < u.made {
		return fmt.Errorf("opensearch: put the template: %w", errors.New("nothing listens there"))
	}
	return nil
}

func TestNothingIsSentBeforeTheStreamIsPrepared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := newFakeNode(t)
		u := &unmade{made: 12}
		node.before = func(int, bulk) *answer {
			if len(u.attempts) < u.made {
				t.Error("sent before the stream was there")
			}
			return nil
		}
		h, log := start(t, node, Options{Prepare: u.make, MaxBackoff: 20 * time.Second, MaxDocs: 10})
		write(t, h, "m", 100)
		ctx, cancel := context.WithTimeout(t.Context(), 11*time.Second)
		defer cancel()
		if err := h.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("flush: %v", err)
		}
		s := h.Stats()
		if !s.Unprepared || s.Queued != 100 || s.Requests != 0 || s.FailingSince.IsZero() || !strings.Contains(s.LastError, "nothing listens there; 100 documents wait") {
			t.Errorf("before: %+v", s)
		}
		if err := h.Health(); err == nil || !strings.Contains(err.Error(), "attempts to prepare the stream have failed") {
			t.Errorf("health: %v", err)
		}
		flush(t, h)
		wantOnce(t, node, "m", 100)
		if s := h.Stats(); s.Unprepared || s.Delivered != 100 || s.Retried != 0 || !s.FailingSince.IsZero() {
			t.Errorf("after: %+v", s)
		}
		if err := h.Health(); err != nil {
			t.Errorf("health: %v", err)
		}
		if n := len(u.attempts); n != u.made {
			t.Errorf("%d attempts, want %d", n, u.made)
		}
		for i := 1; i < len(u.attempts); i++ {
			wait, most := u.attempts[i].Sub(u.attempts[i-1]), min(firstBackoff<<(i-1), 20*time.Second)
			if wait <= 0 || wait > most {
				t.Errorf("attempt %d came after %v, want at most %v", i, wait, most)
			}
		}
		took := u.attempts[len(u.attempts)-1].Sub(u.attempts[0])
		if told := strings.Count(log.String(), "nothing listens there"); told < 1 || told > 1+int(took/tellAgain) {
			t.Errorf("told %d times in %v: %s", told, took, log)
		}
	})
}

func TestAStreamThatIsNeverPreparedLosesNothingOfASpool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node, dir := newFakeNode(t), t.TempDir()
		node.before = func(int, bulk) *answer { t.Error("sent before the stream was there"); return &lost }
		hanging := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		o := spooling(dir)
		o.Prepare = hanging
		h, _ := start(t, node, o)
		write(t, h, "m", 500)
		began := time.Now()
		closeSoon(t, h, 500)
		if took := time.Since(began); took > time.Second {
			t.Errorf("Close took %v", took)
		}
		node.before = nil
		h, _ = start(t, node, spooling(dir))
		flush(t, h)
		wantOnce(t, node, "m", 500)
	})
}

func TestCloseDoesNotWaitForAStreamThatNobodyNeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := start(t, newFakeNode(t), Options{Prepare: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }})
		began := time.Now()
		if err := h.Close(t.Context()); err != nil || time.Since(began) > 0 {
			t.Errorf("Close: %v after %v: %s", err, time.Since(began), log)
		}
	})
}
