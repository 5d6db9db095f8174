package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/handler/mask"
)

var maskCommand = command{
	name: "mask", args: "[FILE...]", short: "mask secrets and personal data in lines",
	long: `
Masks the lines of the files, or of standard input, and writes them to standard output: as many lines as came in, in
order. A line that is a JSON object is masked as a record, keys and values; one that is a JSON string is decoded, masked and
written as a JSON string; any other is masked as text.

A text that goes to somebody else is masked more strictly than a record in a running service: every kind of pattern is on,
IP addresses and dates of birth included. --service masks as a service does, --config as one with that configuration does.

  sluice mask < app.log > shareable.log
  kubectl logs deploy/api | sluice mask --service
  sluice mask --stats --config sluice.yaml app.log > /dev/null`,
	setup: func(fs *flag.FlagSet) func(context.Context, env, []string) error {
		config := fs.String("config", "", "mask as the mask section of `FILE` says")
		service := fs.Bool("service", false, "mask as a service does by default")
		all := fs.Bool("all", false, "switch every kind on (the default, unless --config or --service is given)")
		stats := fs.Bool("stats", false, "print to standard error how often each rule masked something")
		return func(ctx context.Context, e env, files []string) error {
			opts := &mask.Options{AllKinds: true}
			switch {
			case *config != "":
				cfg, err := sluice.LoadConfig(*config)
				if err != nil {
					return usageError{err}
				}
				if opts, err = cfg.MaskOptions(); err != nil {
					return usageError{err}
				}
				if opts == nil {
					return usagef("%s: mask.off is true: there is nothing to mask", *config)
				}
				opts.AllKinds = *all
			case *service:
				opts.AllKinds = *all
			}
			return maskLines(ctx, e, files, mask.New(opts), *stats)
		}
	},
}

func maskLines(ctx context.Context, e env, files []string, m *mask.Masker, stats bool) error {
	out := bufio.NewWriterSize(e.stdout, 64<<10)
	var buf []byte
	err := eachLine(ctx, e, files, func(line, end []byte) error {
		buf = append(m.AppendLine(buf[:0], line), end...)
		_, err := out.Write(buf)
		return err
	})
	if err = errors.Join(err, out.Flush()); err != nil {
		return err
	}
	if stats {
		counts := m.Stats()
		for _, rule := range slices.Sorted(maps.Keys(counts)) {
			fmt.Fprintf(e.stderr, "%8d %s\n", counts[rule], rule)
		}
	}
	return nil
}
