//go:build !race

package freeze

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"
)

func TestImmutableRecordsAllocateNothing(t *testing.T) {
	r := slog.NewRecord(time.Now(), 0, "m", 0)
	r.AddAttrs(slog.Int("a", 1), slog.String("b", "x"), slog.Any("p", point{1, 2}), slog.Any("n", named("x")),
		slog.Any("err", fmt.Errorf("a: %w", errors.New("b"))), slog.Time("t", time.Now()), slog.Duration("d", 1))
	var attrs []slog.Attr
	r.Attrs(func(a slog.Attr) bool { attrs = append(attrs, a); return true })
	if n := testing.AllocsPerRun(100, func() {
		r = Record(r)
		attrs = Attrs(attrs)
		attrs[2].Value = Value(attrs[2].Value)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
