package provider

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/internal/onerror"

	"github.com/maypok86/otter/v2"
	"github.com/maypok86/otter/v2/stats"
)

// Provider finds attributes for a key, slowly. Safe for concurrent use.
type Provider interface {
	// Fetch returns the attributes of key; none, without an error, when there is nothing to tell. They must not change
	// afterwards. The context has the values of the log call that asked first, a deadline of [Options.Timeout], and
	// ends when the cache is closed. A panic counts as an error.
	Fetch(ctx context.Context, key string) ([]slog.Attr, error)
}

// Func is a function that is a [Provider].
type Func func(ctx context.Context, key string) ([]slog.Attr, error)

// Fetch calls f.
func (f Func) Fetch(ctx context.Context, key string) ([]slog.Attr, error) { return f(ctx, key) }

// Options are the settings of a [Cache]. The zero value is the setting for production. A value below zero is as zero
// where nothing else is said.
type Options struct {
	// Size is how many answers are kept, 0 for 10,000.
	Size int
	// TTL is how long an answer is kept, 0 for 300 s.
	TTL time.Duration
	// ErrorTTL is how long a key is left alone after an error, 0 for 10 s.
	ErrorTTL time.Duration
	// Budget is the longest that the log call which asks first waits for an answer, 0 for 500 µs, below zero for not
	// at all. Later calls for the same key wait no longer than it does.
	Budget time.Duration
	// Timeout bounds one Fetch through its context, 0 for 10 s.
	Timeout time.Duration
	// Workers is how many Fetch calls run at a time, 0 for 4.
	Workers int
	// MaxPending is how many keys may wait for a worker, 0 for 1,000. Beyond it keys are refused: their records are
	// pending, and a later record asks again.
	MaxPending int
	// OnError receives the errors and panics of the provider, with its name and without the key, which may be personal.
	// Nil means stderr, the first of a kind per minute. It may be called from several goroutines.
	OnError func(error)
}

// maxKey bounds the length of a key in bytes: what is longer is no identifier.
const maxKey = 512

// Validate returns an error that names every value that is out of range; nil for nil options.
func (o *Options) Validate() error {
	if o == nil {
		return nil
	}
	var errs []error
	check := func(name string, negative bool, value any) {
		if negative {
			errs = append(errs, fmt.Errorf("provider: %s is %v, want 0 for the default or more", name, value))
		}
	}
	check("Size", o.Size < 0, o.Size)
	check("TTL", o.TTL < 0, o.TTL)
	check("ErrorTTL", o.ErrorTTL < 0, o.ErrorTTL)
	check("Timeout", o.Timeout < 0, o.Timeout)
	check("Workers", o.Workers < 0, o.Workers)
	check("MaxPending", o.MaxPending < 0, o.MaxPending)
	return errors.Join(errs...)
}

// withDefaults returns the settings as they are used.
func (o *Options) withDefaults() Options {
	var d Options
	if o != nil {
		d = *o
	}
	d.Size = positive(d.Size, 10_000)
	d.TTL = positive(d.TTL, 300*time.Second)
	d.ErrorTTL = positive(d.ErrorTTL, 10*time.Second)
	if d.Budget == 0 {
		d.Budget = 500 * time.Microsecond
	}
	d.Timeout = positive(d.Timeout, 10*time.Second)
	d.Workers = positive(d.Workers, 4)
	d.MaxPending = positive(d.MaxPending, 1_000)
	return d
}

func positive[T ~int | ~int64](v, def T) T {
	if v > 0 {
		return v
	}
	return def
}

// Cache is an [enrich.Enricher] that answers from memory and has a [Provider] asked in the background for what it does
// not know. It is made by [Cached]. Safe for concurrent use.
type Cache struct {
	name    string
	key     string
	pending []slog.Attr // what a record gets while the answer is not there
	opts    Options
	answers *otter.Cache[string, answer]
	lookups *stats.Counter // striped, where counts would be one cache line for all cores
	pool    pool
	errs    onerror.Sink
	counts  counts
}

var _ enrich.Enricher = (*Cache)(nil)

// answer is what is known of a key: a group of the provider's attributes under its name, or nothing.
type answer struct {
	attr   slog.Attr
	failed bool
}

