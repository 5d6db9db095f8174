package correlate

import (
	"context"

	"github.com/sluicelog/sluice/internal/scope"
)

// IDs are the identifiers of a request that a program gives; an empty one is unknown. Trace and span are those of
// OpenTelemetry's trace.SpanContextFromContext.
type IDs struct {
	Request, Session, User, Transaction string
}

// With returns a context whose records carry ids, in addition to what ctx has; an empty field leaves what is there. It
// makes up nothing but the transaction: see [Begin] for work that has no identifiers yet. Identifiers that others would
// refuse (see [Refused]) are logged as they are, and stay at home.
func With(ctx context.Context, ids IDs) context.Context {
	if ids == (IDs{}) {
		return ctx
	}
	s := derive(scope.From(ctx))
	set(&s.Request, ids.Request)
	set(&s.Session, ids.Session)
	set(&s.User, ids.User)
	set(&s.Transaction, ids.Transaction)
	follow(ctx, s)
	return enter(ctx, s)
}

func set(dst *string, id string) {
	if id != "" {
		*dst = id
	}
}

// From returns the identifiers of ctx, zero outside any request.
func From(ctx context.Context) IDs {
	s := scope.From(ctx)
	if s == nil {
		return IDs{}
	}
	return IDs{Request: s.Request, Session: s.Session, User: s.User, Transaction: s.Transaction}
}

// NewRequestID returns a new identifier: a UUID of version 7, which sorts by time and rises within a process.
func NewRequestID() string { return scope.NewID() }

// Process returns the identifier of this run of the program, which records outside any request carry as run_id.
func Process() string { return scope.RunID() }

// derive returns a copy of base to be changed and entered; base may be nil.
func derive(base *scope.Scope) *scope.Scope {
	s := new(scope.Scope)
	if base != nil {
		*s = *base
		if base.Trace == ([16]byte{}) && base.Transaction == base.InferTransaction() {
			s.Transaction = "" // inferred from what may change now
		}
	}
	return s
}

// enter seals s and returns ctx with it.
func enter(ctx context.Context, s *scope.Scope) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	s.Seal()
	return scope.NewContext(ctx, s)
}
