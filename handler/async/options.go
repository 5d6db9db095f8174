package async

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Policy says what happens to a record that finds its ring full.
type Policy int

const (
	// DropNewest drops the record that comes. The default.
	DropNewest Policy = iota
	// DropOldest drops the record that has waited longest in the ring.
	DropOldest
	// Block lets the caller wait for a place, up to Options.Timeout; then the record is dropped.
	Block
)

var policyNames = [...]string{DropNewest: "drop_newest", DropOldest: "drop_oldest", Block: "block"}

// String returns drop_newest, drop_oldest or block.
func (p Policy) String() string {
	if p < 0 || int(p) >= len(policyNames) {
		return fmt.Sprintf("Policy(%d)", int(p))
	}
	return policyNames[p]
}

// MarshalText returns the name of p, or an error when p is none of the constants.
func (p Policy) MarshalText() ([]byte, error) {
	if p < 0 || int(p) >= len(policyNames) {
		return nil, fmt.Errorf("async: policy %d: want 0 to %d", int(p), len(policyNames)-1)
	}
	return []byte(policyNames[p]), nil
}

// UnmarshalText sets p to the policy of that name; the empty text is DropNewest.
func (p *Policy) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = DropNewest
		return nil
	}
	for i, name := range policyNames {
		if name == string(text) {
			*p = Policy(i)
			return nil
		}
	}
	return fmt.Errorf("async: policy %q: want %s, %s or %s", text, DropNewest, DropOldest, Block)
}

// Options for NewHandler and Middleware. The zero value is the recommended production setting.
type Options struct {
	// Capacity is the number of places in all, divided evenly among the workers' rings. 0 means 10,000; at most
	// 16,777,216. A place takes about 400 bytes.
	Capacity int
	// Workers is the number of goroutines that hand records on, each with a ring of its own. 0 means 4; at most 256,
	// and never more than Capacity. With 1 all records stay in order.
	Workers int
	// Policy says what happens to a record that finds its ring full. The zero value is DropNewest.
	Policy Policy
	// WaitLevel is the level from which records wait for a place, up to Timeout, instead of being dropped; under
	// DropOldest they are also not evicted. nil means that none waits.
	WaitLevel slog.Leveler
	// Timeout bounds the wait of Block and WaitLevel. 0 means one second; 1 ms to 1 h. When a wait has run out
	// without the worker taking a single record, nobody waits for that worker again until it does.
	Timeout time.Duration
	// DropReportInterval is the least time between two reports of dropped records. 0 means 10 seconds; negative means no
	// reports; else 1 ms to 24 h.
	DropReportInterval time.Duration
	// OnError receives the errors of the next handler, and its panics as *PanicError, from the workers' goroutines.
	// nil means stderr, the first of a kind per minute.
	OnError func(error)
	// OnBuild receives the handler when it has been built: the way to its Flush, Close and Stats when it is built
	// inside a pipe by Middleware. nil means that nobody asks.
	OnBuild func(*Handler)
}

// Defaults and limits of Options.
const (
	defaultCapacity = 10_000
	maxCapacity     = 1 << 24
	defaultWorkers  = 4
	maxWorkers      = 256
	defaultTimeout  = time.Second
	minTimeout      = time.Millisecond
	maxTimeout      = time.Hour
	defaultInterval = 10 * time.Second
	minInterval     = time.Millisecond
	maxInterval     = 24 * time.Hour
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
			errs = append(errs, fmt.Errorf("async: %s is %v: want %s", field, got, want))
		}
	}
	n := o.clamped()
	check(o.Capacity == 0 || n.Capacity == o.Capacity, "Capacity", o.Capacity, "1 to 16777216, or 0 for 10000")
	check(o.Workers <= maxWorkers && o.Workers >= 0, "Workers", o.Workers, "1 to 256, or 0 for 4")
	check(n.Policy == o.Policy, "Policy", int(o.Policy), "DropNewest, DropOldest or Block")
	check(o.Timeout == 0 || n.Timeout == o.Timeout, "Timeout", o.Timeout, "1ms to 1h, or 0 for 1s")
	check(o.DropReportInterval <= 0 || n.DropReportInterval == o.DropReportInterval, "DropReportInterval", o.DropReportInterval,
		"1ms to 24h, 0 for 10s, or negative for no reports")
	return errors.Join(errs...)
}

// clamped returns o with defaults for zero values and every field in range.
func (o *Options) clamped() Options {
	var n Options
	if o != nil {
		n = *o
	}
	n.Capacity = within(n.Capacity, defaultCapacity, 1, maxCapacity)
	n.Workers = min(within(n.Workers, defaultWorkers, 1, maxWorkers), n.Capacity)
	n.Policy = min(max(n.Policy, DropNewest), Block)
	n.Timeout = within(n.Timeout, defaultTimeout, minTimeout, maxTimeout)
	if n.DropReportInterval >= 0 {
		n.DropReportInterval = within(n.DropReportInterval, defaultInterval, minInterval, maxInterval)
	}
	return n
}

func within[T int | time.Duration](v, zero, low, high T) T {
	if v == 0 {
		return zero
	}
	return min(max(v, low), high)
}
