package audit

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicelog/sluice/internal/onerror"
	"github.com/sluicelog/sluice/internal/scope"
)

// Sink keeps events durably. Record returns when the event is kept, and need not look at ctx: the handler waits no longer.
type Sink interface {
	Name() string
	Record(ctx context.Context, b Body) error
	// Healthy returns why the sink does not work, nil when it does.
	Healthy() error
}

// sealer is a sink that can seal personal fields; a Trail is one.
type sealer interface {
	Seal(subject string, b *Body) error
}

// HandlerOptions configure a Handler. The zero value fails closed after two seconds, and one sink that has the event is
// enough.
type HandlerOptions struct {
	// Deadline is how long a call waits for the sinks. 0 means 2 s.
	Deadline time.Duration
	// RequireAll wants every sink to have the event; false is content with one.
	RequireAll bool
	// FailOpen lets the caller go on when the event is not recorded: the failure goes to OnError and is counted, and Handle
	// returns nil. False returns it.
	FailOpen bool
	// Mask is applied to the encoded old and new values, personal values and the reason before anything is stored: field is
	// "old", "new", "personal" or "reason". It returns JSON; what is none is redacted. nil leaves them as they are. The actor's
	// identifier is not masked.
	Mask func(field string, json []byte) []byte
	// PseudonymiseActors replaces Actor.ID by a token under the actor's key in the ring of the first Trail among the sinks: the same actor
	// is recognised and not named, until that key is destroyed (KeyRing.Token, Trail.Erase).
	PseudonymiseActors bool
	// OnError is told of each sink that fails, also when another has the event. nil means stderr, once a minute for each kind.
	OnError func(error)
}

// Handler routes the records of Log to the sinks, and lets all others pass to the next handler. It stands first in a chain,
// before sampling and queues: what it records is never sampled, never dropped, and is on disk when the call returns.
// The audit lane alone is exempt from the promise that a call takes less than a millisecond: one fsync takes longer.
type Handler struct {
	next  slog.Handler
	lanes []*lane
	opts  HandlerOptions
	state *handlerState
}

type handlerState struct {
	errs             onerror.Sink
	recorded, failed atomic.Uint64

	mu   sync.Mutex
	late int           // events that a sink has, and others are still asked for
	idle chan struct{} // closed when there are none; nil before the first
}

// lane is a sink and the calls of it that hang.
type lane struct {
	Sink
	hanging atomic.Int64
}

// maxHanging is how many calls of a sink may hang before it is not called any more.
const maxHanging = 64

var _ slog.Handler = (*Handler)(nil)

// NewHandler returns a handler over sinks. next gets every record that is no audit record; nil discards those.
func NewHandler(next slog.Handler, opts *HandlerOptions, sinks ...Sink) (*Handler, error) {
	if len(sinks) == 0 {
		return nil, errors.New("audit: NewHandler: want at least one sink")
	}
	var o HandlerOptions
	if opts != nil {
		o = *opts
	}
	if o.Deadline < 0 {
		return nil, fmt.Errorf("audit: Deadline %v: want 0 or more", o.Deadline)
	}
	o.Deadline = or(o.Deadline, 2*time.Second)
	if next == nil {
		next = drop{}
	}
	h := &Handler{next: next, opts: o, state: &handlerState{errs: onerror.Sink{Component: "audit", Func: o.OnError}}}
	for _, s := range sinks {
		h.lanes = append(h.lanes, &lane{Sink: s})
	}
	return h, nil
}

// Key is the attribute that makes a record an audit record; its value is an Event.
const Key = "audit"

// receiptKey is where Log is told that the record has come to a Handler.

type receiptKey struct{}

