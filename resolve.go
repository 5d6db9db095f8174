package sluice

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/sluicelog/sluice/handler/async"
	"github.com/sluicelog/sluice/handler/compress"
	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/enrich/otel"
	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/mask/entity"
	"github.com/sluicelog/sluice/handler/opensearch"
	"github.com/sluicelog/sluice/handler/opensearch/bootstrap"
	"github.com/sluicelog/sluice/handler/sample"
	"github.com/sluicelog/sluice/internal/conf"
	"github.com/sluicelog/sluice/internal/rotate"
	"github.com/sluicelog/sluice/level"
	"github.com/sluicelog/sluice/store"
)

// resolved is a Config with the preset filled in and every section turned into its layer's options. A nil section is off.
type resolved struct {
	Config
	given  Config // as it was before
	level  *level.Controller
	mask   *mask.Options
	names  *entity.Options
	enrich *enrich.Options
	ready  enricherPlan
	sample *sample.Options
	queue  *async.Options
	audit  *auditPlan
	sinks  []sinkPlan
}

// sinkPlan is a SinkConfig with its texts understood.
type sinkPlan struct {
	SinkConfig
	least  slog.Leveler // nil for all
	only   []slog.Level
	rotate rotate.Options
	// collapse is nil for a sink that takes records as they are; the others are those of a sink of that type.
	collapse *compress.Options
	store    *store.Options
	search   *opensearch.Options
	keep     bootstrap.Retention
}

// resolve fills in what c leaves open and checks all of it. Its error joins one *ConfigError for each wrong field.
func (c Config) resolve() (*resolved, error) {
	given := c
	c, err := c.withPreset()
	if err != nil {
		return nil, err
	}
	ck := &checker{foreign: c.foreign}
	ck.join(conf.Validate(&c))
	r := &resolved{Config: c, given: given}
	if r.level, err = level.NewController(c.Level); err != nil {
		field := "level"
		if c.Level == os.Getenv(EnvLevel) {
			field = EnvLevel
		}
		ck.bad(field, c.Level, "a level and levels per logger, such as info,store=debug ("+err.Error()+")")
	}
	r.mask = ck.mask(c.Mask, c.Environment)
	r.names = ck.names(c.Mask, c.Environment)
	r.enrich = ck.enrich(&c)
	r.ready = ck.enrichers(c.Enrich)
	r.sample = ck.sample(c.Sample)
	r.queue = ck.queue(c.Queue)
	r.audit = ck.audit(&c)
	r.sinks = ck.sinks(c.Sinks)
	if err := errors.Join(ck.errs...); err != nil {
		return nil, err
	}
	return r, nil
}

// Effective returns c with everything that it leaves open filled in, as Open uses it.
func (c Config) Effective() (Config, error) {
	r, err := c.resolve()
	if err != nil {
		return Config{}, fmt.Errorf("sluice: config: %w", err)
	}
	r.Config.origin, r.Config.loaded = "", nil // every field is said now, so a file has nothing more to say
	return r.Config, nil
}

// MaskOptions returns the options of the mask that a chain of c has, nil when its mask is off.
func (c Config) MaskOptions() (*mask.Options, error) {
	r, err := c.resolve()
	if err != nil {
		return nil, fmt.Errorf("sluice: config: %w", err)
	}
	return r.mask, nil
}

// checker collects what is wrong.
type checker struct {
	errs    []error
	foreign bool // files of secrets may be missing here
}

func (ck *checker) bad(field, value, want string) {
	ck.errs = append(ck.errs, &conf.Error{Field: field, Value: value, Want: want})
}

func (ck *checker) join(err error) {
	if err != nil {
		ck.errs = append(ck.errs, err)
	}
}

// layer takes the word of a layer's own Validate for what the checks here let through.
func (ck *checker) layer(field string, err error) {
	if err != nil && len(ck.errs) == 0 {
		ck.bad(field, "", "values that the layer takes ("+err.Error()+")")
	}
}

