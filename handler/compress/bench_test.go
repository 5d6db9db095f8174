package compress

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
)

// BenchmarkHandle is a record of ten attributes: floor into a handler that does nothing; same into one group; mixed over 16
// templates, of which each window makes 16 records; apart as 1,000 groups of one, which all pass.
func BenchmarkHandle(b *testing.B) {
	attrs := []slog.Attr{slog.String("stage", "denoise"), slog.String("file", "take-07.wav"), slog.String("request_id", "01900000-0000-7000-8000-000000000000"),
		slog.String("codec", "pcm_s16le"), slog.String("host", "worker-3"), slog.String("tenant", "studio"), slog.String("mode", "fast"),
		slog.Float64("snr_db", 31.5), slog.Int("frames", 48000), slog.Bool("clipped", false)}
	var same, mixed, apart []slog.Record
	word := func(i int) string { return string([]byte{'a' + byte(i%26), 'a' + byte(i/26%26), 'a' + byte(i/676)}) }
	for i := range 1000 {
		same = append(same, rec(0, fmt.Sprintf("stage done in %d ms", i), attrs...))
		mixed = append(mixed, rec(0, fmt.Sprintf("%s is %s now after %d ms", word(i%16), word(i%16*31), i), attrs...))
		apart = append(apart, rec(0, fmt.Sprintf("%s %s", word(i), word(i*7)), attrs...))
	}
	for _, bb := range []struct {
		name    string
		records []slog.Record
		floor   bool
	}{{"floor", same, true}, {"same", same, false}, {"mixed", mixed, false}, {"apart", apart, false}} {
		b.Run(bb.name, func(b *testing.B) {
			var h slog.Handler = nothing{}
			if !bb.floor {
				h = start(b, nothing{}, Options{})
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				_ = h.Handle(context.Background(), bb.records[i%1000])
				i++
			}
		})
	}
}
