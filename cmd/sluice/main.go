// Command sluice puts log lines through a chain, masks text, and checks configurations.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// Exit statuses.
const (
	exitOK    = 0
	exitFail  = 1 // nothing found, not verified, or a sink failed
	exitUsage = 2 // a wrong use: flags, configuration, files that cannot be read
)

// env is what a command may touch, so that tests can give it something else.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
}

// command is one of sluice's commands.
type command struct {
	name, args, short string
	long              string
	setup             func(fs *flag.FlagSet) func(ctx context.Context, e env, args []string) error
}

// commands are listed in the order of the help.
func commands() []command {
	return []command{shipCommand, searchCommand, aggregateCommand, tailCommand, storeCommand, serveCommand, maskCommand, verifyCommand, eraseCommand, holdCommand, reportCommand, configCommand, completionCommand()}
}

// usageError is a wrong use; it exits with status 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	code := run(ctx, env{os.Stdin, os.Stdout, os.Stderr}, os.Args[1:])
	stop()
	os.Exit(code)
}

// run runs the command line args and returns the exit status.
func run(ctx context.Context, e env, args []string) int {
	if len(args) == 0 {
		help(e.stderr)
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		if len(args) > 1 {
			return run(ctx, e, []string{args[1], "--help"})
		}
		help(e.stdout)
		return exitOK
	}
	all := commands()
	i := slices.IndexFunc(all, func(c command) bool { return c.name == args[0] })
	if i < 0 {
		fmt.Fprintf(e.stderr, "sluice: %q is no command%s; want one of %s (see sluice help)\n", args[0], meant(args[0], names(all), ""), strings.Join(names(all), ", "))
		return exitUsage
	}
	return all[i].run(ctx, e, args[1:])
}

// interruption is why ctx has ended: by which signal, where that is known.
func interruption(ctx context.Context) string {
	if cause := context.Cause(ctx).Error(); cause != context.Canceled.Error() {
		return "interrupted: " + cause
	}
	return "interrupted"
}
func (c command) run(ctx context.Context, e env, args []string) int {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	do := c.setup(fs)
	rest, err := parseInterspersed(fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.help(e.stdout, fs)
		return exitOK
	case err != nil:
		err = usageError{wrongFlag(err, c.name, fs)}
	default:
		err = do(ctx, e, rest)
	}
	if err == nil {
		return exitOK
	}
	if errors.Is(err, syscall.EPIPE) { // the reader has seen enough
		return exitOK
	}
	text := strings.TrimPrefix(err.Error(), "sluice: ")
	if ctx.Err() != nil {
		text = strings.ReplaceAll(text, context.Canceled.Error(), interruption(ctx))
	}
	fmt.Fprintf(e.stderr, "sluice %s: %s\n", c.name, text)
	if u := (usageError{}); errors.As(err, &u) {
		return exitUsage
	}
	return exitFail
}

// parseInterspersed parses flags also behind arguments: sluice ship app.log --to null.
func parseInterspersed(fs *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := fs.Parse(args); err != nil {
			return nil, err
		}
		args = fs.Args()
		if len(args) == 0 {
			return rest, nil
		}
		if args[0] == "--" {
			return append(rest, args[1:]...), nil
		}
		rest, args = append(rest, args[0]), args[1:]
	}
}

func names(cs []command) []string {
	var out []string
	for _, c := range cs {
		out = append(out, c.name)
	}
	return out
}

func help(w io.Writer) {
	fmt.Fprint(w, `sluice puts log lines through a chain of masking, enrichment, sampling and sinks.

Usage: sluice COMMAND [FLAGS] [ARGUMENTS]

`)
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-12s %s\n", c.name, c.short)
	}
	fmt.Fprint(w, `
sluice COMMAND --help tells more, with examples.
Exit status: 0, 1 when something failed or nothing was found, 2 for a wrong use.
`)
}

func (c command) help(w io.Writer, fs *flag.FlagSet) {
	fmt.Fprintf(w, "Usage: sluice %s [FLAGS] %s\n\n%s\n", c.name, c.args, strings.TrimSpace(c.long))
	any := false
	fs.VisitAll(func(f *flag.Flag) {
		if !any {
			fmt.Fprint(w, "\nFlags:\n")
			any = true
		}
		value, usage := flag.UnquoteUsage(f)
		if d := f.DefValue; d != "" && d != "false" && d != "0" && d != "0s" && !strings.Contains(usage, "(default") {
			usage += " (default " + d + ")"
		}
		fmt.Fprintf(w, "  --%-22s %s\n", strings.TrimSpace(f.Name+" "+value), usage)
	})
}
