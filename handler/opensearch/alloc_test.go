//go:build !race

package opensearch

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
)

// yesNode answers that all documents are stored.
type yesNode struct{ reply []byte }

func (y *yesNode) Do(_ context.Context, _, _ string, _ http.Header, body []byte) (int, []byte, error) {
	n := bytes.Count(body, []byte("\n")) / 2
	y.reply = append(y.reply[:0], `{"took":1,"errors":false,"items":[`...)
	for i := range n {
		if i > 0 {
			y.reply = append(y.reply, ',')
		}
		y.reply = append(y.reply, `{"create":{"status":201}}`...)
	}
	y.reply = append(y.reply, "]}"...)
	return 200, y.reply, nil
}

func (y *yesNode) Close() error { return nil }

var (
	static  = chain.NewBlock([]slog.Attr{slog.String("service", "api"), slog.String("host", "h1"), slog.String("environment", "production"), slog.String("@version", "1")})
	request = chain.NewBlock([]slog.Attr{slog.String("request_id", "0191b2c3-7d4e-7a1b-8c2d-3e4f5a6b7c8d"), slog.String("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"), slog.String("span_id", "00f067aa0ba902b7"), slog.String("trace_flags", "01")})
)

func stage(at time.Time) slog.Record {
	r := slog.NewRecord(at, slog.LevelInfo, "stage completed", 1)
	r.AddAttrs(slog.String("stage", "denoise"), slog.String("model", "dfn3-48k"), slog.String("audio_id", "aud_5f2c9a1be07d4c33"),
		slog.Float64("duration_ms", 851.204), slog.Int("attempt", 1), slog.Bool("cached", false))
	return r
}

func TestADocumentCostsLessThanATenthOfAnAllocation(t *testing.T) {
	node := &yesNode{}
	h, _ := start(t, node, Options{InFlight: 1, Overflow: Block, AddSource: true})
	log := h.WithAttrs([]slog.Attr{slog.String("logger", "pipeline"), slog.Int("worker", 3)}).(*Handler)
	ctx := context.Background()
	root := chain.Root{Static: static, Scope: request, Rate: .5}
	const docs = 10_000
	run := func() {
		for range docs {
			r := slog.NewRecord(time.Now(), slog.LevelInfo, "stage completed", 1)
			r.AddAttrs(slog.String("stage", "denoise"), slog.Float64("duration_ms", 851.204), slog.Int("attempt", 1), slog.Bool("cached", false))
			if err := log.HandleRoot(ctx, r, root); err != nil {
				t.Fatal(err)
			}
		}
		_ = h.Flush(ctx)
	}
	run()
	if n := testing.AllocsPerRun(5, run) / docs; n > .1 {
		t.Errorf("%v allocations a document", n)
	}
}

func BenchmarkHandle(b *testing.B) {
	h, _ := start(b, &yesNode{}, Options{InFlight: 1, Overflow: Block})
	root := chain.Root{Static: static, Scope: request}
	r := stage(time.Now())
	b.ReportAllocs()
	for b.Loop() {
		_ = h.HandleRoot(context.Background(), r, root)
	}
	_ = h.Flush(context.Background())
	st := h.Stats()
	b.ReportMetric(float64(st.Delivered)/float64(st.Requests), "docs/request")
}