func (ck *checker) level(field, text string) slog.Leveler {
	if text == "" {
		return nil
	}
	l, err := level.Parse(text)
	if err != nil {
		ck.bad(field, text, "a level: debug, info, warn, error, critical, or between, such as info+2")
	}
	return l
}

func (ck *checker) mask(c *MaskConfig, env string) *mask.Options {
	if c.Off {
		if env == Production {
			ck.bad("mask.off", "true", "false in production: records would leave unmasked")
		}
		return nil
	}
	o := &mask.Options{Keys: map[string]mask.Action{}, Kinds: map[string]mask.Action{}}
	kinds := mask.KindNames()
	for i, r := range c.Rules {
		action, _ := mask.ParseAction(cmp.Or(r.Action, "redact"))
		p := mask.Pattern{Name: r.Name, Regexp: r.Pattern, Literals: r.Literals, Keywords: r.Keywords, Validator: r.Validator, Action: action}
		o.Patterns = append(o.Patterns, p)
		var bad *mask.PatternError
		switch err := p.Validate(); {
		case errors.As(err, &bad) && bad.Field == "validator": // conf.Validate has said so
		case bad != nil:
			ck.bad(fmt.Sprintf("mask.rules[%d].%s", i, cmp.Or(ruleFields[bad.Field], bad.Field)), bad.Value, bad.Want)
		case slices.Contains(kinds, r.Name):
			ck.bad(fmt.Sprintf("mask.rules[%d].name", i), r.Name, "a name that no kind and no other rule has")
		}
		kinds = append(kinds, r.Name)
	}
	for _, k := range c.Keys {
		o.Keys[k] = mask.Redact
	}
	for _, k := range c.AllowKeys {
		o.Keys[k] = mask.Allow
	}
	switchKinds := func(field string, names []string, a mask.Action) {
		for i, k := range names {
			if !slices.Contains(kinds, k) {
				ck.bad(fmt.Sprintf("mask.%s[%d]", field, i), k, "one of "+strings.Join(kinds, ", "))
			}
			o.Kinds[k] = a
		}
	}
	switchKinds("enable", c.Enable, mask.Redact)
	switchKinds("disable", c.Disable, mask.Allow)
	for _, name := range slices.Sorted(maps.Keys(c.Actions)) {
		a, err := mask.ParseAction(c.Actions[name])
		if err != nil {
			continue // conf.Validate has said so
		}
		near := nearKind(name, kinds)
		switch {
		case slices.Contains(kinds, name):
			o.Kinds[name] = a
		case near != "":
			ck.bad("mask.actions."+name, name, near+"?")
		default:
			o.Keys[name] = a
		}
	}
	o.ReportInterval = c.ReportEvery
	switch {
	case c.NoReport:
		o.ReportInterval = 0
	case o.ReportInterval == 0 && env != Development && env != Test:
		o.ReportInterval = 10 * time.Minute
	}
	o.HashKey = ck.secret("mask.hash_key", c.HashKey)
	for i, k := range c.FormerHashKeys {
		field := fmt.Sprintf("mask.former_hash_keys[%d]", i)
		key := ck.secret(field, k)
		if len(key) < minHashKey {
			ck.bad(field, "", fmt.Sprintf("at least %d bytes; it has %d", minHashKey, len(key)))
		}
		o.FormerHashKeys = append(o.FormerHashKeys, key)
	}
	if usesHash(o) && len(o.HashKey) < minHashKey {
		ck.bad("mask.hash_key", "", fmt.Sprintf("at least %d bytes, since an action is hash; it has %d", minHashKey, len(o.HashKey)))
	}
	ck.layer("mask", o.Validate())
	return o
}

// nearKind is the kind that a name in capitals, as only kinds are, was most likely meant to be.
func nearKind(name string, kinds []string) string {
	if name != strings.ToUpper(name) {
		return ""
	}
	lower := make([]string, len(kinds))
	for i, k := range kinds {
		lower[i] = strings.ToLower(k)
	}
	return strings.ToUpper(conf.Nearest(name, lower))
}

