// Command storeratio writes files of log lines into stores and prints what they take there, how fast they went in, and that
// they came back, beside what compressors make of the whole file. A file whose name ends in .zst is unpacked first. Markdown out.
//
//	go run ./cmd/storeratio [-compact] [-slog] [-keep DIR] [-records N] FILE...
//
// For each file: the ratio of its bytes to all bytes in the store's directory after Close, hot and, with -compact, compacted;
// records a second by the clock and by CPU time of the process, kernel included (GOMAXPROCS is 1 unless -procs says otherwise),
// sealing included; and the SHA-256 of the
// file, which the lines of the store must have, too, in the same run. With -slog the lines are made into slog.Records before the
// clock starts, and go in through handler/archive: JSON lines in slog's spelling come back as they were.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"hash"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/sluicelog/sluice/bench"
	"github.com/sluicelog/sluice/bench/embedded"
	"github.com/sluicelog/sluice/handler/archive"
	"github.com/sluicelog/sluice/internal/jsonline"
	"github.com/sluicelog/sluice/store"
)

func main() {
	compact := flag.Bool("compact", false, "compact the store, too")
	asRecords := flag.Bool("slog", false, "through slog.Record and handler/archive")
	keep := flag.String("keep", "", "keep the stores in this directory")
	procs := flag.Int("procs", 1, "processors")
	records := flag.Int("records", 0, "records of a segment; 0 means the store's default")
	bytes := flag.Int("bytes", 0, "bytes of records of a segment; 0 means the store's default")
	flag.Parse()
	runtime.GOMAXPROCS(*procs)
	failed := false
	fmt.Printf("| file | records | raw bytes | ratio |")
	for _, c := range embedded.Compressors() {
		fmt.Printf(" ratio of %s |", c.Name)
	}
	fmt.Printf(" B/record | records/s | records/CPU s | back/s | round trip |\n|---|---|---|---|%s---|---|---|---|---|\n", strings.Repeat("---|", len(embedded.Compressors())))
	for _, name := range flag.Args() {
		opts := &store.Options{SegmentRecords: *records, SegmentBytes: *bytes, CompactAfter: -1, SegmentAge: -1}
		if err := measure(name, *keep, *compact, *asRecords, opts); err != nil {
			fmt.Fprintf(os.Stderr, "storeratio: %s: %v\n", name, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

func measure(name, keep string, compact, asRecords bool, opts *store.Options) error {
	data, err := read(name)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(keep, "storeratio-*")
	if err != nil {
		return err
	}
	if keep == "" {
		defer os.RemoveAll(dir)
	}
	s, err := store.Open(dir, opts)
	if err != nil {
		return err
	}
	ctx := context.Background()
	add := func(i int, line []byte) error { return s.Append(line) }
	if asRecords {
		if add, err = recordsOf(data, s); err != nil {
			return err
		}
	}
	watch := newStopwatch()
	n := 0
	for line := range bytes.Lines(data) {
		if err := add(n, bytes.TrimSuffix(line, []byte("\n"))); err != nil {
			return err
		}
		n++
	}
	if err := s.Close(ctx); err != nil {
		return err
	}
	if err := report(name, dir, data, n, watch.rates(n)); err != nil {
		return err
	}
	if !compact {
		return nil
	}
	if s, err = store.Open(dir, opts); err != nil {
		return err
	}
	watch = newStopwatch()
	if _, err := s.Compact(ctx); err != nil {
		return err
	}
	if err := s.Close(ctx); err != nil {
		return err
	}
	return report("  compacted", dir, data, n, watch.rates(n))
}

// read returns the bytes of a file, of one that ends in .zst those that it is made of.
func read(name string) ([]byte, error) {
	data, err := os.ReadFile(name)
	if err != nil || filepath.Ext(name) != ".zst" {
		return data, err
	}
	d, err := zstd.NewReader(nil)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.DecodeAll(data, nil)
}

// recordsOf makes records of all lines and returns what hands the i-th to the handler.
func recordsOf(data []byte, s *store.Store) (func(int, []byte) error, error) {
	h, err := archive.NewHandler(s, &archive.Options{Level: slog.Level(-100)})
	if err != nil {
		return nil, err
	}
	var records []slog.Record
	for line := range bytes.Lines(data) {
		r, _ := jsonline.Parse(bytes.TrimSuffix(line, []byte("\n")))
		records = append(records, r)
	}
	return func(i int, _ []byte) error { return h.Handle(context.Background(), records[i]) }, nil
}

// A stopwatch measures the clock and the process's CPU time.
type stopwatch struct {
	wall time.Time
	cpu  time.Duration
}

func newStopwatch() stopwatch { return stopwatch{time.Now(), bench.CPUTime()} }

// rates returns n by seconds of the clock and of CPU time.
func (w stopwatch) rates(n int) [2]float64 {
	return [2]float64{float64(n) / time.Since(w.wall).Seconds(), float64(n) / (bench.CPUTime() - w.cpu).Seconds()}
}

// report reads everything back and prints a line of the table.
func report(name, dir string, data []byte, n int, rates [2]float64) error {
	size, err := bench.DirSize(dir)
	if err != nil {
		return err
	}
	h := sha256.New()
	start := time.Now()
	if err := copyBack(h, dir, data[len(data)-1] == '\n', n); err != nil {
		return err
	}
	back := float64(n) / time.Since(start).Seconds()
	want := sha256.Sum256(data)
	proof := fmt.Sprintf("sha256 %x equal", want[:6])
	if !bytes.Equal(h.Sum(nil), want[:]) {
		return fmt.Errorf("the lines of the store are not those of the file")
	}
	fmt.Printf("| %s | %d | %d | %.2f |", filepath.Base(name), n, len(data), float64(len(data))/float64(size))
	for _, c := range embedded.Compressors() {
		packed, err := c.Size(data)
		if err != nil {
			return err
		}
		fmt.Printf(" %.2f |", float64(len(data))/float64(packed))
	}
	fmt.Printf(" %.2f | %.0f | %.0f | %.0f | %s |\n", float64(size)/float64(n), rates[0], rates[1], back, proof)
	return nil
}

func copyBack(h hash.Hash, dir string, ends bool, n int) error {
	r, err := store.OpenReader(dir)
	if err != nil {
		return err
	}
	defer r.Close()
	snap, err := r.Snapshot()
	if err != nil {
		return err
	}
	defer snap.Close()
	w := bufio.NewWriterSize(h, 1<<20)
	i := 0
	for line, err := range snap.Lines() {
		if err != nil {
			return err
		}
		i++
		_, _ = w.Write(line.Text)
		if i < n || ends {
			_ = w.WriteByte('\n')
		}
	}
	return w.Flush()
}
