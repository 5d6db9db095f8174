// Package bench measures sluice beside its peers on the records that an audio pipeline writes: what a call costs its
// caller, what a line costs to encode, how long the tails are, and how many records a second reach a file.
package bench

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"github.com/lmittmann/tint"
	"github.com/m-mizutani/masq"
	phuslu "github.com/phuslu/log"
	"github.com/rs/zerolog"
	slogmulti "github.com/samber/slog-multi"
	slogsampling "github.com/samber/slog-sampling"
	slogctx "github.com/veqryn/slog-context"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/sluicelog/sluice/correlate"
	"github.com/sluicelog/sluice/handler/async"
	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/jsonl"
	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/sample"
	"github.com/sluicelog/sluice/level"
)

// Case is one row of a table: Open returns the call that is measured, and what ends it. With a gate what stands behind a
// queue waits for it, so that the caller alone is measured, up to Places calls; nil lets it run.
type Case struct {
	Name string
	Open func(gate <-chan struct{}) (call func(), end func())
}

// Places is how many records of one request a queue of the cases takes before it is full.
const Places = 1 << 14

// Floor is the name of the row that ratios refer to, and JSON that of the standard library's encoder.
const (
	Floor = "floor: a handler that does nothing"
	JSON  = "slog.JSONHandler"
)

// Run measures c as a benchmark.
func (c Case) Run(b *testing.B) {
	call, end := c.Open(nil)
	defer end()
	b.ReportAllocs()
	for b.Loop() {
		call()
	}
}

func nothingToEnd() {}

// over is a case of one handler that logs rec.
func over(name string, ctx context.Context, rec func(context.Context, *slog.Logger), build func() slog.Handler) Case {
	return Case{name, func(<-chan struct{}) (func(), func()) {
		log := slog.New(build())
		return func() { rec(ctx, log) }, nothingToEnd
	}}
}

// native is a case of a library's own front end.
func native(name string, call func()) Case {
	return Case{name, func(<-chan struct{}) (func(), func()) { return call, nothingToEnd }}
}

// queued is a case of a chain that ends in sluice's queue before a sink that does nothing.
func queued(name string, ctx context.Context, first ...func(slog.Handler) slog.Handler) Case {
	return Case{name, func(gate <-chan struct{}) (func(), func()) {
		queue, err := async.NewHandler(end{gate: gate}, &async.Options{Capacity: 4 * Places, Workers: 4, DropReportInterval: -1})
		if err != nil {
			panic(err)
		}
		log := slog.New(pipe(first...).Handler(queue))
		return func() { record(ctx, log) }, func() { _ = queue.Close(context.Background()) }
	}}
}

func pipe(first ...func(slog.Handler) slog.Handler) *slogmulti.PipeBuilder {
	ms := make([]slogmulti.Middleware, len(first))
	for i, f := range first {
		ms[i] = f
	}
	return slogmulti.Pipe(ms...)
}

// keepAll keeps all records, so that the kept path is measured; dropAll drops all of them, dropEarly before they exist.
var (
	keepAll   = &sample.Options{Rates: map[slog.Level]float64{slog.LevelInfo: 1}}
	dropAll   = &sample.Options{Rates: map[slog.Level]float64{slog.LevelInfo: 0}}
	dropEarly = &sample.Options{Rates: dropAll.Rates, Early: true, Importance: map[string]float64{}}
)

// todays is the chain that a user assembles today: slog-context, slog-sampling, masq over JSON, Fanout.
func todays(w io.Writer) slog.Handler {
	return slogmulti.Pipe(
		func(h slog.Handler) slog.Handler { return slogctx.NewHandler(h, nil) },
		slogsampling.CustomSamplingOption{Sampler: func(context.Context, slog.Record) float64 { return 1 }}.NewMiddleware(),
	).Handler(slogmulti.Fanout(masqJSON(w), nop{}))
}

func masqJSON(w io.Writer) slog.Handler {
	return slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: masq.New(
		masq.WithFieldName("password"), masq.WithFieldName("token"), masq.WithFieldName("secret"))})
}

