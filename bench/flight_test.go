package bench

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/exp/trace"

	"github.com/sluicelog/sluice/perf"
)

func TestAPlantedLockWaitIsFoundInTheFlightRecord(t *testing.T) {
	dir := t.TempDir()
	r, err := perf.New(&perf.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Slow: 40 * time.Millisecond,
		Flight: &perf.Flight{Dir: dir}})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	mu.Lock()
	time.AfterFunc(50*time.Millisecond, mu.Unlock)
	op := r.Start(context.Background(), "planted")
	waitForThePlantedLock(&mu)
	op.End(nil)
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.trace"))
	if err != nil || len(paths) != 1 {
		t.Fatalf("traces %q, %v", paths, err)
	}
	if longest := blockedIn(t, paths[0], "waitForThePlantedLock"); longest < 40*time.Millisecond {
		t.Errorf("the trace shows a wait of %v in the function that waited 50 ms", longest)
	}
}

//go:noinline
func waitForThePlantedLock(mu *sync.Mutex) {
	mu.Lock()
	defer mu.Unlock()
}

// blockedIn returns the longest time that a goroutine waited with the function on its stack.
func blockedIn(t *testing.T, path, function string) (longest time.Duration) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	events, err := trace.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	since := map[trace.GoID]trace.Time{}
	for {
		e, err := events.ReadEvent()
		if errors.Is(err, io.EOF) {
			return longest
		}
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind() != trace.EventStateTransition || e.StateTransition().Resource.Kind != trace.ResourceGoroutine {
			continue
		}
		st := e.StateTransition()
		id := st.Resource.Goroutine()
		_, to := st.Goroutine()
		if to == trace.GoWaiting {
			for frame := range st.Stack.Frames() {
				if strings.Contains(frame.Func, function) {
					since[id] = e.Time()
				}
			}
		} else if at, ok := since[id]; ok {
			longest = max(longest, e.Time().Sub(at))
			delete(since, id)
		}
	}
}
