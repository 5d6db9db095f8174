package correlate_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/sluicelog/sluice/internal/scope"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fields returns what a record that is logged under ctx carries, "key" -> "value"; "" for none.
func fields(ctx context.Context) map[string]string {
	out := make(map[string]string)
	for _, a := range scope.From(ctx).Attrs() {
		out[a.Key] = a.Value.String()
	}
	return out
}

// keys returns the keys of fields in order.
func keys(ctx context.Context) string {
	var out []string
	for _, a := range scope.From(ctx).Attrs() {
		out = append(out, a.Key)
	}
	return strings.Join(out, " ")
}

// recorder is a handler that keeps what records carry, and counts those without a request, as handler/enrich does.
type recorder struct {
	mu      sync.Mutex
	records []map[string]string
}

func (h *recorder) Enabled(context.Context, slog.Level) bool { return true }
func (h *recorder) WithAttrs([]slog.Attr) slog.Handler       { return h }
func (h *recorder) WithGroup(string) slog.Handler            { return h }

func (h *recorder) Handle(ctx context.Context, r slog.Record) error {
	s := scope.From(ctx)
	if s == nil {
		s = scope.Process()
		scope.Uncorrelated.Add(r.PC)
	}
	rec := map[string]string{slog.MessageKey: r.Message}
	for _, a := range s.Attrs() {
		rec[a.Key] = a.Value.String()
	}
	r.Attrs(func(a slog.Attr) bool {
		rec[a.Key] = a.Value.String()
		return true
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	h.records = append(h.records, rec)
	return nil
}
