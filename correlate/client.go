package correlate

import (
	"net/http"

	"go.opentelemetry.io/otel/trace"

	"github.com/sluicelog/sluice/internal/scope"
)

// TransportOptions are options of [Transport].
type TransportOptions struct {
	// TrustedHosts may learn session, user, transaction and baggage: exact names or addresses ("api.example.com",
	// "10.0.0.7"), or "*.example.com" for every name below example.com but not itself. Without port; case does not
	// matter. The host is that of the request's URL, also after a redirect. Empty means that nobody is trusted.
	TrustedHosts []string
}

// Validate returns an error that names the entries of TrustedHosts that can match no host; such entries are ignored.
func (o *TransportOptions) Validate() error {
	if o == nil {
		return nil
	}
	_, err := parseHosts(o.TrustedHosts)
	return err
}

// Transport returns a RoundTripper that sends the identifiers of the request's context with each request: X-Request-ID and
// the trace to every host, the rest to trusted hosts. These headers say what the context says: values that were in them,
// for example copied by a proxy from its own client, are replaced, and baggage is taken off on the way to a host
// that is not trusted. Outside any request and span a request passes unchanged. A nil next is http.DefaultTransport; opts
// may be nil. The caller's request is not modified.
func Transport(next http.RoundTripper, opts *TransportOptions) http.RoundTripper {
	t := &transport{next: next}
	if next == nil {
		t.next = http.DefaultTransport
	}
	if opts != nil {
		t.trusted, _ = parseHosts(opts.TrustedHosts)
	}
	return t
}

type transport struct {
	next    http.RoundTripper
	trusted hosts
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	s := scope.From(ctx)
	traced := trace.SpanContextFromContext(ctx).IsValid()
	if s == nil && !traced {
		return t.next.RoundTrip(r)
	}
	r = r.WithContext(ctx) // a shallow copy
	if r.Header = r.Header.Clone(); r.Header == nil {
		r.Header = make(http.Header, 3)
	}
	h := headers(r.Header)
	if s != nil && s.Request != "" {
		h.del(headerRequest) // ours may have to stay at home
	}
	if traced {
		h.del(headerState) // the trace need not have one
	}
	h.del(headerBaggage)
	inject(ctx, h, r.URL != nil && t.trusted.match(r.URL.Hostname()))
	return t.next.RoundTrip(r)
}

// CloseIdleConnections is for http.Client's method of the same name.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
