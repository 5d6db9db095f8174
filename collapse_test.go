package sluice_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/slogtest"

	slogmulti "github.com/samber/slog-multi"

	"github.com/sluicelog/sluice/handler/async"
	"github.com/sluicelog/sluice/handler/compress"
	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/jsonl"
	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/sample"
)

// collapsing is a chain with a collapser before its sink.
type collapsing struct {
	slog.Handler
	queue    *async.Handler
	collapse *compress.Handler
}

func newCollapsing(sink slog.Handler) *collapsing {
	c := &collapsing{}
	c.Handler = slogmulti.Pipe(
		mask.Middleware(nil),
		enrich.Middleware(&enrich.Options{Service: "ingest"}),
		sample.Middleware(&sample.Options{Rates: map[slog.Level]float64{slog.LevelInfo: 1}}),
		async.Middleware(&async.Options{Workers: 1, OnBuild: func(h *async.Handler) { c.queue = h }}),
		compress.Middleware(&compress.Options{OnBuild: func(h *compress.Handler) { c.collapse = h }}),
	).Handler(sink)
	return c
}

func (c *collapsing) close(t *testing.T) {
	t.Helper()
	if err := errors.Join(c.queue.Close(t.Context()), c.collapse.Close(t.Context())); err != nil {
		t.Error(err)
	}
}

func TestAChainThatCollapsesPassesSlogtest(t *testing.T) {
	var b bytes.Buffer
	var c *collapsing
	slogtest.Run(t, func(*testing.T) slog.Handler {
		b.Reset()
		c = newCollapsing(slog.NewJSONHandler(&b, nil))
		return c
	}, func(t *testing.T) map[string]any {
		c.close(t)
		var m map[string]any
		if err := json.Unmarshal(b.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		return m
	})
}

func TestACollapsedRecordOfAChainIsOneLine(t *testing.T) {
	var b bytes.Buffer
	c := newCollapsing(jsonl.NewHandler(&b, nil))
	logger := slog.New(c).With("region", "eu").WithGroup("http")
	for i := range 20 {
		logger.Info(fmt.Sprintf("mail %d sent to somebody%d@example.net", i, i), "password", "hunter2", "status", 200+i)
	}
	c.close(t)
	var got struct {
		Msg, Service, Template string
		Count                  int
		Sample                 struct {
			Region string
			HTTP   struct {
				Password string
				Status   int
			}
		}
		Summary struct {
			HTTP struct {
				Status struct{ Min, Max, Mean float64 }
			}
		}
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v: %s", err, b.String())
	}
	if got.Count != 20 || got.Msg != "mail <number> sent to [EMAIL_REDACTED]" || got.Template != got.Msg || got.Service != "ingest" ||
		got.Sample.Region != "eu" || got.Sample.HTTP.Password != "[REDACTED]" || got.Sample.HTTP.Status != 200 || got.Summary.HTTP.Status.Mean != 209.5 {
		t.Errorf("%s", b.String())
	}
	if strings.Contains(b.String(), "hunter2") || strings.Contains(b.String(), "somebody") {
		t.Errorf("a secret: %s", b.String())
	}
	if s := c.collapse.Stats(); s.Offered != 20 || s.Delivered != 1 || s.Collapsed != 19 || s.Held != 0 {
		t.Errorf("%+v", s)
	}
}