// Cached returns an enricher that looks the value of the attribute key up in p, and adds the answer to the root of the
// record as the group name. Key may be a path through groups ("request.client"). Nil options are the zero [Options];
// what [Options.Validate] names is clamped. The error is about an empty name or key, or a nil provider. [Cache.Close]
// ends its goroutines, of which there are none while nothing is being fetched, but for one that removes what is old.
func Cached(name, key string, p Provider, opts *Options) (*Cache, error) {
	switch {
	case name == "":
		return nil, errors.New("provider: the name is empty, want the key of the group that is added")
	case key == "":
		return nil, fmt.Errorf("provider: %s: the key is empty, want that of the attribute to look up", name)
	case p == nil:
		return nil, fmt.Errorf("provider: %s: the Provider is nil", name)
	}
	o := opts.withDefaults()
	c := &Cache{
		name:    name,
		key:     key,
		pending: []slog.Attr{slog.Group(name, slog.Bool("pending", true))},
		opts:    o,
		lookups: stats.NewCounter(),
		errs:    onerror.Sink{Component: "enrich/provider", Func: o.OnError},
	}
	answers, err := otter.New(&otter.Options[string, answer]{
		MaximumSize:   o.Size,
		StatsRecorder: c.lookups,
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[string, answer]) time.Duration {
			if e.Value.failed {
				return o.ErrorTTL
			}
			return o.TTL
		}),
	})
	if err != nil {
		return nil, fmt.Errorf("provider: %s: %w", name, err)
	}
	c.answers = answers
	c.pool.start(o.Workers, o.MaxPending, func(ctx context.Context, key string) answer {
		return c.fetch(ctx, p, key)
	})
	return c, nil
}

// Enrich adds what is known about the record's key attribute. An unknown key is fetched; when the answer is not there
// within the budget the record gets name.pending = true. A record without the key, or with an empty one, passes as it
// is, and so does one whose key the provider has failed on or knows nothing about.
func (c *Cache) Enrich(ctx context.Context, r enrich.Record, dst []slog.Attr) []slog.Attr {
	v, ok := r.Attr(c.key)
	if !ok {
		return dst
	}
	key := v.String()
	if key == "" || len(key) > maxKey {
		return dst
	}
	a, ok := c.answers.GetIfPresent(key)
	if !ok {
		if a, ok = c.ask(ctx, key); !ok {
			return append(dst, c.pending...)
		}
	}
	if a.attr.Key == "" {
		return dst
	}
	return append(dst, a.attr)
}

// ask has key fetched and waits for the answer as long as the budget allows.
func (c *Cache) ask(ctx context.Context, key string) (answer, bool) {
	if ctx == nil {
		ctx = context.Background()
	}
	// The key may be a part of a long text that the caller would not want kept.
	j, ok := c.pool.submit(ctx, strings.Clone(key), c.opts.Budget)
	if !ok {
		c.counts.refused.Add(1)
		return answer{}, false
	}
	if !j.wait() {
		c.counts.late.Add(1)
		return answer{}, false
	}
	// Not from the cache, which may have preferred to keep others.
	return j.answer, true
}

// fetch asks the provider and keeps its answer.
func (c *Cache) fetch(ctx context.Context, p Provider, key string) answer {
	if e, ok := c.answers.GetEntryQuietly(key); ok {
		return e.Value // fetched since the record missed it
	}
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	var (
		attrs []slog.Attr
		err   error
	)
	c.counts.fetches.Add(1)
	func() {
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("panic: %v", v)
			}
		}()
		attrs, err = p.Fetch(ctx, key)
	}()
	a := answer{}
	switch {
	case err != nil:
		a.failed = true
		c.counts.errors.Add(1)
		c.errs.Report(fmt.Errorf("%s: %w", c.name, err))
	case len(attrs) > 0:
		a.attr = slog.Attr{Key: c.name, Value: slog.GroupValue(attrs...)}
	}
	c.answers.Set(key, a)
	return a
}

// Close refuses further fetches, cancels those that run, and waits for them until ctx ends, whose error it returns then.
// What is in the cache is still found. Idempotent.
func (c *Cache) Close(ctx context.Context) error {
	err := c.pool.close(ctx)
	c.answers.StopAllGoroutines()
	if err != nil {
		return fmt.Errorf("provider: %s: a fetch does not end: %w", c.name, err)
	}
	return nil
}