// ruleFields are the names in the file of a pattern's fields, where they differ.
var ruleFields = map[string]string{"regexp": "pattern"}

// minHashKey is how long the key of the hash action is at least.
const minHashKey = 16

func usesHash(o *mask.Options) bool {
	isHash := func(a mask.Action) bool { return a == mask.Hash }
	return slices.ContainsFunc(slices.Collect(maps.Values(o.Keys)), isHash) ||
		slices.ContainsFunc(slices.Collect(maps.Values(o.Kinds)), isHash) ||
		slices.ContainsFunc(o.Patterns, func(p mask.Pattern) bool { return isHash(p.Action) })
}

// secret returns the bytes of a secret, which may stand in a file.
func (ck *checker) secret(field string, s conf.Secret) []byte {
	path, ok := strings.CutPrefix(string(s), "file:")
	if !ok {
		return []byte(s)
	}
	b, err := os.ReadFile(path)
	if err != nil && ck.foreign {
		return make([]byte, minHashKey) // as long as it has to be
	}
	if err != nil {
		ck.bad(field, "file:"+path, "a file that can be read ("+err.Error()+")")
	}
	return []byte(strings.TrimRight(string(b), "\r\n"))
}

func (ck *checker) names(c *MaskConfig, env string) *entity.Options {
	on := c.Entities.Mode == "on" || c.Entities.Mode == "" && env != Development && env != Test
	if c.Off || !on {
		return nil
	}
	o := &entity.Options{Keep: c.Entities.Keep}
	for i, typ := range o.Keep {
		if !slices.Contains(entity.Types(), typ) {
			ck.bad(fmt.Sprintf("mask.entities.keep[%d]", i), typ, "one of "+strings.Join(entity.Types(), ", "))
		}
	}
	return o
}

func (ck *checker) enrich(c *Config) *enrich.Options {
	if c.Enrich.Off {
		return nil
	}
	o := &enrich.Options{Service: c.Service.Name, Version: c.Service.Version, Environment: c.Environment, Span: otel.Span}
	switch c.Enrich.Stack {
	case "off":
		o.Stack = enrich.StackOff
	case "critical":
		o.Stack = enrich.StackCritical
	}
	for _, k := range slices.Sorted(maps.Keys(c.Enrich.Attributes)) {
		o.Attrs = append(o.Attrs, slog.String(k, c.Enrich.Attributes[k]))
	}
	ck.layer("enrich", o.Validate())
	return o
}

func (ck *checker) sample(c *SampleConfig) *sample.Options {
	if c.Off {
		return nil
	}
	o := &sample.Options{MaxPerSecond: c.TargetPerSecond}
	for _, name := range slices.Sorted(maps.Keys(c.Rates)) {
		if l := ck.level("sample.rates."+name, name); l != nil {
			if o.Rates == nil {
				o.Rates = make(map[slog.Level]float64)
			}
			o.Rates[l.Level()] = c.Rates[name]
		}
	}
	ck.layer("sample", o.Validate())
	return o
}

func (ck *checker) queue(c *QueueConfig) *async.Options {
	if c.Off {
		return nil
	}
	o := &async.Options{Capacity: c.Capacity, Workers: c.Workers, Timeout: c.Timeout, DropReportInterval: c.ReportEvery,
		WaitLevel: ck.level("queue.wait_level", cmp.Or(c.WaitLevel, "error"))}
	switch c.Overflow {
	case "drop_oldest":
		o.Policy = async.DropOldest
	case "block":
		o.Policy = async.Block
	}
	ck.layer("queue", o.Validate())
	return o
}

// Types of sinks.
const (
	sinkConsole    = "console"
	sinkJSON       = "json"
	sinkStore      = "store"
	sinkOpenSearch = "opensearch"
	sinkNull       = "null"
)

