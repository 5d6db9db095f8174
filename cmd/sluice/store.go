package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/sluicelog/sluice/store"
)

var storeCommand = command{
	name: "store", args: "stats|compact|erase DIR [FIELD VALUE]", short: "look into a store, compress it, erase from it",
	long: `
stats prints what a store holds: records, bytes and ratio of each field, and the most frequent message templates.
compact merges segments and compresses them harder; nobody else may be writing the store.
erase removes every record whose FIELD is VALUE, but for those that a legal hold covers, and prints a receipt, which stays in the store. Its
key is printed and kept nowhere: with it one can show whose receipt it is. sluice erase does the same in every place.

  sluice store stats logs
  sluice store compact logs
  sluice store erase logs user_id u_377906`,
	setup: func(fs *flag.FlagSet) func(context.Context, env, []string) error {
		asJSON := fs.Bool("json", false, "print the result as JSON")
		top := fs.Int("top", 20, "`N` fields and templates of stats; 0 for all")
		return func(ctx context.Context, e env, args []string) error {
			if len(args) < 2 {
				return usagef("want stats, compact or erase, and the directory of a store")
			}
			verb, dir := args[0], args[1]
			switch {
			case verb != "stats" && verb != "compact" && verb != "erase":
				return usagef("%q: want stats, compact or erase", verb)
			case verb == "erase" && len(args) != 4:
				return usagef("erase: want DIR FIELD VALUE")
			case verb != "erase" && len(args) != 2:
				return usagef("%s: want one directory, got %q too", verb, args[2:])
			}
			if err := holdsStore(dir); err != nil {
				return err
			}
			switch verb {
			case "stats":
				return storeStats(e.stdout, dir, *asJSON, *top)
			case "compact":
				return withStore(ctx, dir, func(s *store.Store) error {
					done, err := s.Compact(ctx)
					if err != nil {
						return err
					}
					if *asJSON {
						return json.NewEncoder(e.stdout).Encode(done)
					}
					_, err = fmt.Fprintf(e.stdout, "%s of %d bytes became %d bytes\n", count(done.Segments, "segment"), done.Before, done.After)
					return err
				})
			default:
				return withStore(ctx, dir, func(s *store.Store) error {
					receipt, err := s.Erase(ctx, args[2], args[3])
					if err != nil {
						return err
					}
					return json.NewEncoder(e.stdout).Encode(receipt)
				})
			}
		}
	},
}

// withStore opens a store for writing, as nobody else may have it meanwhile.
func withStore(ctx context.Context, dir string, do func(*store.Store) error) (err error) {
	s, err := store.Open(dir, &store.Options{CompactAfter: -1})
	if err != nil {
		return err
	}
	err = do(s)
	if cerr := s.Close(context.WithoutCancel(ctx)); err == nil {
		err = cerr
	}
	return err
}

func storeStats(out io.Writer, dir string, asJSON bool, top int) error {
	r, err := store.OpenReader(dir)
	if err != nil {
		return err
	}
	defer r.Close()
	snapshot, err := r.Snapshot()
	if err != nil {
		return err
	}
	defer snapshot.Close()
	report, err := snapshot.Report()
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(out).Encode(report)
	}
	fmt.Fprintf(out, "%s in %s, %d bytes of %d: %.1f : 1\n", count(report.Records, "record"), count(report.Segments, "segment"), report.Stored, report.Raw, ratio(report.Raw, report.Stored))
	if n := len(snapshot.Tail()); n > 0 {
		fmt.Fprintf(out, "%d further records are not in a segment yet\n", n)
	}
	for _, err := range snapshot.Damaged() {
		fmt.Fprintf(out, "damaged: %v\n", err)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\nfield\tvalues\traw\tstored\tratio\tbytes a value\t\n")
	for i, f := range report.Fields {
		if top > 0 && i == top {
			break
		}
		name := f.Path
		if name == "" {
			name = "(lines that are no JSON)"
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%.1f\t%.2f\t\n", clean(name), f.Values, f.Raw, f.Stored, f.Ratio(), float64(f.Stored)/float64(max(f.Values, 1)))
	}
	fmt.Fprintf(w, "(forms, order, filters)\t\t\t%d\t\t\t\n", report.Rest)
	if err := w.Flush(); err != nil {
		return err
	}
	if len(report.Templates) > 0 {
		fmt.Fprint(out, "\nrecords  template\n")
	}
	for i, t := range report.Templates {
		if top > 0 && i == top {
			break
		}
		fmt.Fprintf(out, "%7d  %s: %s\n", t.Records, clean(t.Path), clean(strings.ReplaceAll(t.Text, "\x01", "<*>")))
	}
	return nil
}

// count writes how many: 1 segment, 2 segments.
func count[N int | int64 | uint64](n N, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func ratio(raw, stored int64) float64 {
	if stored == 0 {
		return 0
	}
	return float64(raw) / float64(stored)
}
