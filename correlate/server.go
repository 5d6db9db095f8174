package correlate

import (
	"log/slog"
	"net/http"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/trace"

	"github.com/sluicelog/sluice/internal/scope"
)

// HandlerOptions are options of [Handler]. The zero value believes well-formed identifiers, which is right for a service
// that only its own kind can reach.
type HandlerOptions struct {
	// PublicEndpoint is for handlers that strangers can reach: the incoming trace is not continued but linked
	// (attributes trace_link and span_link of the request), and the incoming request identifier and baggage, with the
	// session and user they may claim, are not believed.
	PublicEndpoint bool
	// TrustRequestID has a public endpoint believe a well-formed X-Request-ID nevertheless, for example of a load
	// balancer that sets it.
	TrustRequestID bool
	// Unsampled has a trace that is made here say so (W3C flag "sampled" not set). Services behind this one that trace
	// with OpenTelemetry usually do as the flag says: by default they record each such trace, with Unsampled none.
	Unsampled bool
}

// The attributes of a public endpoint's link to the incoming trace.
const (
	keyTraceLink = "trace_link"
	keySpanLink  = "span_link"
)

// Handler returns an HTTP handler that begins a request for each HTTP request, with the identifiers that came with it, has
// next serve it, and ends it, also when next panics. The request identifier is set on the response as X-Request-ID. The
// ResponseWriter is handed on as it came, so that whatever it can do (flush, hijack, read from a file) it still can. A
// Handler inside another leaves all to the outer one. (httputil.ReverseProxy adds the backend's headers to those set here:
// its ModifyResponse should delete X-Request-ID, which the backend repeats.) A nil next is http.DefaultServeMux; opts may be nil.
func Handler(next http.Handler, opts *HandlerOptions) http.Handler {
	h := &handler{next: next}
	if next == nil {
		h.next = http.DefaultServeMux
	}
	if opts != nil {
		h.opts = *opts
	}
	return h
}

type handler struct {
	next http.Handler
	opts HandlerOptions
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	base := scope.From(ctx)
	if base != nil && base.Served {
		h.next.ServeHTTP(w, r)
		return
	}
	in := receive(headers(r.Header))
	sc := foreign(ctx, base)
	s := within(base)
	s.Served = true
	s.Life = new(scope.Life)
	defer s.Life.End()

	if !sc.IsValid() {
		sc = in.span
	}
	if h.opts.PublicEndpoint {
		sc = in.distrust(h.opts.TrustRequestID, s, sc)
	}
	flags := trace.FlagsSampled
	if h.opts.Unsampled {
		flags = 0
	}
	ctx = in.enter(ctx, s, sc, flags)
	headers(w.Header()).Set(headerRequest, s.Request)
	h.next.ServeHTTP(w, r.WithContext(ctx))
}

// distrust takes out of in what a stranger may not say, links s to the trace that came in, and returns the span to be
// in: sc, unless that came in too.
func (in *received) distrust(trustRequest bool, s *scope.Scope, sc trace.SpanContext) trace.SpanContext {
	if !trustRequest {
		in.request = ""
	}
	in.session, in.user, in.transaction, in.bag = "", "", "", baggage.Baggage{}
	link := in.span
	if sc.IsRemote() {
		link, sc = sc, trace.SpanContext{}
	}
	if link.IsValid() && link.TraceID() != sc.TraceID() {
		n := len(s.Extra)
		s.Extra = merge(s.Extra[:n:n], []slog.Attr{
			slog.String(keyTraceLink, link.TraceID().String()), slog.String(keySpanLink, link.SpanID().String()),
		})
	}
	return sc
}
