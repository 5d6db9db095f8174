package mask_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/internal/chain"
)

// rootSink keeps the root of the last record.
type rootSink struct{ root chain.Root }

func (s *rootSink) Enabled(context.Context, slog.Level) bool  { return true }
func (s *rootSink) Handle(context.Context, slog.Record) error { return nil }
func (s *rootSink) WithAttrs([]slog.Attr) slog.Handler        { return s }
func (s *rootSink) WithGroup(string) slog.Handler             { return s }
func (s *rootSink) HandleRoot(_ context.Context, _ slog.Record, root chain.Root) error {
	s.root = root
	return nil
}

func TestARecordIsSaidToBePlainOnlyWhenItIs(t *testing.T) {
	for _, tc := range []struct {
		name  string
		attr  slog.Attr
		plain bool
	}{
		{"text", slog.String("stage", "denoise"), true}, {"number", slog.Int("n", 1), true}, {"duration", slog.Duration("d", 5), true},
		{"map", slog.Any("m", map[string]int{"a": 1}), false}, {"group", slog.Group("g", "a", 1), false},
		{"error", slog.Any("err", context.Canceled), false}, {"masked", slog.String("password", "x"), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sink := &rootSink{}
			h := mask.NewHandler(sink, nil)
			for range 64 { // keys are remembered after a while
				r := slog.Record{Message: "m"}
				r.AddAttrs(slog.Int("n", 1), tc.attr)
				if err := h.HandleRoot(t.Context(), r, chain.Root{Plain: true}); err != nil {
					t.Fatal(err)
				}
				if sink.root.Plain && !tc.plain {
					t.Fatal("a record that is not plain was said to be")
				}
			}
			if sink.root.Plain != tc.plain {
				t.Errorf("Plain = %v, want %v", sink.root.Plain, tc.plain)
			}
		})
	}
}
