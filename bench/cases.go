// Package bench measures sluice beside its peers: one record of ten attributes as an audio pipeline writes it, on the path
// of the caller.
package bench

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"github.com/lmittmann/tint"
	"github.com/m-mizutani/masq"
	phuslu "github.com/phuslu/log"
	slogmulti "github.com/samber/slog-multi"
	slogsampling "github.com/samber/slog-sampling"
	slogctx "github.com/veqryn/slog-context"

	"github.com/sluicelog/sluice/correlate"
	"github.com/sluicelog/sluice/handler/async"
	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/jsonl"
	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/sample"
	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/level"
)

// Case is one row of the table.
type Case struct {
	Name string
	Run  func(*testing.B)
}

// record logs the record: six strings of about 90 bytes together, two floats, an int and a bool.
func record(ctx context.Context, log *slog.Logger) {
	log.LogAttrs(ctx, slog.LevelInfo, "stage completed",
		slog.String("stage", "denoise"), slog.String("model", "dfn3-48k"), slog.String("pod", "denoise-worker-7c9f25-ag1"),
		slog.String("audio_id", "aud_5f2c9a1be07d4c33"), slog.String("codec", "opus"), slog.String("worker", "denoise-worker"),
		slog.Float64("duration_ms", 851.204), slog.Float64("quality_score", 0.8125), slog.Int("attempt", 1), slog.Bool("cached", false))
}

// nop is a sink that does nothing: what is before it is what is measured.
type nop struct{}

func (nop) Enabled(context.Context, slog.Level) bool  { return true }
func (nop) Handle(context.Context, slog.Record) error { return nil }
func (n nop) WithAttrs([]slog.Attr) slog.Handler      { return n }
func (n nop) WithGroup(string) slog.Handler           { return n }

// end is nop for the stages of sluice, which hand it a record's root by reference, as they do to each other and to jsonl.
type end struct{ nop }

func (end) HandleRoot(context.Context, slog.Record, chain.Root) error { return nil }
func (e end) WithAttrs([]slog.Attr) slog.Handler                      { return e }
func (e end) WithGroup(string) slog.Handler                           { return e }

func over(ctx context.Context, build func() slog.Handler) func(*testing.B) {
	return func(b *testing.B) {
		log := slog.New(build())
		b.ReportAllocs()
		for b.Loop() {
			record(ctx, log)
		}
	}
}

// everything keeps all records, so that the kept path is measured.
var everything = &sample.Options{Rates: map[slog.Level]float64{slog.LevelInfo: 1}}

// nothing drops all of them.
var nothing = &sample.Options{Rates: map[slog.Level]float64{slog.LevelInfo: 0}}

// Cases are the rows, the floor first.
func Cases() []Case {
	bg := context.Background()
	request, _ := correlate.Begin(bg)
	chain := func(first ...func(slog.Handler) slog.Handler) func(*testing.B) {
		return func(b *testing.B) {
			queue, err := async.NewHandler(end{}, &async.Options{Capacity: 1 << 16, DropReportInterval: -1})
			if err != nil {
				b.Fatal(err)
			}
			defer queue.Close(bg)
			ms := make([]slogmulti.Middleware, len(first))
			for i, f := range first {
				ms[i] = f
			}
			log := slog.New(slogmulti.Pipe(ms...).Handler(queue))
			b.ReportAllocs()
			for b.Loop() {
				record(request, log)
			}
		}
	}
	levels, _ := level.NewController("error")
	masked := []masq.Option{masq.WithFieldName("password"), masq.WithFieldName("token"), masq.WithFieldName("secret")}
	masqJSON := func(w io.Writer) slog.Handler {
		return slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: masq.New(masked...)})
	}
	return []Case{
		{"floor: a handler that does nothing", over(bg, func() slog.Handler { return nop{} })},
		{"slog.DiscardHandler", over(bg, func() slog.Handler { return slog.DiscardHandler })},
		{"slog.JSONHandler", over(bg, func() slog.Handler { return slog.NewJSONHandler(io.Discard, nil) })},
		{"slog.TextHandler", over(bg, func() slog.Handler { return slog.NewTextHandler(io.Discard, nil) })},
		{"tint", over(bg, func() slog.Handler { return tint.NewTextHandler(io.Discard, &tint.Options{NoColor: true}) })},
		{"phuslu/log slog JSON", over(bg, func() slog.Handler { return phuslu.SlogNewJSONHandler(io.Discard, nil) })},
		{"slog-sampling custom, keep all", over(bg, func() slog.Handler {
			return slogsampling.CustomSamplingOption{Sampler: func(context.Context, slog.Record) float64 { return 1 }}.NewMiddleware()(nop{})
		})},
		{"slog-sampling uniform, drop all", over(bg, func() slog.Handler { return slogsampling.UniformSamplingOption{Rate: 0}.NewMiddleware()(nop{}) })},
		{"masq (3 names) over slog.JSONHandler", over(bg, func() slog.Handler { return masqJSON(io.Discard) })},
		{"today's chain: slog-context, slog-sampling, masq JSON, Fanout", over(
			slogctx.Prepend(bg, slog.String("request_id", "r"), slog.String("trace_id", "t")), func() slog.Handler {
				return slogmulti.Pipe(
					func(h slog.Handler) slog.Handler { return slogctx.NewHandler(h, nil) },
					slogsampling.CustomSamplingOption{Sampler: func(context.Context, slog.Record) float64 { return 1 }}.NewMiddleware(),
				).Handler(slogmulti.Fanout(masqJSON(io.Discard), nop{}))
			})},
		{"sluice jsonl", over(bg, func() slog.Handler { return jsonl.NewHandler(io.Discard, nil) })},
		{"sluice mask", over(bg, func() slog.Handler { return mask.NewHandler(end{}, nil) })},
		{"sluice enrich", over(request, func() slog.Handler { return enrich.NewHandler(end{}, nil) })},
		{"sluice sample, kept", over(request, func() slog.Handler { return sample.NewHandler(end{}, everything) })},
		{"sluice sample, sampled out", over(request, func() slog.Handler { return sample.NewHandler(end{}, nothing) })},
		{"sluice sample, sampled out in Enabled", over(request, func() slog.Handler {
			o := *nothing
			o.Early, o.Importance = true, map[string]float64{}
			return sample.NewHandler(end{}, &o)
		})},
		{"sluice level, below", over(bg, func() slog.Handler { return levels.Handler(nop{}) })},
		{"sluice async", chain()},
		{"sluice mask + enrich + sample + async", chain(mask.Middleware(nil), enrich.Middleware(nil), sample.Middleware(everything))},
		{"sluice sample + mask + enrich + async, sampled out", chain(sample.Middleware(nothing), mask.Middleware(nil), enrich.Middleware(nil))},
	}
}
