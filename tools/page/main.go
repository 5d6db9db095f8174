// Command page measures the viewer over a store, in a real browser:
//
//	go run ./page --store DIR [--records N] [--query Q] [--rounds R]
//
// With --records the store is first filled with so many records of an audio pipeline, one each millisecond until now. Each round loads the
// page anew, with the query over all times. It prints what the server took for each request that the page made, and for all of them
// together, and when the browser had painted rows, histogram and facets, counted from the navigation. Medians and maxima over
// the rounds, Markdown out. The first round, which finds nothing in memory, has a row of its own.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/store"
	"github.com/sluicelog/sluice/viewer"
)

func main() {
	dir := flag.String("store", "", "`DIR` of the store")
	records := flag.Int("records", 0, "fill the store with `N` records first")
	query := flag.String("query", "level:error stage:denoise", "what the page searches for")
	rounds := flag.Int("rounds", 10, "loads of the page")
	chromium := flag.String("chromium", "chromium", "the browser")
	flag.Parse()
	if *dir == "" || flag.NArg() > 0 || *rounds < 2 {
		fmt.Fprintln(os.Stderr, "page: want --store DIR, at least two --rounds and no arguments")
		os.Exit(2)
	}
	if err := run(context.Background(), *dir, *records, *query, *rounds, *chromium); err != nil {
		fmt.Fprintln(os.Stderr, "page:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string, records int, query string, rounds int, chromium string) error {
	if records > 0 {
		if err := fill(ctx, dir, records); err != nil {
			return err
		}
	}
	reader, err := store.OpenReader(dir)
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close() }()
	searcher := reader.Searcher(nil)
	all, err := searcher.Search(ctx, &search.Request{Query: search.MustParse("*"), Limit: 1, Count: true})
	if err != nil {
		return err
	}
	page, err := viewer.New(searcher, nil)
	if err != nil {
		return err
	}
	watch := &stopwatch{next: page}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: watch, ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(l) }()
	defer func() { _ = srv.Close() }()
	painted, err := load(ctx, chromium, "http://"+l.Addr().String()+"/?from=&q="+url.QueryEscape(query), rounds, watch)
	if err != nil {
		return err
	}
	fmt.Printf("%d records, query %q, %d rounds, %d processors\n\n", all.Total, query, rounds, runtime.NumCPU())
	fmt.Printf("| what | first | median | max |\n|---|---|---|---|\n")
	row := func(name string, ms []float64) {
		rest := slices.Sorted(slices.Values(ms[1:]))
		fmt.Printf("| %s | %.1f ms | %.1f ms | %.1f ms |\n", name, ms[0], rest[len(rest)/2], rest[len(rest)-1])
	}
	for _, path := range slices.Sorted(func(yield func(string) bool) {
		for path := range watch.took {
			if !yield(path) {
				return
			}
		}
	}) {
		if ms := watch.took[path]; len(ms) == rounds {
			row("server: "+path, ms)
		}
	}
	row("server: all three, added up", watch.whole)
	row("browser: rows, histogram and facets painted", painted)
	return nil
}

// stopwatch measures requests for data.
type stopwatch struct {
	next  http.Handler
	mu    sync.Mutex
	took  map[string][]float64 // milliseconds, of one path
	whole []float64            // of one round
	sum   float64              // of the round under way
}

// data are the requests that a query makes.
var data = []string{"/api/search", "/api/histogram", "/api/facets"}

// ServeHTTP measures what next does.
func (s *stopwatch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begin := time.Now()
	s.next.ServeHTTP(w, r)
	ms := milliseconds(time.Since(begin))
	if !slices.Contains(data, r.URL.Path) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.took == nil {
		s.took = map[string][]float64{}
	}
	s.took[r.URL.Path] = append(s.took[r.URL.Path], ms)
	s.sum += ms
}

// round ends a round.
func (s *stopwatch) round() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.whole = append(s.whole, s.sum)
	s.sum = 0
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// observe notes the first frame at which the page shows all three: the time of a frame is that of its beginning, so the next one has
// it painted.
const observe = `(() => {
	const look = () => {
		if (document.querySelector('#rows .row') && document.querySelector('#histogram rect') && document.querySelector('#facets .value'))
			requestAnimationFrame(() => { window.painted = performance.now() });
		else requestAnimationFrame(look);
	};
	requestAnimationFrame(look);
})()`

// load loads the page in rounds and returns after how many milliseconds each was painted.
func load(ctx context.Context, chromium, address string, rounds int, watch *stopwatch) ([]float64, error) {
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1400, 900))
	ctx, cancel := chromedp.NewExecAllocator(ctx, opts...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {})) // events newer than chromedp
	defer cancel()
	err := chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := cdppage.AddScriptToEvaluateOnNewDocument(observe).Do(ctx)
		return err
	}))
	if err != nil {
		return nil, err
	}
	out := make([]float64, rounds)
	for i := range out {
		err := chromedp.Run(ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(address),
			chromedp.Poll(`window.painted`, &out[i], chromedp.WithPollingTimeout(time.Minute)))
		if err != nil {
			return nil, fmt.Errorf("round %d: %w", i+1, err)
		}
		watch.round()
	}
	return out, nil
}

var stages = []string{"upload", "validate", "decode", "denoise", "separate", "enhance", "loudness", "encode", "store", "notify"}

// fill appends records, the last of them now.
func fill(ctx context.Context, dir string, records int) error {
	s, err := store.Open(dir, &store.Options{CompactAfter: -1})
	if err != nil {
		return err
	}
	begin := time.Now().Add(-time.Duration(records) * time.Millisecond).UTC()
	for i := range records {
		level, message := "INFO", "stage completed"
		switch hash := uint32(i) * 2654435761 >> 16; {
		case hash%100 < 2:
			level, message = "ERROR", "stage failed: no space left on device"
		case hash%100 < 7:
			level, message = "WARN", "stage slow"
		}
		line, err := json.Marshal(map[string]any{
			"time": begin.Add(time.Duration(i) * time.Millisecond), "level": level, "msg": message, "service": []string{"gateway", "worker"}[i%2],
			"stage": stages[uint32(i)*40503>>8%10], "request_id": fmt.Sprintf("r%08x%s", uint32(i/10)*2654435761, strings.Repeat("0", 4)), "duration_ms": i * 7919 % 5000,
		})
		if err != nil {
			return err
		}
		if err := s.Append(line); err != nil {
			return err
		}
	}
	return s.Close(ctx)
}
