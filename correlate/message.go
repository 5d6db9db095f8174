package correlate

import (
	"context"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/sluicelog/sluice/internal/scope"
)

// Carrier holds the headers of a message; any OpenTelemetry TextMapCarrier is one.
type Carrier = propagation.TextMapCarrier

// Map returns a carrier over m, for headers that a message has as a map. Names are found in any case. Nothing can be put
// into a nil map.
func Map(m map[string]string) Carrier { return mapCarrier(m) }

// Headers returns a carrier over h. Nothing can be put into nil headers.
func Headers(h http.Header) Carrier { return headers(h) }

type mapCarrier map[string]string

func (m mapCarrier) Get(key string) string {
	if v, ok := m[key]; ok {
		return v
	}
	for k, v := range m {
		if strings.EqualFold(k, key) {
			return v
		}
	}
	return ""
}

func (m mapCarrier) Set(key, value string) { put(m, key, value) }

func (m mapCarrier) Keys() []string { return propagation.MapCarrier(m).Keys() }

type headers http.Header

// canonical spares net/http the work of making a header's name out of ours.
func canonical(key string) string {
	switch key {
	case headerRequest:
		return "X-Request-Id"
	case headerParent:
		return "Traceparent"
	case headerState:
		return "Tracestate"
	case headerBaggage:
		return "Baggage"
	}
	return key
}

func (h headers) Get(key string) string      { return http.Header(h).Get(canonical(key)) }
func (h headers) Values(key string) []string { return http.Header(h).Values(canonical(key)) }
func (h headers) Keys() []string             { return propagation.HeaderCarrier(h).Keys() }
func (h headers) del(key string)             { http.Header(h).Del(canonical(key)) }

func (h headers) Set(key, value string) {
	if h != nil {
		http.Header(h).Set(canonical(key), value)
	}
}

// Inject puts the request and the trace of ctx into c, as x-request-id, traceparent and tracestate. What c has beside
// these is left alone; nil is ignored.
func Inject(ctx context.Context, c Carrier) { inject(ctx, c, false) }

// InjectTrusted is Inject for a receiver that may know who the user is: session, user, a named transaction and the
// baggage of ctx go too, as baggage.
func InjectTrusted(ctx context.Context, c Carrier) { inject(ctx, c, true) }

func inject(ctx context.Context, c Carrier, trusted bool) {
	if c == nil {
		return
	}
	s := scope.From(ctx)
	if s != nil && checked(s.Request, &refused.outgoing) != "" {
		c.Set(headerRequest, s.Request)
	}
	propagation.TraceContext{}.Inject(ctx, c)
	if trusted {
		if bag := outgoing(s, baggage.FromContext(ctx)); bag != "" {
			c.Set(headerBaggage, bag)
		}
	}
}

// outgoing returns the members of a baggage header for s (which may be nil) and bag: ours first, then as many of bag as
// the limits allow.
func outgoing(s *scope.Scope, bag baggage.Baggage) string {
	var b strings.Builder
	members := 0
	add := func(member string) {
		if member == "" || members == maxMembers || b.Len()+1+len(member) > maxHeader {
			return
		}
		if members++; members > 1 {
			b.WriteByte(',')
		}
		b.WriteString(member)
	}
	if s != nil {
		own := func(key, id string) {
			if checked(id, &refused.outgoing) != "" {
				add(key + "=" + id) // well-formed identifiers need no escape in baggage
			}
		}
		own(scope.KeySession, s.Session)
		own(scope.KeyUser, s.User)
		if s.Transaction != s.InferTransaction() { // who receives it infers the same
			own(scope.KeyTransaction, s.Transaction)
		}
	}
	for _, m := range foreignBaggage(bag).Members() {
		add(m.String())
	}
	return b.String()
}

// Extract returns a context for the handling of a message: the request and trace that c names, in a span of its own;
// what is missing or refused is made. Attributes that ctx has by [Attrs] stay, its identifiers do not. The trace of c goes
// before a span that ctx has, unless that span is of the same trace. Let [Begin] follow, which gives the work an end.
func Extract(ctx context.Context, c Carrier) context.Context {
	in, s, sc := extract(ctx, c)
	return in.enter(ctx, s, sc, trace.FlagsSampled)
}

// ExtractPublic is Extract for a carrier that a stranger has filled, as [HandlerOptions.PublicEndpoint] says: its trace is linked,
// its request identifier is not believed unless trustRequestID says so, and its baggage never.
func ExtractPublic(ctx context.Context, c Carrier, trustRequestID bool) context.Context {
	in, s, sc := extract(ctx, c)
	return in.enter(ctx, s, in.distrust(trustRequestID, s, sc), trace.FlagsSampled)
}

// extract reads c and returns a scope for its request and the span to be in, or under.
func extract(ctx context.Context, c Carrier) (in received, s *scope.Scope, sc trace.SpanContext) {
	in = receive(c)
	base := scope.From(ctx)
	sc = foreign(ctx, base)
	if in.span.IsValid() && in.span.TraceID() != sc.TraceID() || !sc.IsValid() {
		sc = in.span
	}
	return in, within(base), sc
}

// within returns a scope for a request that is handled in the context of base, which may be nil.
func within(base *scope.Scope) *scope.Scope {
	s := new(scope.Scope)
	if base != nil {
		s.Extra = base.Extra
	}
	return s
}
