package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/internal/jsonline"
	"github.com/sluicelog/sluice/store"
)

var shipCommand = command{
	name: "ship", args: "[FILE...]", short: "put log lines through a chain",
	long: `
Reads lines from the files, or from standard input, and logs each through a chain: a JSON object as the record that it is, any
other line as a record with the line as its message. No line is lost: the queue waits for its sinks.

Without --config lines are masked and written to standard output as JSON lines, nothing is sampled or added. With
--config they go through the chain of that file. --verbatim puts lines into a store as they are, byte for byte and unmasked.

Interrupted, by SIGINT or SIGTERM, it reads no further, delivers what it has read for at most 10 s, and exits with status 1.

With --resume FILE the place reached in every input is kept there, and the identifiers of documents derive from input and place: a
shipper that was killed and is started again with the same words ends with every line in OpenSearch once.

  app 2>&1 | sluice ship --to console
  sluice ship --config sluice.yaml app.log
  sluice ship --to store:logs app.log
  sluice ship --to opensearch --url https://localhost:9200 --user shipper --spool spool --resume app.pos app.log
  sluice ship --to null --stats app.log

When standard error is a terminal and standard output is not, it shows how many lines are through and, of files, how long the rest will take.`,
	setup: func(fs *flag.FlagSet) func(context.Context, env, []string) error {
		var o shipping
		o.connection.flags(fs)
		fs.StringVar(&o.config, "config", "", "the chain of `FILE`")
		fs.StringVar(&o.to, "to", "", "`SINK` instead of the configured ones: console, json, store:DIR, opensearch or null")
		fs.BoolVar(&o.verbatim, "verbatim", false, "with --to store:DIR, keep lines byte for byte, through no chain")
		fs.StringVar(&o.stream, "stream", "", "data `STREAM` of OpenSearch (default logs-otel-v1-default)")
		fs.BoolVar(&o.ensure, "ensure-template", false, "install the index template first")
		fs.StringVar(&o.spool, "spool", "", "`DIR` that keeps lines until OpenSearch has them")
		fs.StringVar(&o.resume, "resume", "", "`FILE` that keeps the place reached in every input")
		stats := fs.Bool("stats", false, "print to standard error what went in and out of every stage")
		return func(ctx context.Context, e env, files []string) error {
			if dir, ok := strings.CutPrefix(o.to, "store:"); ok && o.verbatim {
				if o.resume != "" || o.config != "" {
					return usagef("--verbatim goes through no chain: want it without --resume and --config")
				}
				return shipVerbatim(ctx, e, files, dir)
			}
			cfg, err := o.chain()
			if err != nil {
				return usageError{err}
			}
			if o.resume != "" {
				return shipResumed(ctx, e, files, cfg, o.resume, *stats)
			}
			return ship(ctx, e, files, cfg, *stats)
		}
	},
}

// shipping are the flags of ship.
type shipping struct {
	connection
	config, to, stream, spool, resume string
	verbatim, ensure                  bool
}

// everyLevel is a level below all that loggers use.
const everyLevel = "debug-100"

// chain is the configuration that the flags ask for.
func (o *shipping) chain() (sluice.Config, error) {
	cfg := sluice.Config{
		Environment: sluice.Development, Level: everyLevel,
		Enrich: &sluice.EnrichConfig{Off: true}, Sinks: []sluice.SinkConfig{{Type: "json"}},
	}
	if o.config != "" {
		var err error
		if cfg, err = sluice.LoadConfig(o.config); err != nil {
			return cfg, err
		}
	}
	dir, toStore := strings.CutPrefix(o.to, "store:")
	switch {
	case o.verbatim:
		return cfg, errors.New("--verbatim: want --to store:DIR with it")
	case (o.url != "" || o.spool != "" || o.stream != "" || o.ensure) && o.to != "opensearch":
		return cfg, errors.New("--url, --stream, --spool and --ensure-template: want --to opensearch with them")
	case o.to == "":
	case o.to == "console":
		cfg.Sinks = []sluice.SinkConfig{{Type: "console", Output: "stdout"}}
	case o.to == "json", o.to == "null":
		cfg.Sinks = []sluice.SinkConfig{{Type: o.to}}
	case toStore && dir != "":
		cfg.Sinks = []sluice.SinkConfig{{Type: "store", Path: dir}}
	case o.to == "opensearch":
		conn := o.connection.connection()
		if o.url == "" {
			conn.URLs = nil
		}
		cfg.Sinks = []sluice.SinkConfig{{Type: "opensearch", OpenSearch: sluice.OpenSearchConfig{
			URLs: conn.URLs, User: conn.Username, Password: sluice.Secret(conn.Password), Token: sluice.Secret(conn.Token), CAFile: conn.CAFile, Pins: conn.Pins,
			Stream: o.stream, EnsureTemplate: o.ensure, Spool: o.spool, Wait: true,
		}}}
	default:
		return cfg, fmt.Errorf("--to %q: want console, json, store:DIR, opensearch or null", o.to)
	}
	// A stream can wait, and must: there is no caller to hold up, and no line to lose. One worker keeps the lines' order.
	if cfg.Queue == nil {
		cfg.Queue = &sluice.QueueConfig{Workers: 1}
	}
	queue := *cfg.Queue
	queue.Overflow, queue.Timeout = "block", time.Hour
	cfg.Queue = &queue
	cfg.ReloadOnSIGHUP = false
	return cfg, nil
}

