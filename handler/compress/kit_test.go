package compress

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/slogrec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	bg      = context.Background()
	errSink = errors.New("sink failed")
)

// start builds a handler that the test closes; its errors go nowhere.
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

var epoch = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func rec(level slog.Level, msg string, attrs ...slog.Attr) slog.Record {
	r := slog.NewRecord(epoch, level, msg, 0)
	r.AddAttrs(attrs...)
	return r
}

// messages are those that a recorder got, in order.
func messages(r *slogrec.Recorder) (out []string) {
	for _, rec := range r.Records() {
		out = append(out, rec.Message)
	}
	return out
}

// balanced checks the books of h against what the test offered.
func balanced(t testing.TB, h *Handler, offered uint64) Stats {
	t.Helper()
	s := h.Stats()
	if s.Offered != offered {
		t.Errorf("offered %d, counted %d", offered, s.Offered)
	}
	if sum := s.Delivered + s.Failed + s.Collapsed + s.Refused + uint64(s.Held); sum != offered || s.Held < 0 {
		t.Errorf("%d records came, %d are accounted for: %+v", offered, sum, s)
	}
	return s
}

// roots is a handler of this module that keeps what comes beside the records.
type roots struct {
	mu    sync.Mutex
	ctxs  []context.Context
	recs  []slog.Record
	roots []chain.Root
}

func (*roots) Enabled(context.Context, slog.Level) bool { return true }
func (s *roots) Handle(ctx context.Context, r slog.Record) error {
	return s.HandleRoot(ctx, r, chain.Root{})
}
func (s *roots) WithAttrs([]slog.Attr) slog.Handler { return s }
func (s *roots) WithGroup(string) slog.Handler      { return s }
func (s *roots) HandleRoot(ctx context.Context, r slog.Record, root chain.Root) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ctxs, s.recs, s.roots = append(s.ctxs, ctx), append(s.recs, r), append(s.roots, root)
	return nil
}

// nothing is a sink that does nothing.
type nothing struct{}

func (nothing) Enabled(context.Context, slog.Level) bool  { return true }
func (nothing) Handle(context.Context, slog.Record) error { return nil }
func (n nothing) WithAttrs([]slog.Attr) slog.Handler      { return n }
func (n nothing) WithGroup(string) slog.Handler           { return n }
