package correlate_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/sluicelog/sluice/correlate"
	"github.com/sluicelog/sluice/internal/scope"
)

// serve has Handler serve one request and returns what a record in it carries, and the response.
func serve(ctx context.Context, opts *correlate.HandlerOptions, h http.Header) (map[string]string, *httptest.ResponseRecorder) {
	var got map[string]string
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(ctx, "GET", "/", nil)
	r.Header = h
	correlate.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = fields(r.Context()) }), opts).ServeHTTP(w, r)
	return got, w
}

func TestHandlerBeginsARequest(t *testing.T) {
	got, w := serve(t.Context(), nil, http.Header{"X-Request-Id": {"r1"}, "Traceparent": {parent}, "Baggage": {"user_id=u"}})
	if got["request_id"] != "r1" || got["trace_id"] != parentTrace || got["parent_span_id"] != parentSpan || got["user_id"] != "u" {
		t.Errorf("identifiers %v", got)
	}
	if id := w.Header().Get("X-Request-ID"); id != "r1" {
		t.Errorf("response says %q, want r1", id)
	}
	hostile := "x\r\nSet-Cookie: a=b"
	got, w = serve(t.Context(), nil, http.Header{"X-Request-Id": {hostile}})
	if id := w.Header().Get("X-Request-ID"); id != got["request_id"] || !made.MatchString(id) {
		t.Errorf("response to a hostile request says %q, records say %q", id, got["request_id"])
	}
	if a, b := first(serve(t.Context(), nil, nil)), first(serve(t.Context(), nil, nil)); a["request_id"] == b["request_id"] || a["trace_id"] == b["trace_id"] {
		t.Errorf("two requests are one: %v, %v", a, b)
	}
}

func first(got map[string]string, _ *httptest.ResponseRecorder) map[string]string { return got }

func TestAPublicEndpointLinksTheTraceAndBelievesNobody(t *testing.T) {
	h := http.Header{"X-Request-Id": {"r1"}, "Traceparent": {parent}, "Baggage": {"user_id=root,session_id=s,transaction_id=t,tenant=x"}}
	got := first(serve(t.Context(), &correlate.HandlerOptions{PublicEndpoint: true}, h))
	if got["trace_id"] == parentTrace || got["parent_span_id"] != "" || got["trace_link"] != parentTrace || got["span_link"] != parentSpan {
		t.Errorf("trace %v", got)
	}
	if !made.MatchString(got["request_id"]) || got["user_id"] != "" || got["session_id"] != "" || got["transaction_id"] != got["trace_id"] {
		t.Errorf("a stranger was believed: %v", got)
	}
	got = first(serve(t.Context(), &correlate.HandlerOptions{PublicEndpoint: true, TrustRequestID: true}, h))
	if got["request_id"] != "r1" || got["user_id"] != "" || got["trace_link"] != parentTrace {
		t.Errorf("with TrustRequestID: %v", got)
	}
	got = first(serve(t.Context(), &correlate.HandlerOptions{PublicEndpoint: true}, nil))
	if _, linked := got["trace_link"]; linked {
		t.Errorf("linked to nothing: %v", got)
	}
	bare := trace.ContextWithRemoteSpanContext(t.Context(), trace.SpanContextFromContext(correlate.Extract(t.Context(), correlate.Headers(h))))
	got = first(serve(bare, &correlate.HandlerOptions{PublicEndpoint: true}, nil))
	if got["trace_link"] != parentTrace || got["trace_id"] == parentTrace {
		t.Errorf("a remote trace that another middleware read was continued: %v", got)
	}
}

func TestUnsampledIsSaidOfTracesMadeHereAlone(t *testing.T) {
	opts := &correlate.HandlerOptions{Unsampled: true}
	if got := first(serve(t.Context(), opts, nil)); got["trace_flags"] != "00" {
		t.Errorf("flags of a new trace %s, want 00", got["trace_flags"])
	}
	if got := first(serve(t.Context(), opts, http.Header{"Traceparent": {parent}})); got["trace_flags"] != "01" {
		t.Errorf("flags of the caller's trace %s, want 01", got["trace_flags"])
	}
	if got := first(serve(t.Context(), nil, nil)); got["trace_flags"] != "01" {
		t.Errorf("flags by default %s, want 01", got["trace_flags"])
	}
}

