package correlate

import (
	"context"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/sluicelog/sluice/internal/scope"
)

// The names on the wire. Header names are case-insensitive in HTTP; messages have them as they stand here.
const (
	headerRequest  = "x-request-id"
	headerParent   = "traceparent"
	headerState    = "tracestate"
	headerBaggage  = "baggage"
	maxID          = 128
	maxMembers     = 64
	maxHeader      = 8 << 10 // of baggage and of tracestate
	maxTraceParent = 256     // version 00 has 55; later ones may have more
)

// received is what a carrier said, checked.
type received struct {
	request, session, user, transaction string
	span                                trace.SpanContext
	bag                                 baggage.Baggage // of others: without our members
}

// receive reads c, nil for nothing.
func receive(c propagation.TextMapCarrier) (in received) {
	if c == nil {
		return in
	}
	in.request = checked(only(values(c, headerRequest)), &refused.requests)
	in.span = receiveSpan(c)
	raw := capped(values(c, headerBaggage))
	if raw == "" {
		return in
	}
	bag, err := baggage.Parse(raw)
	if err != nil {
		refused.baggage.Add(1)
	}
	take := func(key string, count *atomic.Uint64) string {
		return checked(bag.Member(key).Value(), count)
	}
	in.session = take(scope.KeySession, &refused.sessions)
	in.user = take(scope.KeyUser, &refused.users)
	in.transaction = take(scope.KeyTransaction, &refused.transactions)
	in.bag = foreignBaggage(bag)
	return in
}

func receiveSpan(c propagation.TextMapCarrier) trace.SpanContext {
	parent := only(values(c, headerParent))
	if parent == "" {
		return trace.SpanContext{}
	}
	var sc trace.SpanContext
	if len(parent) <= maxTraceParent {
		state := strings.Join(values(c, headerState), ",")
		if len(state) > maxHeader {
			state = ""
		}
		clean := spanHeaders{parent, state}
		sc = trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), &clean))
	}
	if !sc.IsValid() {
		refused.traces.Add(1)
	}
	return sc
}

// spanHeaders is a carrier of traceparent and tracestate.
type spanHeaders struct{ parent, state string }

func (h *spanHeaders) Get(key string) string {
	switch key {
	case headerParent:
		return h.parent
	case headerState:
		return h.state
	}
	return ""
}

func (h *spanHeaders) Set(key, value string) {}

func (h *spanHeaders) Keys() []string { return []string{headerParent, headerState} }

// values returns all values of key in c.
func values(c propagation.TextMapCarrier, key string) []string {
	if multi, ok := c.(propagation.ValuesGetter); ok {
		return multi.Values(key)
	}
	if v := c.Get(key); v != "" {
		return []string{v}
	}
	return nil
}

// contradictory stands for several different values where one is allowed. It is no identifier and no traceparent.
const contradictory = ","

// only returns the one value of a header, which may have been sent several times.
func only(values []string) string {
	if len(values) == 0 {
		return ""
	}
	for _, v := range values[1:] {
		if v != values[0] {
			return contradictory
		}
	}
	return values[0]
}

// checked returns id when it is empty or well-formed; else it counts it and returns an empty one.
func checked(id string, count *atomic.Uint64) string {
	if id != "" && !wellFormed(id) {
		count.Add(1)
		return ""
	}
	return id
}

// wellFormed says whether id is one to let in: 1 to 128 characters that need no quoting in a header, a URL path, a shell
// or a JSON string.
func wellFormed(id string) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '-' <= c && c <= ':', c == '_', c == '+', c == '=', c == '@': // '-' to ':' is - . / 0-9 :
		default:
			return false
		}
	}
	return true
}

// capped joins the values of a baggage header as far as they are within the limits, at a member's end.
func capped(values []string) string {
	if len(values) == 1 && len(values[0]) <= maxHeader && strings.Count(values[0], ",") < maxMembers {
		return values[0]
	}
	var b strings.Builder
	members := 0
	for _, v := range values {
		for member := range strings.SplitSeq(v, ",") {
			if members++; members > maxMembers || b.Len()+1+len(member) > maxHeader {
				refused.baggage.Add(1)
				return b.String()
			}
			if b.Len() > 0 {
				b.WriteByte(',')
			}
			b.WriteString(member)
		}
	}
	return b.String()
}

// foreignBaggage returns bag without our members; bag itself when it has none.
func foreignBaggage(bag baggage.Baggage) baggage.Baggage {
	for _, key := range [...]string{scope.KeySession, scope.KeyUser, scope.KeyTransaction} {
		if bag.Member(key).Key() != "" {
			bag = bag.DeleteMember(key)
		}
	}
	return bag
}

// enter begins the request that in tells of within ctx and returns its context. s has what the caller knows; sc is
// the span to be in, or under.
func (in *received) enter(ctx context.Context, s *scope.Scope, sc trace.SpanContext, flags trace.TraceFlags) context.Context {
	s.Request, s.Session, s.User, s.Transaction = in.request, in.session, in.user, in.transaction
	if s.Request == "" {
		s.Request = NewRequestID()
	}
	ctx = addSpan(ctx, s, sc, flags)
	// An OpenTelemetry middleware may have read the baggage before us, our members included.
	had := baggage.FromContext(ctx)
	bag := in.bag
	if bag.Len() == 0 {
		bag = foreignBaggage(had)
	}
	if bag.Len() != 0 || had.Len() != 0 {
		ctx = baggage.ContextWithBaggage(ctx, bag)
	}
	return enter(ctx, s)
}
