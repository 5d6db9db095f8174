package perf

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/trace"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Flight says how the execution trace of the last seconds is written when an operation was slow, for `go tool trace`. The
// trace has the names of functions and operations, no values. Recording costs every switch between goroutines a few hundred
// nanoseconds, so it is off unless asked for.
type Flight struct {
	// Dir is where the traces are written, as flight-<time>-<operation>.trace. Required; it is made when it is missing.
	Dir string
	// MinAge is how far back a trace reaches at least. 0 means 5 s.
	MinAge time.Duration
	// MaxBytes bounds the window that is kept in memory; the runtime takes it as a hint, and writes up to three times as
	// much. 0 means 4 MiB.
	MaxBytes uint64
	// Every is the least time between two traces. 0 means one minute.
	Every time.Duration
	// MaxFiles is how many traces are kept; the oldest are removed. 0 means 10.
	MaxFiles int
}

func (f *Flight) validate() error {
	if f == nil {
		return nil
	}
	var errs []error
	if f.Dir == "" {
		errs = append(errs, errors.New("perf: Flight.Dir is empty: want a directory"))
	}
	if f.MinAge < 0 || f.Every < 0 || f.MaxFiles < 0 {
		errs = append(errs, fmt.Errorf("perf: Flight has MinAge %v, Every %v, MaxFiles %d: want 0 or more", f.MinAge, f.Every, f.MaxFiles))
	}
	return errors.Join(errs...)
}

// flight writes traces in a goroutine of its own: a trace of some megabytes takes milliseconds. nil writes none.
type flight struct {
	opts   Flight
	fr     *trace.FlightRecorder
	report func(error)
	paths  chan string
	stop   chan struct{}
	ended  chan struct{}
	last   atomic.Int64 // Unix nanoseconds of the last trace
	count  atomic.Uint64
}

func newFlight(o Flight, report func(error)) (*flight, error) {
	if o.MinAge == 0 {
		o.MinAge = 5 * time.Second
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 4 << 20
	}
	if o.Every == 0 {
		o.Every = time.Minute
	}
	if o.MaxFiles == 0 {
		o.MaxFiles = 10
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("perf: Flight.Dir: %w", err)
	}
	f := &flight{opts: o, report: report, paths: make(chan string, 1), stop: make(chan struct{}), ended: make(chan struct{}),
		fr: trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: o.MinAge, MaxBytes: o.MaxBytes})}
	if err := f.fr.Start(); err != nil {
		return nil, fmt.Errorf("perf: flight recorder: %w", err)
	}
	go f.run()
	return f, nil
}

func (f *flight) run() {
	defer close(f.ended)
	defer f.fr.Stop()
	for {
		select {
		case path := <-f.paths:
			f.report(f.write(path))
		case <-f.stop:
			select {
			case path := <-f.paths:
				f.report(f.write(path))
			default:
			}
			return
		}
	}
}

// record has a trace written and returns its path; empty when it is too soon, or the last one is still being written.
func (f *flight) record(operation string) string {
	if f == nil {
		return ""
	}
	now, last := time.Now(), f.last.Load()
	if last != 0 && now.UnixNano()-last < int64(f.opts.Every) || !f.last.CompareAndSwap(last, now.UnixNano()) {
		return ""
	}
	path := filepath.Join(f.opts.Dir, "flight-"+now.UTC().Format("20060102T150405.000000")+"-"+fileName(operation)+".trace")
	select {
	case <-f.stop:
		return ""
	default:
	}
	select {
	case f.paths <- path:
		return path
	default:
		return ""
	}
}

// fileName keeps of a name what may stand in a file's.
func fileName(operation string) string {
	if len(operation) > 64 {
		operation = operation[:64]
	}
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z') {
			return r
		}
		return '_'
	}, operation)
}

// write writes a trace under a temporary name first, and removes the oldest past MaxFiles.
func (f *flight) write(path string) error {
	tmp, err := os.CreateTemp(f.opts.Dir, "flight-*.tmp")
	if err != nil {
		return fmt.Errorf("perf: flight record: %w", err)
	}
	_, err = f.fr.WriteTo(tmp)
	err = errors.Join(err, tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("perf: flight record: %w", errors.Join(err, os.Remove(tmp.Name())))
	}
	f.count.Add(1)
	entries, err := os.ReadDir(f.opts.Dir) // by name, which begins with the time
	if err != nil {
		return fmt.Errorf("perf: flight record: %w", err)
	}
	kept := slices.DeleteFunc(entries, func(e os.DirEntry) bool {
		return !strings.HasPrefix(e.Name(), "flight-") || !strings.HasSuffix(e.Name(), ".trace")
	})
	for _, old := range kept[:max(0, len(kept)-f.opts.MaxFiles)] {
		if err := os.Remove(filepath.Join(f.opts.Dir, old.Name())); err != nil {
			return fmt.Errorf("perf: flight record: %w", err)
		}
	}
	return nil
}

func (f *flight) close(ctx context.Context) error {
	if f == nil {
		return nil
	}
	close(f.stop)
	select {
	case <-f.ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("perf: close: a flight record is still being written: %w", ctx.Err())
	}
}

func (f *flight) written() uint64 {
	if f == nil {
		return 0
	}
	return f.count.Load()
}