func TestHandlerTakesTheSpanOfAMiddlewareAroundIt(t *testing.T) {
	tp := sdktrace.NewTracerProvider()
	defer func() { _ = tp.Shutdown(context.Background()) }()
	ctx, span := tp.Tracer("test").Start(t.Context(), "GET /")
	defer span.End()
	sc := span.SpanContext()
	for name, opts := range map[string]*correlate.HandlerOptions{"inside": nil, "public": {PublicEndpoint: true}} {
		got := first(serve(ctx, opts, http.Header{"Traceparent": {parent}}))
		if got["trace_id"] != sc.TraceID().String() || got["span_id"] != sc.SpanID().String() {
			t.Errorf("%s: %v, want the tracer's %s", name, got, sc.SpanID())
		}
		if linked := got["trace_link"] == parentTrace; linked != (opts != nil) {
			t.Errorf("%s: link %q", name, got["trace_link"])
		}
		got = first(serve(ctx, opts, http.Header{"Traceparent": {"00-" + sc.TraceID().String() + "-" + parentSpan + "-01"}}))
		if _, linked := got["trace_link"]; linked {
			t.Errorf("%s: linked to the trace that the tracer continued", name)
		}
	}
}

func TestAHandlerWithinAnotherLeavesTheRequestAlone(t *testing.T) {
	var inner, outer map[string]string
	h := correlate.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		outer = fields(r.Context())
		correlate.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			inner = fields(r.Context())
		}), &correlate.HandlerOptions{PublicEndpoint: true}).ServeHTTP(w, r)
	}), nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if inner["request_id"] != outer["request_id"] || inner["span_id"] != outer["span_id"] || len(w.Header().Values("X-Request-ID")) != 1 {
		t.Errorf("outer %v, inner %v, response %v", outer, inner, w.Header())
	}
}

func TestABaseContextOfTheServerIsNotTheRequest(t *testing.T) {
	base, end := correlate.Begin(correlate.Attrs(t.Context(), slog.String("region", "eu")))
	defer end()
	got := first(serve(base, nil, nil))
	if b := fields(base); got["request_id"] == b["request_id"] || got["trace_id"] == b["trace_id"] {
		t.Errorf("the request took the server's identifiers: %v", got)
	}
	if got["region"] != "eu" {
		t.Errorf("the server's attributes are gone: %v", got)
	}
}

func TestT2_RequestsOfOneServerDoNotShareAttributes(t *testing.T) {
	base := correlate.Attrs(correlate.Attrs(t.Context(), slog.Int("a", 1)), slog.Int("a", 2), slog.Int("a", 2)) // leaves room behind the attributes
	var contexts []context.Context
	h := correlate.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { contexts = append(contexts, r.Context()) }),
		&correlate.HandlerOptions{PublicEndpoint: true})
	for _, c := range "12" {
		r := httptest.NewRequestWithContext(base, "GET", "/", nil)
		r.Header.Set("Traceparent", strings.Replace(parent, "4", string(c), 1))
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	for i, want := range []string{"1bf92", "2bf92"} {
		if got := fields(correlate.With(contexts[i], correlate.IDs{User: "u"})); !strings.HasPrefix(got["trace_link"], want) || got["a"] != "2" {
			t.Errorf("request %d is linked to %s, want %s…", i, got["trace_link"], want)
		}
	}
}

