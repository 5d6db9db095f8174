package sample

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/internal/chain"
)

func TestOneRequestIsBounded(t *testing.T) {
	for name, opts := range map[string]*BufferOptions{
		"records": {MaxRecords: 3},
		"bytes":   {MaxBytes: 3*(itemBytes+100+attrBytes+1000) + 500},
	} {
		t.Run(name, func(t *testing.T) {
			out := &sink{}
			b := NewBuffer(out, opts)
			unit, end := Begin(context.Background())
			defer end()
			for i := range 10 {
				_ = b.Handle(unit, record(slog.LevelInfo, fmt.Sprintf("%0100d", i), slog.String("s", strings.Repeat("x", 1000))))
			}
			st := balanced(t, b)
			if st.Held != 3 || st.Evicted != 7 || st.Requests != 1 {
				t.Errorf("%+v", st)
			}
			_ = b.Handle(unit, record(slog.LevelError, "e"))
			want := []string{fmt.Sprintf("%0100d", 7), fmt.Sprintf("%0100d", 8), fmt.Sprintf("%0100d", 9), "e"}
			if diff := cmp.Diff(want, out.messages()); diff != "" {
				t.Error(diff)
			}
			if st := balanced(t, b); st.Held != 0 || st.HeldBytes != 0 || st.Requests != 0 {
				t.Errorf("%+v", st)
			}
		})
	}
}

func TestWhatJoinsARequestThatIsBeingReleasedIsBoundedToo(t *testing.T) {
	const most = 10 << 10
	var b *Buffer
	unit, end := Begin(context.Background())
	defer end()
	var peak uint64
	passed := 0
	b = NewBuffer(slogFunc(func(r slog.Record) {
		passed++
		if r.Message != "first" {
			return
		}
		for range 30 { // a sink that says much about the first record that it gets
			_ = b.Handle(unit, record(slog.LevelInfo, "more", slog.String("s", strings.Repeat("x", 1000))))
			peak = max(peak, b.Stats().HeldBytes)
		}
	}), &BufferOptions{MaxBytes: most})
	_ = b.Handle(unit, record(slog.LevelInfo, "first"))
	_ = b.Handle(unit, record(slog.LevelError, "e"))
	if peak > most {
		t.Errorf("the request held %d bytes of at most %d", peak, most)
	}
	if st := balanced(t, b); passed != 32 || st.Held != 0 {
		t.Errorf("%d records came through of 32: %+v", passed, st)
	}
}

func TestOneRecordTooLargeIsEvicted(t *testing.T) {
	b := NewBuffer(&sink{}, &BufferOptions{MaxBytes: 1000})
	unit, end := Begin(context.Background())
	defer end()
	_ = b.Handle(unit, record(slog.LevelInfo, "m", slog.Any("b", make([]byte, 1000))))
	if st := balanced(t, b); st.Evicted != 1 || st.HeldBytes != 0 || st.Requests != 0 {
		t.Errorf("%+v", st)
	}
}

func TestT17_MemoryIsBoundedOverAllRequests(t *testing.T) {
	const total = 100 << 10
	out := &sink{}
	b := NewBuffer(out, &BufferOptions{MaxBytes: 10 << 10, TotalBytes: total})
	var units []context.Context
	for i := range 10_000 {
		unit, _ := Begin(context.Background())
		units = append(units, unit)
		for range 3 {
			_ = b.Handle(unit, record(slog.LevelInfo, fmt.Sprint(i)))
		}
		if st := b.Stats(); st.HeldBytes > total || st.Requests > total/itemBytes {
			t.Fatalf("after %d requests: %+v", i+1, st)
		}
	}
	st := balanced(t, b)
	if st.Held < 100 || st.Received != 30_000 {
		t.Errorf("%+v", st)
	}
	_ = b.Handle(units[0], record(slog.LevelError, "the oldest"))
	_ = b.Handle(units[9_999], record(slog.LevelError, "the youngest"))
	if diff := cmp.Diff([]string{"the oldest", "9999", "9999", "9999", "the youngest"}, out.messages()); diff != "" {
		t.Error(diff)
	}
	balanced(t, b)
}

func TestEvictedRequestGoesOnHolding(t *testing.T) {
	out := &sink{}
	b := NewBuffer(out, &BufferOptions{MaxBytes: 1, TotalBytes: 2})
	b.store.opts.MaxBytes, b.store.opts.TotalBytes = 10*itemBytes, 3*itemBytes
	one, endOne := Begin(context.Background())
	two, endTwo := Begin(context.Background())
	_ = b.Handle(one, record(slog.LevelInfo, "one 1"))
	_ = b.Handle(two, record(slog.LevelInfo, "two 1"))
	_ = b.Handle(two, record(slog.LevelInfo, "two 2")) // evicts one
	_ = b.Handle(one, record(slog.LevelInfo, "one 2")) // evicts two
	_ = b.Handle(one, record(slog.LevelError, "one 3"))
	_ = b.Handle(two, record(slog.LevelError, "two 3"))
	if diff := cmp.Diff([]string{"one 2", "one 3", "two 3"}, out.messages()); diff != "" {
		t.Error(diff)
	}
	endOne()
	endTwo()
	if st := balanced(t, b); st.Evicted != 3 || st.Requests != 0 {
		t.Errorf("%+v", st)
	}
}

func TestQueueOfAReleaseIsBounded(t *testing.T) {
	out := &sink{}
	b := NewBuffer(out, &BufferOptions{MaxRecords: 2})
	unit, end := Begin(context.Background())
	defer end()
	out.handle = func(e entry) error {
		if e.rec.Message == "e" {
			for i := range 4 {
				_ = b.Handle(unit, record(slog.LevelInfo, fmt.Sprint(i)))
			}
		}
		return nil
	}
	_ = b.Handle(unit, record(slog.LevelError, "e"))
	if diff := cmp.Diff([]string{"e", "2", "3", "0", "1"}, out.messages()); diff != "" {
		t.Error(diff)
	}
	balanced(t, b)
}

func TestEvictionSparesARequestUnderRelease(t *testing.T) {
	out := &sink{}
	b := NewBuffer(out, nil)
	unit, end := Begin(context.Background())
	defer end()
	_ = b.Handle(unit, record(slog.LevelInfo, "held"))
	q := b.store.request(life(unit))
	it := newItem(b.next, unit, record(slog.LevelError, "e"), chain.Root{}, false)
	if got := q.take(it); got != releases {
		t.Fatalf("take: %v", got)
	}
	b.store.evictOldest()
	if err := b.store.release(q, it); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"held", "e"}, out.messages()); diff != "" {
		t.Error(diff)
	}
}
