package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"

	"github.com/sluicelog/sluice/compliance"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/store"
)

var holdCommand = command{
	name: "hold", args: "place|lift|list --store DIR [QUERY|ID]", short: "keep records from retention and erasure: a legal hold",
	long: `
place keeps the records of a store that QUERY finds, those to come too, from retention and from erasure until the hold is lifted. The
store may be in use. Relative times in QUERY count from now.
lift ends the hold with this ID. list prints the holds there are.
Placing and lifting are entries of the audit log, which nobody may be writing meanwhile.

  sluice hold place --store logs --audit /var/lib/app/audit --reason 'case 2026/7' 'tenant:acme time>=2026-03-01'
  sluice hold lift --store logs --audit /var/lib/app/audit --reason 'case closed' 019b2f6e-…
  sluice hold list --store logs`,
	setup: func(fs *flag.FlagSet) func(context.Context, env, []string) error {
		dir := fs.String("store", "", "directory `DIR` of the store")
		var trail trailFlags
		trail.flags(fs)
		return func(ctx context.Context, e env, args []string) error {
			if len(args) == 0 || *dir == "" {
				return usagef("want place, lift or list, and --store DIR")
			}
			if err := holdsStore(*dir); err != nil {
				return err
			}
			print := func(v any) error {
				enc := json.NewEncoder(e.stdout)
				enc.SetEscapeHTML(false)
				return enc.Encode(v)
			}
			switch {
			case args[0] == "list" && len(args) == 1:
				holds, err := store.Holds(*dir)
				if err != nil {
					return usageError{err}
				}
				for _, h := range holds {
					if err := print(h); err != nil {
						return err
					}
				}
				return nil
			case args[0] != "place" && args[0] != "lift" || len(args) != 2:
				return usagef("%q: want place QUERY, lift ID or list", args)
			case trail.dir == "" || trail.reason == "":
				return usagef("want --audit DIR, where it is recorded, and --reason WHY")
			}
			return trail.with(ctx, func(log *slog.Logger) error {
				var h store.Hold
				var err error
				if args[0] == "place" {
					if h.Query, err = search.Parse(args[1]); err != nil {
						return usageError{err}
					}
					h.Reason, h.By = trail.reason, trail.by
					h, err = compliance.PlaceHold(ctx, *dir, h, log)
				} else {
					h, err = compliance.LiftHold(ctx, *dir, args[1], trail.by, trail.reason, log)
				}
				if err != nil {
					return err
				}
				return print(h)
			})
		}
	},
}

// with runs do while the audit log is open.
func (t *trailFlags) with(ctx context.Context, do func(*slog.Logger) error) error {
	trail, log, err := t.open()
	if err != nil {
		return usageError{err}
	}
	return errors.Join(do(log), trail.Close(context.WithoutCancel(ctx)))
}
