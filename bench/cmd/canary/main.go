// Command canary measures how soon a record can be searched in a real OpenSearch node, from the call that logs it:
//
//	cd bench && go run ./cmd/canary
//
// Records go through the production chain (mask, enrich, queue, sink; nothing sampled) at a fixed rate. Ten times a second one of
// them is a canary with a number of its own, which is looked for until a search finds it. A search asks for all canaries on their
// way; the figures include the wait between two searches. Then the same goes to an address that takes connections and never answers,
// to show what the caller has of that: nothing. The node is one of internal/opensearchtest, or the one at OPENSEARCH_URL.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/bench"
	"github.com/sluicelog/sluice/correlate"
	"github.com/sluicelog/sluice/internal/opensearchtest"
)

func main() {
	rate := flag.Int("rate", 10_000, "records a second")
	length := flag.Duration("for", time.Minute, "how long")
	warm := flag.Duration("warm", 20*time.Second, "how long before that, at the same rate: a node that was just started compiles first")
	flag.Parse()
	if err := run(context.Background(), *rate, *warm, *length); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const (
	betweenCanaries = 100 * time.Millisecond
	betweenSearches = 50 * time.Millisecond
	patience        = 30 * time.Second
)

func run(ctx context.Context, rate int, warm, length time.Duration) (err error) {
	url, err := bench.Node(ctx)
	if err != nil {
		return err
	}
	stream := "logs-canary-" + opensearchtest.Namespace()
	stack, err := open(ctx, url, stream, true)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, bench.Call(context.WithoutCancel(ctx), http.MethodDelete, url+"/_data_stream/"+stream, "", nil))
	}()
	f := &flock{url: url, stream: stream, out: map[int]time.Time{}}
	ctx, stop := context.WithCancel(ctx)
	searched := make(chan error, 1)
	go func() { searched <- f.search(ctx) }()
	calls, took := f.log(ctx, slog.New(stack.Handler()), rate, warm, length)
	for end := time.Now().Add(patience); f.missing() > 0 && time.Now().Before(end); {
		time.Sleep(betweenSearches)
	}
	stop()
	err = errors.Join(<-searched, stack.Close(context.Background()))
	s := stack.Stats()
	fmt.Printf("%d records in %v, %.0f a second; %d delivered, %d lost\n", calls, took.Round(time.Millisecond), float64(calls)/took.Seconds(), s.Delivered, s.Failed+s.Dropped)
	slices.Sort(f.waited)
	if n := len(f.waited); n > 0 {
		at := func(q float64) time.Duration { return f.waited[min(int(q*float64(n)), n-1)].Round(time.Millisecond) }
		fmt.Printf("%d canaries, %d never found; from the call to the hit: p50 %v, p99 %v, longest %v\n", n, f.missing(), at(.5), at(.99), f.waited[n-1].Round(time.Millisecond))
	}
	fmt.Printf("the caller with the node: %v\n", f.calls())
	if f.missing() > 0 {
		err = errors.Join(err, fmt.Errorf("%d canaries were not found within %v", f.missing(), patience))
	}
	return errors.Join(err, hang(context.WithoutCancel(ctx), rate, warm, length))
}

// open opens the production chain, which keeps all and ends in the node at url.
func open(ctx context.Context, url, stream string, ensure bool) (*sluice.Stack, error) {
	return sluice.Open(ctx, sluice.Config{
		Environment: sluice.Production, Level: "debug", Service: sluice.ServiceConfig{Name: "canary"}, Sample: &sluice.SampleConfig{Off: true},
		Sinks: []sluice.SinkConfig{{Type: "opensearch", OpenSearch: sluice.OpenSearchConfig{URLs: []string{url}, Stream: stream, EnsureTemplate: ensure}}},
	})
}

// hang logs to an address that takes connections and never answers.
func hang(ctx context.Context, rate int, warm, length time.Duration) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	stack, err := open(ctx, "http://"+l.Addr().String(), "logs-canary-hang", false)
	if err != nil {
		return err
	}
	f := &flock{out: map[int]time.Time{}}
	calls, _ := f.log(ctx, slog.New(stack.Handler()), rate, warm, length)
	s := stack.Stats()
	fmt.Printf("the caller with a node that hangs: %v; of %d records %d wait, %d dropped\n", f.calls(), calls, s.Queued, s.Failed+s.Dropped)
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_ = stack.Close(ctx) // it cannot deliver
	return nil
}

// flock are the canaries.
type flock struct {
	url, stream string

	mu     sync.Mutex
	out    map[int]time.Time // not found yet, and when they were logged
	waited []time.Duration

	took []time.Duration // by calls
}

// calls are quantiles of what calls took.
func (f *flock) calls() string {
	slices.Sort(f.took)
	at := func(q float64) time.Duration {
		return f.took[min(int(q*float64(len(f.took))), len(f.took)-1)].Round(100 * time.Nanosecond)
	}
	return fmt.Sprintf("p50 %v, p99 %v, p99.9 %v a call", at(.5), at(.99), at(.999))
}

func (f *flock) missing() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.out)
}

// log logs at the rate and returns how many records it logged, and how long that took.
func (f *flock) log(ctx context.Context, log *slog.Logger, rate int, warm, length time.Duration) (calls int, took time.Duration) {
	begin, canary := time.Now(), int(warm/betweenCanaries)
	ctx, _ = correlate.Begin(ctx)
	f.took = make([]time.Duration, 0, int((warm+length).Seconds()+1)*rate)
	for time.Since(begin) < warm+length {
		for due := int(time.Since(begin).Seconds() * float64(rate)); calls < due; calls++ {
			start := time.Now()
			log.LogAttrs(ctx, slog.LevelInfo, "stage completed", slog.String("stage", "denoise"), slog.String("model", "dfn3-48k"),
				slog.String("audio_id", fmt.Sprintf("aud_%012x", calls*7919)), slog.Float64("duration_ms", float64(calls%5000)/7),
				slog.Int("attempt", 1), slog.Bool("cached", calls%2 == 0))
			f.took = append(f.took, time.Since(start))
		}
		if time.Since(begin) >= time.Duration(canary)*betweenCanaries {
			canary++
			f.mu.Lock()
			f.out[canary] = time.Now()
			f.mu.Unlock()
			log.LogAttrs(ctx, slog.LevelInfo, "canary", slog.Int("canary", canary))
			calls++
		}
		time.Sleep(time.Millisecond)
	}
	return calls, time.Since(begin)
}

// search looks for all canaries that are out, until ctx ends.
func (f *flock) search(ctx context.Context) error {
	tick := time.NewTicker(betweenSearches)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		f.mu.Lock()
		wanted := slices.Collect(maps.Keys(f.out))
		f.mu.Unlock()
		if len(wanted) == 0 {
			continue
		}
		list, err := json.Marshal(wanted)
		if err != nil {
			return err
		}
		var found struct {
			Hits struct {
				Hits []struct {
					Fields map[string][]float64
				}
			}
		}
		err = bench.Call(ctx, http.MethodPost, f.url+"/"+f.stream+"/_search",
			`{"size":1000,"_source":false,"fields":["attributes.canary"],"query":{"terms":{"attributes.canary":`+string(list)+`}}}`, &found)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		now := time.Now()
		f.mu.Lock()
		for _, hit := range found.Hits.Hits {
			for _, n := range hit.Fields["attributes.canary"] {
				if at, ok := f.out[int(n)]; ok {
					f.waited = append(f.waited, now.Sub(at))
					delete(f.out, int(n))
				}
			}
		}
		f.mu.Unlock()
	}
}
