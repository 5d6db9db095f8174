package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/internal/jsonline"
)

var shipCommand = command{
	name: "ship", args: "[FILE...]", short: "put log lines through a chain",
	long: `
Reads lines from the files, or from standard input, and logs each through a chain: a JSON object as the record that it is, any
other line as a record with the line as its message. No line is lost: the queue waits for its sinks.

Without --config lines are masked and written to standard output as JSON lines, nothing is sampled or added. With
--config they go through the chain of that file.

  app 2>&1 | sluice ship --to console
  sluice ship --config sluice.yaml app.log
  sluice ship --to null --stats app.log`,
	setup: func(fs *flag.FlagSet) func(context.Context, env, []string) error {
		config := fs.String("config", "", "the chain of `FILE`")
		to := fs.String("to", "", "`SINK` instead of the configured ones: console, json or null")
		stats := fs.Bool("stats", false, "print to standard error what went in and out of every stage")
		return func(ctx context.Context, e env, files []string) error {
			cfg, err := shipConfig(*config, *to)
			if err != nil {
				return usageError{err}
			}
			return ship(ctx, e, files, cfg, *stats)
		}
	},
}

// everyLevel is a level below all that loggers use.
const everyLevel = "debug-100"

func shipConfig(path, to string) (sluice.Config, error) {
	cfg := sluice.Config{
		Environment: sluice.Development, Level: everyLevel,
		Enrich: &sluice.EnrichConfig{Off: true}, Sinks: []sluice.SinkConfig{{Type: "json"}},
	}
	if path != "" {
		var err error
		if cfg, err = sluice.LoadConfig(path); err != nil {
			return cfg, err
		}
	}
	switch to {
	case "":
	case "console":
		cfg.Sinks = []sluice.SinkConfig{{Type: "console", Output: "stdout"}}
	case "json", "null":
		cfg.Sinks = []sluice.SinkConfig{{Type: to}}
	default:
		return cfg, fmt.Errorf("--to %q: want console, json or null", to)
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

func ship(ctx context.Context, e env, files []string, cfg sluice.Config, stats bool) (err error) {
	cfg.Stdout, cfg.Stderr = e.stdout, e.stderr
	stack, err := sluice.Open(ctx, cfg)
	if err != nil {
		return usageError{err}
	}
	h := stack.Handler()
	err = eachLine(ctx, e, files, func(line, _ []byte) error {
		r, _ := jsonline.Parse(line)
		if r.Time.IsZero() {
			r.Time = time.Now()
		}
		if !h.Enabled(ctx, r.Level) {
			return nil
		}
		return h.Handle(ctx, r)
	})
	// What was read is delivered, also after an interrupt.
	err = errors.Join(err, stack.Close(context.WithoutCancel(ctx)))
	st := stack.Stats()
	if stats {
		fmt.Fprint(e.stderr, st)
	}
	if lost := st.Failed + st.Dropped; lost > 0 {
		err = errors.Join(err, fmt.Errorf("%d of %d records were not delivered", lost, st.Accepted))
	}
	return err
}
