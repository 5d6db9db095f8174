package sluice_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/correlate"
	"github.com/sluicelog/sluice/slogrec"
)

// twoServices runs a gateway and a worker over two stacks and sends them n requests at once, each with its own number.
// wrap and transport are what a service puts around its handler and its client.
func twoServices(t *testing.T, n int, wrap func(http.Handler) http.Handler, transport http.RoundTripper) []slogrec.Record {
	t.Helper()
	var all []slogrec.Record
	sinks := map[string]*slogrec.Recorder{}
	loggers := map[string]*slog.Logger{}
	for _, name := range []string{"gateway", "worker"} {
		sink := slogrec.New()
		stack := open(t, sluice.Config{Environment: sluice.Staging, Service: sluice.ServiceConfig{Name: name},
			Handlers: []slog.Handler{sink}, Queue: &sluice.QueueConfig{Capacity: 100_000}})
		sinks[name], loggers[name] = sink, stack.Logger()
		defer func() {
			if err := stack.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}()
	}

	workerLog := loggers["worker"].WithGroup("job").With("kind", "denoise")
	worker := httptest.NewServer(wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, number := r.Context(), r.FormValue("n")
		workerLog.InfoContext(ctx, "job started", "n", number)
		var wg sync.WaitGroup
		for i := range 3 {
			wg.Go(func() { workerLog.DebugContext(ctx, "part done", "n", number, "part", i) })
		}
		wg.Wait()
		done := make(chan struct{})
		time.AfterFunc(0, func() {
			defer close(done)
			workerLog.WarnContext(context.WithoutCancel(ctx), "timer fired", "n", number)
		})
		<-done
		if strings.HasSuffix(number, "7") {
			workerLog.ErrorContext(ctx, "job failed", "n", number, "error", errors.New("bad frame"))
			http.Error(w, "bad frame", http.StatusUnprocessableEntity)
			return
		}
		fmt.Fprint(w, "ok")
	})))
	defer worker.Close()

	client := &http.Client{Transport: transport}
	gwLog := loggers["gateway"]
	gateway := httptest.NewServer(wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, number := r.Context(), r.FormValue("n")
		gwLog.InfoContext(ctx, "request received", "n", number)
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, worker.URL+"?n="+number, nil)
		resp, err := client.Do(req)
		if err != nil {
			gwLog.ErrorContext(ctx, "worker does not answer", "n", number, "error", err)
			return
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		gwLog.WithGroup("http").InfoContext(ctx, "request completed", "n", number, "status", resp.StatusCode)
	})))
	defer gateway.Close()

	outside := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 200}}
	defer outside.CloseIdleConnections()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			resp, err := outside.Get(fmt.Sprintf("%s?n=%d", gateway.URL, i))
			if err != nil {
				t.Error(err)
				return
			}
			_ = resp.Body.Close()
		})
	}
	wg.Wait()
	client.CloseIdleConnections()
	for name, sink := range sinks {
		want := n * 2
		if name == "worker" {
			want = n*5 + (n+2)/10
		}
		if err := sink.Await(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		all = append(all, sink.Records()...)
	}
	return all
}

// correlated says what is wrong with the identifiers of the records of n requests.
func correlated(records []slogrec.Record, n int) error {
	numberOf, traceOf, services := map[string]string{}, map[string]string{}, map[string]map[string]bool{}
	for _, r := range records {
		text := func(paths ...string) string {
			for _, p := range paths {
				if v, ok := r.Get(p); ok {
					return fmt.Sprint(v)
				}
			}
			return ""
		}
		request, trace, number := text("request_id"), text("trace_id"), text("n", "job.n", "http.n")
		if len(request) != 36 || len(trace) != 32 || trace == strings.Repeat("0", 32) || number == "" {
			return fmt.Errorf("%q of %s: request_id %q, trace_id %q, n %q", r.Message, text("service"), request, trace, number)
		}
		if was, ok := numberOf[request]; ok && was != number {
			return fmt.Errorf("request %s is %s and %s", request, was, number)
		}
		if was, ok := traceOf[request]; ok && was != trace {
			return fmt.Errorf("request %s has traces %s and %s", request, was, trace)
		}
		numberOf[request], traceOf[request] = number, trace
		if services[request] == nil {
			services[request] = map[string]bool{}
		}
		services[request][text("service")] = true
	}
	if len(numberOf) != n {
		return fmt.Errorf("%d requests, want %d: the services do not agree", len(numberOf), n)
	}
	for request, s := range services {
		if !s["gateway"] || !s["worker"] {
			return fmt.Errorf("request %s is not in both services: %v", request, s)
		}
	}
	return nil
}

func TestEveryRecordOfAThousandConcurrentRequestsCorrelates(t *testing.T) {
	wrap := func(h http.Handler) http.Handler { return correlate.Handler(h, nil) }
	records := twoServices(t, 1000, wrap, correlate.Transport(nil, nil))
	if err := correlated(records, 1000); err != nil {
		t.Error(err)
	}
}

// Without what carries the identifiers, the check above must fail: it can.
func TestTheCorrelationCheckSeesWhatIsMissing(t *testing.T) {
	wrap := func(h http.Handler) http.Handler { return correlate.Handler(h, nil) }
	if correlated(twoServices(t, 10, wrap, http.DefaultTransport.(*http.Transport).Clone()), 10) == nil {
		t.Error("nothing is missed without the transport")
	}
	if correlated(twoServices(t, 10, func(h http.Handler) http.Handler { return h }, correlate.Transport(nil, nil)), 10) == nil {
		t.Error("nothing is missed without the handler")
	}
}
