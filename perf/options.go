package perf

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"
)

// Options of a [Recorder]. The zero value is the recommended production setting.
type Options struct {
	// Logger takes the records. nil means slog.Default() at the time of each record.
	Logger *slog.Logger
	// Level is that of an operation that succeeded or was cancelled, SummaryLevel that of a summary. nil means INFO.
	Level, SummaryLevel slog.Leveler
	// FailureLevel is that of an operation that failed, timed out or panicked. nil means ERROR.
	FailureLevel slog.Leveler
	// Slow is the duration from which an operation is logged at WARN at least; SlowFor says it for single operations,
	// where 0 means never. 0 means that no operation is slow.
	Slow    time.Duration
	SlowFor map[string]time.Duration
	// Interval is the time between two summaries of an operation. 0 means one minute; negative means none; at least 10 ms.
	Interval time.Duration
	// Expected is the interval in which a fixed-rate loop calls an operation. A call that took longer than that stands
	// also for the calls that it held up (coordinated omission). Operations that are not named are taken as they are.
	Expected map[string]time.Duration
	// MaxOperations bounds the names that have a histogram of their own, of about 30 KiB for each core that uses it;
	// further ones share the name [Other]. 0 means 256; 1 to 10,000.
	MaxOperations int
	// Resources adds what the whole process spent while an operation ran: process_alloc_bytes and, where the system
	// tells it, process_cpu_ms. Concurrent operations all count the same bytes. It costs about a microsecond.
	Resources bool
	// Labels sets the pprof label operation on the goroutine while an operation runs.
	Labels bool
	// Tasks makes each operation a task of runtime/trace; a region it always is.
	Tasks bool
	// Flight writes an execution trace of the last seconds when an operation was slow. nil means not to.
	Flight *Flight
	// OnError receives the errors of handlers and of trace files. nil means stderr, the first of a kind per minute.
	OnError func(error)
}

// Other is the name under which operations past Options.MaxOperations are summed up.
const Other = "_other"

const (
	defaultInterval      = time.Minute
	minInterval          = 10 * time.Millisecond
	defaultMaxOperations = 256
	maxMaxOperations     = 10_000
)

// Validate says which fields are out of range and what was expected; nil options are valid.
func (o *Options) Validate() error {
	if o == nil {
		return nil
	}
	var errs []error
	if o.Slow < 0 {
		errs = append(errs, fmt.Errorf("perf: Slow is %v: want 0 or more", o.Slow))
	}
	for name, d := range o.SlowFor {
		if d < 0 {
			errs = append(errs, fmt.Errorf("perf: SlowFor[%q] is %v: want 0 or more", name, d))
		}
	}
	for name, d := range o.Expected {
		if d <= 0 {
			errs = append(errs, fmt.Errorf("perf: Expected[%q] is %v: want more than 0", name, d))
		}
	}
	if o.Interval > 0 && o.Interval < minInterval {
		errs = append(errs, fmt.Errorf("perf: Interval is %v: want %v or more, 0 for %v, or negative for no summaries", o.Interval, minInterval, defaultInterval))
	}
	if o.MaxOperations < 0 || o.MaxOperations > maxMaxOperations {
		errs = append(errs, fmt.Errorf("perf: MaxOperations is %d: want 1 to %d, or 0 for %d", o.MaxOperations, maxMaxOperations, defaultMaxOperations))
	}
	return errors.Join(append(errs, o.Flight.validate())...)
}

// filled returns a copy of o with its defaults. It has been validated.
func (o *Options) filled() Options {
	var n Options
	if o != nil {
		n = *o
	}
	if n.Level == nil {
		n.Level = slog.LevelInfo
	}
	if n.SummaryLevel == nil {
		n.SummaryLevel = slog.LevelInfo
	}
	if n.FailureLevel == nil {
		n.FailureLevel = slog.LevelError
	}
	if n.Interval == 0 {
		n.Interval = defaultInterval
	}
	if n.MaxOperations == 0 {
		n.MaxOperations = defaultMaxOperations
	}
	n.SlowFor, n.Expected = maps.Clone(n.SlowFor), maps.Clone(n.Expected)
	return n
}