func (ck *checker) sinks(configs []SinkConfig) []sinkPlan {
	plans := make([]sinkPlan, len(configs))
	index := map[string]int{}
	paths := map[string]int{}
	for i, c := range configs {
		field := func(name string) string { return fmt.Sprintf("sinks[%d].%s", i, name) }
		if c.Type == "" {
			ck.bad(field("type"), "", "one of console, json, store, opensearch, null")
		}
		if c.Name == "" {
			c.Name = fmt.Sprintf("%s-%d", c.Type, i)
		}
		if _, dup := index[c.Name]; dup {
			ck.bad(field("name"), c.Name, "a name that no other sink has")
		}
		index[c.Name] = i
		if c.Path != "" {
			c.Path = filepath.Clean(c.Path) // one spelling for one file
			if c.Type != sinkJSON && c.Type != sinkStore || c.Output != "" {
				ck.bad(field("path"), c.Path, "a path only for types json and store, without output")
			}
			if j, dup := paths[c.Path]; dup {
				ck.bad(field("path"), c.Path, fmt.Sprintf("a path of its own; sinks[%d] writes there", j))
			}
			paths[c.Path] = i
		}
		if c.Format != "" && c.Type != sinkConsole {
			ck.bad(field("format"), c.Format, "no format: only the console has one")
		}
		p := sinkPlan{SinkConfig: c, least: ck.level(field("level"), c.Level), rotate: rotateOptions(c.Rotate)}
		for j, name := range c.Only {
			if l := ck.level(fmt.Sprintf("%s[%d]", field("only"), j), name); l != nil {
				p.only = append(p.only, l.Level())
			}
		}
		if err := p.rotate.Validate(); err != nil {
			ck.bad(field("rotate"), "", "values that can be kept ("+err.Error()+")")
		}
		if c.Collapse != nil {
			p.collapse = &compress.Options{Records: c.Collapse.Records, Interval: c.Collapse.Interval, Threshold: c.Collapse.Threshold}
			ck.layer(field("collapse"), p.collapse.Validate())
		}
		if c.Type == sinkStore {
			if c.Path == "" {
				ck.bad(field("path"), "", "the directory of the store")
			}
			p.store = storeOptions(c.Store, func(name, text string) slog.Leveler { return ck.level(field("store."+name), text) })
			p.store.Retention.Classes = ck.classes(field("store.classes"), c.Store.Classes)
			ck.layer(field("store"), p.store.Validate())
		} else if !reflect.DeepEqual(c.Store, StoreConfig{}) {
			ck.bad(field("store"), "", "a section only for type store")
		}
		switch {
		case c.Type == sinkOpenSearch:
			p.search = openSearchOptions(c.OpenSearch, p.least)
			p.keep = ck.retention(field("opensearch"), &c.OpenSearch)
			if err := p.search.Validate(); err != nil && !ck.foreign {
				ck.bad(field("opensearch"), "", "values that the sink takes ("+err.Error()+")")
			}
		case !reflect.DeepEqual(c.OpenSearch, OpenSearchConfig{}):
			ck.bad(field("opensearch"), "", "a section only for type opensearch")
		}
		plans[i] = p
	}
	for i, p := range plans {
		if p.Failover == "" {
			continue
		}
		j, ok := index[p.Failover]
		if !ok || j == i || plans[j].Failover != "" || plans[j].Optional {
			ck.bad(fmt.Sprintf("sinks[%d].failover", i), p.Failover, "the name of another sink, which has no failover itself and is not optional")
		}
	}
	return plans
}

func rotateOptions(c RotateConfig) rotate.Options {
	return rotate.Options{
		MaxBytes: int64(c.MaxBytes), MaxAge: c.MaxAge, Interval: c.Interval, MaxFiles: c.MaxFiles, MaxTotalBytes: int64(c.MaxTotalBytes),
		Keep: c.Keep, Compress: rotate.Compression(c.Compress), Sync: rotate.SyncPolicy(c.Sync),
	}
}