// HotPath are the rows of the caller's cost, the floor first.
func HotPath() []Case {
	bg := context.Background()
	request, _ := correlate.Begin(bg)
	withIDs := slogctx.Prepend(bg, slog.String("request_id", "r"), slog.String("trace_id", "t"))
	levels, err := level.NewController("error")
	if err != nil {
		panic(err)
	}
	zapCore := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(io.Discard), zap.InfoLevel)
	zapLog := zap.New(zapCore)
	zerologLog := zerolog.New(io.Discard).With().Timestamp().Logger()
	phusluLog := phuslu.Logger{Level: phuslu.InfoLevel, Writer: phuslu.IOWriter{Writer: io.Discard}}
	sink := func(h slog.Handler) func() slog.Handler { return func() slog.Handler { return h } }
	return []Case{
		over(Floor, bg, record, sink(nop{})),
		over("slog.DiscardHandler", bg, record, sink(slog.DiscardHandler)),
		over(JSON, bg, record, sink(slog.NewJSONHandler(io.Discard, nil))),
		over("slog.TextHandler", bg, record, sink(slog.NewTextHandler(io.Discard, nil))),
		over("tint", bg, record, sink(tint.NewTextHandler(io.Discard, &tint.Options{NoColor: true}))),
		over("phuslu/log slog JSON", bg, record, sink(phuslu.SlogNewJSONHandler(io.Discard, nil))),
		native("zap, native", func() { recordZap(zapLog) }),
		native("zerolog, native", func() { recordZerolog(&zerologLog) }),
		native("phuslu/log, native", func() { recordPhuslu(&phusluLog) }),
		zerologDiode("zerolog with diode, native"),
		channel("hand-off of a cloned record by a buffered channel"),
		over("slog-sampling custom, keep all", bg, record, sink(slogsampling.CustomSamplingOption{
			Sampler: func(context.Context, slog.Record) float64 { return 1 }}.NewMiddleware()(nop{}))),
		over("slog-sampling uniform, drop all", bg, record, sink(slogsampling.UniformSamplingOption{Rate: 0}.NewMiddleware()(nop{}))),
		over("masq (3 names) over slog.JSONHandler", bg, record, sink(masqJSON(io.Discard))),
		over("today's chain: slog-context, slog-sampling, masq JSON, Fanout", withIDs, record, sink(todays(io.Discard))),
		over("sluice jsonl", bg, record, sink(jsonl.NewHandler(io.Discard, nil))),
		over("sluice mask", bg, record, sink(mask.NewHandler(end{}, nil))),
		over("sluice enrich", request, record, sink(enrich.NewHandler(end{}, nil))),
		over("sluice sample, kept", request, record, sink(sample.NewHandler(end{}, keepAll))),
		over("sluice sample, sampled out", request, record, sink(sample.NewHandler(end{}, dropAll))),
		over("sluice sample, sampled out in Enabled", request, record, sink(sample.NewHandler(end{}, dropEarly))),
		over("sluice level, below", bg, record, sink(levels.Handler(nop{}))),
		queued("sluice async", request),
		queued("sluice mask + enrich + sample + async", request, mask.Middleware(nil), enrich.Middleware(nil), sample.Middleware(keepAll)),
		queued("sluice sample + mask + enrich + async, sampled out", request, sample.Middleware(dropAll), mask.Middleware(nil), enrich.Middleware(nil)),
	}
}

// Shapes are the encoders on the shapes A, B and C, each after the floor of its shape.
func Shapes() []Case {
	bg := context.Background()
	var cases []Case
	for _, s := range shapes {
		handlers := []struct {
			name string
			h    slog.Handler
		}{
			{Floor, nop{}},
			{JSON, slog.NewJSONHandler(io.Discard, nil)},
			{"phuslu/log slog JSON", phuslu.SlogNewJSONHandler(io.Discard, nil)},
			{"sluice jsonl", jsonl.NewHandler(io.Discard, nil)},
		}
		for _, h := range handlers {
			cases = append(cases, over(s.name+" "+h.name, bg, s.log, func() slog.Handler { return h.h.WithAttrs(s.with) }))
		}
	}
	return cases
}
