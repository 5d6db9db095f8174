package sample

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/internal/chain"
)

// TestReleaseByManyGoroutines has several goroutines log to one request, errors among it, and wants every record once,
// each goroutine's in order, and none of those logged before the first error behind it.
func TestReleaseByManyGoroutines(t *testing.T) {
	const goroutines, records, rounds = 8, 60, 40
	for round := range rounds {
		out := &sink{}
		b := NewBuffer(out, &BufferOptions{MaxRecords: goroutines*records + 1, MaxBytes: 1 << 30})
		unit, end := Begin(context.Background())
		for i := range 5 {
			_ = b.Handle(unit, record(slog.LevelInfo, fmt.Sprintf("before %d", i)))
		}
		var wg sync.WaitGroup
		for g := range goroutines {
			wg.Go(func() {
				for i := range records {
					l := slog.LevelInfo
					if i == records/2+g%3 {
						l = slog.LevelError
					}
					_ = b.Handle(unit, record(l, fmt.Sprintf("%d %d", g, i)))
				}
			})
		}
		wg.Wait()
		end()
		next := map[string]int{}
		before := 0
		for _, m := range out.messages() {
			who, n, _ := strings.Cut(m, " ")
			if who == "before" {
				before++
			}
			if n != fmt.Sprint(next[who]) {
				t.Fatalf("round %d: %q, want number %d of %s next", round, m, next[who], who)
			}
			if next[who]++; who != "before" && before < 5 {
				t.Fatalf("round %d: %q came before what was held first", round, m)
			}
		}
		if n := len(out.entries); n != goroutines*records+5 {
			t.Fatalf("round %d: %d records", round, n)
		}
		st := balanced(t, b)
		if st.Held != 0 || st.HeldBytes != 0 || st.Requests != 0 || st.Dropped != 0 || st.Evicted != 0 {
			t.Fatalf("round %d: %+v", round, st)
		}
	}
}

// TestBooksBalanceWhenRequestsEndUnderWay lets requests be logged to, fail, end and be evicted all at once.
func TestBooksBalanceWhenRequestsEndUnderWay(t *testing.T) {
	out := &sink{}
	b := NewBuffer(out, &BufferOptions{MaxRecords: 8, MaxBytes: 8 << 10, TotalBytes: 16 << 10})
	var wg sync.WaitGroup
	sent := 0
	for i := range 200 {
		unit, end := Begin(context.Background())
		for g := range 4 {
			sent += 20
			wg.Go(func() {
				for n := range 20 {
					l := slog.LevelInfo
					if i%2 == 0 && g == 0 && n == 10 {
						l = slog.LevelError
					}
					_ = b.Handle(unit, record(l, "m"))
					if g == 1 && n == 15 {
						end()
					}
				}
			})
		}
	}
	wg.Wait()
	st := balanced(t, b)
	if st.Held != 0 || st.HeldBytes != 0 || st.Requests != 0 || st.Received != uint64(sent) {
		t.Errorf("%+v", st)
	}
	if n := uint64(len(out.entries)); n != st.Passed+st.Released {
		t.Errorf("%d records came out, %d passed and %d were released", n, st.Passed, st.Released)
	}
}

func TestStatsAgreeAfterManyProducers(t *testing.T) {
	const producers, records = 64, 500
	out := &sink{}
	h := NewHandler(out, &Options{Load: constant(.5), MaxPerSecond: 1000})
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			for i := range records {
				l := slog.Level(4 * (i%4 - 1))
				_ = h.HandleRoot(context.Background(), record(l, "m", slog.Bool("user_facing", p%2 == 0)), chain.Root{Key: uint64(p * i)})
				if i%100 == 0 {
					h.Stats()
				}
			}
		})
	}
	wg.Wait()
	st := h.Stats()
	if st.Kept+st.SampledOut != producers*records || st.Kept != uint64(len(out.entries)) {
		t.Errorf("%+v, %d came out", st, len(out.entries))
	}
	byLevel := map[slog.Level]uint64{}
	for _, e := range out.entries {
		byLevel[e.rec.Level]++
	}
	for _, l := range st.Levels {
		if l.Kept != byLevel[l.Level] {
			t.Errorf("%v: %d counted, %d came out", l.Level, l.Kept, byLevel[l.Level])
		}
	}
	if diff := cmp.Diff(uint64(producers*records/4), byLevel[slog.LevelError]); diff != "" {
		t.Error(diff)
	}
}
