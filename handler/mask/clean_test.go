package mask

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/sluicelog/sluice/internal/chain"
)

func TestARememberedTextIsItsKeysOwn(t *testing.T) {
	var texts cleanTexts
	pairs := [][2]string{{"", "stage done"}, {"stage", ""}, {"stage", "opus"}, {"opus", "stage"}, {"stage", "denoise-worker-7c9f25-ag1.inter"}, {"a", "b"}, {"", "ab"}, {"ab", ""}}
	for i, p := range pairs {
		for _, other := range pairs[i:] {
			if texts.has(other[0], other[1]) {
				t.Errorf("%q is remembered before it came", other)
			}
		}
		for range 5 {
			texts.keep(p[0], p[1])
		}
		if !texts.has(p[0], p[1]) {
			t.Errorf("%q is not remembered", p)
		}
	}
	for _, p := range [][2]string{{strings.Repeat("k", mostKeyed+1), "x"}, {"k", strings.Repeat("x", mostRemembered+1)}} {
		for range 5 {
			texts.keep(p[0], p[1])
		}
		if texts.has(p[0], p[1]) {
			t.Errorf("%q is remembered: its middle would not count", p)
		}
	}
}

func TestEveryByteOfKeyAndTextCounts(t *testing.T) {
	for k := range mostKeyed + 1 {
		for n := range mostRemembered + 1 {
			key, s := strings.Repeat("k", k), strings.Repeat("x", n)
			own, _, _ := describe(key, s)
			all := []byte(key + s)
			for i := range all {
				b := bytes.Clone(all)
				b[i] = 'y'
				if other, _, _ := describe(string(b[:k]), string(b[k:])); other == own {
					t.Fatalf("key of %d, text of %d: byte %d does not count", k, n, i)
				}
			}
			for _, cut := range []int{k - 1, k + 1} {
				if cut >= 0 && cut <= len(all) {
					if other, _, ok := describe(string(all[:cut]), string(all[cut:])); ok && other == own {
						t.Fatalf("key of %d, text of %d: where they part does not count", k, n)
					}
				}
			}
		}
	}
}

func TestTextsThatNeverComeAgainAreNotKept(t *testing.T) {
	var texts cleanTexts
	for i := range 10_000 {
		texts.keep("stage", fmt.Sprintf("stage %d done", i))
	}
	for i := range texts.slots {
		if texts.slots[i].Load() != nil {
			t.Fatal("a text is kept that came once")
		}
	}
}

func TestCleanTextsAreSafeForConcurrentUse(t *testing.T) {
	m := New(nil)
	scanner := m.byClass[plain]
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 5_000 {
				if s := fmt.Sprintf("worker-%03d-ok", (i*g)%40); !m.texts.has("pod", s) && !m.passes("pod", s, scanner) {
					t.Errorf("%q is not clean", s)
				}
				if s := fmt.Sprintf("u%03d@example.com", i%40); m.texts.has("pod", s) || m.passes("pod", s, scanner) {
					t.Error("an address is clean")
				}
			}
		})
	}
	wg.Wait()
}

// last keeps the last record.
type last struct {
	nop
	r slog.Record
}

func (l *last) HandleRoot(_ context.Context, r slog.Record, _ chain.Root) error {
	l.r = r
	return nil
}

func (l *last) attr(key string) (text string) {
	l.r.Attrs(func(a slog.Attr) bool {
		if a.Key == key {
			text = a.Value.String()
		}
		return true
	})
	return text
}

// What is clean under one key is looked at anew under another.
func TestATextIsCleanUnderItsKeyAlone(t *testing.T) {
	sink := &last{}
	h := NewHandler(sink, nil)
	log := func(key, value string) string {
		r := record("m", slog.String(key, value))
		if err := h.Handle(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		return sink.attr(key)
	}
	for range 40 {
		if got := log("offset", "5551234567"); got != "5551234567" {
			t.Fatalf("offset: %s", got)
		}
		if got := log("phone", "5551234567"); got != "[PHONE_REDACTED]" {
			t.Fatalf("phone: %s", got)
		}
		if got := log("password", "5551234567"); got != "[REDACTED]" {
			t.Fatalf("password: %s", got)
		}
	}
}
