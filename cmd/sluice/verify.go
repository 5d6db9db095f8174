package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/sluicelog/sluice/audit"
)

var verifyCommand = command{
	name: "verify", args: "DIR", short: "check an audit log: every entry, its tree and its checkpoints",
	long: `Reads the whole audit log in DIR and says whether it is what was written. The first bad entry is named, and what was done to it.

  sluice verify /var/lib/app/audit
  sluice verify --key "$(cat pinned.pub)" --anchor app.log --max-age 10m /var/lib/app/audit

Exit status: 0 for a sound log, 1 for one that is not, 2 when it cannot be read.
Without --key the public key in DIR is believed, and without --anchor a log that was cut back to an earlier checkpoint looks sound.`,
	setup: func(fs *flag.FlagSet) func(context.Context, env, []string) error {
		var anchors []string
		key := fs.String("key", "", "the `public key` of epoch 0, as in audit.pub, kept elsewhere")
		fs.Func("anchor", "a `file` with checkpoints that left the log: JSON lines with a note, or signed notes; may be repeated", func(s string) error {
			anchors = append(anchors, s)
			return nil
		})
		maxAge := fs.Duration("max-age", 0, "how old the last checkpoint may be, 0 for any `age`")
		asJSON := fs.Bool("json", false, "print the report as JSON")
		return func(ctx context.Context, e env, args []string) error {
			if len(args) != 1 {
				return usagef("want one directory, got %d arguments", len(args))
			}
			o := audit.VerifyOptions{PublicKey: *key, MaxAge: *maxAge}
			for _, name := range anchors {
				f, err := os.Open(name)
				if err != nil {
					return usageError{err}
				}
				found, err := audit.ReadAnchors(f)
				if err = errors.Join(err, f.Close()); err != nil {
					return usageError{err}
				}
				if len(found) == 0 {
					return usagef("%s holds no checkpoint", name)
				}
				o.Anchors = append(o.Anchors, found...)
			}
			if onTerminal(e.stderr) {
				last := time.Now()
				o.Progress = func(read, size int64) {
					if time.Since(last) > 200*time.Millisecond {
						last = time.Now()
						fmt.Fprintf(e.stderr, "\r%d of %d entries", read, max(read, size))
					}
				}
				defer fmt.Fprint(e.stderr, "\r\x1b[K")
			}
			r, err := audit.Verify(ctx, args[0], &o)
			if err != nil {
				return usageError{err}
			}
			return printReport(e, args[0], r, *asJSON)
		}
	},
}

// printReport prints what was found; the error makes the exit status 1.
func printReport(e env, dir string, r audit.Report, asJSON bool) error {
	switch {
	case asJSON:
		enc := json.NewEncoder(e.stdout)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(r); err != nil {
			return err
		}
	case r.Sound:
		fmt.Fprintf(e.stdout, "%s is sound: %d entries, %d checkpoints, %d key epochs, last checkpoint %s\n", dir, r.Entries, r.Checkpoints, r.Epochs, r.Last.Format(time.RFC3339))
		if n := r.Entries - r.Covered; n > 0 {
			fmt.Fprintf(e.stdout, "%d entries are behind the last checkpoint and not vouched for yet\n", n)
		}
		if r.Anchors > 0 {
			fmt.Fprintf(e.stdout, "it agrees with %d anchors\n", r.Anchors)
		}
	default:
		for _, f := range r.Findings {
			fmt.Fprintln(e.stdout, f)
		}
	}
	if r.Sound {
		return nil
	}
	if r.FirstBad >= 0 {
		return fmt.Errorf("%s is not sound: first bad entry %d", dir, r.FirstBad)
	}
	return fmt.Errorf("%s is not sound: %s", dir, r.Findings[0])
}
