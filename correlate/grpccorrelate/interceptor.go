// Package grpccorrelate carries the identifiers of package correlate over gRPC, unary calls and streams, on both sides.
//
//	srv := grpc.NewServer(grpccorrelate.ServerOptions(nil)...)
//	conn, err := grpc.NewClient(target, append(grpccorrelate.DialOptions(nil), …)...)
//
// A server begins a request for each call, with the identifiers in its metadata, and ends it with the call; a client sends those of
// the call's context. The names are those of HTTP: x-request-id, traceparent, tracestate, baggage. The server sends
// x-request-id back in the header. A stream is one request, however many messages it has; a message that is a unit of work of its own
// begins one by correlate.Begin.
//
// Beside OpenTelemetry's stats handlers (otelgrpc) the spans that these make win: they run before interceptors.
package grpccorrelate

import (
	"context"
	"maps"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/sluicelog/sluice/correlate"
)

// ServerConfig is how a server treats what comes in. The zero value believes well-formed identifiers, which is right for a service
// that only its own kind can reach.
type ServerConfig struct {
	// PublicEndpoint is for servers that strangers can reach, see correlate.HandlerOptions.
	PublicEndpoint bool
	// TrustRequestID has a public endpoint believe a well-formed x-request-id nevertheless.
	TrustRequestID bool
}

// ClientConfig is what a client sends. The zero value sends request and trace.
type ClientConfig struct {
	// Trusted sends session, user, a named transaction and baggage too: the server of this connection may know who the user is.
	Trusted bool
}

// ServerOptions are the interceptors of a server as options; they are chained behind those that are there. c may be nil.
func ServerOptions(c *ServerConfig) []grpc.ServerOption {
	return []grpc.ServerOption{grpc.ChainUnaryInterceptor(UnaryServer(c)), grpc.ChainStreamInterceptor(StreamServer(c))}
}

// DialOptions are the interceptors of a client as options; they are chained behind those that are there. c may be nil.
func DialOptions(c *ClientConfig) []grpc.DialOption {
	return []grpc.DialOption{grpc.WithChainUnaryInterceptor(UnaryClient(c)), grpc.WithChainStreamInterceptor(StreamClient(c))}
}

// UnaryServer returns the interceptor of a server's unary calls. c may be nil.
func UnaryServer(c *ServerConfig) grpc.UnaryServerInterceptor {
	conf := valueOf(c)
	return func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		ctx, end := conf.begin(ctx)
		defer end()
		_ = grpc.SetHeader(ctx, answer(ctx)) // fails where a test calls without a transport
		return handler(ctx, req)
	}
}

// StreamServer returns the interceptor of a server's streams. c may be nil.
func StreamServer(c *ServerConfig) grpc.StreamServerInterceptor {
	conf := valueOf(c)
	return func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		ctx, end := conf.begin(ss.Context())
		defer end()
		_ = ss.SetHeader(answer(ctx))
		return handler(srv, &stream{ss, ctx})
	}
}

// UnaryClient returns the interceptor of a client's unary calls. c may be nil.
func UnaryClient(c *ClientConfig) grpc.UnaryClientInterceptor {
	conf := valueOf(c)
	return func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoker grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		return invoker(conf.outgoing(ctx), method, req, reply, cc, opts...)
	}
}

// StreamClient returns the interceptor of a client's streams. c may be nil.
func StreamClient(c *ClientConfig) grpc.StreamClientInterceptor {
	conf := valueOf(c)
	return func(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, streamer grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
		return streamer(conf.outgoing(ctx), desc, cc, method, opts...)
	}
}

func valueOf[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// stream is a server's stream in the context of its request.
type stream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *stream) Context() context.Context { return s.ctx }

func (c ServerConfig) begin(ctx context.Context) (context.Context, func()) {
	md, _ := metadata.FromIncomingContext(ctx)
	if c.PublicEndpoint {
		ctx = correlate.ExtractPublic(ctx, carrier(md), c.TrustRequestID)
	} else {
		ctx = correlate.Extract(ctx, carrier(md))
	}
	return correlate.Begin(ctx)
}

const headerRequest = "x-request-id"

func answer(ctx context.Context) metadata.MD {
	return metadata.Pairs(headerRequest, correlate.From(ctx).Request)
}

// outgoing returns ctx with the identifiers in its metadata. What the caller has put there beside them stays.
func (c ClientConfig) outgoing(ctx context.Context) context.Context {
	md, _ := metadata.FromOutgoingContext(ctx) // a copy
	if md == nil {
		md = metadata.MD{}
	}
	md.Delete("baggage") // the caller's baggage is for who is trusted, as correlate.Transport has it
	if c.Trusted {
		correlate.InjectTrusted(ctx, carrier(md))
	} else {
		correlate.Inject(ctx, carrier(md))
	}
	return metadata.NewOutgoingContext(ctx, md)
}

// carrier is metadata as package correlate takes headers.
type carrier metadata.MD

func (c carrier) Get(key string) string {
	if v := c.Values(key); len(v) > 0 {
		return v[0]
	}
	return ""
}

func (c carrier) Values(key string) []string { return metadata.MD(c).Get(key) }
func (c carrier) Set(key, value string)      { metadata.MD(c).Set(key, value) }

func (c carrier) Keys() []string { return slices.Collect(maps.Keys(c)) }
