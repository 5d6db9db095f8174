package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/sluicelog/sluice/handler/mask"
)

// explained is what a rule finds in a line, as --json prints it.
type explained struct {
	Line int `json:"line"`
	mask.Hit
}

// explainLines prints what m would mask in each line.
func explainLines(ctx context.Context, e env, files []string, m *mask.Masker, asJSON bool) error {
	out := bufio.NewWriterSize(e.stdout, 64<<10)
	enc := json.NewEncoder(out)
	n := 0
	err := eachLine(ctx, e, files, func(line, _ []byte) error {
		n++
		for _, h := range m.Explain(line) {
			if asJSON {
				if err := enc.Encode(explained{n, h}); err != nil {
					return err
				}
				continue
			}
			if _, err := fmt.Fprintf(out, "%d\t%s\n", n, hitText(h)); err != nil {
				return err
			}
		}
		return nil
	})
	return flushed(out, err)
}

// hitText tells a hit in a line: EMAIL	user.note	bytes 3-27	score 0.90	redact.
func hitText(h mask.Hit) string {
	place := "whole value"
	if h.End > 0 {
		place = fmt.Sprintf("bytes %d-%d", h.Start, h.End)
	}
	path := h.Path
	if path == "" {
		path = "-"
	}
	text := fmt.Sprintf("%s\t%s\t%s\tscore %.2f\t%v", h.Rule, path, place, h.Score, h.Action)
	if h.Pass > 1 {
		text += fmt.Sprintf("\tpass %d", h.Pass)
	}
	return text
}

// printFindings prints how often each rule masked something, and where.
func printFindings(w io.Writer, findings []mask.Finding, asJSON bool) error {
	enc := json.NewEncoder(w)
	for _, f := range findings {
		if asJSON {
			if err := enc.Encode(f); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%8d %s %s", f.Count, f.Rule, f.Path), " ")); err != nil {
			return err
		}
	}
	return nil
}

// printRules prints the rules that are built in, then those of the configuration.
func printRules(e env, opts *mask.Options, asJSON bool) error {
	out := bufio.NewWriter(e.stdout)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for _, r := range append(mask.Rules(), ownRules(opts)...) {
		if asJSON {
			if err := enc.Encode(r); err != nil {
				return err
			}
			continue
		}
		state := "on"
		if !r.Default {
			state = "off"
		}
		fmt.Fprintf(out, "%s (%s by default)\n  %s\n", r.Name, state, r.Description)
		for _, text := range r.Examples {
			fmt.Fprintf(out, "    finds   %s\n", oneLine(text))
		}
		for _, text := range r.CounterExamples {
			fmt.Fprintf(out, "    leaves  %s\n", oneLine(text))
		}
	}
	return out.Flush()
}

// ownRules describes the user's patterns.
func ownRules(opts *mask.Options) []mask.Rule {
	var rules []mask.Rule
	for _, p := range opts.Patterns {
		text := fmt.Sprintf("matches of %s that hold one of %q", p.Regexp, p.Literals)
		if len(p.Keywords) > 0 {
			text += fmt.Sprintf(", behind one of %q", p.Keywords)
		}
		if p.Validator != "" {
			text += ", checked by " + p.Validator
		}
		rules = append(rules, mask.Rule{Name: p.Name, Description: text + ": " + p.Action.String(), Default: true})
	}
	return rules
}

// oneLine returns text with its line breaks and quotes escaped where it has breaks.
func oneLine(text string) string {
	return strings.NewReplacer("\n", `\n`, "\r", `\r`).Replace(text)
}
