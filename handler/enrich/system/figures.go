package system

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/internal/onerror"
)

// Key is the group that is added to a record.
const Key = "system"

// Options for Start. The zero value is the setting for production.
type Options struct {
	// Interval is the time between two readings. 0 means 5 seconds; else 100 ms to 1 h.
	Interval time.Duration
	// Level is the least level of the records that get the figures. nil means all.
	Level slog.Leveler
	// OnError receives what could not be read. nil means stderr, the first of a kind per minute.
	OnError func(error)
}

// Defaults and limits of Options.
const (
	defaultInterval = 5 * time.Second
	minInterval     = 100 * time.Millisecond
	maxInterval     = time.Hour
)

// Validate says which fields are out of range and what was expected; nil options are valid.
func (o *Options) Validate() error {
	if o != nil && o.Interval != 0 && (o.Interval < minInterval || o.Interval > maxInterval) {
		return fmt.Errorf("system: Interval is %v: want 100ms to 1h, or 0 for 5s", o.Interval)
	}
	return nil
}

// Snapshot are the figures of one reading. A figure that the system does not have is NaN, or 0 for a count.
type Snapshot struct {
	Time time.Time

	CPU          float64 // cores that the process used since the last reading
	CPULimit     float64 // cores that it may use
	RSS          uint64  // bytes of the process in memory
	MemoryLimit  uint64  // bytes that it may have
	MemoryUsed   uint64  // bytes of the container in memory, what the limit counts; 0 outside one
	Heap         uint64  // bytes of live and not yet collected objects
	Goroutines   uint64
	GCCycles     uint64  // since the start
	GCPause      float64 // 99th percentile since the last reading, seconds
	SchedLatency float64 // the same for the time that goroutines waited to run
	Threads      uint64
	OpenFiles    uint64

	HostCPU    float64 // share in use since the last reading
	HostMemory float64 // share in use
	Load1      float64 // load average over a minute
}

// source reads some of the figures. It remembers what it needs of the last reading.
type source func(ctx context.Context, s *Snapshot) error

// Figures is an [enrich.Enricher] that adds the latest reading. It is made by [Start]. Safe for concurrent use.
type Figures struct {
	opts    Options
	sources []source
	latest  atomic.Pointer[reading]
	errs    onerror.Sink
	stop    context.CancelFunc
	ended   chan struct{}
	once    sync.Once
}

var _ enrich.Enricher = (*Figures)(nil)

type reading struct {
	snapshot Snapshot
	attr     slog.Attr
	load     float64
}

// Start takes a first reading and starts the goroutine that takes the others. Who starts it closes it. opts may be nil. What
// cannot be read on this system is reported to [Options.OnError], and left out; the error is about the options alone.
func Start(opts *Options) (*Figures, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	return start(opts, sources()), nil
}

func start(opts *Options, sources []source) *Figures {
	f := &Figures{sources: sources, ended: make(chan struct{})}
	if opts != nil {
		f.opts = *opts
	}
	if f.opts.Interval == 0 {
		f.opts.Interval = defaultInterval
	}
	f.errs = onerror.Sink{Component: "enrich/system", Func: f.opts.OnError}
	ctx, cancel := context.WithCancel(context.Background())
	f.stop = cancel
	f.read(ctx)
	go f.run(ctx)
	return f
}

func (f *Figures) run(ctx context.Context) {
	defer close(f.ended)
	tick := time.NewTicker(f.opts.Interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f.read(ctx)
		}
	}
}

func (f *Figures) read(ctx context.Context) {
	nan := math.NaN()
	r := &reading{snapshot: Snapshot{Time: time.Now(), CPU: nan, CPULimit: nan, GCPause: nan, SchedLatency: nan, HostCPU: nan, HostMemory: nan, Load1: nan}}
	for _, read := range f.sources {
		if err := contain(ctx, read, &r.snapshot); err != nil && ctx.Err() == nil {
			f.errs.Report(err)
		}
	}
	r.attr, r.load = r.snapshot.attr(), r.snapshot.load()
	f.latest.Store(r)
}

// contain calls a source, whose libraries parse what a system says of itself.
func contain(ctx context.Context, read source, s *Snapshot) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("system: a reading panicked: %v", p)
		}
	}()
	return read(ctx, s)
}

// attr is the group that records get.
func (s *Snapshot) attr() slog.Attr {
	var attrs []slog.Attr
	number := func(key string, v float64) {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			attrs = append(attrs, slog.Float64(key, math.Round(v*1000)/1000))
		}
	}
	count := func(key string, v uint64) {
		if v > 0 {
			attrs = append(attrs, slog.Uint64(key, v))
		}
	}
	number("cpu", s.CPU)
	number("cpu_limit", s.CPULimit)
	count("rss_bytes", s.RSS)
	count("memory_limit_bytes", s.MemoryLimit)
	count("heap_bytes", s.Heap)
	count("goroutines", s.Goroutines)
	count("gc_cycles", s.GCCycles)
	number("gc_pause_p99_ms", s.GCPause*1000)
	number("sched_latency_p99_ms", s.SchedLatency*1000)
	count("threads", s.Threads)
	count("open_files", s.OpenFiles)
	number("host_cpu", s.HostCPU)
	number("host_memory", s.HostMemory)
	number("load1", s.Load1)
	return slog.Attr{Key: Key, Value: slog.GroupValue(attrs...)}
}

// load is the higher of the shares of CPU and memory in use.
func (s *Snapshot) load() float64 {
	load := 0.0
	if s.CPULimit > 0 && s.CPU > 0 {
		load = s.CPU / s.CPULimit
	}
	if used := max(s.MemoryUsed, s.RSS); s.MemoryLimit > 0 {
		load = max(load, float64(used)/float64(s.MemoryLimit))
	}
	return min(load, 1)
}

// Enrich adds the group system of the latest reading.
func (f *Figures) Enrich(_ context.Context, r enrich.Record, dst []slog.Attr) []slog.Attr {
	if f.opts.Level != nil && r.Level() < f.opts.Level.Level() {
		return dst
	}
	if a := f.latest.Load().attr; len(a.Value.Group()) > 0 {
		return append(dst, a)
	}
	return dst
}

// Snapshot returns the latest reading.
func (f *Figures) Snapshot() Snapshot { return f.latest.Load().snapshot }

// Load is how near the process is to the CPU and the memory that it may have, from 0 to 1, the higher of both: a source for
// sample.Options.Load.
func (f *Figures) Load() float64 { return f.latest.Load().load }

// Errors is how many errors were reported.
func (f *Figures) Errors() uint64 { return f.errs.Count() }

// Close ends the goroutine, waiting for a reading under way until ctx ends. The latest reading stays. Idempotent.
func (f *Figures) Close(ctx context.Context) error {
	f.once.Do(f.stop)
	select {
	case <-f.ended:
		return nil
	default:
	}
	select {
	case <-f.ended:
		return nil
	case <-ctx.Done():
		return errors.Join(errors.New("system: close: a reading does not end"), ctx.Err())
	}
}
