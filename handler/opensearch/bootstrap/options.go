package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/sluicelog/sluice/search"
)

// Client sends a request to OpenSearch and reads the reply, whatever its status. An error means that there was no reply.
type Client interface {
	Do(ctx context.Context, method, path string, header http.Header, body []byte) (status int, reply []byte, err error)
}

// Options say what is made. The zero value, and a nil pointer, are the recommended setting.
type Options struct {
	// Stream is the name of the data stream. "" means logs-otel-v1-default. Templates and policy are named after it.
	Stream string
	// Priority decides between index templates that match the same name. 0 means 250.
	Priority int
	// Shards is how many primary shards an index has. 0 means 1.
	Shards int
	// Replicas is how many copies a shard has beside the primary. Nil means one as soon as there is a second node.
	Replicas *int
	// Retention says how long documents are kept. The zero value keeps them for 30 days.
	Retention Retention
}

// Retention bounds a stream.
type Retention struct {
	// RolloverAge is the age at which the stream goes on in a new index. 0 means a day.
	RolloverAge time.Duration
	// RolloverBytes is the size of the primary shards at which it does so. 0 means 30 GiB for each shard.
	RolloverBytes int64
	// KeepFor is how long an index is kept after it was written to last. 0 means 30 days, negative for ever.
	KeepFor time.Duration
	// KeepBytes is the size of the primary shards of the whole stream above which the oldest indices are deleted. 0 means no bound. A
	// policy of Index State Management cannot do this: it takes a Keeper.
	KeepBytes int64
	// Classes say for some documents how long they are kept, counted from their own time. The first class whose query matches
	// decides. They are deleted one by one, where KeepFor deletes whole indices, so a class cannot be kept longer than KeepFor: give
	// what is to be kept longer a stream of its own. It takes a Keeper, and the permission to delete documents.
	Classes []Class
	// Holds returns the queries of the legal holds there are. What they match is kept: from an index that is to be deleted the other
	// documents are deleted one by one, and the index stays. It takes a Keeper; the policy of Index State Management deletes
	// nothing then. Relative times in them count from the pass: give absolute ones. nil means that there are no holds. An error deletes
	// nothing.
	Holds func(context.Context) ([]search.Query, error)
}

// A Class are the documents that a query matches, and how long they are kept.
type Class struct {
	// Query says which, in the language of package search. Relative times count from the pass.
	Query search.Query
	// KeepFor is the age at which they are deleted, at least a minute.
	KeepFor time.Duration
}

// NeedsKeeper says that a policy of Index State Management does not do all that r wants.
func (r *Retention) NeedsKeeper() bool {
	return r.KeepBytes > 0 || len(r.Classes) > 0 || r.Holds != nil
}

// Defaults.
const (
	defaultStream   = "logs-otel-v1-default"
	defaultPriority = 250
	defaultRollover = 24 * time.Hour
	defaultBytes    = 30 << 30
	defaultKeep     = 30 * 24 * time.Hour
)

// Validate says which options are out of range, and what was expected; nil options are valid.
func (o *Options) Validate() error {
	if o == nil {
		return nil
	}
	var errs []error
	check := func(ok bool, field string, got any, want string) {
		if !ok {
			errs = append(errs, fmt.Errorf("bootstrap: Options.%s is %v, want %s", field, got, want))
		}
	}
	check(o.Stream == "" || validName(o.Stream), "Stream", fmt.Sprintf("%q", o.Stream), "a name in lower case of at most 200 bytes, without spaces and without any of \\/*?\"<>|,#:")
	check(o.Priority >= 0, "Priority", o.Priority, "0 for 250, or more")
	check(o.Shards >= 0 && o.Shards <= 1024, "Shards", o.Shards, "1 to 1024, or 0 for 1")
	check(o.Replicas == nil || *o.Replicas >= 0 && *o.Replicas <= 100, "Replicas", o.Replicas, "0 to 100, or nil")
	r := o.Retention
	check(r.RolloverAge == 0 || r.RolloverAge >= time.Minute, "Retention.RolloverAge", r.RolloverAge, "1m or more, or 0 for a day")
	check(r.RolloverBytes == 0 || r.RolloverBytes >= 1<<20, "Retention.RolloverBytes", r.RolloverBytes, "1 MiB or more, or 0 for 30 GiB a shard")
	check(r.KeepFor <= 0 || r.KeepFor >= time.Minute, "Retention.KeepFor", r.KeepFor, "1m or more, 0 for 30 days, negative for ever")
	check(r.KeepBytes >= 0, "Retention.KeepBytes", r.KeepBytes, "0 for no bound, or more")
	keep := r.KeepFor
	if keep == 0 {
		keep = defaultKeep
	}
	for i, c := range r.Classes {
		check(c.KeepFor >= time.Minute && (keep < 0 || c.KeepFor <= keep), fmt.Sprintf("Retention.Classes[%d].KeepFor", i), c.KeepFor,
			"1m or more, and at most KeepFor, by which whole indices are deleted: what is kept longer needs a stream of its own")
	}
	return errors.Join(errs...)
}

// validName is OpenSearch's rule for the names of indices, with room for what is put around a stream's.
func validName(s string) bool {
	if len(s) > 200 || s == "." || s == ".." || strings.ContainsAny(s[:1], "-_+.") || strings.ToLower(s) != s {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`\/*?"<>|,#:`, r) })
}

func (o *Options) withDefaults() Options {
	var n Options
	if o != nil {
		n = *o
	}
	set(&n.Stream, defaultStream)
	set(&n.Priority, defaultPriority)
	set(&n.Shards, 1)
	set(&n.Retention.RolloverAge, defaultRollover)
	set(&n.Retention.RolloverBytes, int64(n.Shards)*defaultBytes)
	set(&n.Retention.KeepFor, defaultKeep)
	return n
}

func set[T comparable](p *T, def T) {
	var zero T
	if *p == zero {
		*p = def
	}
}
