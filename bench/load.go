package bench

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/rs/zerolog/diode"

	"github.com/sluicelog/sluice/correlate"
	"github.com/sluicelog/sluice/handler/async"
	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/jsonl"
	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/sample"
)

// A Load is a way to log. Open writes to w; producer makes the call of one producer, each with a request of its own where
// requests matter; end returns when everything has been delivered or given up, and says how many records were dropped.
type Load struct {
	Name string
	Open func(w io.Writer) (producer func() (log func()), end func() (dropped uint64))
}

func noneDropped() uint64 { return 0 }

// through logs the record of the tables through h, which all producers share.
func through(h slog.Handler) func() func() {
	log := slog.New(h)
	return func() func() { return func() { record(context.Background(), log) } }
}

// whole is sluice's chain: mask, enrich, sample, queue, JSON lines.
func whole(policy async.Policy) func(io.Writer) (func() func(), func() uint64) {
	return func(w io.Writer) (func() func(), func() uint64) {
		queue, err := async.NewHandler(jsonl.NewHandler(w, nil), &async.Options{Policy: policy, Timeout: time.Minute, DropReportInterval: -1})
		if err != nil {
			panic(err)
		}
		log := slog.New(pipe(mask.Middleware(nil), enrich.Middleware(nil), sample.Middleware(keepAll)).Handler(queue))
		producer := func() func() {
			request, _ := correlate.Begin(context.Background())
			return func() { record(request, log) }
		}
		return producer, func() uint64 {
			_ = queue.Close(context.Background())
			return queue.Stats().Dropped
		}
	}
}

// Loads are what the tails are measured on, the floor first.
func Loads() []Load {
	return []Load{
		{Floor, func(io.Writer) (func() func(), func() uint64) { return through(nop{}), noneDropped }},
		{"slog.JSONHandler, synchronous", func(w io.Writer) (func() func(), func() uint64) {
			return through(slog.NewJSONHandler(w, nil)), noneDropped
		}},
		{"slog.JSONHandler behind a buffered channel", func(w io.Writer) (func() func(), func() uint64) {
			h := newChannelHandler(slog.NewJSONHandler(w, nil), 8192)
			return through(h), func() uint64 { h.close(); return 0 }
		}},
		{"zerolog with diode, native", func(w io.Writer) (func() func(), func() uint64) {
			var mu sync.Mutex
			var missed uint64
			d := diode.NewWriter(w, 8192, time.Millisecond, func(n int) { mu.Lock(); missed += uint64(n); mu.Unlock() })
			log := zerolog.New(d).With().Timestamp().Logger()
			return func() func() { return func() { recordZerolog(&log) } }, func() uint64 {
				_ = d.Close()
				mu.Lock()
				defer mu.Unlock()
				return missed
			}
		}},
		{"today's chain: slog-context, slog-sampling, masq JSON, Fanout", func(w io.Writer) (func() func(), func() uint64) {
			return through(todays(w)), noneDropped
		}},
		{"sluice mask + enrich + sample + async + jsonl", whole(async.DropNewest)},
	}
}

// Tails are the quantiles of a call's duration.
type Tails struct {
	P50, P99, P999, P9999 time.Duration
	Dropped               uint64
}

// Pace calls l from producers that together log rate records a second, in bursts a millisecond apart.
func Pace(l Load, producers, rate int, length time.Duration) Tails {
	f, end := tempFile()
	defer end()
	w := bufio.NewWriterSize(f, 64<<10)
	producer, finish := l.Open(&locked{w: w})
	burst := rate / 1000
	took := make([][]time.Duration, producers)
	var all sync.WaitGroup
	begin := time.Now()
	for p := range producers {
		took[p] = make([]time.Duration, 0, int(length.Milliseconds()+1)*(burst/producers+1))
		log := producer()
		all.Go(func() {
			for ms := 0; ; ms++ {
				at := time.Duration(ms)*time.Millisecond + time.Duration(p)*time.Millisecond/time.Duration(producers)
				if at >= length {
					return
				}
				time.Sleep(time.Until(begin.Add(at)))
				n := burst*(p+1)/producers - burst*p/producers
				for range n {
					start := time.Now()
					log()
					took[p] = append(took[p], time.Since(start))
				}
			}
		})
	}
	all.Wait()
	dropped := finish()
	every := slices.Concat(took...)
	slices.Sort(every)
	q := func(f float64) time.Duration { return every[min(int(f*float64(len(every))), len(every)-1)] }
	return Tails{q(.5), q(.99), q(.999), q(.9999), dropped}
}

// ToFile is Saturate to a file.
func ToFile(producers, n int) time.Duration {
	f, end := tempFile()
	defer end()
	return Saturate(f, producers, n)
}

// Saturate has producers log n records together in a closed loop through sluice's chain, which lets them wait instead of
// dropping, and returns how long it took until all were written to out.
func Saturate(out io.Writer, producers, n int) time.Duration {
	w := bufio.NewWriterSize(out, 64<<10)
	producer, finish := whole(async.Block)(&locked{w: w})
	begin := time.Now()
	var all sync.WaitGroup
	for p := range producers {
		log := producer()
		all.Go(func() {
			for range n*(p+1)/producers - n*p/producers {
				log()
			}
		})
	}
	all.Wait()
	if dropped := finish(); dropped > 0 {
		panic("a queue that blocks has dropped records")
	}
	if err := w.Flush(); err != nil {
		panic(err)
	}
	return time.Since(begin)
}

// locked lets sinks that do not lock share a buffered file.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func tempFile() (*os.File, func()) {
	f, err := os.CreateTemp("", "sluice-bench-*")
	if err != nil {
		panic(err)
	}
	return f, func() { _ = f.Close(); _ = os.Remove(f.Name()) }
}