// Log records an event through the logger's handler and returns when it is on disk. The error wraps ErrNotRecorded, also
// when no Handler is in the logger's chain. The record's level is INFO; no level keeps it back. A nil logger is slog.Default().
func Log(ctx context.Context, logger *slog.Logger, msg string, e Event) error {
	if logger == nil {
		logger = slog.Default()
	}
	if ctx == nil {
		ctx = context.Background()
	}
	var pcs [1]uintptr
	runtime.Callers(2, pcs[:])
	r := slog.NewRecord(time.Now(), slog.LevelInfo, msg, pcs[0])
	r.AddAttrs(slog.Any(Key, e))
	var come atomic.Bool
	err := logger.Handler().Handle(context.WithValue(ctx, receiptKey{}, &come), r)
	switch {
	case err != nil:
		return err
	case !come.Load():
		return fmt.Errorf("%w: no audit.Handler took it before the call returned: put it first in the chain", ErrNotRecorded)
	}
	return nil
}

// drop takes every record and does nothing, so that events in ordinary calls come through at every level.
type drop struct{}

func (drop) Enabled(context.Context, slog.Level) bool  { return true }
func (drop) Handle(context.Context, slog.Record) error { return nil }
func (d drop) WithAttrs([]slog.Attr) slog.Handler      { return d }
func (d drop) WithGroup(string) slog.Handler           { return d }

// Enabled is the next handler's, which keeps back an event in an ordinary call of that level too; Log does not ask.
func (h *Handler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// WithAttrs returns a handler whose next one has the attributes.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	c := *h
	c.next = h.next.WithAttrs(attrs)
	return &c
}

// WithGroup returns a handler whose next one has the group.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	c := *h
	c.next = h.next.WithGroup(name)
	return &c
}

// Handle records an audit record and passes on any other.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	var e Event
	found := false
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == Key && a.Value.Kind() == slog.KindAny {
			switch v := a.Value.Any().(type) {
			case Event:
				e, found = v, true
			case *Event:
				if found = v != nil; found {
					e = *v
				}
			}
		}
		return !found
	})
	if !found {
		return h.next.Handle(ctx, r)
	}
	if come, ok := ctx.Value(receiptKey{}).(*atomic.Bool); ok {
		come.Store(true)
	}
	err := h.record(ctx, r, e)
	if err == nil {
		h.state.recorded.Add(1)
		return nil
	}
	h.state.failed.Add(1)
	if h.opts.FailOpen {
		h.state.errs.Report(err)
		return nil
	}
	return err
}

func (h *Handler) record(ctx context.Context, r slog.Record, e Event) error {
	b := h.body(ctx, r, e)
	for _, l := range h.lanes {
		s, ok := l.Sink.(sealer)
		if !ok {
			continue
		}
		if h.opts.PseudonymiseActors {
			if t, ok := l.Sink.(*Trail); ok && b.Actor.ID != "" {
				token, err := t.ring.Token(b.Actor.ID, b.Actor.ID)
				if err != nil {
					return fmt.Errorf("%w: %s: pseudonym: %w", ErrNotRecorded, l.Name(), err)
				}
				b.Actor.ID = token
			}
		}
		if e.Subject != "" {
			if err := s.Seal(e.Subject, &b); err != nil {
				return fmt.Errorf("%w: %s: seal: %w", ErrNotRecorded, l.Name(), err)
			}
		}
		break
	}
	// A caller that hangs up does not undo what it did: the record is kept, and the deadline is the handler's.
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), h.opts.Deadline, fmt.Errorf("no answer within %v", h.opts.Deadline))
	if len(h.lanes) == 1 {
		defer cancel()
		return h.lanes[0].do(ctx, b)
	}
	answers := make(chan error, len(h.lanes))
	for _, l := range h.lanes {
		go func() { answers <- l.do(ctx, b) }()
	}
	var errs []error
	for range h.lanes {
		err := <-answers
		if err == nil && !h.opts.RequireAll {
			h.state.later(1)
			go func() {
				defer h.state.later(-1)
				defer cancel() // not before: the others are to have the event too
				h.rest(answers, len(h.lanes)-len(errs)-1, errs)
			}()
			return nil
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	cancel()
	return errors.Join(errs...)
}

// later counts the events that sinks are still asked for.
func (s *handlerState) later(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.late == 0 {
		s.idle = make(chan struct{})
	}
	if s.late += n; s.late == 0 {
		close(s.idle)
	}
}

// Flush returns when every sink has answered for the events that one of them has kept; the Deadline bounds that, and ctx. Close the
// sinks after it.
func (h *Handler) Flush(ctx context.Context) error {
	h.state.mu.Lock()
	idle := h.state.idle
	h.state.mu.Unlock()
	if idle == nil {
		return nil
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("audit: flush: sinks have not answered: %w", context.Cause(ctx))
	}
}

// rest reports the sinks that failed although the event is kept.
func (h *Handler) rest(answers <-chan error, n int, errs []error) {
	for range n {
		errs = append(errs, <-answers)
	}
	for _, err := range errs {
		h.state.errs.Report(err)
	}
}

// do calls the sink and waits no longer than ctx, whatever the sink does.
func (l *lane) do(ctx context.Context, b Body) error {
	if t, ok := l.Sink.(*Trail); ok {
		return t.Record(ctx, b) // it looks at ctx
	}
	if n := l.hanging.Load(); n >= maxHanging {
		return fmt.Errorf("%w: %s: %d earlier calls hang", ErrNotRecorded, l.Name(), n)
	}
	l.hanging.Add(1)
	done := make(chan error, 1)
	go func() {
		defer l.hanging.Add(-1)
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("panic: %v", p)
			}
		}()
		done <- l.Record(ctx, b)
	}()
	select {
	case err := <-done:
		if err != nil && !errors.Is(err, ErrNotRecorded) {
			err = fmt.Errorf("%w: %s: %w", ErrNotRecorded, l.Name(), err)
		}
		return err
	case <-ctx.Done():
		return fmt.Errorf("%w: %s: %w", ErrNotRecorded, l.Name(), context.Cause(ctx))
	}
}

