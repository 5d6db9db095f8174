package sluice_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/sluicelog/sluice/correlate"
	"github.com/sluicelog/sluice/correlate/grpccorrelate"
	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/slogrec"
)

// The parts that carry identifiers through the chain, each of which can be taken out.
type without struct {
	transport, handler, unaryClient, streamClient, unaryServer, streamServer, inject, extract, withoutCancel, goStage bool
}

// message is what the broker of the chain carries.
type message struct {
	headers []header
	number  string
}

type header struct {
	name  string
	value []byte
}

func (m *message) carrier() correlate.Carrier {
	return correlate.List(&m.headers, func(h header) (string, []byte) { return h.name, h.value }, func(k string, v []byte) header { return header{k, v} })
}

// services is the whole chain: gateway -HTTP-> A -gRPC unary and stream-> B -message-> worker.
type services struct {
	out      without
	logs     map[string]*slog.Logger
	late     sync.WaitGroup // work that goes on after an answer
	queue    chan message
	pool     chan func()
	conn     *grpc.ClientConn
	a        *httptest.Server
	arrived  sync.Map // numbers of requests whose client hangs up: chan struct{}
	attempts sync.Map
	want     atomic.Int64 // records
}

// log is a logger of a service that a struct would hold, in a group and with attributes of its own.
func (s *services) log(service string) *slog.Logger { return s.logs[service] }

// detached is the context of work that goes on after its request.
func (s *services) detached(ctx context.Context) context.Context {
	if s.out.withoutCancel {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// after logs once the request of ctx has ended, as long as its own context has not.
func (s *services) after(ctx context.Context, ended <-chan struct{}, service, msg, number string) {
	s.want.Add(1)
	work := s.detached(ctx)
	s.late.Go(func() {
		<-ended
		if work.Err() == nil {
			s.log(service).InfoContext(work, msg, "n", number)
		}
	})
}

// chainOf runs n requests through the chain, all at once, and returns the records of all services.
func chainOf(t *testing.T, n int, out without) (records []slogrec.Record, want int) {
	t.Helper()
	sink := slogrec.New()
	want = runChain(t, n, out, sink)
	return sink.Records(), want
}

// runChain runs n requests through the chain, all at once, and returns how many records they have logged into end.
func runChain(t *testing.T, n int, out without, end slog.Handler) (want int) {
	t.Helper()
	s := &services{out: out, logs: map[string]*slog.Logger{}, queue: make(chan message), pool: make(chan func())}
	for _, name := range []string{"gateway", "a", "b", "worker"} {
		s.logs[name] = slog.New(enrich.NewHandler(end, &enrich.Options{Service: name})).WithGroup(name).With("kind", "test")
	}
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(s.work)
		workers.Go(func() {
			for job := range s.pool {
				job()
			}
		})
	}
	s.startB(t)
	wrap := func(h http.HandlerFunc) http.Handler { return correlate.Handler(h, nil) }
	if out.handler {
		s.a = httptest.NewServer(http.HandlerFunc(s.serveA))
	} else {
		s.a = httptest.NewServer(wrap(s.serveA))
	}
	t.Cleanup(s.a.Close)
	plain := &http.Transport{MaxConnsPerHost: 200}
	defer plain.CloseIdleConnections()
	client := &http.Client{Transport: correlate.Transport(plain, nil)}
	if out.transport {
		client.Transport = plain
	}
	gateway := httptest.NewServer(wrap(func(w http.ResponseWriter, r *http.Request) { s.serveGateway(client, w, r) }))
	defer gateway.Close()

	outside := &http.Transport{MaxConnsPerHost: 200}
	defer outside.CloseIdleConnections()
	var requests sync.WaitGroup
	for i := range n {
		requests.Go(func() {
			resp, err := (&http.Client{Transport: outside}).Get(gateway.URL + "?n=" + strconv.Itoa(i))
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		})
	}
	requests.Wait()
	s.a.Close() // waits for its handlers
	s.late.Wait()
	close(s.queue)
	close(s.pool)
	workers.Wait()
	return int(s.want.Load())
}

// serveGateway asks A, again when it is refused, and hangs up on it for some requests.
func (s *services) serveGateway(client *http.Client, w http.ResponseWriter, r *http.Request) {
	ctx, number := r.Context(), r.FormValue("n")
	s.want.Add(2)
	s.log("gateway").InfoContext(ctx, "request received", "n", number)
	ctx, hangUp := context.WithCancel(ctx)
	defer hangUp()
	if hangsUp(number) {
		arrived := make(chan struct{})
		s.arrived.Store(number, arrived)
		go func() { <-arrived; hangUp() }()
	}
	for range 3 {
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.a.URL+"?n="+number, nil)
		resp, err := client.Do(req)
		if err != nil {
			s.log("gateway").WarnContext(ctx, "gave up", "n", number, "error", err)
			return
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			break
		}
	}
	s.log("gateway").InfoContext(ctx, "request completed", "n", number)
}

