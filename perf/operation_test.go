package perf_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/perf"
	"github.com/sluicelog/sluice/slogrec"
)

// recorder returns a recorder that logs to sink, without summaries unless opts say so.
func recorder(t testing.TB, sink slog.Handler, opts perf.Options) *perf.Recorder {
	t.Helper()
	opts.Logger = slog.New(sink)
	if opts.Interval == 0 {
		opts.Interval = -1
	}
	r, err := perf.New(&opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestTheRecordSaysHowTheOperationEnded(t *testing.T) {
	boom := errors.New("boom")
	for _, tt := range []struct {
		name    string
		err     error
		took    time.Duration
		outcome string
		level   slog.Level
		msg     string
	}{
		{"success", nil, 20 * time.Millisecond, perf.Success, slog.LevelInfo, "operation completed"},
		{"failure", fmt.Errorf("decode: %w", boom), time.Millisecond, perf.Failure, slog.LevelError, "operation failed"},
		{"cancelled", fmt.Errorf("decode: %w", context.Canceled), time.Millisecond, perf.Canceled, slog.LevelInfo, "operation failed"},
		{"timeout", context.DeadlineExceeded, time.Millisecond, perf.Timeout, slog.LevelError, "operation failed"},
		{"slow", nil, 500 * time.Millisecond, perf.Success, slog.LevelWarn, "operation slow"},
		{"slow failure", boom, time.Second, perf.Failure, slog.LevelError, "operation failed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sink := slogrec.New()
				r := recorder(t, sink, perf.Options{Slow: 500 * time.Millisecond})
				func() (err error) {
					op := r.Start(t.Context(), "denoise")
					defer op.End(&err)
					op.Set(slog.Int("frames", 480))
					time.Sleep(tt.took)
					return tt.err
				}()
				rec := sink.Require(t)
				if rec.Level != tt.level || rec.Message != tt.msg {
					t.Errorf("logged %v %q, want %v %q", rec.Level, rec.Message, tt.level, tt.msg)
				}
				want := map[string]any{"operation": "denoise", "duration_ms": float64(tt.took.Milliseconds()), "outcome": tt.outcome, "frames": int64(480)}
				if tt.err != nil {
					want["error"] = tt.err.Error()
				}
				if tt.took >= 500*time.Millisecond {
					want["slow_after_ms"] = 500.0
				}
				if diff := cmp.Diff(want, attrsOf(rec)); diff != "" {
					t.Errorf("attributes (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// attrsOf returns the attributes of a record by key, errors as their text.
func attrsOf(rec slogrec.Record) map[string]any {
	got := maps.Clone(rec.Attrs)
	for k, v := range got {
		if err, ok := v.(error); ok {
			got[k] = err.Error()
		}
	}
	return got
}

func TestT13_TheSourceIsWhereTheOperationEnds(t *testing.T) {
	sink := slogrec.New()
	r := recorder(t, sink, perf.Options{})
	r.Start(t.Context(), "a").End(nil)
	func() { defer r.Start(t.Context(), "b").End(nil) }()
	r.Log(t.Context(), "c", time.Second)
	previous := perf.SetDefault(r)
	defer perf.SetDefault(previous)
	perf.Start(t.Context(), "d").End(nil)
	perf.Log(t.Context(), "e", time.Second)
	for _, rec := range sink.Records() {
		if file := filepath.Base(rec.Source().File); file != "operation_test.go" {
			t.Errorf("%s: logged in %s, want this file", rec, file)
		}
	}
}

func TestAPanicIsLoggedAndGoesOn(t *testing.T) {
	sink := slogrec.New()
	r := recorder(t, sink, perf.Options{})
	defer func() {
		if p := recover(); p != "broken" {
			t.Errorf("recovered %v, want the operation's panic", p)
		}
		rec := sink.Require(t)
		if got := attrsOf(rec); got["outcome"] != perf.Panic || got["panic"] != "broken" || rec.Level != slog.LevelError {
			t.Errorf("logged %s", rec)
		}
	}()
	defer r.Start(t.Context(), "denoise").End(nil)
	panic("broken")
}

func TestOperationsInsideNameTheirParent(t *testing.T) {
	sink := slogrec.New()
	r := recorder(t, sink, perf.Options{})
	err := r.Measure(t.Context(), "enhance", func(ctx context.Context) error {
		r.Log(ctx, "read", time.Millisecond)
		return r.Measure(ctx, "denoise", func(context.Context) error { return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[any]any{}
	for _, rec := range sink.Records() {
		a := attrsOf(rec)
		got[a["operation"]] = a["parent_operation"]
	}
	if diff := cmp.Diff(map[any]any{"read": "enhance", "denoise": "enhance", "enhance": nil}, got); diff != "" {
		t.Errorf("parents (-want +got):\n%s", diff)
	}
}

func TestAnOperationEndsOnce(t *testing.T) {
	sink := slogrec.New()
	r := recorder(t, sink, perf.Options{})
	op := r.Start(t.Context(), "a")
	op.End(nil)
	other := r.Start(t.Context(), "b") // may use the same memory
	op.Set(slog.Int("late", 1))
	op.End(nil)
	if sink.Len() != 1 {
		t.Fatalf("%d records after one operation has ended", sink.Len())
	}
	other.End(nil)
	var zero perf.Op
	zero.Set(slog.Int("x", 1))
	zero.End(nil)
	if last := sink.Records()[1]; strings.Contains(last.String(), "late") || attrsOf(last)["operation"] != "b" {
		t.Errorf("the second operation was logged as %s", last)
	}
}

func TestResourcesAreThoseOfTheProcess(t *testing.T) {
	sink := slogrec.New()
	r := recorder(t, sink, perf.Options{Resources: true})
	op := r.Start(t.Context(), "a")
	kept = make([]byte, 1<<20)
	op.End(nil)
	got := attrsOf(sink.Require(t))
	if n, _ := got["process_alloc_bytes"].(uint64); n < 1<<20 {
		t.Errorf("process_alloc_bytes is %v after 1 MiB was allocated", got["process_alloc_bytes"])
	}
	if _, ok := got["process_cpu_ms"].(float64); !ok {
		t.Errorf("process_cpu_ms is %v", got["process_cpu_ms"])
	}
}

var kept []byte

func TestLabelsAreOnTheGoroutineWhileTheOperationRuns(t *testing.T) {
	r := recorder(t, slogrec.New(), perf.Options{Labels: true})
	ctx := pprof.WithLabels(t.Context(), pprof.Labels("job", "7"))
	labelled := func() string {
		var b strings.Builder
		if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	op := r.Start(ctx, "denoise-labelled")
	if !strings.Contains(labelled(), `"operation":"denoise-labelled"`) {
		t.Error("no label while the operation runs")
	}
	op.End(nil)
	if strings.Contains(labelled(), `"operation":"denoise-labelled"`) {
		t.Error("the label is still there after its end")
	}
}

func TestErrorsOfTheHandlerAreToldAndCounted(t *testing.T) {
	full := errors.New("disk full")
	var told error
	r := recorder(t, slogrec.New(slogrec.FailWith(full)), perf.Options{OnError: func(err error) { told = err }})
	r.Start(t.Context(), "a").End(nil)
	if !errors.Is(told, full) || r.Stats().Errors != 1 {
		t.Errorf("told %v, counted %d", told, r.Stats().Errors)
	}
}

func TestOptionsOutOfRangeAreNamed(t *testing.T) {
	for _, tt := range []struct {
		want string
		opts perf.Options
	}{
		{"Slow", perf.Options{Slow: -1}},
		{`SlowFor["a"]`, perf.Options{SlowFor: map[string]time.Duration{"a": -1}}},
		{`Expected["a"]`, perf.Options{Expected: map[string]time.Duration{"a": 0}}},
		{"Interval", perf.Options{Interval: time.Microsecond}},
		{"MaxOperations", perf.Options{MaxOperations: 1 << 20}},
		{"Flight.Dir", perf.Options{Flight: &perf.Flight{}}},
		{"Every", perf.Options{Flight: &perf.Flight{Dir: "x", Every: -1}}},
	} {
		if _, err := perf.New(&tt.opts); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("the error is %v, want one that names %s", err, tt.want)
		}
	}
}
