package async

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
)

// channel is the queue that one would write in an afternoon: the measure to compare with.
type channel struct {
	sinkFunc
	c chan item
}

func (h channel) Handle(ctx context.Context, r slog.Record) error {
	select {
	case h.c <- item{ctx: ctx, record: r.Clone()}:
		return nil
	default:
		return ErrDropped
	}
}

func newChannel(b *testing.B, next slog.Handler) slog.Handler {
	h := channel{c: make(chan item, 10_000)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for it := range h.c {
			_ = next.Handle(it.ctx, it.record)
		}
	}()
	b.Cleanup(func() { close(h.c); <-ended })
	return h
}

// BenchmarkHandOff is the caller's whole cost of LogAttrs with ten attributes: floor is a handler that does nothing.
func BenchmarkHandOff(b *testing.B) {
	nop := sinkFunc(func(context.Context, slog.Record) error { return nil })
	for _, bb := range []struct {
		name string
		make func(b *testing.B) slog.Handler
	}{
		{"floor", func(*testing.B) slog.Handler { return nop }},
		{"channel", func(b *testing.B) slog.Handler { return newChannel(b, nop) }},
		{"async", func(b *testing.B) slog.Handler { return start(b, chain.Adapt(nop), Options{}) }},
		{"async one worker", func(b *testing.B) slog.Handler { return start(b, chain.Adapt(nop), Options{Workers: 1}) }},
		{"async block", func(b *testing.B) slog.Handler { return start(b, chain.Adapt(nop), Options{Policy: Block}) }},
	} {
		log := func(l *slog.Logger) {
			l.LogAttrs(bg, slog.LevelInfo, "stage done", slog.String("stage", "denoise"), slog.String("file", "take-07.wav"),
				slog.String("request_id", "01900000-0000-7000-8000-000000000000"), slog.String("codec", "pcm_s16le"),
				slog.String("host", "worker-3"), slog.String("tenant", "studio"), slog.String("mode", "fast"),
				slog.Float64("snr_db", 31.5), slog.Int("frames", 48000), slog.Bool("clipped", false))
		}
		b.Run(bb.name, func(b *testing.B) {
			l := slog.New(bb.make(b))
			b.ReportAllocs()
			for b.Loop() {
				log(l)
			}
			if h, ok := l.Handler().(*Handler); ok {
				b.ReportMetric(float64(h.Stats().Dropped)/float64(b.N), "dropped/op")
			}
		})
		b.Run(bb.name+"/parallel", func(b *testing.B) {
			l := slog.New(bb.make(b))
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					log(l)
				}
			})
		})
	}
}

// BenchmarkQueueAlone is put and take in one goroutine, beside a channel of the same items.
func BenchmarkQueueAlone(b *testing.B) {
	r := rec(0, "m", slog.Int("a", 1))
	b.Run("ring", func(b *testing.B) {
		var q ring
		q.init(2500)
		var it item
		for b.Loop() {
			s, pos, _ := q.claim()
			s.ctx, s.record = bg, r
			s.publish(pos, 0)
			q.take(&it, false)
		}
	})
	b.Run("channel", func(b *testing.B) {
		c := make(chan item, 2500)
		for b.Loop() {
			c <- item{ctx: bg, record: r}
			<-c
		}
	})
}

func BenchmarkFlushOfNothing(b *testing.B) {
	h := start(b, slog.DiscardHandler, Options{})
	ctx, cancel := context.WithTimeout(bg, time.Hour)
	defer cancel()
	for b.Loop() {
		_ = h.Flush(ctx)
	}
}
