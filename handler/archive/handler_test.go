package archive

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, dir string, opts *Options) *Handler {
	t.Helper()
	s, err := store.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := NewHandler(s, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h
}

// lines returns what is in the store.
func lines(t *testing.T, dir string) []string {
	t.Helper()
	r, err := store.OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	snap, err := r.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	var out []string
	for l, err := range snap.Lines() {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(l.Text))
	}
	return out
}

func TestHandlerKeepsTheContractOfSlog(t *testing.T) {
	var h *Handler
	var dir string
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		dir = t.TempDir()
		h = open(t, dir, nil)
		return h
	}, func(t *testing.T) map[string]any {
		if err := h.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal([]byte(lines(t, dir)[0]), &m); err != nil {
			t.Fatal(err)
		}
		return m
	})
}

func TestRecordsAreInTheStoreAndCounted(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir, &Options{Level: slog.LevelDebug})
	at := time.Date(2026, 3, 1, 12, 0, 0, 500, time.UTC)
	r := slog.NewRecord(at, slog.LevelWarn, "m", 0)
	r.AddAttrs(slog.Int("a", 1), slog.Int("a", 2))
	if err := h.WithGroup("g").WithAttrs([]slog.Attr{slog.String("x", "y")}).Handle(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	root := chain.Root{Record: []slog.Attr{slog.String("request_id", "r1")}}
	if err := h.HandleRoot(t.Context(), slog.NewRecord(at, slog.LevelInfo, "n", 0), root); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"time":"2026-03-01T12:00:00.0000005Z","level":"WARN","msg":"m","g":{"x":"y","a#2":1,"a":2}}`,
		`{"time":"2026-03-01T12:00:00.0000005Z","level":"INFO","msg":"n","request_id":"r1"}`,
	}
	if diff := cmp.Diff(want, lines(t, dir)); diff != "" {
		t.Error(diff)
	}
	st := h.Stats()
	if st.Records != 2 || st.Bytes != uint64(len(want[0])+len(want[1])) || st.Renamed != 1 || st.Errors != 0 || st.Store.Segments != 1 {
		t.Errorf("%+v", st)
	}
}

func TestAfterCloseRecordsAreRefusedAndCounted(t *testing.T) {
	var got []error
	h := open(t, t.TempDir(), &Options{OnError: func(err error) { got = append(got, err) }})
	if err := h.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := h.Handle(t.Context(), slog.NewRecord(time.Now(), slog.LevelInfo, "late", 0))
	if !errors.Is(err, store.ErrClosed) || len(got) != 1 || h.Stats().Errors != 1 || h.Stats().Records != 0 {
		t.Errorf("%v, reported %v, %+v", err, got, h.Stats())
	}
	if err := h.Close(t.Context()); err != nil {
		t.Error("second Close:", err)
	}
}

func TestACancelledContextLosesNothing(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Handle(ctx, slog.NewRecord(time.Now(), slog.LevelInfo, "kept", 0)); err != nil {
		t.Fatal(err)
	}
	if err := h.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(lines(t, dir)); n != 1 {
		t.Errorf("%d records", n)
	}
}

func TestManyGoroutinesLoseNothing(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir, nil)
	const writers, each = 8, 500
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			l := slog.New(h).With("writer", w)
			for i := range each {
				l.Info("m", "i", i)
			}
		})
	}
	wg.Wait()
	if err := h.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	next := map[float64]float64{}
	got := lines(t, dir)
	for _, line := range got {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		w, i := m["writer"].(float64), m["i"].(float64)
		if i != next[w] {
			t.Fatalf("writer %v: record %v where %v is expected", w, i, next[w])
		}
		next[w]++
	}
	if len(got) != writers*each {
		t.Errorf("%d records", len(got))
	}
}

func TestWrongOptionsAreNamed(t *testing.T) {
	if _, err := NewHandler(nil, nil); err == nil {
		t.Error("no store is accepted")
	}
	s, err := store.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())
	want := "archive: Options.MaxRecord is 5, want 0 for the default or 1024 to 4194304"
	if _, err := NewHandler(s, &Options{MaxRecord: 5}); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestWithNothingReturnsTheReceiver(t *testing.T) {
	h := open(t, t.TempDir(), nil)
	if h.WithGroup("") != slog.Handler(h) || h.WithAttrs(nil) != slog.Handler(h) {
		t.Error("another handler")
	}
}
