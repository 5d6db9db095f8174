package enrich

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync/atomic"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/scope"
)

// Span names the span of a tracer that a context carries. The zero Span, and one without a trace, means none.
type Span struct {
	Trace [16]byte // W3C trace-id
	ID    [8]byte  // W3C parent-id
	Flags byte     // W3C trace-flags
}

// addScope adds the identifiers of ctx, unless a handler before did, and counts the records that have none.
func (c *core) addScope(ctx context.Context, pc uintptr, root *chain.Root) {
	if root.Scope != nil {
		return
	}
	s := scope.From(ctx)
	if c.span != nil && ctx != nil {
		if span := c.spanOf(ctx); span.Trace != [16]byte{} && !(s != nil && s.Trace == span.Trace && s.Span == span.ID) {
			s = c.spans.under(s, span)
		}
	}
	if s == nil || s.Key == 0 {
		scope.Uncorrelated.Add(pc)
		if s == nil {
			s = scope.Process()
		}
	}
	if root.Key == 0 {
		root.Key = s.Key
	}
	root.Scope = root.MaskedBlock(s.Block)
}

// spanOf contains a tracer's panic.
func (c *core) spanOf(ctx context.Context) (span Span) {
	defer func() {
		if p := recover(); p != nil {
			c.panics.Add(1)
			c.errs.Report(fmt.Errorf("Options.Span panicked: %v", p))
		}
	}()
	return c.span(ctx)
}

// spanCache remembers the scopes that were made for spans, so that all records of a span share one. It is direct-mapped:
// a newer span takes the place of an older one.
type spanCache [spanSlots]atomic.Pointer[spanScope]

const (
	spanSlots    = 1 << spanSlotBits
	spanSlotBits = 9
)

type spanScope struct {
	outer *scope.Scope
	span  Span
	inner *scope.Scope
}

// under returns the scope of a span that was started under outer, which may be nil: its trace and span in place of
// outer's, everything else as it is.
func (c *spanCache) under(outer *scope.Scope, span Span) *scope.Scope {
	// Fibonacci hashing, for tracers that count where they should draw.
	slot := &c[binary.LittleEndian.Uint64(span.ID[:])*0x9e3779b97f4a7c15>>(64-spanSlotBits)]
	if e := slot.Load(); e != nil && e.outer == outer && e.span == span {
		return e.inner
	}
	inner := &scope.Scope{Trace: span.Trace, Span: span.ID, Flags: span.Flags}
	if outer != nil {
		inner.Request, inner.Session, inner.User = outer.Request, outer.Session, outer.User
		inner.Transaction, inner.Extra, inner.Life = outer.Transaction, outer.Extra, outer.Life
	}
	inner.Seal()
	slot.Store(&spanScope{outer: outer, span: span, inner: inner})
	return inner
}
