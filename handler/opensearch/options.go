package opensearch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/sluicelog/sluice/internal/jsonenc"
)

// Overflow says what happens to a record for which there is no room in memory.
type Overflow string

// The policies; the empty one is Drop.
const (
	// Drop drops the record that comes: Handle returns ErrFull at once.
	Drop Overflow = "drop"
	// Block lets the caller wait until there is room, or Close: for programs that read a stream, which can wait.
	Block Overflow = "block"
)

// Options are how a Handler connects, encodes, sends and keeps. The zero value, and a nil pointer, are the recommended setting for
// a node on this host; a service gives Connection, Spool and DeadLetters.
type Options struct {
	// Connection says where OpenSearch is and how to log in. The zero value is http://localhost:9200 without credentials.
	Connection Connection
	// Stream is the data stream that documents are created in. "" means logs-otel-v1-default.
	Stream string

	// Level is the lowest level that is sent. Nil means slog.LevelInfo. It may change at run time.
	Level slog.Leveler
	// Format is the spelling of documents; "" means OTel.
	Format Format
	// AddSource adds the place of the log call.
	AddSource bool
	// MaxValue is the length in bytes, before escaping, over which a value is cut. 0 means 32 KiB; at least 64.
	MaxValue int
	// MaxRecord is the length in bytes over which a document is cut. 0 means 1 MiB; at least 1 KiB.
	MaxRecord int
	// ID returns the identifier of a record's document, for a program that may log a record twice, such as one that reads a file again
	// after a crash: the document is stored once. "" means one made here, from a random prefix and a counter. It must be
	// unique in the stream. One that is longer than 512 bytes is replaced by its SHA-256. Nil means that none is given. It is
	// called in the goroutine that logs.
	ID func(context.Context, slog.Record) string

	// MaxDocs and MaxBytes are how many documents and bytes make a full request, which is sent at once. 0 means 5,000 and 4 MiB;
	// at most 100,000 and 64 MiB.
	MaxDocs, MaxBytes int
	// MaxAge is how long a document waits for a request to become full. 0 means 200 ms; 1 ms to 1 min.
	MaxAge time.Duration
	// InFlight is how many requests are under way at once. 0 means 4; at most 64.
	InFlight int
	// MaxPending bounds the bytes of documents in memory that are not settled. 0 means 64 MiB; at least MaxBytes.
	MaxPending int
	// Overflow says what happens to a record when MaxPending is reached; "" means Drop. With Spool it does not come to that.
	Overflow Overflow
	// Gzip compresses requests: fewer bytes on the wire for more work here and there.
	Gzip bool

	// Timeout bounds a request. 0 means 30 s; 10 ms to 10 min.
	Timeout time.Duration
	// MaxBackoff is the longest wait between two attempts. 0 means 30 s; 10 ms to 1 h.
	MaxBackoff time.Duration
	// ItemRetries is how often a document is sent again that the node cannot digest (status 500 and the like). 0 means 3; negative means
	// never. What only has to wait (429, 502, 503, 504, no answer) is sent until it is taken.
	ItemRetries int
	// RefusedFor is how long documents are sent again that somebody's doing keeps out: a wrong password, a missing permission, an
	// index that is read-only, a stream that may not be made. Then they are given up. 0 means 1 h; negative means no bound.
	RefusedFor time.Duration

	// Prepare makes what documents are created in, as EnsureTemplate of package bootstrap does. Nothing is sent before it has returned
	// nil: a stream that is written to before its template becomes a plain index. It is called at once, in a goroutine of the handler,
	// and, while it returns an error, again after waits as between attempts; Timeout bounds a call. Meanwhile records are kept as while
	// the node is down. Nil means that there is nothing to make.
	Prepare func(context.Context) error

	// DeadLetters is the path of a file, of mode 0600, that takes documents that are given up, and, without Spool, those that Close
	// leaves: one JSON object a line, with the reason. It rotates and is bounded to 1 GiB. "" means none: they are lost, counted
	// and reported.
	DeadLetters string
	// Spool is a directory that keeps every record until OpenSearch has it, through crashes and days without OpenSearch. One process
	// at a time can use it. "" means none: what is in memory when the process dies is lost.
	Spool string
	// SpoolOptions are the bounds of the spool; nil means the recommended ones.
	SpoolOptions *SpoolOptions

	// OnError receives what goes wrong, an *Error for documents, each kind at most once a minute, from the goroutines that send. It must
	// not call Close. Nil means stderr.
	OnError func(error)
}

// Defaults and limits of Options.
const (
	defaultStream     = "logs-otel-v1-default"
	defaultDocs       = 5_000
	maxDocs           = 100_000
	defaultBytes      = 4 << 20
	minBatchBytes     = 4 << 10
	maxBatchBytes     = 64 << 20
	defaultAge        = 200 * time.Millisecond
	defaultInFlight   = 4
	maxInFlight       = 64
	defaultPending    = 64 << 20
	maxPending        = 1 << 32
	defaultTimeout    = 30 * time.Second
	defaultBackoff    = 30 * time.Second
	defaultItemTries  = 3
	defaultRefusedFor = time.Hour
)