// body makes the body of an event, with the correlation of ctx.
func (h *Handler) body(ctx context.Context, r slog.Record, e Event) Body {
	at := e.Time
	if at.IsZero() {
		at = r.Time
	}
	if at.IsZero() {
		at = time.Now()
	}
	b := Body{
		ID: scope.NewID(), Time: at.UTC(), Message: r.Message, Actor: e.Actor, Action: e.Action, Kind: or(e.Kind, KindOther), Target: e.Target,
		Outcome: or(e.Outcome, Unknown), Reason: e.Reason, Origin: e.Origin, Operation: e.Operation, Old: raw(e.Old), New: raw(e.New),
	}
	if len(e.Personal) > 0 {
		b.Personal = raw(e.Personal)
	}
	if m := h.opts.Mask; m != nil {
		apply := func(field string, v json.RawMessage) json.RawMessage {
			if len(v) == 0 {
				return v
			}
			if v = m(field, v); !json.Valid(v) {
				return raw("[REDACTED]")
			}
			return v
		}
		b.Old, b.New, b.Personal = apply("old", b.Old), apply("new", b.New), apply("personal", b.Personal)
		var reason string
		if json.Unmarshal(apply("reason", raw(b.Reason)), &reason) == nil {
			b.Reason = reason
		}
	}
	b.Changes = diff(b.Old, b.New)
	if s := scope.From(ctx); s != nil {
		b.Request, b.Transaction = s.Request, s.Transaction
		b.Actor.Session = or(b.Actor.Session, s.Session)
		b.Actor.ID = or(b.Actor.ID, s.User)
		if s.Trace != [16]byte{} {
			b.Trace = hex.EncodeToString(s.Trace[:])
		}
	}
	return b
}

// HandlerStats are a handler's books.
type HandlerStats struct{ Recorded, Failed uint64 }

// Stats returns the books now.
func (h *Handler) Stats() HandlerStats {
	return HandlerStats{h.state.recorded.Load(), h.state.failed.Load()}
}

// Healthy returns why events would not be recorded: one sink that works is enough unless RequireAll.
func (h *Handler) Healthy() error {
	var errs []error
	for _, l := range h.lanes {
		err := l.Healthy()
		if n := l.hanging.Load(); err == nil && n >= maxHanging {
			err = fmt.Errorf("%s: %d calls hang", l.Name(), n)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) == len(h.lanes) || h.opts.RequireAll {
		return errors.Join(errs...)
	}
	return nil
}
