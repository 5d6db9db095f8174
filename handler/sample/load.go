package sample

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicelog/sluice/internal/cputime"
)

// LoadSource says how loaded something is: 0 for idle, 1 for no room at all. What is below or above is clamped, NaN is
// 0, and a source that panics counts as 0. Safe for concurrent use.
type LoadSource interface {
	Load() float64
}

// LoadFunc is a function as a LoadSource, for example the fill of a queue. It must not be nil.
type LoadFunc func() float64

// Load calls f.
func (f LoadFunc) Load() float64 { return f() }

// pollEvery is how often load sources are read at most. A queue of 10,000 places cannot fill up between two readings
// at less than a million records per second.
const pollEvery = 10 * time.Millisecond

// rateMemory is the time constant with which the rate of records is smoothed.
const rateMemory = time.Second

// load is the combined load factor, read by every record and renewed now and then by one of them in passing: there is
// no goroutine to own.
type load struct {
	sources      []LoadSource
	maxPerSecond float64

	factor atomic.Uint64 // bits of a float64
	hint   atomic.Int64  // the time stamp of the record that came when it was renewed

	mu     sync.Mutex
	polled time.Time
	seen   float64 // records that the base rates would have kept, at polled
	rate   float64 // the same per second, smoothed
}

// idle says that the factor is always 0.
func (l *load) idle() bool { return len(l.sources) == 0 && l.maxPerSecond == 0 }

func (l *load) get() float64 { return math.Float64frombits(l.factor.Load()) }

// due says, without reading a clock, whether a record with this time stamp should ask for a new reading.
func (l *load) due(stamp int64) bool {
	return uint64(stamp-l.hint.Load()) >= uint64(pollEvery)
}

// poll renews the factor if the last time is long enough ago and nobody else is at it. expected returns how many
// records the base rates would have kept so far.
func (l *load) poll(stamp int64, expected func() float64) {
	l.hint.Store(stamp)
	if !l.mu.TryLock() {
		return
	}
	defer l.mu.Unlock()
	now := time.Now()
	since := now.Sub(l.polled)
	if since < pollEvery {
		return
	}
	var f float64
	for _, src := range l.sources {
		f = max(f, read(src))
	}
	if l.maxPerSecond > 0 {
		f = max(f, l.excess(expected(), since.Seconds()))
	}
	l.polled = now
	l.factor.Store(math.Float64bits(f))
}

// excess is the load factor that brings the rate of records down to maxPerSecond. It follows the offered records, not
// the kept ones, so there is no feedback that could swing.
func (l *load) excess(seen, seconds float64) float64 {
	if l.polled.IsZero() {
		l.seen = seen
		return 0
	}
	l.rate += ((seen-l.seen)/seconds - l.rate) * (1 - math.Exp(-seconds/rateMemory.Seconds()))
	l.seen = seen
	if l.rate <= l.maxPerSecond {
		return 0
	}
	return 1 - l.maxPerSecond/l.rate
}

func read(src LoadSource) (f float64) {
	defer func() {
		if recover() != nil {
			f = 0
		}
	}()
	return unit(src.Load())
}

const (
	defaultCPUFrom = .8
	// maxCPULoad leaves a tenth of the records when the processors are fully used: that is the normal state of a
	// program that computes, and must not silence it.
	maxCPULoad = .9
	cpuEvery   = 100 * time.Millisecond
)

// CPU returns a source that reads how much of the processors which it may use (GOMAXPROCS) this process has used since
// the last reading, at most every 100 ms. The load is 0 up to a use of from, in (0, 1), and rises to .9 at full use.
// Any other from means .8. It is not among the default sources because full use is the aim of a program that computes.
func CPU(from float64) LoadSource {
	if !(from > 0 && from < 1) {
		from = defaultCPUFrom
	}
	return &cpu{from: from, used: cputime.Process}
}

type cpu struct {
	from float64
	used func() (time.Duration, bool)

	mu   sync.Mutex
	at   time.Time
	sum  time.Duration
	load float64
}

func (c *cpu) Load() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	since := now.Sub(c.at)
	if since < cpuEvery {
		return c.load
	}
	sum, ok := c.used()
	if !ok {
		return 0
	}
	if !c.at.IsZero() {
		use := float64(sum-c.sum) / (float64(since) * float64(runtime.GOMAXPROCS(0)))
		c.load = maxCPULoad * unit((use-c.from)/(1-c.from))
	}
	c.at, c.sum = now, sum
	return c.load
}