// recordOf reads a line as a record that has a time.
func recordOf(line []byte) slog.Record {
	r, _ := jsonline.Parse(line)
	if r.Time.IsZero() {
		r.Time = time.Now()
	}
	return r
}

func ship(ctx context.Context, e env, files []string, cfg sluice.Config, stats bool) (err error) {
	cfg.Stdout, cfg.Stderr = e.stdout, e.stderr
	stack, err := openStack(ctx, cfg)
	if err != nil {
		return err
	}
	end, done := closing(ctx, stack)
	defer done()
	h := stack.Handler()
	p := newProgress(e, files)
	err = eachLine(ctx, e, files, func(line, end []byte) error {
		p.add(len(line) + len(end))
		r := recordOf(line)
		if !h.Enabled(ctx, r.Level) {
			return nil
		}
		return h.Handle(ctx, r)
	})
	p.done()
	return settle(ctx, end, e, stack, err, stats)
}

// openStack opens the chain. A wrong configuration is a wrong use; a sink's error, such as a directory that another process holds, is
// none.
func openStack(ctx context.Context, cfg sluice.Config) (*sluice.Stack, error) {
	stack, err := sluice.Open(ctx, cfg)
	if wrong := (*sluice.ConfigError)(nil); errors.As(err, &wrong) {
		return nil, usageError{err}
	}
	return stack, err
}

// patience is how long an interrupted command goes on delivering what it has read.
var patience = 10 * time.Second // shorter in tests

// closing is a context in which to deliver what was read: without a bound, but for patience after an interrupt. Then the chain is
// closed, which gives up a line that waits for a sink that hangs.
func closing(ctx context.Context, stack *sluice.Stack) (end context.Context, done func()) {
	end, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(patience, cancel) })
	stay := context.AfterFunc(end, func() { _ = stack.Close(end) }) // settle closes it too, and tells
	return end, func() {
		stop()
		stay()
		cancel()
	}
}

// settle closes the chain, also after an interrupt: what was read is delivered. It says what was not.
func settle(ctx, end context.Context, e env, stack *sluice.Stack, err error, stats bool) error {
	if ctx.Err() != nil && errors.Is(err, sluice.ErrClosed) {
		err = ctx.Err()
	}
	err = errors.Join(err, stack.Close(end))
	st := stack.Stats()
	if stats {
		fmt.Fprint(e.stderr, st)
	}
	lost, spooled := st.Failed+st.Dropped+st.Queued, uint64(0)
	for _, k := range st.Sinks {
		spooled = max(spooled, k.Pending) // the next run delivers it
	}
	if lost -= min(lost, spooled); lost > 0 {
		err = errors.Join(err, fmt.Errorf("%d of %d records were not delivered", lost, st.Accepted))
	}
	return err
}

// shipVerbatim puts lines into a store as they are.
func shipVerbatim(ctx context.Context, e env, files []string, dir string) error {
	if dir == "" {
		return usagef("--to store: names no directory")
	}
	s, err := store.Open(dir, nil)
	if err != nil {
		return err
	}
	p := newProgress(e, files)
	n, left := 0, 0
	err = eachLine(ctx, e, files, func(line, end []byte) error {
		n++
		p.add(len(line) + len(end))
		if len(end) == 2 { // the \r of \r\n is the line's
			line = line[:len(line)+1]
		}
		if len(line) > store.MaxRecord {
			left++
			fmt.Fprintf(e.stderr, "sluice ship: line %d of the input has %d bytes, a store's records at most %d: left out\n", n, len(line), store.MaxRecord)
			return nil
		}
		return s.Append(line)
	})
	p.done()
	if left > 0 {
		err = errors.Join(err, fmt.Errorf("%d of %d lines are not in the store", left, n))
	}
	return errors.Join(err, s.Close(context.WithoutCancel(ctx)))
}
