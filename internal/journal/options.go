package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// SyncPolicy says when records are forced to disk.
type SyncPolicy string

// The policies; the empty one is SyncInterval. Whatever the policy, a record for which Append returned nil survives the end
// of the process; the policy is about the end of the machine.
const (
	SyncInterval SyncPolicy = "interval" // each Options.Interval, off the caller's path
	SyncAlways   SyncPolicy = "always"   // before Append returns, one fsync for all that wait
	SyncNone     SyncPolicy = "none"     // when the system likes; finished segments, Sync and Close excepted
)

// Overflow says what happens when MaxBytes are used.
type Overflow string

// The policies; the empty one is Refuse.
const (
	Refuse     Overflow = "refuse"      // Append returns ErrFull
	DropOldest Overflow = "drop-oldest" // the oldest segment goes, acknowledged or not, and what was not is counted in Stats.Dropped
)

// Options configure a journal. The zero Options are the recommended ones for a queue on disk.
type Options struct {
	// SegmentBytes is the size to which segments are preallocated. 0 means 16 MiB, or a quarter of MaxBytes when that is less; at
	// least 128. A record with its frame must fit into a segment.
	SegmentBytes int64
	// MaxBytes bounds the segments together, counted as preallocated. 0 means no bound; at least two segments.
	MaxBytes int64
	// Overflow is what happens at MaxBytes; "" means Refuse.
	Overflow Overflow
	// Sync is when records are forced to disk; "" means SyncInterval.
	Sync SyncPolicy
	// Interval is the time between two fsyncs of SyncInterval. 0 means 200 ms.
	Interval time.Duration
	// Keep makes a log that is never shortened: Ack is refused. It excludes MaxBytes.
	Keep bool
	// ScanLast makes Open read the last segment only. Damage in the others is then found, counted and kept aside when a
	// reader comes there. False means that Open reads every segment that is not acknowledged.
	ScanLast bool
	// After is a sequence that has been given already, whatever the directory says: the next record gets a larger one. 0 means
	// that the directory is all that is known.
	After uint64
	// Perm are the permissions of new files, before umask. 0 means 0o600.
	Perm fs.FileMode
	// Poll is how often a reader of another process looks for more. 0 means 50 ms.
	Poll time.Duration
	// OnError is told of what fails without a caller: the fsync of an interval, the removal of a file. nil means stderr, once a
	// minute for each kind. It must not call Close.
	OnError func(error)
	// FS is the file system; nil means the system's. Tests put faults into it.
	FS FS
}

const (
	defaultSegment = 16 << 20
	minSegment     = 128
)

// Validate returns what is out of range, each field with its value and what is allowed; nil for nil options.
func (o *Options) Validate() error {
	if o == nil {
		return nil
	}
	var errs []error
	wrong := func(field string, value any, allowed string) {
		errs = append(errs, fmt.Errorf("journal: %s %v: want %s", field, value, allowed))
	}
	if o.SegmentBytes != 0 && o.SegmentBytes < minSegment {
		wrong("SegmentBytes", o.SegmentBytes, fmt.Sprintf("0 or at least %d", minSegment))
	}
	if o.MaxBytes < 0 || o.MaxBytes != 0 && o.MaxBytes < 2*max(o.SegmentBytes, minSegment) {
		wrong("MaxBytes", o.MaxBytes, "0 or at least two segments")
	}
	if o.Keep && o.MaxBytes != 0 {
		wrong("MaxBytes", o.MaxBytes, "0 with Keep")
	}
	switch o.Overflow {
	case "", Refuse, DropOldest:
	default:
		wrong("Overflow", o.Overflow, "refuse or drop-oldest")
	}
	switch o.Sync {
	case "", SyncInterval, SyncAlways, SyncNone:
	default:
		wrong("Sync", o.Sync, "interval, always or none")
	}
	if o.Interval < 0 {
		wrong("Interval", o.Interval, "0 or more")
	}
	if o.Poll < 0 {
		wrong("Poll", o.Poll, "0 or more")
	}
	return errors.Join(errs...)
}

// resolved is a copy with defaults in place of zeros.
func (o *Options) resolved() Options {
	var r Options
	if o != nil {
		r = *o
	}
	if r.SegmentBytes == 0 {
		r.SegmentBytes = defaultSegment
		if r.MaxBytes > 0 {
			r.SegmentBytes = min(r.SegmentBytes, max(r.MaxBytes/4, minSegment))
		}
	}
	if r.Overflow == "" {
		r.Overflow = Refuse
	}
	if r.Sync == "" {
		r.Sync = SyncInterval
	}
	if r.Interval == 0 {
		r.Interval = 200 * time.Millisecond
	}
	if r.Perm == 0 {
		r.Perm = 0o600
	}
	if r.Poll == 0 {
		r.Poll = 50 * time.Millisecond
	}
	if r.FS == nil {
		r.FS = System{}
	}
	return r
}
