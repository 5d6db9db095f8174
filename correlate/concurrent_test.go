package correlate_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluicelog/sluice/correlate"
)

// cuts are what a mutation takes out of the system; each must be noticed.
type cuts struct {
	handler, transport, inject, extract, withoutCancel, start bool
}

// system is two services, gateway and A, and A's consumer of messages, all logging through log.
type system struct {
	cut      cuts
	log      *slog.Logger // a child logger held in a struct, as services have it
	gateway  *httptest.Server
	a        *httptest.Server
	outgoing *http.Transport
	jobs     chan func()
	messages chan message
	hangUps  sync.Map          // number -> chan struct{}: closed when the gateway has the request that its client leaves
	reached  map[int]chan bool // number -> closed once the request is with the gateway
	after    sync.WaitGroup    // work that goes on after a response
	workers  sync.WaitGroup
}

type message struct {
	headers map[string]string
	n       int
}

func newSystem(rec slog.Handler, cut cuts) *system {
	s := &system{
		cut: cut, log: slog.New(rec).With("component", "test"), outgoing: &http.Transport{MaxConnsPerHost: 64, MaxIdleConnsPerHost: 64},
		jobs: make(chan func()), messages: make(chan message), reached: make(map[int]chan bool),
	}
	wrap := func(h http.HandlerFunc) http.Handler {
		if cut.handler {
			return h
		}
		return correlate.Handler(h, nil)
	}
	s.a = httptest.NewServer(wrap(s.serveA))
	s.gateway = httptest.NewServer(wrap(s.serveGateway))
	s.gateway.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	for range 8 {
		s.workers.Go(func() {
			for job := range s.jobs {
				job()
			}
		})
		s.workers.Go(func() {
			for m := range s.messages {
				s.consume(m)
			}
		})
	}
	return s
}

func (s *system) close() {
	s.gateway.Close()
	s.after.Wait()
	s.outgoing.CloseIdleConnections()
	s.a.Close()
	close(s.jobs)
	close(s.messages)
	s.workers.Wait()
}

// stage begins a stage within the request.
func (s *system) stage(ctx context.Context, name string) context.Context {
	if s.cut.start {
		return ctx
	}
	return correlate.Start(ctx, name)
}

func number(r *http.Request) int {
	n, _ := strconv.Atoi(strings.Trim(r.URL.Path, "/"))
	return n
}

func (s *system) serveGateway(w http.ResponseWriter, r *http.Request) {
	ctx, n := r.Context(), number(r)
	s.log.InfoContext(ctx, "gateway", "n", n)

	if left, ok := s.hangUps.Load(n); ok { // its client hangs up: wait until we are told, then work on
		close(s.reached[n])
		<-left.(chan struct{})
		<-ctx.Done()
		s.log.InfoContext(ctx, "client is gone", "n", n)
	}

	var wg sync.WaitGroup
	wg.Go(func() { // a goroutine
		s.log.InfoContext(s.stage(ctx, "goroutine"), "goroutine", "n", n)
	})
	wg.Add(2)
	time.AfterFunc(time.Millisecond, func() { // a timer
		defer wg.Done()
		s.log.InfoContext(s.stage(ctx, "timer"), "timer", "n", n)
	})
	s.jobs <- func() { // a worker pool
		defer wg.Done()
		s.log.InfoContext(s.stage(ctx, "pool"), "pool", "n", n)
	}
	func() { // a panic that is recovered
		ctx := s.stage(ctx, "risky")
		defer func() { s.log.ErrorContext(ctx, "recovered", "n", n, "panic", recover()) }()
		panic("boom")
	}()
	wg.Wait()

	transport := http.RoundTripper(s.outgoing)
	if !s.cut.transport {
		transport = correlate.Transport(s.outgoing, nil)
	}
	call := s.stage(ctx, "call")
	s.log.InfoContext(call, "calling", "n", n)
	for range 2 { // a retry
		req, _ := http.NewRequestWithContext(context.WithoutCancel(call), "GET", s.a.URL+r.URL.Path, nil)
		if resp, err := transport.RoundTrip(req); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		} else {
			s.log.ErrorContext(call, "calling", "n", n, "error", err)
		}
	}

	after := context.WithoutCancel(ctx)
	if s.cut.withoutCancel {
		after = context.Background()
	}
	s.after.Go(func() { // work that goes on after the response
		after, end := correlate.Begin(after)
		defer end()
		<-ctx.Done()
		s.log.InfoContext(after, "after", "n", n)
	})
}

func (s *system) serveA(w http.ResponseWriter, r *http.Request) {
	ctx, n := r.Context(), number(r)
	s.log.InfoContext(ctx, "a", "n", n)
	m := message{headers: make(map[string]string), n: n}
	if !s.cut.inject {
		correlate.Inject(ctx, correlate.Map(m.headers))
	}
	s.messages <- m
}

