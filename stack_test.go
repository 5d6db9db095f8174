package sluice_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"testing"
	"testing/slogtest"

	slogmulti "github.com/samber/slog-multi"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/handler/async"
	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/jsonl"
	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/sample"
)

// open opens a stack that is closed with the test.
func open(t testing.TB, cfg sluice.Config) *sluice.Stack {
	t.Helper()
	stack, err := sluice.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stack.Close(context.Background()) })
	return stack
}

func countLines(t testing.TB, path string) int {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(b, []byte("\n"))
}

// Three whole chains: the whole stack with its queue, the same written synchronously, and one by hand over a foreign sink.
func TestWholeChainsPassSlogtest(t *testing.T) {
	everything := &sluice.SampleConfig{Rates: map[string]float64{"debug": 1, "info": 1, "warn": 1}}
	whole := func(queue *sluice.QueueConfig) func(*testing.T, *bytes.Buffer) (slog.Handler, func()) {
		return func(t *testing.T, buf *bytes.Buffer) (slog.Handler, func()) {
			stack := open(t, sluice.Config{Environment: sluice.Staging, Queue: queue, Sample: everything,
				Sinks: []sluice.SinkConfig{{Type: "json"}}, Stdout: buf})
			return stack.Handler(), func() { _ = stack.Flush(t.Context()) }
		}
	}
	for name, build := range map[string]func(*testing.T, *bytes.Buffer) (slog.Handler, func()){
		"with a queue": whole(&sluice.QueueConfig{}),
		"synchronous":  whole(&sluice.QueueConfig{Off: true}),
		"fan-out to foreign sinks by hand": func(t *testing.T, buf *bytes.Buffer) (slog.Handler, func()) {
			queue, err := async.NewHandler(slogmulti.Fanout(
				slog.NewJSONHandler(buf, nil),
				jsonl.NewHandler(&bytes.Buffer{}, nil),
			), nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = queue.Close(context.Background()) })
			h := slogmulti.Pipe(mask.Middleware(nil), enrich.Middleware(nil),
				sample.Middleware(&sample.Options{Rates: map[slog.Level]float64{slog.LevelDebug: 1, slog.LevelInfo: 1}})).Handler(queue)
			return h, func() { _ = queue.Flush(t.Context()) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			var buf bytes.Buffer
			flush := func() {}
			slogtest.Run(t, func(t *testing.T) slog.Handler {
				buf.Reset()
				var h slog.Handler
				h, flush = build(t, &buf)
				return h
			}, func(t *testing.T) map[string]any {
				flush()
				var m map[string]any
				if err := json.Unmarshal(buf.Bytes(), &m); err != nil {
					t.Fatalf("%v in %q", err, buf.String())
				}
				return m
			})
		})
	}
}
