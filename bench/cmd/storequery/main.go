// Command storequery makes a store of the audio stream and measures what the store's figures are: how fast records go in on one
// core, and how long the eight queries take that stores are compared by, each checked against what was counted while the stream was made.
//
//	SLUICE_SHARED=DIR go run ./cmd/storequery [-n 10000000] [-runs 20] [-compact] [-dir DIR [-reuse]]
//
// The stream comes from the generator in $SLUICE_SHARED/gen, which is no part of this repository. Two tables go to standard output, in
// Markdown. The queries run in a process of their own, so that its peak of resident memory is that of searching. CPU times are those
// of the whole process, kernel included: on a machine that others use they mean more than the clock.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/sluicelog/sluice/bench"
	"github.com/sluicelog/sluice/bench/audio"
	"github.com/sluicelog/sluice/store"
)

var (
	records = flag.Int("n", 1_000_000, "records")
	runs    = flag.Int("runs", 20, "runs of each query, after two that warm up")
	procs   = flag.Int("procs", 2, "processors for the queries")
	compact = flag.Bool("compact", false, "compact the store before it is searched")
	dir     = flag.String("dir", "", "directory of the store, which is kept; empty: a temporary one")
	reuse   = flag.Bool("reuse", false, "search the store that -dir has already")
	rates   = flag.Int("rates", 1_000_000, "records of which the rates of ingest are measured, and read back; 0: none")
	only    = flag.String("only", "", "one query alone, such as q4")
	profile = flag.String("profile", "", "write a CPU profile of the queries to this file")
	child   = flag.Bool("search", false, "search only: what the command calls itself with")
)

func main() {
	flag.Parse()
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "storequery:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if *child {
		runtime.GOMAXPROCS(*procs)
		return measureQueries(ctx, *dir)
	}
	if *dir == "" {
		tmp, err := os.MkdirTemp("", "storequery-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(tmp)
		*dir = tmp
	}
	if !*reuse {
		if *rates > 0 {
			if err := measureIngest(ctx, *rates); err != nil {
				return err
			}
		}
		if err := makeStore(ctx, *dir, *records); err != nil {
			return err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, "-search", "-dir", *dir, "-runs", strconv.Itoa(*runs), "-procs", strconv.Itoa(*procs), "-only", *only, "-profile", *profile)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// makeStore writes n records into a new store and what they are known to have beside it.
func makeStore(ctx context.Context, dir string, n int) error {
	at := filepath.Join(dir, "store")
	if err := os.RemoveAll(at); err != nil {
		return err
	}
	s, err := store.Open(at, &store.Options{CompactAfter: -1, SegmentAge: -1})
	if err != nil {
		return err
	}
	o := audio.NewOracle(n)
	err = bench.AudioStream(ctx, n, func(line []byte) error {
		if err := o.Add(line); err != nil {
			return err
		}
		return s.Append(line)
	})
	if err != nil {
		return err
	}
	if *compact {
		if err := s.Flush(ctx); err != nil {
			return err
		}
		if err := s.Close(ctx); err != nil {
			return err
		}
		if s, err = store.Open(at, &store.Options{CompactAfter: -1, SegmentAge: -1}); err != nil {
			return err
		}
		if _, err := s.Compact(ctx); err != nil {
			return err
		}
	}
	if err := s.Close(ctx); err != nil {
		return err
	}
	return o.Save(filepath.Join(dir, "oracle.json"))
}

// percentile returns a percentile of times by nearest rank; sorted is ascending.
func percentile(sorted []time.Duration, p float64) time.Duration {
	i := int(p/100*float64(len(sorted))+0.999999) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}