func TestARequestEndsAlsoWhenItPanicsOrIsAborted(t *testing.T) {
	for name, leave := range map[string]func(){
		"returns": func() {},
		"panics":  func() { panic("boom") },
		"aborts":  func() { panic(http.ErrAbortHandler) },
	} {
		ended, panicked := 0, any(nil)
		func() {
			defer func() { panicked = recover() }()
			correlate.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				scope.From(r.Context()).Life.OnEnd(func() { ended++ })
				leave()
			}), nil).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		}()
		if ended != 1 {
			t.Errorf("%s: ended %d times, want once", name, ended)
		}
		if (panicked != nil) != (name != "returns") {
			t.Errorf("%s: panic %v was not handed on", name, panicked)
		}
	}
}

func TestServerSentEventsAreFlushed(t *testing.T) {
	next := make(chan struct{})
	srv := httptest.NewServer(correlate.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for range 3 {
			_, _ = io.WriteString(w, "data: "+correlate.From(r.Context()).Request+"\n\n")
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			<-next // the client has the event before the next one is written
		}
	}), nil))
	defer srv.Close()
	resp, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	events := 0
	for lines.Scan() {
		if lines.Text() == "" {
			continue
		}
		if got, want := lines.Text(), "data: "+resp.Header.Get("X-Request-ID"); got != want {
			t.Errorf("event %q, want %q", got, want)
		}
		events++
		next <- struct{}{}
	}
	if events != 3 {
		t.Errorf("%d events, want 3", events)
	}
}

func TestAConnectionCanBeHijackedAndItsRequestEnds(t *testing.T) {
	ended := make(chan string, 1)
	srv := httptest.NewServer(correlate.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := correlate.From(r.Context()).Request
		scope.From(r.Context()).Life.OnEnd(func() { ended <- id })
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-Request-ID: " + id + "\r\n\r\n")
		_ = rw.Flush()
		line, _ := rw.ReadString('\n')
		_, _ = rw.WriteString("echo " + line)
		_ = rw.Flush()
	}), nil))
	defer srv.Close()
	req, _ := http.NewRequest("GET", srv.URL, nil)
	req.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"echo"}}
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	conn, ok := resp.Body.(io.ReadWriter)
	if resp.StatusCode != http.StatusSwitchingProtocols || !ok {
		t.Fatalf("status %s", resp.Status)
	}
	_, _ = io.WriteString(conn, "hello\n")
	if got, _ := bufio.NewReader(conn).ReadString('\n'); got != "echo hello\n" {
		t.Errorf("over the upgraded connection: %q", got)
	}
	if got, want := <-ended, resp.Header.Get("X-Request-ID"); got != want {
		t.Errorf("request %q ended, want %q", got, want)
	}
}

// writer is a ResponseWriter of another middleware; its Unwrap and ReadFrom must stay in reach.
type writer struct {
	http.ResponseWriter
	readFrom int
}

func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *writer) ReadFrom(r io.Reader) (int64, error) {
	w.readFrom++
	return io.Copy(w.ResponseWriter, r)
}

func TestTheResponseWriterKeepsWhatItCanDo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	content := []byte(strings.Repeat("x", 1000))
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	mine := &writer{ResponseWriter: rec}
	correlate.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if w != http.ResponseWriter(mine) {
			t.Errorf("handler got %T", w)
		}
		http.ServeFile(w, r, path)
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
	}), nil).ServeHTTP(mine, httptest.NewRequest("GET", "/", nil))
	if mine.readFrom == 0 || !rec.Flushed || !bytes.Equal(rec.Body.Bytes(), content) {
		t.Errorf("ReadFrom %d times, flushed %v, %d bytes", mine.readFrom, rec.Flushed, rec.Body.Len())
	}
}

func TestANilNextIsTheDefault(t *testing.T) {
	w := httptest.NewRecorder()
	correlate.Handler(nil, nil).ServeHTTP(w, httptest.NewRequest("GET", "/nothing-here", nil))
	if w.Code != http.StatusNotFound || w.Header().Get("X-Request-ID") == "" {
		t.Errorf("status %d, %v", w.Code, w.Header())
	}
	_, err := correlate.Transport(nil, nil).RoundTrip(httptest.NewRequest("GET", "nowhere://x", nil))
	if err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want one about the scheme", err)
	}
}