func (s *system) consume(m message) {
	ctx := context.Background()
	if !s.cut.extract {
		ctx = correlate.Extract(ctx, correlate.Map(m.headers))
	}
	ctx, end := correlate.Begin(ctx)
	defer end()
	s.log.InfoContext(ctx, "consumed", "n", m.n)
}

// run sends requests 1 to n at once; every tenth client hangs up. It returns the records of both services.
func run(t *testing.T, n int, cut cuts) []map[string]string {
	t.Helper()
	rec := new(recorder)
	s := newSystem(rec, cut)
	for i := 10; i <= n; i += 10 {
		s.hangUps.Store(i, make(chan struct{}))
		s.reached[i] = make(chan bool)
	}
	client := &http.Client{Transport: &http.Transport{}}
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := 1; i <= n; i++ {
		wg.Go(func() {
			<-start
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if left, ok := s.hangUps.Load(i); ok {
				go func() {
					<-s.reached[i]
					cancel()
					close(left.(chan struct{}))
				}()
			}
			req, _ := http.NewRequestWithContext(ctx, "GET", fmt.Sprintf("%s/%d", s.gateway.URL, i), nil)
			resp, err := client.Do(req)
			if err != nil {
				if i%10 != 0 {
					t.Error(err)
				}
				return
			}
			_ = resp.Body.Close()
		})
	}
	close(start)
	wg.Wait()
	client.CloseIdleConnections()
	s.close()
	return rec.records
}

// correlated says what is wrong with the records of n requests; nil when every record belongs to its request.
func correlated(records []map[string]string, n int) error {
	const perRequest = 11 // gateway goroutine timer pool recovered calling after; a and consumed twice each
	if want := n*perRequest + n/10; len(records) != want {
		return fmt.Errorf("%d records, want %d", len(records), want)
	}
	numberOf, requestOf := make(map[string]string), make(map[string]string)
	spans := make(map[string]map[string]string) // request -> span -> parent
	for _, r := range records {
		id, trace, span := r["request_id"], r["trace_id"], r["span_id"]
		switch {
		case !made.MatchString(id):
			return fmt.Errorf("request_id %q: %v", id, r)
		case !hexTrace.MatchString(trace) || strings.Trim(trace, "0") == "":
			return fmt.Errorf("trace_id %q: %v", trace, r)
		case !hexSpan.MatchString(span):
			return fmt.Errorf("span_id %q: %v", span, r)
		}
		if had, ok := numberOf[id]; ok && had != r["n"] {
			return fmt.Errorf("request %s is number %s and %s", id, had, r["n"])
		}
		if had, ok := requestOf[trace]; ok && had != id {
			return fmt.Errorf("trace %s is of request %s and %s", trace, had, id)
		}
		numberOf[id], requestOf[trace] = r["n"], id
		if spans[id] == nil {
			spans[id] = make(map[string]string)
		}
		if had, ok := spans[id][span]; ok && had != r["parent_span_id"] {
			return fmt.Errorf("span %s has parents %q and %q", span, had, r["parent_span_id"])
		}
		spans[id][span] = r["parent_span_id"]
	}
	if len(numberOf) != n || len(requestOf) != n {
		return fmt.Errorf("%d requests in %d traces, want %d", len(numberOf), len(requestOf), n)
	}
	for id, parents := range spans {
		if len(parents) != perRequest {
			return fmt.Errorf("request %s has %d stages, want %d", id, len(parents), perRequest)
		}
		roots := 0
		for span, parent := range parents {
			if parent == "" {
				roots++
			}
			for steps := 0; parent != ""; steps++ {
				next, ok := parents[parent]
				if !ok {
					return fmt.Errorf("request %s: nobody is span %s, above %s", id, parent, span)
				}
				if steps > perRequest {
					return fmt.Errorf("request %s: span %s is its own ancestor", id, span)
				}
				parent = next
			}
		}
		if roots != 1 {
			return fmt.Errorf("request %s has %d roots, want 1", id, roots)
		}
	}
	return nil
}

func TestEveryRecordOfAThousandConcurrentRequestsBelongsToItsRequest(t *testing.T) {
	const n = 1000
	if err := correlated(run(t, n, cuts{}), n); err != nil {
		t.Error(err)
	}
}

func TestTakingOutAnyPartIsNoticed(t *testing.T) {
	const n = 20
	if err := correlated(run(t, n, cuts{}), n); err != nil {
		t.Fatalf("with all parts: %v", err)
	}
	for name, cut := range map[string]cuts{
		"Handler":       {handler: true},
		"Transport":     {transport: true},
		"Inject":        {inject: true},
		"Extract":       {extract: true},
		"WithoutCancel": {withoutCancel: true},
		"Start":         {start: true},
	} {
		if err := correlated(run(t, n, cut), n); err == nil {
			t.Errorf("without %s nothing is found", name)
		} else {
			t.Logf("without %s: %v", name, err)
		}
	}
}
