package correlate_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/sluicelog/sluice/correlate"
)

func TestAGoroutineIsAStageAndItsPanicIsLogged(t *testing.T) {
	h := &recorder{}
	l := slog.New(h)
	ctx, end := correlate.Begin(t.Context())
	defer end()
	var wg sync.WaitGroup
	wg.Add(2)
	correlate.Go(ctx, l, "resample", func(ctx context.Context) {
		defer wg.Done()
		l.InfoContext(ctx, "in it")
	})
	logged := make(chan struct{})
	correlate.Go(ctx, slog.New(signal{h, logged}), "broken", func(context.Context) {
		defer wg.Done()
		panic("oh")
	})
	wg.Wait()
	<-logged
	want := fields(ctx)
	for _, r := range h.records {
		if r["request_id"] != want["request_id"] || r["parent_span_id"] != want["span_id"] || r["span_id"] == want["span_id"] {
			t.Errorf("%v is no stage of %v", r, want)
		}
		if r["msg"] == "goroutine panicked" && (r["panic"] != "oh" || r["span_name"] != "broken" || !strings.Contains(r["stack_trace"], "task_test.go")) {
			t.Errorf("%v", r)
		}
	}
	if len(h.records) != 2 {
		t.Errorf("%v", h.records)
	}
}

// signal closes done once a record has been handled.
type signal struct {
	*recorder
	done chan struct{}
}

func (s signal) Handle(ctx context.Context, r slog.Record) error {
	defer close(s.done)
	return s.recorder.Handle(ctx, r)
}

func TestEachRunOfAJobIsAUnitOfWork(t *testing.T) {
	h := &recorder{}
	l := slog.New(h)
	var errRun error
	job := correlate.Job(l, "nightly", func(ctx context.Context) error {
		l.InfoContext(ctx, "step")
		if errRun != nil && errRun.Error() == "panic" {
			panic(errRun)
		}
		return errRun
	})
	for _, err := range []error{nil, errors.New("disk full"), errors.New("panic")} {
		errRun = err
		job()
	}
	ends := []string{"job completed", "job failed", "job panicked"}
	if len(h.records) != 6 {
		t.Fatalf("%v", h.records)
	}
	seen := map[string]bool{}
	for i := 0; i < 6; i += 2 {
		step, end := h.records[i], h.records[i+1]
		if seen[step["request_id"]] || step["request_id"] == "" || step["trace_id"] == "" || step["transaction_id"] == "" || step["job"] != "nightly" {
			t.Errorf("%v", step)
		}
		seen[step["request_id"]] = true
		outcome := "failure"
		if i == 0 {
			outcome = "success"
		}
		if end["msg"] != ends[i/2] || end["request_id"] != step["request_id"] || end["outcome"] != outcome || end["duration_ms"] == "" {
			t.Errorf("%v", end)
		}
	}
	if h.records[3]["error"] != "disk full" || h.records[5]["panic"] != "panic" {
		t.Errorf("%v", h.records)
	}
}

func TestTheItemsOfABatchAreStagesOfIt(t *testing.T) {
	h := &recorder{}
	l := slog.New(h)
	err := correlate.Run(t.Context(), l, "batch", func(ctx context.Context) error {
		for range 3 {
			_ = correlate.Run(ctx, l, "item", func(ctx context.Context) error {
				l.InfoContext(ctx, "item seen")
				return nil
			})
		}
		panic("late")
	})
	if err == nil || !strings.Contains(err.Error(), "batch panicked: late") {
		t.Error(err)
	}
	batch := h.records[len(h.records)-1]
	spans := map[string]bool{}
	for _, r := range h.records[:6] {
		if r["request_id"] != batch["request_id"] || r["parent_span_id"] != batch["span_id"] || r["job"] != "item" {
			t.Errorf("%v is no stage of %v", r, batch)
		}
		spans[r["span_id"]] = true
	}
	if len(spans) != 3 {
		t.Errorf("%d spans", len(spans))
	}
}

// The rule of transaction_id, as package correlate's documentation has it.
func TestTransactionsAreInferredAlikeEverywhere(t *testing.T) {
	ctx, end := correlate.Begin(correlate.With(t.Context(), correlate.IDs{Session: "s"}))
	defer end()
	out := map[string]string{}
	correlate.Inject(ctx, correlate.Map(out))
	there := fields(correlate.Extract(context.Background(), correlate.Map(out)))
	if own := fields(ctx); own["transaction_id"] != own["trace_id"] || there["transaction_id"] != own["transaction_id"] {
		t.Errorf("%v, there %v", own, there)
	}
	// No trace: the first 16 bytes of SHA-256("s\x00r"), and the same each time.
	if got := fields(correlate.With(context.Background(), correlate.IDs{Request: "r", Session: "s"}))["transaction_id"]; got != "f4bff73d4edd1a1284bd894841299392" {
		t.Errorf("inferred %s", got)
	}
	if got := fields(correlate.With(ctx, correlate.IDs{Transaction: "order-7"}))["transaction_id"]; got != "order-7" {
		t.Errorf("a named transaction is %s", got)
	}
	if got := fields(correlate.With(context.Background(), correlate.IDs{Session: "s"}))["transaction_id"]; got != "" {
		t.Errorf("without a request there is %s", got)
	}
}
