package opensearch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/slogtest"
	"testing/synctest"
	"time"
)

func TestHandlerKeepsTheContractOfSlog(t *testing.T) {
	var h *Handler
	var node *fakeNode
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		node = newFakeNode(t)
		h, _ = start(t, node, Options{MaxAge: time.Millisecond})
		return h
	}, func(t *testing.T) map[string]any {
		flush(t, h)
		var doc map[string]any
		for _, d := range node.docs["ds-1"] {
			if err := json.Unmarshal(d, &doc); err != nil {
				t.Fatal(err)
			}
		}
		line := map[string]any{slog.TimeKey: doc["@timestamp"], slog.LevelKey: doc["severity"], slog.MessageKey: doc["body"]}
		if doc["observedTimestamp"] != nil { // the record had no time; a document must
			delete(line, slog.TimeKey)
		}
		if attrs, ok := doc["attributes"].(map[string]any); ok {
			for k, v := range attrs {
				line[k] = v
			}
		}
		return line
	})
}

func TestACallerNeverWaitsForANodeThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := newFakeNode(t)
		node.before = func(int, bulk) *answer { return &answer{hang: true} }
		h, _ := start(t, node, Options{MaxPending: 64 << 10, MaxBytes: 16 << 10})
		began, full := time.Now(), 0
		for i := range 10_000 {
			err := h.Handle(context.Background(), slog.NewRecord(time.Now(), slog.LevelInfo, fmt.Sprint("m", i), 0))
			if errors.Is(err, ErrFull) {
				full++
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if waited := time.Since(began); waited > 0 {
			t.Errorf("waited %v of fake time", waited)
		}
		s := h.Stats()
		if s.QueuedBytes > 64<<10 || s.Dropped != uint64(full) || full == 0 || s.Queued+s.Dropped != 10_000 {
			t.Errorf("%d refused, stats %+v", full, s)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := h.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), fmt.Sprint(s.Queued, " records")) {
			t.Errorf("flush: %v", err)
		}
		began = time.Now()
		err := h.Close(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > time.Second {
			t.Errorf("close: %v after %v", err, time.Since(began))
		}
		if s := h.Stats(); s.Queued != 0 || s.Dropped != 10_000 {
			t.Errorf("after close %+v", s)
		}
	})
}

func TestBlockWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := newFakeNode(t)
		node.before = onlyFirst(4, answer{hang: true})
		h, _ := start(t, node, Options{MaxPending: 64 << 10, MaxBytes: 16 << 10, Overflow: Block})
		write(t, h, "m", 10_000)
		flush(t, h)
		wantOnce(t, node, "m", 10_000)
	})
}

func TestWhatCloseLeavesGoesToTheDeadLetters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dead.jsonl")
	node := newFakeNode(t)
	node.before = func(int, bulk) *answer { return &answer{hang: true} }
	h, _ := start(t, node, Options{DeadLetters: path, MaxDocs: 100, MaxAge: time.Millisecond})
	write(t, h, "m", 1050)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := h.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "1050 records not delivered, they are in the dead letters") {
		t.Errorf("close: %v", err)
	}
	if got := letters(t, path); len(got) != 1050 || got[0].Reason != "closed before it was delivered" {
		t.Errorf("%d dead letters", len(got))
	}
	if s := h.Stats(); s.DeadLettered != 1050 || s.Queued != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestCloseDeliversAndRefusesWhatComesLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := newFakeNode(t)
		node.before = onlyFirst(1, lost)
		h, _ := start(t, node, Options{})
		write(t, h, "m", 100)
		child := h.WithAttrs([]slog.Attr{slog.Int("a", 1)})
		for range 2 {
			if err := h.Close(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		wantOnce(t, node, "m", 100)
		if err := child.Handle(context.Background(), slog.Record{}); !errors.Is(err, ErrClosed) {
			t.Errorf("after close: %v", err)
		}
		if s := h.Stats(); s.Refused != 1 || s.Offered != 101 || s.Queued != 0 {
			t.Errorf("stats %+v", s)
		}
		if err := h.Health(); err == nil {
			t.Error("a closed handler is healthy")
		}
	})
}

func TestADocumentWaitsNoLongerThanMaxAgeForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := newFakeNode(t)
		h, _ := start(t, node, Options{MaxAge: 200 * time.Millisecond, MaxDocs: 10})
		write(t, h, "m", 25)
		synctest.Wait()
		if n := len(node.stored()); n != 20 {
			t.Errorf("%d documents without delay, want the two full requests", n)
		}
		time.Sleep(199 * time.Millisecond)
		synctest.Wait()
		before := len(node.stored())
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if n := len(node.stored()); before != 20 || n != 25 {
			t.Errorf("%d documents before MaxAge, %d after it", before, n)
		}
	})
}

func TestHealthTellsOfAnOutageAndOfItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := newFakeNode(t)
		var down atomic.Bool
		down.Store(true)
		node.before = func(int, bulk) *answer {
			if down.Load() {
				return &answer{status: 401, body: "Unauthorized"}
			}
			return nil
		}
		h, _ := start(t, node, Options{MaxBackoff: time.Second})
		if err := h.Health(); err != nil {
			t.Errorf("at first: %v", err)
		}
		write(t, h, "m", 10)
		time.Sleep(time.Minute)
		if err := h.Health(); err == nil || !strings.Contains(err.Error(), "status 401") {
			t.Errorf("after a minute: %v", err)
		}
		s := h.Stats()
		if s.FailingSince.IsZero() || s.Failures < 30 || s.OldestAge < time.Minute || !strings.Contains(s.LastError, "401") {
			t.Errorf("stats %+v", s)
		}
		down.Store(false)
		flush(t, h)
		if err := h.Health(); err != nil || !h.Stats().FailingSince.IsZero() {
			t.Errorf("at last: %v", err)
		}
	})
}

func TestTheCircuitLetsOneRequestThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := newFakeNode(t)
		var mu sync.Mutex
		now, most := 0, 0
		node.before = func(n int, _ bulk) *answer {
			if n < 8 || n >= 100 {
				return &lost
			}
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return &lost
		}
		h, _ := start(t, node, Options{InFlight: 8, MaxDocs: 1, MaxBackoff: 10 * time.Millisecond})
		write(t, h, "m", 100)
		time.Sleep(30 * time.Second)
		mu.Lock()
		if most != 1 {
			t.Errorf("%d requests at once while all fail", most)
		}
		mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		_ = h.Close(ctx)
	})
}

type idKey struct{}

func TestGivenIdentifiersMakeARecordOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := newFakeNode(t)
		h, _ := start(t, node, Options{ID: func(ctx context.Context, _ slog.Record) string {
			id, _ := ctx.Value(idKey{}).(string)
			return id
		}})
		for range 3 {
			for i, id := range []string{"app.log-1", "app.log-2", strings.Repeat("x", 600), "ü\"", ""} {
				_ = h.Handle(context.WithValue(context.Background(), idKey{}, id), slog.NewRecord(time.Now(), 0, fmt.Sprint("m", i), 0))
			}
			flush(t, h)
		}
		got := node.stored()
		for i := range 4 {
			if got[fmt.Sprint("m", i)] != 1 {
				t.Errorf("m%d is there %d times", i, got[fmt.Sprint("m", i)])
			}
		}
		if got["m4"] != 3 {
			t.Errorf("without an identifier: %d", got["m4"])
		}
	})
}

func TestConcurrentLoggersLoseNothing(t *testing.T) {
	node := newFakeNode(t)
	n := 0
	var mu sync.Mutex
	node.after = func(int, bulk) *answer {
		mu.Lock()
		defer mu.Unlock()
		if n++; n%3 == 0 {
			return &lost
		}
		return nil
	}
	h, _ := start(t, node, Options{MaxDocs: 50, MaxAge: time.Millisecond, MaxBackoff: 10 * time.Millisecond})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			log := slog.New(h).With("g", g)
			for i := range 500 {
				log.Info(fmt.Sprint("m", g*500+i))
				if i%100 == 0 {
					_ = h.Flush(context.Background())
					_ = h.Stats()
				}
			}
		})
	}
	wg.Wait()
	flush(t, h)
	wantOnce(t, node, "m", 4000)
}

func TestOptionsOutOfRangeAreNamed(t *testing.T) {
	err := (&Options{
		Format: "xml", Stream: "Logs", MaxValue: 1, MaxRecord: 1, MaxDocs: -1, MaxBytes: 1, MaxAge: -1, InFlight: 65, MaxPending: 1,
		Overflow: "x", Timeout: 1, MaxBackoff: 1, ItemRetries: 101, SpoolOptions: &SpoolOptions{},
	}).Validate()
	for _, field := range []string{
		"Format", "Stream", "MaxValue", "MaxRecord", "MaxDocs", "MaxBytes", "MaxAge", "InFlight", "MaxPending", "Overflow", "Timeout",
		"MaxBackoff", "ItemRetries", "SpoolOptions",
	} {
		if err == nil || !strings.Contains(err.Error(), "Options."+field+" is ") {
			t.Errorf("%s is not named in %v", field, err)
		}
	}
	if err := (*Options)(nil).Validate(); err != nil {
		t.Error(err)
	}
}
