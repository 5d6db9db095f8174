// Command embedded asks this library's store, and what else is searched inside a process, the same eight queries over the same records,
// those of package audio, and prints the figures beside each other in Markdown:
//
//	SLUICE_SHARED=DIR go run ./cmd/embedded [-n 100000] [-runs 20]
//
// Every answer, the newest records included, is checked against what was counted while the stream was made. The engines take turns
// at each run of a query, so that what else the machine does is shared by all. ripgrep takes part where it is on the PATH.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/sluicelog/sluice/bench"
	"github.com/sluicelog/sluice/bench/audio"
	"github.com/sluicelog/sluice/bench/embedded"
)

func main() {
	n := flag.Int("n", 100_000, "records")
	runs := flag.Int("runs", 20, "runs of each query, after two that warm up")
	flag.Parse()
	if err := run(context.Background(), *n, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "embedded:", err)
		os.Exit(1)
	}
}

// contender is an engine with what was measured of it.
type contender struct {
	embedded.Peer
	engine  embedded.Engine
	took    map[string][]time.Duration
	notes   map[string]string
	wall    time.Duration
	cpu     time.Duration
	size    int64
	missing map[string]bool // queries that it has not
}

func run(ctx context.Context, n, runs int) error {
	var text []byte
	oracle := audio.NewOracle(n)
	if err := bench.AudioStream(ctx, n, func(line []byte) error {
		text = append(append(text, line...), '\n')
		return oracle.Add(line)
	}); err != nil {
		return err
	}
	if err := oracle.Finish(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "embedded-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var all []*contender
	for i, p := range embedded.Peers() {
		c := &contender{Peer: p, took: map[string][]time.Duration{}, notes: map[string]string{}, missing: map[string]bool{}}
		if err := c.ingest(ctx, filepath.Join(dir, fmt.Sprint(i)), text, oracle); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		defer c.engine.Close()
		all = append(all, c)
	}
	fmt.Printf("%d records of an audio pipeline, %d bytes each, from JSON lines; %d processors\n\n", n, len(text)/n, runtime.NumCPU())
	if err := sizes(all, text, n); err != nil {
		return err
	}
	if err := queries(ctx, all, oracle, runs); err != nil {
		return err
	}
	print(all, oracle, runs)
	return nil
}

func (c *contender) ingest(ctx context.Context, dir string, text []byte, o *audio.Oracle) (err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	runtime.GC()
	began, used := time.Now(), bench.CPUTime()
	if c.engine, err = c.Open(ctx, dir, o); err != nil {
		return err
	}
	for line := range bytes.Lines(text) {
		if err := c.engine.Add(line[:len(line)-1]); err != nil {
			return err
		}
	}
	if err := c.engine.Seal(ctx); err != nil {
		return err
	}
	c.wall, c.cpu = time.Since(began), bench.CPUTime()-used
	c.size, err = bench.DirSize(dir)
	return err
}

// sizes prints what records take and how fast they go in, beside files of them that are compressed.
func sizes(all []*contender, text []byte, n int) error {
	fmt.Printf("| kept as | bytes a record | x sluice | records/s | records per CPU second | x sluice |\n|---|---|---|---|---|---|\n")
	first := all[0]
	row := func(name string, size int64, wall, cpu time.Duration) {
		fmt.Printf("| %s | %.1f | %.1f | %.0f | %.0f | %.2f |\n", name, float64(size)/float64(n), float64(size)/float64(first.size),
			float64(n)/wall.Seconds(), float64(n)/cpu.Seconds(), first.cpu.Seconds()/cpu.Seconds())
	}
	for _, c := range all {
		row(c.Name, c.size, c.wall, c.cpu)
	}
	for _, c := range embedded.Compressors() {
		began, used := time.Now(), bench.CPUTime()
		size, err := c.Size(text)
		if err != nil {
			return err
		}
		row("a file, "+c.Name+": nothing is found in it but by reading all", size, time.Since(began), bench.CPUTime()-used)
	}
	fmt.Println()
	return nil
}

func queries(ctx context.Context, all []*contender, o *audio.Oracle, runs int) error {
	for _, q := range embedded.Queries() {
		name := q[0]
		for i := -2; i < runs; i++ {
			for k := range all {
				c := all[(k+i+2)%len(all)]
				if c.missing[name] {
					continue
				}
				began := time.Now()
				note, err := embedded.Ask(ctx, &c.Peer, c.engine, o, name)
				took := time.Since(began)
				if errors.Is(err, embedded.ErrUnsupported) {
					c.missing[name] = true
					continue
				}
				if err != nil {
					return fmt.Errorf("%s: %w", c.Name, err)
				}
				c.notes[name] = note
				if i >= 0 {
					c.took[name] = append(c.took[name], took)
				}
			}
		}
	}
	return nil
}

// print prints p50 and p99 of each query, and the p50 as a multiple of the first engine's.
func print(all []*contender, o *audio.Oracle, runs int) {
	fmt.Printf("p50 / p99 in ms of %d runs, hits and the newest %d records each; in brackets the p50 by that of sluice\n\n| query | hits |", runs, audio.Newest)
	for _, c := range all {
		fmt.Printf(" %s |", c.Name)
	}
	fmt.Printf("\n|---|---|%s\n", strings.Repeat("---|", len(all)))
	for _, q := range embedded.Queries() {
		hits := fmt.Sprint(o.Answers[q[0]].Hits)
		if q[0] == "q7" || q[0] == "q8" {
			hits = "all"
		}
		fmt.Printf("| %s %s | %s |", q[0], q[1], hits)
		var base float64
		for i, c := range all {
			took := slices.Sorted(slices.Values(c.took[q[0]]))
			if len(took) == 0 {
				fmt.Printf(" – |")
				continue
			}
			p50 := milliseconds(took[len(took)/2])
			fmt.Printf(" %.2f / %.2f", p50, milliseconds(took[min(len(took)-1, len(took)*99/100)]))
			if i == 0 {
				base = p50
			} else {
				fmt.Printf(" (%.1f)", p50/base)
			}
			if c.notes[q[0]] != "" {
				fmt.Printf(", %s", c.notes[q[0]])
			}
			fmt.Printf(" |")
		}
		fmt.Println()
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
