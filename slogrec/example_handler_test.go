package slogrec_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/sluicelog/sluice/slogrec"
)

// upgrade is the handler under test: it raises records that carry an error to ERROR.
type upgrade struct{ next slog.Handler }

func (u upgrade) Enabled(ctx context.Context, l slog.Level) bool { return u.next.Enabled(ctx, l) }
func (u upgrade) WithAttrs(as []slog.Attr) slog.Handler          { return upgrade{u.next.WithAttrs(as)} }
func (u upgrade) WithGroup(name string) slog.Handler             { return upgrade{u.next.WithGroup(name)} }
func (u upgrade) Handle(ctx context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if _, ok := a.Value.Any().(error); ok {
			r.Level = max(r.Level, slog.LevelError)
		}
		return true
	})
	return u.next.Handle(ctx, r)
}

// A table-driven test of a handler: log through it into a recorder, ask the recorder.
func Example_tableDrivenTest() {
	_ = func(t *testing.T) { // func TestUpgrade(t *testing.T)
		for _, tt := range []struct {
			name string
			log  func(*slog.Logger)
			want []slogrec.Matcher
		}{
			{"error", func(l *slog.Logger) { l.Info("m", "err", context.Canceled) },
				[]slogrec.Matcher{slogrec.Level(slog.LevelError), slogrec.Attr("err", context.Canceled)}},
			{"none", func(l *slog.Logger) { l.Info("m", "size", 7) },
				[]slogrec.Matcher{slogrec.Level(slog.LevelInfo), slogrec.Attr("size", 7)}},
		} {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				rec := slogrec.New()
				tt.log(slog.New(upgrade{rec}))
				rec.Require(t, tt.want...)
			})
		}
	}

	rec := slogrec.New()
	slog.New(upgrade{rec}).WithGroup("job").Info("stopped", "err", context.Canceled)
	fmt.Println(rec.Records()[0])
	// Output: ERROR "stopped" job.err="context canceled"
}

// A sink that fails for the first two errors, as a full disk would.
func Example_failingSink() {
	rec := slogrec.New(slogrec.FailWith(fmt.Errorf("no space"), slogrec.AtLeast(slog.LevelError), slogrec.First(2)))
	log := rec.Logger()
	for i := range 3 {
		log.Error("lost?", "i", i)
	}
	fmt.Println(rec.Len(), "recorded,", len(rec.Refused()), "refused")
	// Output: 1 recorded, 2 refused
}
