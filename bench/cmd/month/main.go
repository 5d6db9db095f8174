// Command month shows what the production chain stores of an audio pipeline in a month:
//
//	cd bench && SLUICE_SHARED=… go run ./cmd/month [-one]
//
// The pipeline's records are offered at a fixed rate, each by a logger of the service that it comes from, with request and trace in its
// context as correlate puts them there. Every service has a chain of its own: the production preset as it is, but for its sink, which is a
// store. With -one they are parts of one program, which has one chain and one store: there an identifier is stored once that otherwise is
// in the store of every service that the request came by. At the end every byte below the stores' directories is counted, after Close, and a month of it is told beside the bytes that the same
// records take as JSON lines. Segments of a short run are small, which makes a record larger than in a long one.
package main

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/bench"
	"github.com/sluicelog/sluice/correlate"
	"github.com/sluicelog/sluice/internal/jsonline"
)

func main() {
	rate := flag.Int("rate", 10_000, "records offered a second")
	length := flag.Duration("for", 2*time.Minute, "how long")
	one := flag.Bool("one", false, "one chain and store for all services")
	flag.Parse()
	if err := run(context.Background(), *rate, *length, *one); err != nil {
		fmt.Fprintln(os.Stderr, "month:", err)
		os.Exit(1)
	}
}

const (
	month = 30 * 24 * time.Hour
	// perRequest is how many records a request of the stream has, by which its rate of requests is chosen.
	perRequest = 42
)

func run(ctx context.Context, rate int, length time.Duration, one bool) (err error) {
	dir, err := os.MkdirTemp("", "month-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	services := services{dir: dir, one: one, stacks: map[string]*sluice.Stack{}, loggers: map[string]*slog.Logger{}}
	n, text := int(length.Seconds()*float64(rate)), 0
	var began time.Time
	late := 0
	err = bench.AudioStream(ctx, n, func(line []byte) error {
		if began.IsZero() {
			began = time.Now()
		}
		i := services.offered
		if due := began.Add(time.Duration(i) * time.Second / time.Duration(rate)); i%100 == 0 {
			if wait := time.Until(due); wait > 0 {
				time.Sleep(wait)
			} else if wait < -time.Second {
				late++
			}
		}
		text += len(line) + 1
		return services.log(ctx, line)
	}, "-rps", fmt.Sprint(float64(rate)/perRequest))
	took := time.Since(began)
	err = errors.Join(err, services.close(ctx))
	if err != nil {
		return err
	}
	size, err := bench.DirSize(dir)
	if err != nil {
		return err
	}
	services.print(took, late, text, size)
	return nil
}

// services are the chains of the pipeline's services.
type services struct {
	dir     string
	one     bool
	stacks  map[string]*sluice.Stack
	loggers map[string]*slog.Logger
	offered int
	stats   []sluice.Stats
}

// log offers the record of a line to the chain of its service.
func (s *services) log(ctx context.Context, line []byte) error {
	made, ok := jsonline.Parse(line)
	if !ok {
		return fmt.Errorf("line %d of the stream is no JSON object", s.offered+1)
	}
	own := map[string]string{"service": "", "env": "", "request_id": "", "user_id": "", "trace_id": "", "span_id": ""}
	attrs := make([]slog.Attr, 0, made.NumAttrs())
	made.Attrs(func(a slog.Attr) bool {
		if _, ok := own[a.Key]; ok {
			own[a.Key] = a.Value.String()
		} else {
			attrs = append(attrs, a)
		}
		return true
	})
	logger, err := s.logger(ctx, own["service"])
	if err != nil {
		return err
	}
	s.offered++
	if own["request_id"] != "" {
		ctx = correlate.With(ctx, correlate.IDs{Request: own["request_id"], User: own["user_id"]})
		ctx = trace.ContextWithSpanContext(ctx, spanContext(own["trace_id"], own["span_id"]))
	}
	logger.LogAttrs(ctx, made.Level, made.Message, attrs...)
	return nil
}

func spanContext(traceID, spanID string) trace.SpanContext {
	var c trace.SpanContextConfig
	_, _ = hex.Decode(c.TraceID[:], []byte(traceID))
	_, _ = hex.Decode(c.SpanID[:], []byte(spanID))
	c.TraceFlags = trace.FlagsSampled
	return trace.NewSpanContext(c)
}

// logger returns the service's, and opens its chain where it is new.
func (s *services) logger(ctx context.Context, service string) (*slog.Logger, error) {
	if l := s.loggers[service]; l != nil {
		return l, nil
	}
	program := service
	if s.one {
		program = "audio"
	}
	stack, err := s.stack(ctx, program)
	if err != nil {
		return nil, err
	}
	s.loggers[service] = stack.Logger().With("logger", service)
	return s.loggers[service], nil
}

func (s *services) stack(ctx context.Context, program string) (*sluice.Stack, error) {
	if st := s.stacks[program]; st != nil {
		return st, nil
	}
	stack, err := sluice.Open(ctx, sluice.Config{
		Environment: sluice.Production, Service: sluice.ServiceConfig{Name: program},
		Sinks: []sluice.SinkConfig{{Type: "store", Path: filepath.Join(s.dir, program)}},
	})
	if err == nil {
		s.stacks[program] = stack
	}
	return stack, err
}

func (s *services) close(ctx context.Context) (err error) {
	for _, name := range slices.Sorted(maps.Keys(s.stacks)) {
		err = errors.Join(err, s.stacks[name].Close(ctx))
		s.stats = append(s.stats, s.stacks[name].Stats())
	}
	return err
}

func (s *services) print(took time.Duration, late, text int, size int64) {
	var kept, sampled, dropped, failed uint64
	for _, st := range s.stats {
		kept, sampled = kept+st.Delivered, sampled+st.SampledOut
		dropped, failed = dropped+st.Dropped, failed+st.Failed
	}
	per := func(bytes float64) (each, gigabytes float64) {
		return bytes / float64(s.offered), bytes / took.Seconds() * month.Seconds() / 1e9
	}
	fmt.Printf("%d records of %d programs in %v, %.0f a second offered (%d times over a second late)\n",
		s.offered, len(s.stacks), took.Round(time.Millisecond), float64(s.offered)/took.Seconds(), late)
	fmt.Printf("stored %d, sampled out %d, below the level %d, dropped %d, failed %d\n",
		kept, sampled, uint64(s.offered)-kept-sampled-dropped-failed, dropped, failed)
	each, month := per(float64(text))
	fmt.Printf("\n| | bytes | a record offered | a month, GB |\n|---|---|---|---|\n| JSON lines of all | %d | %.1f | %.0f |\n", text, each, month)
	each, month = per(float64(size))
	fmt.Printf("| in the stores, everything counted | %d | %.2f | %.1f |\n", size, each, month)
	if kept > 0 {
		fmt.Printf("\na record stored takes %.1f bytes\n", float64(size)/float64(kept))
	}
}
