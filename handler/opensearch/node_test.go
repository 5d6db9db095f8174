package opensearch

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/opensearchtest"
)

// fast are options for tests that fail often.
func fast(stream string) Options {
	return Options{Stream: stream, MaxBackoff: 100 * time.Millisecond, MaxAge: 10 * time.Millisecond, Timeout: 2 * time.Second}
}

func isBulk(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/_bulk") }

func TestARealNodeHasEveryRecordOnceThroughEveryFault(t *testing.T) {
	node := opensearchtest.Node(t)
	for name, fault := range map[string]opensearchtest.Fault{
		"hang before":           opensearchtest.Hang(),
		"hang after":            opensearchtest.HangReply(),
		"reset in mid-body":     opensearchtest.ResetRequest(2000),
		"reset before a reply":  opensearchtest.LoseReply(),
		"reset in mid-reply":    opensearchtest.ResetReply(),
		"half a reply":          opensearchtest.HalfReply(),
		"slow reply":            opensearchtest.Slow(5, 20*time.Millisecond),
		"503":                   opensearchtest.Answer(503, "text/html", "<html>unavailable</html>"),
		"429 storm":             opensearchtest.Answer(429, "application/json", `{"error":{"type":"rejected_execution_exception","reason":"r"},"status":429}`),
		"502 after it was done": opensearchtest.Edit(func(int, []byte) (int, []byte) { return 502, []byte("bad gateway") }),
		"partial failures": opensearchtest.Edit(func(status int, body []byte) (int, []byte) {
			return status, bytes.Replace(body, []byte(`{"create":{"status":201}}`), []byte(`{"create":{"status":429,"error":{"type":"rejected_execution_exception","reason":"r"}}}`), 3)
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := opensearchtest.NewProxy(t, node)
			proxy.InjectWhen(isBulk, fault, 3)
			stream := newStream(t, node, "")
			o := fast(stream)
			o.MaxDocs, o.Timeout = 200, 500*time.Millisecond
			h, log := open(t, proxy.URL, o)
			write(t, h, "m", 1000)
			flush(t, h)
			wantInStream(t, node, stream, "m", 1000)
			s := h.Stats()
			if s.Delivered != 1000 || s.Failed+s.Dropped+s.Unpinned != 0 || name != "slow reply" && s.Retried == 0 {
				t.Errorf("stats %+v\n%s", s, log)
			}
		})
	}
}

func TestARealNodeThatIsGoneAndComesBack(t *testing.T) {
	node := opensearchtest.Node(t)
	proxy := opensearchtest.NewProxy(t, node)
	stream := newStream(t, node, "")
	h, log := open(t, proxy.URL, fast(stream))
	write(t, h, "m", 500)
	flush(t, h)
	proxy.Refuse()
	for i := 500; i < 1000; i++ {
		_ = h.Handle(context.Background(), slog.NewRecord(time.Now(), slog.LevelInfo, fmt.Sprint("m", i), 0))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if err := h.Flush(ctx); err == nil {
		t.Error("flushed to a node that is gone")
	}
	proxy.Accept(t)
	flush(t, h)
	wantInStream(t, node, stream, "m", 1000)
	if !strings.Contains(log.String(), "connection refused") {
		t.Errorf("errors: %s", log)
	}
}

func TestARealNodeRollsOverBetweenADeliveryAndItsRepetition(t *testing.T) {
	node := opensearchtest.Node(t)
	for name, rollovers := range map[string]int{"none": 0, "one": 1, "two": 2} {
		t.Run(name, func(t *testing.T) {
			proxy := opensearchtest.NewProxy(t, node)
			stream := newStream(t, node, "")
			o := fast(stream)
			o.Timeout = 0          // only the fault below is to lose an answer
			o.MaxAge = time.Minute // one request has all of what is written, however slowly that goes
			h, _ := open(t, proxy.URL, o)
			write(t, h, "m", 100) // makes the stream
			flush(t, h)
			proxy.InjectWhen(isBulk, opensearchtest.Edit(func(int, []byte) (int, []byte) {
				for range rollovers {
					node.Must(t, "POST", "/"+stream+"/_rollover", "", nil)
				}
				return 504, nil
			}), 1)
			for i := 100; i < 300; i++ {
				_ = h.Handle(context.Background(), slog.NewRecord(time.Now(), slog.LevelInfo, fmt.Sprint("m", i), 0))
			}
			flush(t, h)
			wantInStream(t, node, stream, "m", 300)
			if s := h.Stats(); s.Duplicates != 200 || s.Unpinned != 0 {
				t.Errorf("stats %+v", s)
			}
		})
	}
}

func TestARealNodeRefusesAndIsMended(t *testing.T) {
	node := opensearchtest.Node(t)
	for name, tc := range map[string]struct{ refuse, mend, hint string }{
		"read-only index": {`{"index.blocks.write":true}`, `{"index.blocks.write":null}`, "status 403"},
		"disk watermark":  {`{"index.blocks.read_only_allow_delete":true}`, `{"index.blocks.read_only_allow_delete":null}`, "a disk is full"},
	} {
		t.Run(name, func(t *testing.T) {
			stream := newStream(t, node, "")
			h, log := open(t, node.URL, fast(stream))
			write(t, h, "m", 1)
			flush(t, h)
			node.Must(t, "PUT", "/"+stream+"/_settings", tc.refuse, nil)
			for i := 1; i < 50; i++ {
				_ = h.Handle(context.Background(), slog.NewRecord(time.Now(), slog.LevelInfo, fmt.Sprint("m", i), 0))
			}
			waitFor(t, log, tc.hint)
			if s := h.Stats(); s.Delivered != 1 {
				t.Errorf("stats %+v", s)
			}
			if n := strings.Count(log.String(), tc.hint); n != 1 {
				t.Errorf("%q is told %d times: %s", tc.hint, n, log)
			}
			node.Must(t, "PUT", "/"+stream+"/_settings", tc.mend, nil)
			flush(t, h)
			wantInStream(t, node, stream, "m", 50)
		})
	}
}

func TestARealNodeRejectsADocumentForGood(t *testing.T) {
	node := opensearchtest.Node(t)
	stream := newStream(t, node, "")
	pipeline := stream + "-poison"
	node.Must(t, "PUT", "/_ingest/pipeline/"+pipeline, `{"processors":[{"fail":{"if":"ctx.body == 'm7'","message":"poison"}}]}`, nil)
	t.Cleanup(func() { node.Call(t, "DELETE", "/_ingest/pipeline/"+pipeline, "") })
	path := filepath.Join(t.TempDir(), "dead.jsonl")
	o := fast(stream)
	o.DeadLetters = path
	h, _ := open(t, node.URL, o)
	write(t, h, "first", 1)
	flush(t, h)
	node.Must(t, "PUT", "/"+stream+"/_settings", `{"index.default_pipeline":"`+pipeline+`"}`, nil)
	for i := range 20 {
		r := slog.NewRecord(time.Now(), slog.LevelInfo, fmt.Sprint("m", i), 0)
		if i == 3 {
			r.AddAttrs(slog.Group("n", slog.Int("is", 1))) // a number in the mapping
		}
		_ = h.Handle(context.Background(), r)
	}
	flush(t, h)
	got := bodies(t, node, stream)
	if len(got) != 20 || got["m3"] != 1 || got["m7"] != 0 { // m3 in its other form, under unmapped
		t.Errorf("stored %v", got)
	}
	byBody := map[string]letter{}
	for _, l := range letters(t, path) {
		body, _, _ := strings.Cut(string(l.Document[strings.Index(string(l.Document), `"body":"`)+8:]), `"`)
		byBody[body] = l
	}
	if l := byBody["m7"]; l.Status != 500 || l.Type != "fail_processor_exception" {
		t.Errorf("m7: %+v", l)
	}
	if len(byBody) != 1 {
		t.Errorf("%d dead letters, want the poison alone: %v", len(byBody), byBody)
	}
}

func TestARealNodeUnderPressure(t *testing.T) {
	node := opensearchtest.Private(t, &opensearchtest.Options{Heap: "512m", Settings: map[string]string{
		"indexing_pressure.memory.limit": "1mb", "thread_pool.write.size": "1", "thread_pool.write.queue_size": "1", "cluster.max_shards_per_node": "1000",
	}})
	t.Run("requests over its memory, a queue of one", func(t *testing.T) {
		stream := newStream(t, node, "")
		o := fast(stream)
		o.InFlight = 8
		h, log := open(t, node.URL, o)
		filler := strings.Repeat("x", 500)
		for i := range 9000 {
			r := slog.NewRecord(time.Now(), slog.LevelInfo, fmt.Sprint("m", i), 0)
			r.AddAttrs(slog.String("filler", filler))
			_ = h.Handle(context.Background(), r)
		}
		flush(t, h)
		wantInStream(t, node, stream, "m", 9000)
		if s := h.Stats(); s.Retried == 0 || s.Failed > 0 {
			t.Errorf("stats %+v\n%s", s, log)
		}
	})
	t.Run("limit of shards", func(t *testing.T) {
		node.Must(t, "PUT", "/occupant", `{"settings":{"number_of_shards":1,"number_of_replicas":0}}`, nil)
		node.Must(t, "PUT", "/_cluster/settings", `{"transient":{"cluster.max_shards_per_node":1}}`, nil)
		stream := newStream(t, node, "")
		h, log := open(t, node.URL, fast(stream))
		write(t, h, "m", 20)
		waitFor(t, log, "shards open")
		node.Must(t, "PUT", "/_cluster/settings", `{"transient":{"cluster.max_shards_per_node":null}}`, nil)
		flush(t, h)
		wantInStream(t, node, stream, "m", 20)
	})
	t.Run("breaker", func(t *testing.T) {
		stream := newStream(t, node, "")
		node.Must(t, "PUT", "/_cluster/settings", `{"transient":{"network.breaker.inflight_requests.limit":"100kb"}}`, nil)
		h, log := open(t, node.URL, fast(stream))
		write(t, h, "m", 3000)
		flush(t, h)
		node.Must(t, "PUT", "/_cluster/settings", `{"transient":{"network.breaker.inflight_requests.limit":null}}`, nil)
		wantInStream(t, node, stream, "m", 3000)
		if !strings.Contains(log.String(), "circuit_breaking_exception") {
			t.Errorf("errors %s", log)
		}
	})
}

func TestARealNodeTakesEveryDocumentThatTheEncoderMakes(t *testing.T) {
	node := opensearchtest.Node(t)
	for _, f := range formats {
		t.Run(string(f), func(t *testing.T) {
			stream := newStream(t, node, "")
			o := fast(stream)
			o.Format, o.AddSource = f, true
			h, log := open(t, node.URL, o)
			deep := slog.Group("d", slog.Int("x", 1))
			for range 30 {
				deep = slog.Group("d", deep)
			}
			hostile := []slog.Attr{
				slog.String("", "empty"), slog.String(" ", "blank"), slog.String(".a", "dot"), slog.String("a..b", "dots"), slog.String("a. .b", "dots"),
				slog.String("bad", "\xff\xfe\x00\n"), slog.Float64("nan", nan()), slog.String("k", "1"), slog.String("k", "2"), deep,
				slog.String(strings.Repeat("e.", 30)+"f", "path"), slog.String("_id", "x"), slog.String("_source", "x"), slog.String("time", "t"),
				slog.String("@timestamp", "yesterday"), slog.Any("error", fmt.Errorf("boom")), slog.String("big", strings.Repeat("ü", 20<<10)),
			}
			n := 0
			for _, a := range hostile {
				for _, at := range []time.Time{time.Now(), {}, time.Unix(-1, 0)} {
					r := slog.NewRecord(at, slog.LevelInfo, fmt.Sprint("m", n), 0)
					r.AddAttrs(a)
					_ = h.Handle(context.Background(), r)
					n++
				}
			}
			log2 := slog.New(h).WithGroup("w").With("service", "s")
			log2.Info("grouped", "error", "boom")
			flush(t, h)
			if s := h.Stats(); s.Delivered != uint64(n)+1 || s.Failed > 0 {
				t.Errorf("%d of %d delivered: %s", s.Delivered, n, log)
			}
		})
	}
}

func nan() float64 { var zero float64; return zero / zero }