func hangsUp(number string) bool { return strings.HasSuffix(number, "13") }
func retried(number string) bool { return strings.HasSuffix(number, "7") }

func (s *services) serveA(w http.ResponseWriter, r *http.Request) {
	ctx, number := r.Context(), r.FormValue("n")
	log := s.log("a")
	s.want.Add(1)
	log.InfoContext(ctx, "asked", "n", number)
	if _, again := s.attempts.LoadOrStore(number, true); retried(number) && !again {
		http.Error(w, "again", http.StatusServiceUnavailable)
		return
	}
	s.after(ctx, r.Context().Done(), "a", "cleaned up", number)
	if hangsUp(number) {
		arrived, _ := s.arrived.Load(number)
		close(arrived.(chan struct{}))
		<-ctx.Done()
		s.want.Add(1)
		log.WarnContext(ctx, "client is gone", "n", number)
		return
	}

	s.want.Add(5)
	var g errgroup.Group
	for i := range 2 {
		g.Go(func() error {
			log.DebugContext(ctx, "part read", "n", number, "part", i)
			return nil
		})
	}
	_ = g.Wait()
	fired := make(chan struct{})
	time.AfterFunc(time.Microsecond, func() {
		defer close(fired)
		log.InfoContext(ctx, "timer fired", "n", number)
	})
	<-fired
	pooled := make(chan struct{})
	s.pool <- func() {
		defer close(pooled)
		log.InfoContext(ctx, "pooled", "n", number)
	}
	<-pooled
	func() {
		defer func() {
			if p := recover(); p != nil {
				log.ErrorContext(ctx, "recovered", "n", number, "panic", p)
			}
		}()
		panic("bad frame")
	}()

	s.want.Add(1)
	staged := make(chan struct{})
	stage := func(ctx context.Context) {
		defer close(staged)
		log.InfoContext(ctx, "stage of its own", "n", number)
	}
	if s.out.goStage {
		go stage(context.Background())
	} else {
		correlate.Go(ctx, log, "resample", stage)
	}
	<-staged

	if err := s.conn.Invoke(ctx, "/chain.B/Unary", wrapperspb.String(number), new(wrapperspb.StringValue)); err != nil {
		log.ErrorContext(ctx, "unary call failed", "n", number, "error", err)
	}
	if err := s.talk(ctx, number); err != nil {
		log.ErrorContext(ctx, "stream failed", "n", number, "error", err)
	}
}

