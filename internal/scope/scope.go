// Package scope is what a context carries for the records that are logged under it: the identifiers and attributes of a
// request, in the form in which handlers take them (by reference, built once). correlate writes it, handlers read it.
package scope

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/onerror"
)

// Scope is immutable once it is in a context. A nested scope (more attributes, a child span) is a new Scope, of the same
// Life unless it is a unit of work of its own.
type Scope struct {
	Request, Session, User, Transaction string
	Trace                               [16]byte // all zero for none
	Span                                [8]byte
	// Parent is the span under which Span was made; all zero for none, and for a span that a tracer made and records.
	Parent [8]byte
	Flags  byte
	// Name says what Span does, empty for a span without a name.
	Name string
	// Extra are the further attributes of the request, frozen; Seal puts them after the identifiers.
	Extra []slog.Attr
	// Served says that an HTTP handler made the scope (or the one around it): a second one leaves it alone.
	Served bool
	// Block has everything that goes to the root of a record: identifiers first, then further attributes.
	Block *chain.Block
	// Key is a hash of the trace, else of the request identifier; 0 only when there is neither.
	Key uint64
	// Life ends when the request does; nil outside a request whose end is known.
	Life *Life
}

type ctxKey struct{}

// From returns the scope of ctx, nil for none.
func From(ctx context.Context) *Scope {
	if ctx == nil {
		return nil
	}
	s, _ := ctx.Value(ctxKey{}).(*Scope)
	return s
}

// NewContext returns a context that carries s.
func NewContext(ctx context.Context, s *Scope) context.Context {
	return context.WithValue(ctx, ctxKey{}, s)
}

// Attrs returns the attributes of the scope, nil for a nil scope.
func (s *Scope) Attrs() []slog.Attr {
	if s == nil {
		return nil
	}
	return s.Block.Attrs()
}

// Life is the span of time of a request. Handlers keep per-request state in it and are told of its end. Safe for
// concurrent use.
type Life struct {
	mu    sync.Mutex
	ended bool
	state map[any]any
	atEnd []func()
}

// Load returns the state kept under key (comparable), making it by create the first time; create runs under the lock and
// must not call back. It returns nil once the request has ended.
func (l *Life) Load(key any, create func() any) any {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return nil
	}
	v, ok := l.state[key]
	if !ok {
		if l.state == nil {
			l.state = make(map[any]any, 1)
		}
		v = create()
		l.state[key] = v
	}
	return v
}

// OnEnd has fn called once when the request ends, in the goroutine that ends it; at once when it has ended.
func (l *Life) OnEnd(fn func()) {
	l.mu.Lock()
	if !l.ended {
		l.atEnd = append(l.atEnd, fn)
		l.mu.Unlock()
		return
	}
	l.mu.Unlock()
	fn()
}

// End ends the request. Idempotent. Every function is called, also after one that panics, whose panic is reported and
// does not reach the work that ended.
func (l *Life) End() {
	l.mu.Lock()
	fns := l.atEnd
	l.ended, l.atEnd, l.state = true, nil, nil
	l.mu.Unlock()
	for _, fn := range fns {
		call(fn)
	}
}

var endErrors = onerror.Sink{Component: "correlate"}

func call(fn func()) {
	defer func() {
		if p := recover(); p != nil {
			endErrors.Report(fmt.Errorf("panic at the end of a request: %v", p))
		}
	}()
	fn()
}
