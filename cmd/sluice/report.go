package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/compliance"
	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/mask/entity"
)

var reportCommand = command{
	name: "report", args: "[--config FILE] [--store DIR] [--audit DIR]", short: "state what is collected, masked, kept and erased",
	long: `
Collected are the fields of a store's records with their types; masked are the rules that a configuration has on, with what
records of the store tell of them; kept are retention classes, sinks and legal holds; erased is what the audit log has receipts of; at
last the audit log is verified. Nothing is changed. The JSON is described by package compliance, type Report.

  sluice report --config sluice.yaml --store logs/shop.store --audit audit/shop
  sluice report --store logs/shop.store --format json > report.json

Exit status 1 when the audit log is not sound.`,
	setup: func(fs *flag.FlagSet) func(context.Context, env, []string) error {
		config := fs.String("config", "", "configuration `FILE`; its store and audit log are the defaults of the other flags")
		dir := fs.String("store", "", "directory `DIR` of a store")
		auditDir := fs.String("audit", "", "directory `DIR` of an audit log")
		key := fs.String("key", "", "the `public key` of the audit log's epoch 0, kept elsewhere")
		format := fs.String("format", "markdown", "`FORM`: markdown or json")
		return func(ctx context.Context, e env, args []string) error {
			if len(args) > 0 {
				return usagef("want no arguments, got %q", args)
			}
			if *format != "markdown" && *format != "json" {
				return usagef("--format %q: want markdown or json", *format)
			}
			o := compliance.ReportOptions{Store: *dir, Audit: *auditDir, AuditKey: *key}
			if *config != "" {
				if err := configured(&o, *config); err != nil {
					return usageError{err}
				}
			}
			if o.Store == "" && o.Audit == "" && o.Masking == nil {
				return usagef("nothing to report on: want --config, --store or --audit")
			}
			if o.Store != "" {
				if err := holdsStore(o.Store); err != nil {
					return err
				}
			}
			return printCompliance(ctx, e, &o, *format)
		}
	},
}

func printCompliance(ctx context.Context, e env, o *compliance.ReportOptions, format string) error {
	r, err := compliance.NewReport(ctx, o)
	if err != nil {
		return usageError{err}
	}
	if format == "json" {
		enc := json.NewEncoder(e.stdout)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		err = enc.Encode(r)
	} else {
		_, err = fmt.Fprint(e.stdout, r.Markdown())
	}
	if err == nil && r.Audit != nil && !r.Audit.Sound {
		err = errors.New("the audit log is not sound")
	}
	return err
}

// configured fills in what a configuration says.
func configured(o *compliance.ReportOptions, file string) error {
	cfg, err := sluice.LoadConfig(file)
	if err != nil {
		return err
	}
	opts, err := cfg.MaskOptions()
	if err != nil {
		return err
	}
	if cfg, err = cfg.Effective(); err != nil {
		return err
	}
	o.Service = cfg.Service.Name
	o.Masking = masking(opts, cfg.Mask, cfg.Environment)
	for i, s := range cfg.Sinks {
		o.Sinks = append(o.Sinks, sinkOf(i, &s))
		if s.Type == "store" && o.Store == "" {
			o.Store = s.Path
		}
	}
	if cfg.Audit != nil && o.Audit == "" {
		o.Audit = cfg.Audit.Path
	}
	return nil
}

func masking(opts *mask.Options, c *sluice.MaskConfig, environment string) *compliance.Masking {
	if opts == nil {
		return &compliance.Masking{}
	}
	m := &compliance.Masking{On: true}
	rule := func(name string, a mask.Action) {
		m.Rules = append(m.Rules, compliance.Rule{Name: name, Action: a.String()})
	}
	for _, r := range mask.Rules() {
		a, set := opts.Kinds[r.Name]
		if set && a != mask.Allow || !set && (r.Default || opts.AllKinds) {
			rule(r.Name, a)
		}
	}
	for _, p := range opts.Patterns {
		rule(p.Name, p.Action)
	}
	for _, k := range slices.Sorted(maps.Keys(opts.Keys)) {
		m.Keys = append(m.Keys, compliance.Rule{Name: k, Action: opts.Keys[k].String()})
	}
	if on := c.Entities.Mode == "on" || c.Entities.Mode == "" && environment != sluice.Development && environment != sluice.Test; on {
		for _, typ := range entity.Types() {
			if !slices.Contains(c.Entities.Keep, typ) {
				m.Entities = append(m.Entities, typ)
			}
		}
	}
	return m
}

func sinkOf(i int, s *sluice.SinkConfig) compliance.Sink {
	out := compliance.Sink{Name: s.Name, Type: s.Type, Where: s.Path}
	if out.Name == "" {
		out.Name = fmt.Sprintf("%s-%d", s.Type, i)
	}
	classes := func(list []sluice.ClassConfig) {
		for _, c := range list {
			out.Classes = append(out.Classes, compliance.Class{Query: c.Query, KeepFor: duration(c.KeepFor)})
		}
	}
	size := func(b sluice.Size) {
		if b > 0 {
			out.MaxBytes = b.String()
		}
	}
	switch s.Type {
	case "store":
		out.KeepFor = limit(s.Store.Keep)
		size(s.Store.MaxBytes)
		classes(s.Store.Classes)
		for l, d := range s.Store.KeepLevels {
			if out.Levels == nil {
				out.Levels = map[string]string{}
			}
			out.Levels[l] = duration(d)
		}
	case "opensearch":
		out.Where = hosts(s.OpenSearch.URLs)
		if s.OpenSearch.Stream != "" {
			out.Where = strings.TrimSpace(out.Where + " " + s.OpenSearch.Stream)
		}
		out.KeepFor = limit(s.OpenSearch.Keep)
		switch {
		case !s.OpenSearch.EnsureTemplate:
			out.KeepFor = "as the cluster says"
		case out.KeepFor == "":
			out.KeepFor = duration(30 * 24 * time.Hour)
		}
		classes(s.OpenSearch.Classes)
	case "json":
		if s.Path == "" {
			out.Where = "standard stream"
			break
		}
		out.KeepFor = limit(s.Rotate.Keep)
		if size(s.Rotate.MaxTotalBytes); s.Rotate.MaxTotalBytes == 0 {
			out.MaxBytes = sluice.Size(1 << 30).String()
		}
	}
	return out
}

// hosts are the addresses without what may be a password in them.
func hosts(urls []string) string {
	var out []string
	for _, text := range urls {
		u, err := url.Parse(text)
		if err != nil {
			continue
		}
		u.User = nil
		out = append(out, u.String())
	}
	return strings.Join(out, ", ")
}

func limit(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return duration(d)
}

// duration is a duration in days where it is whole ones.
func duration(d time.Duration) string {
	switch {
	case d == 0:
		return "for ever"
	case d%(24*time.Hour) == 0:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
	return d.String()
}
