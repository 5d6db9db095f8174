// Command pipeline is sluice's main job: a small audio-enhancement service whose records go through a whole chain.
//
//	go run ./examples/pipeline [-n requests] [-quiet] [file.wav]
//
// Two services in one process, a gateway and a worker, talk over HTTP. Clients send a recording; some send a truncated one
// or one of another format. The code logs with plain slog. At the end it prints what went in and out of every stage of the
// chain, and the records of one failed request, in order, of both services.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/correlate"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/store"
)

//go:embed testdata/voice.wav
var recording []byte

func main() {
	n := flag.Int("n", 12, "requests")
	out := flag.String("out", "", "directory for the results and the log (default: a temporary one)")
	quiet := flag.Bool("quiet", false, "no records on the console, only the summary")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: pipeline [-n requests] [-out dir] [-quiet] [file.wav]")
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *n, *out, *quiet, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "pipeline:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, stdout io.Writer, n int, dir string, quiet bool, file string) (err error) {
	if file != "" {
		if recording, err = os.ReadFile(file); err != nil {
			return err
		}
	}
	if dir == "" {
		if dir, err = os.MkdirTemp("", "pipeline-"); err != nil {
			return err
		}
	}
	logs := filepath.Join(dir, "logs")

	// One chain for both services: mask, enrich, sample, queue, and a fan-out to the terminal and to a store.
	cfg := sluice.Config{
		Environment: "development",
		Service:     sluice.ServiceConfig{Name: "audio"},
		Sample:      &sluice.SampleConfig{Rates: map[string]float64{"debug": .5, "info": 1, "warn": 1}},
		Sinks:       []sluice.SinkConfig{{Type: "store", Path: logs}},
	}
	if !quiet {
		cfg.Sinks = append(cfg.Sinks, sluice.SinkConfig{Type: "console", Level: "info"})
	}
	stack, err := sluice.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Close(ctx)) }()
	slog.SetDefault(stack.Logger())

	// Two services, each with its own name on its records.
	workerURL, stopWorker, err := serve((&worker{log: slog.With("logger", "worker")}).routes())
	if err != nil {
		return err
	}
	defer stopWorker()
	gw := &gateway{log: slog.With("logger", "gateway"), worker: workerURL,
		client: &http.Client{Transport: correlate.Transport(nil, nil), Timeout: time.Minute}}
	gatewayURL, stopGateway, err := serve(gw.routes())
	if err != nil {
		return err
	}
	defer stopGateway()

	failed, err := upload(ctx, gatewayURL, n, dir)
	if err != nil {
		return err
	}
	if err := stack.Flush(ctx); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "\n%d requests, %d of them failed as planned. What went in and out of every stage:\n\n%s\n", n, len(failed), stack.Stats())
	if err := story(ctx, stdout, logs); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "\nResults and the store are in %s. Search it:\n\n  go run ./cmd/sluice search --store %s 'level:error'\n", dir, logs)
	return nil
}

// serve runs handler on a free port of the loopback address.
func serve(handler http.Handler) (base string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	srv := &http.Server{Handler: correlate.Handler(handler, nil), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(l) }()
	return "http://" + l.Addr().String(), func() { _ = srv.Close() }, nil
}

// upload sends n requests, four at a time, and returns the identifiers of those that failed. Every fourth is broken: cut off,
// or no WAV at all.
func upload(ctx context.Context, base string, n int, dir string) (failed []string, err error) {
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		errs []error
		slot = make(chan struct{}, 4)
	)
	for i := range n {
		slot <- struct{}{}
		wg.Go(func() {
			defer func() { <-slot }()
			id, ok, err := send(ctx, base, i, dir)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
			} else if !ok {
				failed = append(failed, id)
			}
		})
	}
	wg.Wait()
	return failed, errors.Join(errs...)
}

func send(ctx context.Context, base string, i int, dir string) (requestID string, ok bool, err error) {
	body := recording
	switch i % 8 {
	case 3:
		body = recording[:len(recording)/3]
	case 7:
		body = append([]byte("ID3\x04"), recording[100:2000]...)
	}
	q := url.Values{"email": {fmt.Sprintf("listener%d@example.com", i)}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/v1/enhance?"+q.Encode(), bytes.NewReader(body))
	if err != nil {
		return "", false, err
	}
	req.Header.Set("Authorization", "Bearer secret-token-of-client-"+fmt.Sprint(i))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", false, err
	}
	defer resp.Body.Close()
	requestID = resp.Header.Get("X-Request-ID")
	if resp.StatusCode != http.StatusOK {
		return requestID, false, nil
	}
	f, err := os.Create(filepath.Join(dir, fmt.Sprintf("enhanced-%02d.wav", i)))
	if err != nil {
		return requestID, false, err
	}
	_, err = io.Copy(f, resp.Body)
	return requestID, true, errors.Join(err, f.Close())
}

// logged is what the story tells of a record.
type logged struct {
	Time                      time.Time
	Level, Msg, Logger, Stage string
	SpanID                    string  `json:"span_id"`
	DurationMS                float64 `json:"duration_ms"`
	Error                     struct{ Message string }
}

// story searches the store for the request that has most records, and prints these in the order in which they were logged. The
// store is read while the chain still writes it, as another process would.
func story(ctx context.Context, w io.Writer, dir string) error {
	logs, err := store.OpenReader(dir)
	if err != nil {
		return err
	}
	defer logs.Close()
	searcher := logs.Searcher(nil)
	requests, err := searcher.Facets(ctx, &search.Request{}, []string{"request_id"}, 1)
	if err != nil {
		return err
	}
	if len(requests["request_id"].List) == 0 {
		return errors.New("the store has no record of a request")
	}
	most := requests["request_id"].List[0].Key.String()
	query := search.Query{Expr: search.Match{Field: "request_id", Value: most}}
	found, err := searcher.Search(ctx, &search.Request{Query: query, Sort: search.Sort{Order: search.Arrival}})
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Request %s, through both services:\n\n", most)
	for _, hit := range found.Hits {
		var r logged
		if err := json.Unmarshal(hit.Line, &r); err != nil {
			return err
		}
		fmt.Fprintf(w, "  %s  %-5s  %-7s  span %s  %-8s  %s", r.Time.Format("15:04:05.000000"), r.Level, r.Logger, r.SpanID, r.Stage, r.Msg)
		if r.DurationMS > 0 {
			fmt.Fprintf(w, " (%.3f ms)", r.DurationMS)
		}
		if r.Error.Message != "" {
			fmt.Fprintf(w, ": %s", r.Error.Message)
		}
		fmt.Fprintln(w)
	}
	return nil
}
