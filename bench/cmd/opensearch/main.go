// Command opensearch measures how fast records get into a real OpenSearch node, and what that costs the process that logs:
//
//	cd bench && go run ./cmd/opensearch
//
// Three ways take turns, each with a data stream of its own and the same documents:
//
//   - bare: bodies that were made beforehand, posted by net/http. This is the limit of the node.
//   - BulkIndexer: the same documents, given to opensearchutil.BulkIndexer.
//   - sluice: log/slog records, encoded and sent by handler/opensearch.
//
// The figures are medians over the rounds, in Markdown; documents that a way failed to store are summed up. Processor time is that of this
// process, by getrusage; allocations are those of the Go
// runtime. The node is one of internal/opensearchtest, or the one at OPENSEARCH_URL.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	opensearchgo "github.com/opensearch-project/opensearch-go/v4"
	"github.com/opensearch-project/opensearch-go/v4/opensearchapi"
	"github.com/opensearch-project/opensearch-go/v4/opensearchutil"

	"github.com/sluicelog/sluice/bench"
	"github.com/sluicelog/sluice/handler/opensearch"
	"github.com/sluicelog/sluice/internal/opensearchtest"
)

func main() {
	docs := flag.Int("docs", 300_000, "documents of a round")
	rounds := flag.Int("rounds", 5, "rounds, after one that warms up")
	conns := flag.Int("conns", 4, "requests at once")
	flag.Parse()
	if err := run(context.Background(), *docs, *rounds, *conns); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// perRequest is how many documents a request has, sluice's default.
const perRequest = 5_000

func run(ctx context.Context, docs, rounds, conns int) error {
	url, err := bench.Node(ctx)
	if err != nil {
		return err
	}
	bodies, err := encode(ctx, docs)
	if err != nil {
		return err
	}
	alone, err := soleCost(ctx, docs)
	if err != nil {
		return err
	}
	again, err := replayCost(ctx, docs)
	if err != nil {
		return err
	}
	fmt.Printf("Encoding and queueing alone: %v a document; sending again what a spool holds, without encoding: %v.\n", alone, again)
	size := 0
	for _, b := range bodies {
		size += len(b)
	}
	fmt.Printf("%d documents a round, %d bytes each on the average with their action line; %d requests at once; %d processors.\n",
		docs, size/docs, conns, runtime.NumCPU())
	ways := []way{
		{name: "bare", run: func(stream string) (int, error) { return 0, bare(ctx, url, stream, bodies, conns) }},
		{name: "BulkIndexer", run: func(stream string) (int, error) { return bulkIndexer(ctx, url, stream, bodies, conns) }},
		{name: "sluice", run: func(stream string) (int, error) { return 0, sluice(ctx, url, stream, docs, conns) }},
	}
	for round := range rounds + 1 {
		for i := range ways {
			w := &ways[(i+round)%len(ways)]
			f, err := measure(ctx, url, docs, w)
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			if round > 0 {
				w.figures = append(w.figures, f)
			}
		}
	}
	report(ways)
	return nil
}

// A way gets documents into a stream.
type way struct {
	name    string
	run     func(stream string) (failed int, err error)
	figures []figures
}

// figures of a round.
type figures struct {
	perSecond    float64
	cpu          time.Duration // of this process, a document
	allocs, heap float64       // a document
	failed       int           // documents
}

func measure(ctx context.Context, url string, docs int, w *way) (figures, error) {
	stream := "logs-bench-" + opensearchtest.Namespace()
	template := `{"index_patterns":["` + stream + `"],"data_stream":{},"priority":900,"template":{
		"settings":{"number_of_replicas":0,"refresh_interval":"30s","index.codec":"best_compression"},
		"mappings":{"date_detection":false,"dynamic_templates":[{"s":{"match_mapping_type":"string","mapping":{"type":"keyword","ignore_above":1024}}}],
		"properties":{"@timestamp":{"type":"date_nanos"},"body":{"type":"text"},"traceId":{"type":"keyword","doc_values":false},"spanId":{"type":"keyword","doc_values":false}}}}}`
	if err := bench.Call(ctx, http.MethodPut, url+"/_index_template/"+stream, template, nil); err != nil {
		return figures{}, err
	}
	defer func() {
		_ = bench.Call(ctx, http.MethodDelete, url+"/_data_stream/"+stream, "", nil)
		_ = bench.Call(ctx, http.MethodDelete, url+"/_index_template/"+stream, "", nil)
	}()
	if err := bench.Call(ctx, http.MethodPut, url+"/_data_stream/"+stream, "", nil); err != nil {
		return figures{}, err
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, began := processorTime(), time.Now()
	failed, err := w.run(stream)
	if err != nil {
		return figures{}, err
	}
	took, used := time.Since(began), processorTime()-cpu
	runtime.ReadMemStats(&after)
	var count struct{ Count int }
	if err := bench.Call(ctx, http.MethodPost, url+"/"+stream+"/_refresh", "", nil); err != nil {
		return figures{}, err
	}
	if err := bench.Call(ctx, http.MethodGet, url+"/"+stream+"/_count", "", &count); err != nil {
		return figures{}, err
	}
	// One that was sent again by the client's transport may be told as failed, because it was there.
	if count.Count < docs-failed || count.Count > docs {
		return figures{}, fmt.Errorf("%d documents in the stream, want %d, of which %d failed", count.Count, docs, failed)
	}
	n := float64(docs)
	return figures{
		failed:    failed,
		perSecond: n / took.Seconds(), cpu: used / time.Duration(docs),
		allocs: float64(after.Mallocs-before.Mallocs) / n, heap: float64(after.TotalAlloc-before.TotalAlloc) / n,
	}, nil
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func report(ways []way) {
	median := func(w *way, of func(figures) float64) float64 {
		var v []float64
		for _, f := range w.figures {
			v = append(v, of(f))
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	perSecond := func(f figures) float64 { return f.perSecond }
	fmt.Printf("\n| way | docs/s | of bare | CPU/doc | allocs/doc | B/doc | failed |\n|---|---|---|---|---|---|---|\n")
	for i := range ways {
		w := &ways[i]
		// The share is taken within rounds: the machine's pace changes from one to the next.
		var share []float64
		for r := range w.figures {
			share = append(share, w.figures[r].perSecond/ways[0].figures[r].perSecond)
		}
		slices.Sort(share)
		failed := 0
		for _, f := range w.figures {
			failed += f.failed
		}
		fmt.Printf("| %s | %.0f | %.2f | %v | %.2f | %.0f | %d |\n", w.name, median(w, perSecond), share[len(share)/2],
			time.Duration(median(w, func(f figures) float64 { return float64(f.cpu) })).Round(10*time.Nanosecond),
			median(w, func(f figures) float64 { return f.allocs }), median(w, func(f figures) float64 { return f.heap }), failed)
	}
}

// pool are the records of an audio pipeline that are logged in turn: making them is none of what is measured.
var pool = func() []slog.Record {
	rng := rand.New(rand.NewPCG(1, 2))
	stages := []string{"decode", "denoise", "dereverb", "normalize", "encode"}
	all := make([]slog.Record, 50_000)
	for i := range all {
		all[i] = slog.NewRecord(time.Time{}, slog.LevelInfo, "stage completed", 0)
		all[i].AddAttrs(
			slog.String("trace_id", hex(rng, 32)), slog.String("span_id", hex(rng, 16)),
			slog.String("stage", stages[rng.IntN(len(stages))]), slog.String("audio_id", "aud_"+hex(rng, 12)),
			slog.Float64("duration_ms", float64(rng.IntN(1_000_000))/1000), slog.Float64("quality_score", float64(rng.IntN(1000))/1000),
			slog.Int("attempt", rng.IntN(3)+1), slog.Bool("cached", rng.IntN(2) == 0),
		)
	}
	return all
}()

// records logs n records, always the same but for their time.
func records(h slog.Handler, n int) error {
	log := h.WithAttrs([]slog.Attr{
		slog.String("service", "audio-enhancer"), slog.String("environment", "production"), slog.String("host", "worker-7c9f25-ag1"),
		slog.String("logger", "pipeline"), slog.String("model", "dfn3-48k"),
	})
	at := time.Now().Add(-time.Hour)
	for i := range n {
		at = at.Add(7_654_321)
		r := pool[i%len(pool)]
		r.Time = at
		if err := log.Handle(context.Background(), r); err != nil {
			return err
		}
	}
	return nil
}

func hex(rng *rand.Rand, n int) string {
	const digits = "0123456789abcdef"
	var b [32]byte
	for i := range n {
		b[i] = digits[rng.IntN(16)]
	}
	return string(b[:n])
}

// capture is a round tripper that keeps bodies and says that all is stored.
type capture struct {
	mu     sync.Mutex
	bodies [][]byte
}

func (c *capture) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := func(status int, body string) *http.Response {
		return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Header: http.Header{}, Request: r}
	}
	if r.Method != http.MethodPost {
		return answer(http.StatusForbidden, ""), nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.bodies = append(c.bodies, body)
	c.mu.Unlock()
	n := bytes.Count(body, []byte("\n")) / 2
	return answer(200, `{"took":1,"errors":false,"items":[`+strings.TrimSuffix(strings.Repeat(`{"create":{"status":201}},`, n), ",")+"]}"), nil
}

// encode returns the bodies of the documents, as sluice makes them.
func encode(ctx context.Context, docs int) ([][]byte, error) {
	c := &capture{}
	h, err := opensearch.NewHandler(&opensearch.Options{Connection: opensearch.Connection{RoundTripper: c}, MaxDocs: perRequest, Overflow: opensearch.Block})
	if err != nil {
		return nil, err
	}
	err = errors.Join(records(h, docs), h.Close(ctx))
	return c.bodies, err
}

// nowhere is a round tripper that says that all is stored and does not look at it.
type nowhere struct{ reply string }

func (n nowhere) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet {
		return &http.Response{StatusCode: http.StatusForbidden, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
	}
	return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(n.reply)), ContentLength: int64(len(n.reply)), Header: http.Header{}, Request: r}, nil
}

// soleCost is the processor time of a document without a network.
func soleCost(ctx context.Context, docs int) (time.Duration, error) {
	reply := `{"took":1,"errors":false,"items":[` + strings.TrimSuffix(strings.Repeat(`{"create":{"status":201}},`, perRequest), ",") + "]}"
	docs -= docs % perRequest
	h, err := opensearch.NewHandler(&opensearch.Options{
		Connection: opensearch.Connection{RoundTripper: nowhere{reply}}, MaxDocs: perRequest, Overflow: opensearch.Block, MaxAge: time.Minute,
	})
	if err != nil {
		return 0, err
	}
	cpu := processorTime()
	err = errors.Join(records(h, docs), h.Close(ctx))
	return (processorTime() - cpu) / time.Duration(docs), err
}

// down is a round tripper of a node that is down.
type down struct{}

func (down) RoundTrip(*http.Request) (*http.Response, error) { return nil, syscall.ECONNREFUSED }

// replayCost is the processor time of a document that a spool has kept, without a network: reading, sending, acknowledging.
func replayCost(ctx context.Context, docs int) (cost time.Duration, err error) {
	dir, err := os.MkdirTemp("", "spool")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	docs -= docs % perRequest
	open := func(rt http.RoundTripper) (*opensearch.Handler, error) {
		return opensearch.NewHandler(&opensearch.Options{
			Connection: opensearch.Connection{RoundTripper: rt}, MaxDocs: perRequest, Overflow: opensearch.Block, Spool: dir, OnError: func(error) {}, MaxAge: time.Minute,
		})
	}
	h, err := open(down{})
	if err != nil {
		return 0, err
	}
	if err := records(h, docs); err != nil {
		return 0, err
	}
	bounded, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_ = h.Close(bounded) // it cannot deliver
	reply := `{"took":1,"errors":false,"items":[` + strings.TrimSuffix(strings.Repeat(`{"create":{"status":201}},`, perRequest), ",") + "]}"
	cpu := processorTime()
	if h, err = open(nowhere{reply}); err != nil {
		return 0, err
	}
	// Not by Flush, which would send requests that are not full: nowhere answers for full ones.
	for h.Stats().Delivered < uint64(docs) && ctx.Err() == nil {
		time.Sleep(5 * time.Millisecond)
	}
	if err := h.Close(ctx); err != nil {
		return 0, err
	}
	cost = (processorTime() - cpu) / time.Duration(docs)
	if s := h.Stats(); s.Delivered != uint64(docs) {
		return 0, fmt.Errorf("%d of %d documents came out of the spool", s.Delivered, docs)
	}
	return cost, nil
}

func sluice(ctx context.Context, url, stream string, docs, conns int) error {
	h, err := opensearch.NewHandler(&opensearch.Options{
		Connection: opensearch.Connection{URLs: []string{url}}, Stream: stream, MaxDocs: perRequest, InFlight: conns, Overflow: opensearch.Block,
	})
	if err != nil {
		return err
	}
	return errors.Join(records(h, docs), h.Close(ctx))
}

func bare(ctx context.Context, url, stream string, bodies [][]byte, conns int) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: conns}}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	errs := make([]error, conns)
	var wg sync.WaitGroup
	for c := range conns {
		wg.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(bodies) && errs[c] == nil; i = next.Add(1) - 1 {
				errs[c] = post(ctx, client, url+"/"+stream+"/_bulk?filter_path=took,errors,items.*.status,items.*.error", bodies[i])
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func post(ctx context.Context, client *http.Client, url string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	reply, err := io.ReadAll(resp.Body)
	if err == nil && (resp.StatusCode != http.StatusOK || !bytes.Contains(reply[:min(len(reply), 100)], []byte(`"errors":false`))) {
		err = fmt.Errorf("status %d: %.300s", resp.StatusCode, reply)
	}
	return err
}

func bulkIndexer(ctx context.Context, url, stream string, bodies [][]byte, conns int) (failed int, err error) {
	client, err := opensearchapi.NewClient(opensearchapi.Config{Client: opensearchgo.Config{Addresses: []string{url}}})
	if err != nil {
		return 0, err
	}
	var broken atomic.Pointer[error]
	bi, err := opensearchutil.NewBulkIndexer(opensearchutil.BulkIndexerConfig{
		Client: client, Index: stream, NumWorkers: conns, FlushBytes: len(bodies[0]), FlushInterval: time.Second,
		OnError: func(_ context.Context, err error) { broken.Store(&err) },
	})
	if err != nil {
		return 0, err
	}
	for _, body := range bodies {
		for len(body) > 0 {
			action, rest, _ := bytes.Cut(body, []byte("\n"))
			doc, rest, _ := bytes.Cut(rest, []byte("\n"))
			body = rest
			id := string(action[len(`{"create":{"_id":"`) : len(action)-len(`"}}`)])
			if err := bi.Add(ctx, opensearchutil.BulkIndexerItem{Action: "create", DocumentID: id, Body: bytes.NewReader(doc)}); err != nil {
				return 0, err
			}
		}
	}
	if err := bi.Close(ctx); err != nil {
		return 0, err
	}
	if err := broken.Load(); err != nil {
		return 0, *err
	}
	return int(bi.Stats().NumFailed), nil // it tries no document again
}
