// Command page measures the viewer over a store, in a real browser:
//
//	go run ./page --store DIR [--records N] [--query Q]... [--rounds R] [--tail SECONDS]
//
// With --records the store is first filled with so many records of an audio pipeline, one each millisecond until now. Of each query it
// prints what the server takes for the requests that the page makes, one after the other and with its processor time; when a
// browser that runs already has painted rows, histogram and facets, counted from the navigation, and counted from the Enter of a new
// query in a page that is there; and the processor time of the page's main thread. Medians and maxima over the rounds; the
// first round, which finds nothing in memory, has a column of its own. With --tail a store of its own gets 1,000 records a
// second, and a live page follows it. Markdown out.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/store"
	"github.com/sluicelog/sluice/viewer"
)

// options are those of the command line.
type options struct {
	store, chromium       string
	records, rounds, tail int
	queries               []string
}

func main() {
	var o options
	flag.StringVar(&o.store, "store", "", "`DIR` of the store")
	flag.IntVar(&o.records, "records", 0, "fill the store with `N` records first")
	flag.Func("query", "what the page searches for; may be given several times (default level:error stage:denoise)", func(q string) error {
		o.queries = append(o.queries, q)
		return nil
	})
	flag.IntVar(&o.rounds, "rounds", 10, "rounds of each query")
	flag.IntVar(&o.tail, "tail", 0, "follow 1,000 records a second for so many `SECONDS`")
	flag.StringVar(&o.chromium, "chromium", "chromium", "the browser")
	flag.Parse()
	if o.queries == nil {
		o.queries = []string{"level:error stage:denoise"}
	}
	if o.store == "" && o.tail == 0 || flag.NArg() > 0 || o.rounds < 2 {
		fmt.Fprintln(os.Stderr, "page: want --store DIR or --tail SECONDS, at least two --rounds and no arguments")
		os.Exit(2)
	}
	if err := run(context.Background(), &o); err != nil {
		fmt.Fprintln(os.Stderr, "page:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o *options) error {
	b, stop, err := startBrowser(ctx, o.chromium)
	if err != nil {
		return err
	}
	defer stop()
	fmt.Printf("%d processors; load before: %s\n", runtime.NumCPU(), load())
	defer func() { fmt.Printf("\nLoad after: %s\n", load()) }()
	if o.store != "" {
		if err := queries(ctx, b, o); err != nil {
			return err
		}
	}
	if o.tail > 0 {
		return follow(ctx, b, time.Duration(o.tail)*time.Second)
	}
	return nil
}

// pageCache is what sluice serve keeps decoded.
const pageCache = 384 << 20

func queries(ctx context.Context, b *browser, o *options) error {
	if o.records > 0 {
		if err := fill(ctx, o.store, o.records); err != nil {
			return err
		}
	}
	for _, q := range o.queries {
		if err := measure(ctx, b, o, q); err != nil {
			return err
		}
	}
	return nil
}

func measure(ctx context.Context, b *browser, o *options, query string) error {
	reader, err := store.OpenReader(o.store)
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close() }()
	searcher := reader.Searcher(&store.SearchOptions{Cache: pageCache})
	all, err := searcher.Search(ctx, &search.Request{Query: search.MustParse("*"), Limit: 1, Count: true})
	if err != nil {
		return err
	}
	watch, address, stop, err := serve(ctx, searcher)
	if err != nil {
		return err
	}
	defer stop()
	fmt.Printf("\n%d records, query %q over all times, %d rounds\n\n", all.Total, query, o.rounds)
	fmt.Printf("| what | first | median | max | CPU, median |\n|---|---|---|---|---|\n")
	loads, err := b.loads(ctx, address, query, o.rounds)
	if err != nil {
		return err
	}
	requests := watch.last()
	if err := watch.replay(requests, o.rounds); err != nil {
		return err
	}
	paints, err := b.queries(ctx, address, query, o.rounds)
	if err != nil {
		return err
	}
	row("browser: page loaded, rows, histogram and facets painted", loads)
	row("browser: new query in the page, all three painted", paints)
	return nil
}

// taken is what something took, in milliseconds.
type taken struct{ wall, cpu float64 }

// row prints a line of the table.
func row(name string, rounds []taken) {
	walls, cpus := make([]float64, 0, len(rounds)), make([]float64, 0, len(rounds))
	for _, r := range rounds[1:] {
		walls, cpus = append(walls, r.wall), append(cpus, r.cpu)
	}
	slices.Sort(walls)
	slices.Sort(cpus)
	fmt.Printf("| %s | %.1f ms | %.1f ms | %.1f ms | %.1f ms |\n", name, rounds[0].wall, walls[len(walls)/2], walls[len(walls)-1], cpus[len(cpus)/2])
}

// serve serves the page of a searcher and returns its address.
func serve(ctx context.Context, searcher search.Searcher) (*recorder, string, func(), error) {
	page, err := viewer.New(searcher, nil)
	if err != nil {
		return nil, "", nil, err
	}
	watch := &recorder{next: page}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", nil, err
	}
	srv := &http.Server{Handler: watch, ReadHeaderTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }()
	return watch, "http://" + l.Addr().String() + "/", func() {
		_ = srv.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(os.Stderr, "page:", err)
		}
	}, nil
}

// load is how many programs want a processor, over one, five and fifteen minutes.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "not known"
	}
	return strings.Join(strings.Fields(string(b))[:3], " ")
}
