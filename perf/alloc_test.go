//go:build !race

package perf_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/sluicelog/sluice/perf"
)

// idle returns a recorder that counts every operation and logs none.
func idle(tb testing.TB) *perf.Recorder {
	return recorder(tb, slog.DiscardHandler, perf.Options{Interval: time.Hour})
}

func TestAnOperationThatIsNotLoggedCostsNoAllocation(t *testing.T) {
	r := idle(t)
	ctx := context.Background()
	for range 100 {
		r.Start(ctx, "denoise").End(nil) // every shard has its histogram
	}
	if n := testing.AllocsPerRun(1000, func() {
		var err error
		r.Start(ctx, "denoise").End(&err)
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func BenchmarkStartEnd(b *testing.B) {
	r := idle(b)
	ctx := context.Background()
	b.Run("two clock readings", func(b *testing.B) { // what cannot be saved
		for b.Loop() {
			took = time.Since(time.Now())
		}
	})
	b.Run("not logged", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r.Start(ctx, "denoise").End(nil)
		}
	})
	b.Run("not logged, parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				r.Start(ctx, "denoise").End(nil)
			}
		})
	})
}

var took time.Duration
