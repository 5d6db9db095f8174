package async

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sinkFunc is a handler that is one function.
type sinkFunc func(context.Context, slog.Record) error

func (sinkFunc) Enabled(context.Context, slog.Level) bool          { return true }
func (f sinkFunc) Handle(ctx context.Context, r slog.Record) error { return f(ctx, r) }
func (f sinkFunc) WithAttrs([]slog.Attr) slog.Handler              { return f }
func (f sinkFunc) WithGroup(string) slog.Handler                   { return f }

// memory keeps the messages and the records that it gets; drop reports apart.
type memory struct {
	mu      sync.Mutex
	msgs    []string
	reports []string
}

func (m *memory) handler() slog.Handler {
	return sinkFunc(func(_ context.Context, r slog.Record) error {
		m.mu.Lock()
		defer m.mu.Unlock()
		if r.Message == ReportMessage {
			m.reports = append(m.reports, line(r))
			return nil
		}
		m.msgs = append(m.msgs, r.Message)
		return nil
	})
}

func (m *memory) messages() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string(nil), m.msgs...)
}

// line is r as slog's text handler writes it, without the time.
func line(r slog.Record) string {
	var b bytes.Buffer
	r.Time = time.Time{}
	_ = slog.NewTextHandler(&b, nil).Handle(context.Background(), r)
	return string(bytes.TrimSpace(b.Bytes()))
}

// start builds a queue that the test closes; its errors go nowhere.
func start(t testing.TB, next slog.Handler, o Options) *Handler {
	t.Helper()
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	h, err := NewHandler(next, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(within5s(t)); err != nil {
			t.Error(err)
		}
	})
	return h
}

// within5s is a bound for what must not hang; nothing waits for it to pass.
func within5s(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func flushed(t testing.TB, h *Handler) {
	t.Helper()
	if err := h.Flush(within5s(t)); err != nil {
		t.Fatal(err)
	}
}

func rec(level slog.Level, msg string, attrs ...slog.Attr) slog.Record {
	r := slog.NewRecord(time.Unix(1, 0), level, msg, 0)
	r.AddAttrs(attrs...)
	return r
}

var bg = context.Background()

// gate is a sink that takes one record and then hangs until it is opened.
type gate struct {
	entered chan struct{}
	open    chan struct{}
	once    sync.Once
}

func newGate() *gate { return &gate{entered: make(chan struct{}, 1024), open: make(chan struct{})} }

func (g *gate) release() { g.once.Do(func() { close(g.open) }) }

func (g *gate) before(next slog.Handler) slog.Handler {
	return sinkFunc(func(ctx context.Context, r slog.Record) error {
		select {
		case g.entered <- struct{}{}:
		default:
		}
		<-g.open
		return next.Handle(ctx, r)
	})
}

// balanced checks the books of h against what the test offered and what came out.
func balanced(t testing.TB, h *Handler, offered uint64) {
	t.Helper()
	s := h.Stats()
	if s.Offered != offered {
		t.Errorf("offered %d, counted %d", offered, s.Offered)
	}
	if sum := s.Delivered + s.Failed + s.Dropped + s.Refused + uint64(s.Queued); sum != offered {
		t.Errorf("%d records came, %d are accounted for: %+v", offered, sum, s)
	}
	l := s.DroppedByLevel
	r := s.DroppedByReason
	if l.Debug+l.Info+l.Warn+l.Error+l.Critical != s.Dropped || r.Full+r.Timeout+r.Evicted+r.Closed != s.Dropped {
		t.Errorf("dropped by level and by reason disagree with %d: %+v %+v", s.Dropped, l, r)
	}
}

var errSink = errors.New("sink failed")
