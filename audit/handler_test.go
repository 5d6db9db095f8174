package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sluicelog/sluice/internal/scope"
)

// kept is a sink that keeps bodies in memory.
type kept struct {
	mu     sync.Mutex
	bodies []Body
}

func (k *kept) Name() string   { return "kept" }
func (k *kept) Healthy() error { return nil }

func (k *kept) Record(_ context.Context, b Body) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.bodies = append(k.bodies, b)
	return nil
}

func TestOtherRecordsPass(t *testing.T) {
	var buf bytes.Buffer
	h, err := NewHandler(slog.NewJSONHandler(&buf, nil), nil, &kept{})
	if err != nil {
		t.Fatal(err)
	}
	err = slogtest.TestHandler(h, func() []map[string]any {
		var out []map[string]any
		for line := range strings.Lines(buf.String()) {
			var m map[string]any
			if err := json.Unmarshal([]byte(line), &m); err != nil {
				t.Fatal(err)
			}
			out = append(out, m)
		}
		return out
	})
	if err != nil {
		t.Error(err)
	}
}

func TestLogNeedsAHandlerThatTakesIt(t *testing.T) {
	for name, h := range map[string]slog.Handler{"none": slog.NewJSONHandler(&bytes.Buffer{}, nil), "discard": slog.DiscardHandler} {
		if err := Log(t.Context(), slog.New(h), "x", event(1)); !errors.Is(err, ErrNotRecorded) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewHandler(nil, nil); err == nil {
		t.Error("a handler without a sink")
	}
	k := &kept{}
	h, err := NewHandler(nil, nil, k)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // a client that hangs up does not undo what it did
	l := slog.New(h).With("a", 1).WithGroup("g")
	if err := Log(ctx, l, "x", event(1)); err != nil || len(k.bodies) != 1 {
		t.Errorf("%v, %d", err, len(k.bodies))
	}
	e := event(2)
	l.Error("a plain call", slog.Any(Key, &e))
	if len(k.bodies) != 2 {
		t.Error("an event in an ordinary call is not recorded")
	}
}

func TestTheSlowerSinkKeepsWhatTheFasterHasKept(t *testing.T) {
	dir := t.TempDir()
	tr := mustOpen(t, dir, Options{})
	h, err := NewHandler(nil, &HandlerOptions{OnError: func(err error) { t.Errorf("OnError: %v", err) }}, tr, &kept{})
	if err != nil {
		t.Fatal(err)
	}
	l := slog.New(h)
	const n = 50
	for i := range n {
		if err := Log(t.Context(), l, "x", event(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustClose(t, tr)
	if got := count(types(t, dir), TypeEvent); got != n {
		t.Errorf("the trail has %d events of %d: the other sink was faster", got, n)
	}
}

func TestNoContextAndNoLoggerAreTheDefaultOnes(t *testing.T) {
	k := &kept{}
	before := slog.Default()
	defer slog.SetDefault(before)
	slog.SetDefault(mustHandler(t, nil, k))
	if err := Log(nil, nil, "x", event(1)); err != nil || len(k.bodies) != 1 { //nolint:staticcheck // that it does not panic is the point
		t.Errorf("%v, %d events", err, len(k.bodies))
	}
}

func TestEventsCarryTheirDifferencesAndCorrelation(t *testing.T) {
	k := &kept{}
	s := &scope.Scope{Request: "r1", Session: "s1", User: "u1", Transaction: "t1", Trace: [16]byte{15: 7}}
	s.Seal()
	l := mustHandler(t, &HandlerOptions{Mask: func(field string, b []byte) []byte {
		return bytes.ReplaceAll(b, []byte("hunter2"), []byte("[REDACTED]"))
	}}, k)
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))
	err := Log(scope.NewContext(t.Context(), s), l, "Configuration changed", Event{
		Time: at, Action: "config.change", Reason: "password was hunter2",
		Old: map[string]any{"a": 1, "gone": true, "deep": map[string]any{"x/y": 1, "same": 2}, "password": "hunter2"},
		New: map[string]any{"a": 2, "come": "x", "deep": map[string]any{"x/y": 3, "same": 2}, "password": "hunter2"},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := k.bodies[0]
	got, _ := json.Marshal(b.Changes)
	want := `[{"op":"replace","path":"/a","old":1,"value":2},{"op":"add","path":"/come","value":"x"},{"op":"replace","path":"/deep/x~1y","old":1,"value":3},{"op":"remove","path":"/gone","old":true}]`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	if !b.Time.Equal(at) || b.Time.Location() != time.UTC || b.Request != "r1" || b.Trace != "00000000000000000000000000000007" || b.Transaction != "t1" || b.Actor.ID != "u1" || b.Actor.Session != "s1" || b.Kind != KindOther || b.Outcome != Unknown {
		t.Errorf("%+v", b)
	}
	all, _ := json.Marshal(b)
	if bytes.Contains(all, []byte("hunter2")) || !strings.Contains(b.Reason, "[REDACTED]") {
		t.Errorf("not masked: %s", all)
	}
}

func TestWhatCannotBeEncodedIsDescribed(t *testing.T) {
	k := &kept{}
	if err := Log(t.Context(), mustHandler(t, nil, k), "x", Event{New: func() {}}); err != nil {
		t.Fatal(err)
	}
	if got := string(k.bodies[0].New); !strings.Contains(got, "!(func()") {
		t.Error(got)
	}
}

func TestActorsCanBePseudonymous(t *testing.T) {
	dir := t.TempDir()
	tr := mustOpen(t, dir, Options{})
	l := mustHandler(t, &HandlerOptions{PseudonymiseActors: true}, tr)
	for range 2 {
		if err := Log(t.Context(), l, "x", Event{Actor: Actor{ID: "ada@example.com"}}); err != nil {
			t.Fatal(err)
		}
	}
	ids := map[string]bool{}
	for i := uint64(1); i < 3; i++ {
		p, err := readEntry(dir, i)
		if err != nil || strings.Contains(string(p), "ada@") {
			t.Fatalf("%s %v", p, err)
		}
		var e Entry
		_ = json.Unmarshal(p, &e)
		b, _ := e.Event()
		ids[b.Actor.ID] = true
	}
	if len(ids) != 1 {
		t.Errorf("%v", ids)
	}
}
