package mask

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// finder is a Detector that knows words.
type finder map[string]string

func (f finder) Detect(_ context.Context, text string, dst []Entity) []Entity {
	for word, typ := range f {
		for at := 0; ; {
			i := strings.Index(text[at:], word)
			if i < 0 {
				break
			}
			at += i + len(word)
			dst = append(dst, Entity{at - len(word), at, typ, 1})
		}
	}
	return dst
}

type detectFunc func(ctx context.Context, text string, dst []Entity) []Entity

func (f detectFunc) Detect(ctx context.Context, text string, dst []Entity) []Entity {
	return f(ctx, text, dst)
}

func TestDetectedEntitiesAreMasked(t *testing.T) {
	o := &Options{Detector: finder{"Ada": "PERSON", "Paris": "LOCATION", "Acme": "no good name", "REDACTED": "ORGANIZATION"}, Kinds: map[string]Action{"LOCATION": Allow}}
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"Ada of Acme in Paris, " + mail:      "[PERSON_REDACTED] of [ENTITY_REDACTED] in Paris, [EMAIL_REDACTED]",
		"AdaAda":                             "[PERSON_REDACTED][PERSON_REDACTED]",
		"none":                               "none",
		"[EMAIL_REDACTED] [PERSON_REDACTED]": "[EMAIL_REDACTED] [PERSON_REDACTED]",
	} {
		m := New(o)
		got := m.String(in)
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		if again := m.String(got); again != got {
			t.Errorf("twice: %q", again)
		}
	}
	if got := jsonLine(t, o, "k", []any{"by Ada", map[string]string{"password": "Ada", "request_id": "Ada"}}); got != `{"k":["by [PERSON_REDACTED]",{"password":"[REDACTED]","request_id":"Ada"}]}` {
		t.Error(got)
	}
}

func TestDetectorSeesNoKnownSecret(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	m := New(&Options{Detector: detectFunc(func(_ context.Context, text string, dst []Entity) []Entity {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, text)
		return dst
	})})
	m.Attrs([]slog.Attr{slog.Any("a", "to "+mail), slog.Any("password", "x y"), slog.Any("n", 1)})
	if diff := cmp.Diff([]string{"to [EMAIL_REDACTED]"}, seen); diff != "" {
		t.Error(diff)
	}
}

func TestAFailingDetectorPassesNothing(t *testing.T) {
	for name, d := range map[string]detectFunc{
		"panic": func(context.Context, string, []Entity) []Entity { panic("broken") },
		"beyond the end": func(_ context.Context, s string, dst []Entity) []Entity {
			return append(dst, Entity{0, len(s) + 1, "PERSON", 1})
		},
		"before the start": func(_ context.Context, s string, dst []Entity) []Entity {
			return append(dst, Entity{-1, 2, "PERSON", 1})
		},
		"empty": func(_ context.Context, s string, dst []Entity) []Entity {
			return append(dst, Entity{2, 2, "PERSON", 1})
		},
		"in a character": func(_ context.Context, s string, dst []Entity) []Entity {
			return append(dst, Entity{0, 1, "PERSON", 1})
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := New(&Options{Detector: d})
			if got := m.String("é Ada"); got != "[UNINSPECTED]" {
				t.Error(got)
			}
			if m.Stats()["UNINSPECTED"] != 1 {
				t.Error(m.Stats())
			}
		})
	}
}

func TestTheDetectorHasABudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var mu sync.Mutex
		var calls int
		var ended []error
		m := New(&Options{DetectorBudget: time.Second, Detector: detectFunc(func(ctx context.Context, s string, dst []Entity) []Entity {
			mu.Lock()
			calls++
			mu.Unlock()
			if s == "quick" {
				return append(dst, Entity{0, 5, "PERSON", 1})
			}
			time.Sleep(10 * time.Second)
			mu.Lock()
			defer mu.Unlock()
			ended = append(ended, context.Cause(ctx))
			return dst
		})})
		text := func(s string) string {
			w := walker{m: m, ctx: ctx}
			s, _ = w.text(s, verdict{})
			return s
		}
		if got := text("quick"); got != "[PERSON_REDACTED]" {
			t.Errorf("in a cancelled context: %s", got)
		}
		start := time.Now()
		for range 2 * maxStray {
			if got := text("slow"); got != "[UNINSPECTED]" {
				t.Error(got)
			}
		}
		if took := time.Since(start); took != maxStray*time.Second {
			t.Errorf("took %v: texts beyond %d strays must not wait", took, maxStray)
		}
		mu.Lock()
		if calls != 1+maxStray {
			t.Errorf("%d calls", calls)
		}
		mu.Unlock()
		time.Sleep(20 * time.Second)
		if got := text("quick"); got != "[PERSON_REDACTED]" {
			t.Errorf("after the strays returned: %s", got)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, err := range ended {
			if err == nil {
				t.Error("ctx did not end with the budget")
			}
		}
	})
}