func (s *services) talk(ctx context.Context, number string) error {
	stream, err := s.conn.NewStream(ctx, &grpc.StreamDesc{StreamName: "Stream", ServerStreams: true, ClientStreams: true}, "/chain.B/Stream")
	if err != nil {
		return err
	}
	for range 2 {
		if err := stream.SendMsg(wrapperspb.String(number)); err != nil {
			return err
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	if err := stream.RecvMsg(new(wrapperspb.StringValue)); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// startB serves a unary call, which publishes a message, and a stream.
func (s *services) startB(t *testing.T) {
	var server []grpc.ServerOption
	if !s.out.unaryServer {
		server = append(server, grpc.UnaryInterceptor(grpccorrelate.UnaryServer(nil)))
	}
	if !s.out.streamServer {
		server = append(server, grpc.StreamInterceptor(grpccorrelate.StreamServer(nil)))
	}
	client := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if !s.out.unaryClient {
		client = append(client, grpc.WithUnaryInterceptor(grpccorrelate.UnaryClient(nil)))
	}
	if !s.out.streamClient {
		client = append(client, grpc.WithStreamInterceptor(grpccorrelate.StreamClient(nil)))
	}
	srv := grpc.NewServer(server...)
	srv.RegisterService(&grpc.ServiceDesc{ServiceName: "chain.B", HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{MethodName: "Unary", Handler: func(_ any, ctx context.Context, dec func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
			in := new(wrapperspb.StringValue)
			if err := dec(in); err != nil {
				return nil, err
			}
			call := func(ctx context.Context, _ any) (any, error) {
				return new(wrapperspb.StringValue), s.publish(ctx, in.Value)
			}
			if interceptor == nil {
				return call(ctx, in)
			}
			return interceptor(ctx, in, &grpc.UnaryServerInfo{FullMethod: "/chain.B/Unary"}, call)
		}}},
		Streams: []grpc.StreamDesc{{StreamName: "Stream", ServerStreams: true, ClientStreams: true, Handler: func(_ any, stream grpc.ServerStream) error {
			for {
				in := new(wrapperspb.StringValue)
				if err := stream.RecvMsg(in); errors.Is(err, io.EOF) {
					return nil
				} else if err != nil {
					return err
				}
				s.want.Add(1)
				s.log("b").InfoContext(stream.Context(), "streamed", "n", in.Value)
			}
		}}},
	}, s)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(srv.Stop)
	if s.conn, err = grpc.NewClient(l.Addr().String(), client...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.conn.Close() })
}

func (s *services) publish(ctx context.Context, number string) error {
	s.want.Add(1)
	s.log("b").InfoContext(ctx, "called", "n", number)
	m := message{number: number}
	if !s.out.inject {
		correlate.Inject(ctx, m.carrier())
	}
	s.queue <- m
	s.after(ctx, ctx.Done(), "b", "confirmed", number)
	return nil
}

// work handles messages.
func (s *services) work() {
	for m := range s.queue {
		func() {
			ctx, end := context.Background(), func() {}
			if !s.out.extract {
				ctx = correlate.Extract(ctx, m.carrier())
			}
			if !s.out.extract {
				ctx, end = correlate.Begin(ctx)
			}
			defer end()
			s.want.Add(1)
			s.log("worker").InfoContext(ctx, "worked", "n", m.number)
		}()
	}
}

// story says what is wrong with the records of n requests: each number has one request and one trace, of which nobody else has
// any record, and the stages of each form one tree.
func story(records []slogrec.Record, n, want int) error {
	if len(records) != want {
		return fmt.Errorf("%d records, want %d", len(records), want)
	}
	type request struct {
		trace, number, service string
		parents                map[string]string
		services               map[string]bool
	}
	requests, requestOf := map[string]*request{}, map[string]string{}
	for _, r := range records {
		text := func(path string) string {
			v, ok := r.Get(path)
			if !ok {
				return ""
			}
			return fmt.Sprint(v)
		}
		service := text("service")
		id, trace, span, number := text("request_id"), text("trace_id"), text("span_id"), text(service+".n")
		if len(id) != 36 || len(trace) != 32 || trace == strings.Repeat("0", 32) || len(span) != 16 || text("transaction_id") != trace || number == "" {
			return fmt.Errorf("%s: request %q, trace %q, span %q, transaction %q, n %q", r, id, trace, span, text("transaction_id"), number)
		}
		req := requests[id]
		if req == nil {
			req = &request{trace: trace, number: number, parents: map[string]string{}, services: map[string]bool{}}
			requests[id] = req
		}
		if was, ok := requestOf[trace]; req.trace != trace || req.number != number || ok && was != id {
			return fmt.Errorf("request %s is of trace %s and n %s, here %s and %s; the trace was of %s", id, req.trace, req.number, trace, number, was)
		}
		requestOf[trace] = id
		if was, ok := req.parents[span]; ok && was != text("parent_span_id") {
			return fmt.Errorf("span %s has parents %s and %s", span, was, text("parent_span_id"))
		}
		req.parents[span] = text("parent_span_id")
		req.services[service] = true
	}
	if len(requests) != n {
		return fmt.Errorf("%d requests, want %d", len(requests), n)
	}
	numbers := map[string]bool{}
	for id, req := range requests {
		numbers[req.number] = true
		roots := 0
		for span, parent := range req.parents {
			if parent == "" {
				roots++
			} else if _, ok := req.parents[parent]; !ok {
				return fmt.Errorf("request %s: span %s has a parent %s that nobody logged", id, span, parent)
			}
			for at, steps := span, 0; at != ""; at, steps = req.parents[at], steps+1 {
				if steps > len(req.parents) {
					return fmt.Errorf("request %s: spans go round", id)
				}
			}
		}
		// gateway, A (twice when it was asked again), its stage, B's call and stream, worker.
		stages := 6
		switch {
		case hangsUp(req.number):
			stages = 2
		case retried(req.number):
			stages = 7
		}
		if roots != 1 || len(req.parents) != stages || !hangsUp(req.number) && len(req.services) != 4 {
			return fmt.Errorf("request %s (n %s): %d roots, %d stages of %d, services %v", id, req.number, roots, len(req.parents), stages, req.services)
		}
	}
	if len(numbers) != n {
		return fmt.Errorf("%d numbers, want %d", len(numbers), n)
	}
	return nil
}

func TestEveryRecordOfAThousandRequestsTellsItsStory(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 100
	}
	records, want := chainOf(t, n, without{})
	if err := story(records, n, want); err != nil {
		t.Error(err)
	}
}

// Without any one of the parts the story does not hold: the test above can fail.
func TestTheStoryNeedsEveryPart(t *testing.T) {
	for name, out := range map[string]without{
		"transport": {transport: true}, "handler": {handler: true}, "unary client": {unaryClient: true}, "stream client": {streamClient: true}, "unary server": {unaryServer: true},
		"stream server": {streamServer: true}, "inject": {inject: true}, "extract": {extract: true}, "without cancel": {withoutCancel: true}, "go": {goStage: true},
	} {
		t.Run(name, func(t *testing.T) {
			records, want := chainOf(t, 20, out)
			err := story(records, 20, want)
			if err == nil {
				t.Error("nothing is missed")
			}
			t.Log(err)
		})
	}
}