// Validate says which fields are out of range, or contradict each other, and what was expected; nil options are valid. NewHandler
// refuses what it refuses.
func (o *Options) Validate() error {
	if o == nil {
		return nil
	}
	errs := []error{o.Format.validate(), validStream(o.Stream), o.Connection.Validate(), o.SpoolOptions.validate()}
	check := func(ok bool, field string, got any, want string) {
		if !ok {
			errs = append(errs, fmt.Errorf("opensearch: Options.%s is %v, want %s", field, got, want))
		}
	}
	within := func(n, least, most int) bool { return n == 0 || n >= least && n <= most }
	lasts := func(d, least, most time.Duration) bool { return d == 0 || d >= least && d <= most }
	check(within(o.MaxValue, jsonenc.MinValue, jsonenc.MaxBytes), "MaxValue", o.MaxValue, "64 to 268435456, or 0 for 32 KiB")
	check(within(o.MaxRecord, jsonenc.MinRecord, maxBatchBytes), "MaxRecord", o.MaxRecord, "1024 to 67108864, or 0 for 1 MiB")
	check(within(o.MaxDocs, 1, maxDocs), "MaxDocs", o.MaxDocs, "1 to 100000, or 0 for 5000")
	check(within(o.MaxBytes, minBatchBytes, maxBatchBytes), "MaxBytes", o.MaxBytes, "4096 to 67108864, or 0 for 4 MiB")
	check(lasts(o.MaxAge, time.Millisecond, time.Minute), "MaxAge", o.MaxAge, "1ms to 1m, or 0 for 200ms")
	check(within(o.InFlight, 1, maxInFlight), "InFlight", o.InFlight, "1 to 64, or 0 for 4")
	n := o.withDefaults()
	check(within(o.MaxPending, max(n.MaxBytes, minBatchBytes), maxPending), "MaxPending", o.MaxPending, "at least MaxBytes, at most 4 GiB, or 0 for 64 MiB")
	check(o.Overflow == "" || o.Overflow == Drop || o.Overflow == Block, "Overflow", fmt.Sprintf("%q", string(o.Overflow)), "drop or block")
	check(lasts(o.Timeout, 10*time.Millisecond, 10*time.Minute), "Timeout", o.Timeout, "10ms to 10m, or 0 for 30s")
	check(lasts(o.MaxBackoff, 10*time.Millisecond, time.Hour), "MaxBackoff", o.MaxBackoff, "10ms to 1h, or 0 for 30s")
	check(o.ItemRetries <= 100, "ItemRetries", o.ItemRetries, "at most 100, 0 for 3, or negative for none")
	check(o.Spool != "" || o.SpoolOptions == nil, "SpoolOptions", "set", "nil without Spool")
	return errors.Join(errs...)
}

// withDefaults returns o, which is valid, with defaults for zero values.
func (o *Options) withDefaults() Options {
	var n Options
	if o != nil {
		n = *o
	}
	set(&n.Stream, defaultStream)
	set(&n.Format, OTel)
	set(&n.MaxDocs, defaultDocs)
	set(&n.MaxBytes, defaultBytes)
	set(&n.MaxAge, defaultAge)
	set(&n.InFlight, defaultInFlight)
	set(&n.MaxPending, max(defaultPending, n.MaxBytes))
	set(&n.Overflow, Drop)
	set(&n.Timeout, defaultTimeout)
	set(&n.MaxBackoff, defaultBackoff)
	set(&n.ItemRetries, defaultItemTries)
	n.ItemRetries = max(n.ItemRetries, 0)
	set(&n.RefusedFor, defaultRefusedFor)
	n.RefusedFor = max(n.RefusedFor, 0) // 0: no bound from here on
	if n.Level == nil {
		n.Level = slog.LevelInfo
	}
	return n
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// validStream says what is wrong with the name of a data stream, by OpenSearch's rules for the names of indices.
func validStream(name string) error {
	if name == "" {
		return nil
	}
	why := ""
	switch {
	case name != strings.ToLower(name):
		why = "only lower case"
	case strings.ContainsAny(name, "\\/*?\"<>| ,#:\x00"):
		why = `none of \ / * ? " < > | space , # :`
	case strings.HasPrefix(name, "-"), strings.HasPrefix(name, "_"), strings.HasPrefix(name, "+"), strings.HasPrefix(name, "."):
		why = "no - _ + or . at its start"
	case len(name) > 200:
		why = "at most 200 bytes"
	default:
		return nil
	}
	return fmt.Errorf("opensearch: Options.Stream is %q, want %s", name, why)
}
