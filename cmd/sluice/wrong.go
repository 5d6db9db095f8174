package main

import (
	"flag"
	"fmt"
	"strings"

	"github.com/sluicelog/sluice/internal/conf"
)

// wrongFlag says what package flag found wrong in the spelling of this command: with two dashes, with what was meant or is allowed.
func wrongFlag(err error, cmd string, fs *flag.FlagSet) error {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		if strings.ContainsAny(name, ":<>*()\" ") { // flag has cut it at "="
			return fmt.Errorf("-%s is no flag; want -- before a query that begins with a dash", name)
		}
		var all []string
		fs.VisitAll(func(f *flag.Flag) { all = append(all, f.Name) })
		return fmt.Errorf("there is no flag --%s%s (see sluice %s --help)", name, meant(name, all, "--"), cmd)
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		return fmt.Errorf("--%s: want a value behind it (see sluice %s --help)", name, cmd)
	}
	// invalid value "x" for flag -limit: parse error; invalid boolean value "x" for -json: parse error
	rest, _ := strings.CutPrefix(strings.Replace(text, " for flag -", " for -", 1), "invalid ")
	rest, boolean := strings.CutPrefix(rest, "boolean ")
	value, place, ok := strings.Cut(strings.TrimPrefix(rest, "value "), " for -")
	name, why, _ := strings.Cut(place, ": ")
	f := fs.Lookup(name)
	if !ok || f == nil {
		return err
	}
	want := why
	if get, ok := f.Value.(flag.Getter); boolean {
		want = "want no value, true or false"
	} else if ok && why == "parse error" {
		switch get.Get().(type) {
		case int, int64, uint, uint64:
			want = "want a whole number"
		case float64:
			want = "want a number"
		default:
			want = "want a duration such as 90s or 2h"
		}
	}
	return fmt.Errorf("--%s %s: %s", name, value, want)
}

// meant guesses which of the names a mistyped one is: a hint, or nothing.
func meant(typed string, names []string, dashes string) string {
	best := conf.Nearest(typed, names)
	if best == "" {
		return ""
	}
	return ", did you mean " + dashes + best + "?"
}
