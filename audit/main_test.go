package audit

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/childtest"
)

// long is the variable that asks for all rounds.
const long = "SLUICE_LONG"

func TestMain(m *testing.M) { childtest.Main(m) }

// small are options that make checkpoints and epochs come soon, by number alone.
func small() Options {
	return Options{CheckpointEntries: 10, EpochEntries: 20, SegmentBytes: 16 << 10, CheckpointEvery: time.Hour, IdleEvery: time.Hour}
}

func mustOpen(t testing.TB, dir string, o Options) *Trail {
	t.Helper()
	if o.OnError == nil {
		o.OnError = func(err error) { t.Errorf("OnError: %v", err) }
	}
	tr, err := Open(dir, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tr.Close(context.Background()) })
	return tr
}

func mustClose(t testing.TB, tr *Trail) {
	t.Helper()
	if err := tr.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func mustHandler(t testing.TB, o *HandlerOptions, sinks ...Sink) *slog.Logger {
	t.Helper()
	h, err := NewHandler(nil, o, sinks...)
	if err != nil {
		t.Fatal(err)
	}
	return slog.New(h)
}

func event(n int) Event {
	return Event{
		Actor: Actor{ID: fmt.Sprintf("u%d", n%7), Type: "user", Roles: []string{"admin"}}, Action: "config.change", Kind: KindUpdate,
		Target: Target{Type: "config", ID: fmt.Sprintf("setting-%d", n)}, Outcome: Success, Reason: "ticket 7",
		Old: map[string]any{"value": n}, New: map[string]any{"value": n + 1},
	}
}

// write makes a closed log of n events.
func write(t testing.TB, dir string, n int, o Options) (public string) {
	t.Helper()
	tr := mustOpen(t, dir, o)
	l := mustHandler(t, nil, tr)
	for i := range n {
		if err := Log(context.Background(), l, "Configuration changed", event(i)); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, tr)
	return tr.PublicKey()
}

func mustVerify(t testing.TB, dir string, o *VerifyOptions) Report {
	t.Helper()
	r, err := Verify(context.Background(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func copyTree(t testing.TB, from string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

func entryFiles(t testing.TB, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, entriesDir, "*.seg"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}
