package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/handler/mask"
)

var maskCommand = command{
	name: "mask", args: "[FILE...]", short: "mask secrets and personal data in lines",
	long: `
Masks the lines of the files, or of standard input, and writes them to standard output: as many lines as came in, in
order. A line that is a JSON object is masked as a record, keys and values; one that is a JSON string is decoded, masked and
written as a JSON string; any other is masked as text.

A text that goes to somebody else is masked more strictly than a record in a running service: IP addresses and dates of birth
are masked too. --all switches every rule on, such as those for national identifiers of 34 countries, and masks the names of persons,
places and organisations. --service masks as a service does, --config as one with that configuration does.

--explain writes, instead of the masked lines, which rule finds what in them: the line, the rule, the path of the value, its bytes,
the score and the action. --rules lists the rules with their examples. --pseudonym tells the tokens that stand for a
value where it is hashed, under the key of the configuration and under former keys.

  sluice mask < app.log > shareable.log
  kubectl logs deploy/api | sluice mask --service
  sluice mask --stats --config sluice.yaml app.log > /dev/null
  sluice mask --explain --json app.log
  sluice mask --pseudonym ada@example.org --config sluice.yaml`,
	setup: func(fs *flag.FlagSet) func(context.Context, env, []string) error {
		var f maskFlags
		fs.StringVar(&f.config, "config", "", "mask as the mask section of `FILE` says")
		fs.BoolVar(&f.service, "service", false, "mask as a service does by default")
		fs.BoolVar(&f.all, "all", false, "switch every rule on, and mask names of persons, places and organisations too")
		fs.BoolVar(&f.stats, "stats", false, "print to standard error how often each rule masked something, and where")
		fs.BoolVar(&f.explain, "explain", false, "print what each rule finds, instead of the masked lines")
		fs.BoolVar(&f.rules, "rules", false, "print the rules, their examples and counter-examples")
		fs.StringVar(&f.pseudonym, "pseudonym", "", "print the tokens that stand for `VALUE` under the keys of --config")
		fs.BoolVar(&f.json, "json", false, "print --rules, --explain and --stats as JSON, an object a line")
		return f.run
	},
}

// maskFlags are the flags of the command.
type maskFlags struct {
	config, pseudonym                         string
	service, all, stats, explain, rules, json bool
}

func (f *maskFlags) run(ctx context.Context, e env, files []string) error {
	opts, err := f.options()
	if err != nil {
		return err
	}
	switch {
	case f.rules:
		return printRules(e, opts, f.json)
	case f.pseudonym != "":
		return printPseudonyms(e, opts, f.pseudonym)
	case f.explain:
		return explainLines(ctx, e, files, mask.New(opts), f.json)
	}
	m := mask.New(opts)
	var lines lineMasker = m
	if f.all {
		lines = withNames(m)
	}
	if err := maskLines(ctx, e, files, lines); err != nil {
		return err
	}
	if f.stats {
		return printFindings(e.stderr, m.Findings(), f.json)
	}
	return nil
}

// options returns the options of the mask that the flags ask for.
func (f *maskFlags) options() (*mask.Options, error) {
	switch {
	case f.config != "":
		cfg, err := sluice.LoadConfig(f.config)
		if err != nil {
			return nil, usageError{err}
		}
		opts, err := cfg.MaskOptions()
		if err != nil {
			return nil, usageError{err}
		}
		if opts == nil {
			return nil, usagef("%s: mask.off is true: there is nothing to mask", f.config)
		}
		opts.AllKinds = f.all
		return opts, nil
	case f.service:
		return &mask.Options{AllKinds: f.all}, nil
	}
	return &mask.Options{AllKinds: f.all, Kinds: outgoing}, nil
}

// outgoing are the kinds that are masked beyond a service's when a text goes to somebody else.
var outgoing = map[string]mask.Action{"IP_ADDRESS": mask.Redact, "DOB": mask.Redact}

func maskLines(ctx context.Context, e env, files []string, m lineMasker) error {
	out := bufio.NewWriterSize(e.stdout, 64<<10)
	var buf []byte
	err := eachLine(ctx, e, files, func(line, end []byte) error {
		buf = append(m.AppendLine(buf[:0], line), end...)
		_, err := out.Write(buf)
		return err
	})
	return flushed(out, err)
}

// flushed flushes what out holds and returns err, or, without one, what went wrong. A writer that has failed fails again.
func flushed(out *bufio.Writer, err error) error {
	if ferr := out.Flush(); err == nil {
		err = ferr
	}
	return err
}

func printPseudonyms(e env, opts *mask.Options, value string) error {
	tokens := mask.New(opts).Pseudonyms("", value)
	if len(tokens) == 0 {
		return usagef("--pseudonym: want --config with mask.hash_key")
	}
	for _, token := range tokens {
		fmt.Fprintln(e.stdout, token)
	}
	return nil
}
