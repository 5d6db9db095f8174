// Command storelive measures how soon another process finds a record while a store is written at a steady rate.
//
//	go run ./cmd/storelive [-rate 50000] [-for 20s]
//
// One process appends records; ten a second carry a mark and the time at which Append was called for them. The other searches for marks, over
// and over, and notes how old each is when it is first found. The line printed has the rate reached, and the median, the 99th percentile and the
// largest of these ages. It fails when a mark is not found or is found later than after a second.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/store"
)

var (
	rate  = flag.Int("rate", 50_000, "records a second")
	span  = flag.Duration("for", 20*time.Second, "how long records are written")
	watch = flag.String("watch", "", "search the store in this directory: what the command calls itself with")
)

// bound is how old a record may be when it is found.
const bound = time.Second

// marksEach is the time between two marks.
const marksEach = 100 * time.Millisecond

func main() {
	flag.Parse()
	run := write
	if *watch != "" {
		run = find
	}
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "storelive:", err)
		os.Exit(1)
	}
}

// write appends records and prints what the other process has seen.
func write(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "storelive-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := store.Open(dir, nil)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	other := exec.CommandContext(ctx, self, "-watch", dir)
	other.Stderr = os.Stderr
	quit, err := other.StdinPipe()
	if err != nil {
		return err
	}
	seen, err := other.StdoutPipe()
	if err != nil {
		return err
	}
	if err := other.Start(); err != nil {
		return err
	}
	n, marks, took, err := appendAtRate(s)
	if err != nil {
		return err
	}
	time.Sleep(2 * bound)
	if err := quit.Close(); err != nil {
		return err
	}
	var ages []time.Duration
	lines := bufio.NewScanner(seen)
	for lines.Scan() {
		ns, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			return err
		}
		ages = append(ages, time.Duration(ns))
	}
	if err := errors.Join(other.Wait(), s.Close(ctx)); err != nil {
		return err
	}
	if len(ages) == 0 || len(ages) != marks {
		return fmt.Errorf("%d of %d marks were found", len(ages), marks)
	}
	slices.Sort(ages)
	at := func(p float64) time.Duration { return ages[int(p*float64(len(ages)-1))].Round(time.Millisecond) }
	fmt.Printf("%.0f records/s, %d marks found by another process: median after %v, p99 %v, at most %v\n", float64(n)/took.Seconds(), marks, at(0.5), at(0.99), at(1))
	if ages[len(ages)-1] > bound {
		return fmt.Errorf("a record was found after %v, want %v at most", ages[len(ages)-1], bound)
	}
	return nil
}

func appendAtRate(s *store.Store) (n, marks int, took time.Duration, err error) {
	began := time.Now()
	marked := began
	for took < *span {
		now := time.Now()
		for due := int(now.Sub(began).Seconds() * float64(*rate)); n < due; n++ {
			if err := s.Append(record(n, time.Now())); err != nil {
				return n, marks, took, err
			}
		}
		if now.Sub(marked) >= marksEach {
			marked = now
			marks++
			sent := time.Now()
			line := fmt.Appendf(nil, `{"time":%q,"level":"INFO","msg":"mark","mark":"m-%d","sent":%d}`, sent.Format(time.RFC3339Nano), marks, sent.UnixNano())
			if err := s.Append(line); err != nil {
				return n, marks, took, err
			}
		}
		time.Sleep(time.Millisecond)
		took = time.Since(began)
	}
	return n, marks, took, nil
}

func record(n int, at time.Time) []byte {
	stage := [...]string{"decode", "denoise", "enhance", "encode"}[n%4]
	return fmt.Appendf(nil, `{"time":%q,"level":"INFO","msg":"stage completed","service":"worker","request_id":"%08x","stage":%q,"duration_ms":%d.%03d}`, at.Format(time.RFC3339Nano), n*2654435761, stage, n%900, n%1000)
}

// find prints the age of every mark when it is first found, until standard input ends.
func find(ctx context.Context) error {
	r, err := store.OpenReader(*watch)
	if err != nil {
		return err
	}
	defer r.Close()
	s := r.Searcher(nil)
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	known := map[string]bool{}
	for ctx.Err() == nil {
		res, err := s.Search(ctx, &search.Request{Query: search.MustParse("mark:m-*"), From: time.Now().Add(-30 * time.Second)})
		now := time.Now()
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			return err
		}
		for _, h := range res.Hits {
			line := string(h.Line)
			if known[h.ID] {
				continue
			}
			known[h.ID] = true
			_, sent, _ := strings.Cut(line, `"sent":`)
			ns, err := strconv.ParseInt(strings.TrimSuffix(sent, "}"), 10, 64)
			if err != nil {
				return fmt.Errorf("%w in %s", err, line)
			}
			fmt.Println(now.Sub(time.Unix(0, ns)).Nanoseconds())
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}
