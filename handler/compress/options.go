package compress

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Options for NewHandler and Middleware. The zero value is the recommended production setting.
type Options struct {
	// Records is the number of records after which a window ends. 0 means 1,000; at most 1,000,000.
	Records int
	// Interval is the time after its first record at which a window ends. 0 means one second; 1 ms to 1 h.
	Interval time.Duration
	// Threshold is the size of the largest group that passes unchanged. 0 means 5; at most 1,000.
	Threshold int
	// PassLevel is the level from which records pass at once. nil means ERROR.
	PassLevel slog.Leveler
	// MaxTemplates is how many message templates are known at one time. 0 means 1,000; at most 1,000,000.
	MaxTemplates int
	// OnError receives the errors of the next handler for records that were held, and its panics as *PanicError, from the
	// window's goroutine. nil means stderr, the first of a kind per minute.
	OnError func(error)
	// OnBuild receives the handler when it has been built: the way to its Flush, Close and Stats when it is built
	// inside a pipe by Middleware. nil means that nobody asks.
	OnBuild func(*Handler)
}

// Defaults and limits of Options.
const (
	defaultRecords   = 1000
	maxRecords       = 1_000_000
	defaultInterval  = time.Second
	minInterval      = time.Millisecond
	maxInterval      = time.Hour
	defaultThreshold = 5
	maxThreshold     = 1000
	maxTemplates     = 1_000_000
	// maxWaiting is how many windows may wait for the next handler before records pass by them.
	maxWaiting = 4
)

// Validate says which fields are out of range and what was expected; nil options are valid. NewHandler refuses what it
// refuses; Middleware, which cannot, takes the nearest value in range.
func (o *Options) Validate() error {
	if o == nil {
		return nil
	}
	var errs []error
	check := func(ok bool, field string, got any, want string) {
		if !ok {
			errs = append(errs, fmt.Errorf("compress: %s is %v: want %s", field, got, want))
		}
	}
	n := o.clamped()
	check(o.Records == 0 || n.Records == o.Records, "Records", o.Records, "1 to 1000000, or 0 for 1000")
	check(o.Interval == 0 || n.Interval == o.Interval, "Interval", o.Interval, "1ms to 1h, or 0 for 1s")
	check(o.Threshold == 0 || n.Threshold == o.Threshold, "Threshold", o.Threshold, "1 to 1000, or 0 for 5")
	check(n.MaxTemplates == o.MaxTemplates, "MaxTemplates", o.MaxTemplates, "1 to 1000000, or 0 for 1000")
	return errors.Join(errs...)
}

// clamped returns o with defaults for zero values and every field in range.
func (o *Options) clamped() Options {
	var n Options
	if o != nil {
		n = *o
	}
	n.Records = within(n.Records, defaultRecords, 1, maxRecords)
	n.Interval = within(n.Interval, defaultInterval, minInterval, maxInterval)
	n.Threshold = within(n.Threshold, defaultThreshold, 1, maxThreshold)
	n.MaxTemplates = min(max(n.MaxTemplates, 0), maxTemplates)
	if n.PassLevel == nil {
		n.PassLevel = slog.LevelError
	}
	return n
}

func within[T int | time.Duration](v, zero, low, high T) T {
	if v == 0 {
		return zero
	}
	return min(max(v, low), high)
}
