package correlate

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"github.com/sluicelog/sluice/internal/scope"
)

// Start returns a context of a new stage within the request of ctx: a span of its own, child of the one that ctx has,
// called name in the records (may be empty). Under a tracer's span nothing is made: the stage has the tracer's
// identifiers. Outside any request it makes what is missing, as [Begin] does, but without an end.
func Start(ctx context.Context, name string) context.Context {
	s := derive(scope.From(ctx))
	s.Name = name
	if s.Request == "" {
		s.Request = NewRequestID()
	}
	return enter(addSpan(ctx, s, trace.SpanContextFromContext(ctx), trace.FlagsSampled), s)
}

// Begin returns a context for a unit of work with a known end, such as a batch job, a timer or the handling of a message,
// and the function that ends it, to be deferred. It makes the identifiers that ctx lacks. Within a request (or another
// unit of work) it keeps the request's identifiers and has a span and an end of its own. The end may be called more than
// once and from any goroutine; it does not cancel the context.
func Begin(ctx context.Context) (_ context.Context, end func()) {
	s := derive(scope.From(ctx))
	if s.Request == "" {
		s.Request = NewRequestID()
	}
	// What Extract returned has a span already, and nobody's end.
	if s.Life != nil || s.Trace == [16]byte{} || foreign(ctx, s).IsValid() {
		s.Name = ""
		ctx = addSpan(ctx, s, trace.SpanContextFromContext(ctx), trace.FlagsSampled)
	}
	s.Life = new(scope.Life)
	return enter(ctx, s), s.Life.End
}

// addSpan gives s a span, and a trace when it has none, and returns ctx with them. A span sc of this process is taken as
// it is, a remote one is the parent. flags are those of a trace made here.
func addSpan(ctx context.Context, s *scope.Scope, sc trace.SpanContext, flags trace.TraceFlags) context.Context {
	if sc.IsValid() {
		adopt(s, sc)
		if !sc.IsRemote() {
			return ctx
		}
	}
	if s.Trace == [16]byte{} {
		s.Trace, s.Flags = scope.NewTrace(), byte(flags)
	}
	s.Parent, s.Span = s.Span, scope.NewSpan()
	if ctx == nil {
		ctx = context.Background()
	}
	return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: s.Trace, SpanID: s.Span, TraceFlags: trace.TraceFlags(s.Flags), TraceState: sc.TraceState(),
	}))
}

// foreign returns the OpenTelemetry span of ctx when it is not that of s, which may be nil; else an invalid one.
func foreign(ctx context.Context, s *scope.Scope) trace.SpanContext {
	sc := trace.SpanContextFromContext(ctx)
	if s != nil && sc.TraceID() == s.Trace && sc.SpanID() == s.Span {
		return trace.SpanContext{}
	}
	return sc
}

// follow has s take the identifiers of a span that was started in ctx since its scope was made.
func follow(ctx context.Context, s *scope.Scope) {
	if sc := foreign(ctx, s); sc.IsValid() {
		adopt(s, sc)
	}
}

// adopt has s be within sc.
func adopt(s *scope.Scope, sc trace.SpanContext) {
	if s.Trace == sc.TraceID() && s.Span == sc.SpanID() {
		return
	}
	s.Trace, s.Span, s.Flags, s.Parent = sc.TraceID(), sc.SpanID(), byte(sc.TraceFlags()), [8]byte{}
}
