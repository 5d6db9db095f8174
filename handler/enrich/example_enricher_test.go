package enrich_test

import (
	"context"
	"log/slog"
	"os"

	"github.com/sluicelog/sluice/handler/enrich"
)

// speed adds the speed of an upload to the records that tell of one.
func speed(_ context.Context, r enrich.Record, dst []slog.Attr) []slog.Attr {
	bytes, ok1 := r.Attr("bytes")
	seconds, ok2 := r.Attr("timing.seconds") // a path into a group
	if !ok1 || !ok2 || bytes.Kind() != slog.KindInt64 || seconds.Kind() != slog.KindFloat64 || seconds.Float64() <= 0 {
		return dst
	}
	return append(dst, slog.Float64("bytes_per_second", float64(bytes.Int64())/seconds.Float64()))
}

// An Enricher reads a record and adds attributes; ByType asks it only for records of its type.
func Example_writeAnEnricher() {
	h := slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTimeAndRun})
	logger := slog.New(enrich.NewHandler(h, &enrich.Options{
		OmitProcess: true,
		Enrichers:   []enrich.Enricher{enrich.ByType{"upload": enrich.Func(speed)}},
	}))

	logger.With("type", "upload").Info("done", "bytes", 3000, slog.Group("timing", "seconds", 1.5))
	logger.Info("idle", "bytes", 0)

	// Output:
	// {"level":"INFO","msg":"done","type":"upload","bytes_per_second":2000,"bytes":3000,"timing":{"seconds":1.5}}
	// {"level":"INFO","msg":"idle","bytes":0}
}
