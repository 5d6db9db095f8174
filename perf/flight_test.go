package perf_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluicelog/sluice/perf"
	"github.com/sluicelog/sluice/slogrec"
)

func TestASlowOperationLeavesATrace(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "flights")
	sink := slogrec.New()
	r := recorder(t, sink, perf.Options{SlowFor: map[string]time.Duration{"denoise/x": 1},
		Flight: &perf.Flight{Dir: dir, Every: time.Hour}})
	r.Start(t.Context(), "fast").End(nil)
	r.Start(t.Context(), "denoise/x").End(nil)
	r.Start(t.Context(), "denoise/x").End(nil) // too soon after the last
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.Start(t.Context(), "denoise/x").End(nil) // after Close: logged, not traced
	var paths []string
	for _, rec := range sink.Records() {
		if p, ok := attrsOf(rec)["flight_record"].(string); ok {
			paths = append(paths, p)
		}
	}
	if len(paths) != 1 || !strings.HasSuffix(paths[0], "-denoise_x.trace") {
		t.Fatalf("records name the traces %q, want one", paths)
	}
	b, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(b, []byte("go 1.")) {
		t.Errorf("the file begins with %q, not as an execution trace", b[:min(16, len(b))])
	}
	if r.Stats().Flights != 1 {
		t.Errorf("Stats counts %d traces", r.Stats().Flights)
	}
}

func TestOldTracesAreRemoved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "service[a]") // no pattern
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"flight-20200101T000000.000000-a.trace", "flight-20200102T000000.000000-a.trace", "other.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := recorder(t, slogrec.New(), perf.Options{Slow: 1, Flight: &perf.Flight{Dir: dir, MaxFiles: 2}})
	r.Start(t.Context(), "a").End(nil)
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadDir(dir)
	if err != nil || len(kept) != 3 {
		t.Errorf("kept %q, %v: want the new trace, the youngest old one and the file that is none", kept, err)
	}
}

func TestAProcessHasOneFlightRecorder(t *testing.T) {
	recorder(t, slogrec.New(), perf.Options{Flight: &perf.Flight{Dir: t.TempDir()}})
	if _, err := perf.New(&perf.Options{Flight: &perf.Flight{Dir: t.TempDir()}}); err == nil {
		t.Error("a second one was started")
	}
}
