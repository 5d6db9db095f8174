package store

import (
	"errors"
	"fmt"
	"time"

	"github.com/sluicelog/sluice/internal/journal"
)

// SyncPolicy says when records are forced to disk.
type SyncPolicy = journal.SyncPolicy

// The policies; the empty one is SyncInterval.
const (
	SyncInterval = journal.SyncInterval // gathered in memory, written and synced each Options.Interval
	SyncAlways   = journal.SyncAlways   // before Append returns; appends that come together share one fsync
	SyncNone     = journal.SyncNone     // gathered and written like SyncInterval, synced when the system likes
)

// Options configure a store. The zero Options are the recommended ones for production; nil means the same.
type Options struct {
	// Sync is when records are forced to disk; "" means SyncInterval.
	Sync SyncPolicy
	// Interval is the longest time that a record waits in memory with SyncInterval and SyncNone. 0 means 200 ms.
	Interval time.Duration

	// SegmentRecords and SegmentBytes seal the tail when it has so many records, or bytes of them. 0 means 65,536 records and
	// 32 MiB; at most 4,194,304 and 256 MiB. Larger segments compress better and take more memory when they are written.
	SegmentRecords int
	SegmentBytes   int
	// SegmentAge seals the tail when its oldest record is older. 0 means 15 minutes, negative never.
	SegmentAge time.Duration

	// CompactAfter is the age from which neighbouring segments are merged and compressed harder, in the background. 0 means one
	// hour, negative never: Compact does it when it is called.
	CompactAfter time.Duration

	// Retention removes old records. The zero value keeps everything.
	Retention Retention

	// OnError is told of what fails without a caller. nil means stderr, once a minute for each kind.
	OnError func(error)

	fs  journal.FS       // nil: the system's; tests put faults into it
	now func() time.Time // nil: time.Now
}

const (
	defaultRecords  = 1 << 16
	maxRecords      = 1 << 22
	defaultBytes    = 32 << 20
	maxSegmentBytes = 256 << 20
	defaultInterval = 200 * time.Millisecond
	defaultAge      = 15 * time.Minute
	defaultCompact  = time.Hour
	// maxPending bounds the records in memory that are not in the journal yet.
	maxPending = 8 << 20
	// flushBytes makes records go to the journal before their interval is over.
	flushBytes = 256 << 10
)

// Validate returns what is out of range, each field with its value and what is allowed; nil for nil options.
func (o *Options) Validate() error {
	if o == nil {
		return nil
	}
	var errs []error
	wrong := func(field string, value any, want string) {
		errs = append(errs, fmt.Errorf("store: %s %v: want %s", field, value, want))
	}
	switch o.Sync {
	case "", SyncInterval, SyncAlways, SyncNone:
	default:
		wrong("Sync", o.Sync, "interval, always or none")
	}
	if o.Interval < 0 {
		wrong("Interval", o.Interval, "0 or more")
	}
	if o.SegmentRecords < 0 || o.SegmentRecords > maxRecords {
		wrong("SegmentRecords", o.SegmentRecords, fmt.Sprintf("0 to %d", maxRecords))
	}
	if o.SegmentBytes < 0 || o.SegmentBytes > maxSegmentBytes {
		wrong("SegmentBytes", o.SegmentBytes, fmt.Sprintf("0 to %d", maxSegmentBytes))
	}
	o.Retention.validate(wrong)
	return errors.Join(errs...)
}

func (o *Options) resolved() Options {
	var r Options
	if o != nil {
		r = *o
	}
	if r.Sync == "" {
		r.Sync = SyncInterval
	}
	r.Interval = orDefault(r.Interval, defaultInterval)
	r.SegmentRecords = orDefault(r.SegmentRecords, defaultRecords)
	r.SegmentBytes = orDefault(r.SegmentBytes, defaultBytes)
	r.SegmentAge = orDefault(r.SegmentAge, defaultAge)
	r.CompactAfter = orDefault(r.CompactAfter, defaultCompact)
	if r.fs == nil {
		r.fs = journal.System{}
	}
	if r.now == nil {
		r.now = time.Now
	}
	return r
}

func orDefault[T comparable](v, zero T) T {
	var none T
	if v == none {
		return zero
	}
	return v
}
