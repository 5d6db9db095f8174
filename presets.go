package sluice

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sluicelog/sluice/internal/conf"
)

// Environments that have a preset.
const (
	Development = "development"
	Test        = "test"
	Staging     = "staging"
	Production  = "production"
)

var presetNames = []string{Development, Test, Staging, Production}

// Preset returns the Config of an environment, with every section filled in:
//
//   - development: everything from DEBUG on, on the console and in a store that is searched in place, masked and enriched,
//     nothing sampled; a second process of the service does without the store;
//   - test: the same as JSON lines on stdout, written synchronously so that nothing is in flight when a test ends;
//   - staging: everything from DEBUG on as JSON lines in a rotated file, nothing sampled;
//   - production: INFO and above as JSON lines in a rotated file, sampled at the default rates.
//
// All of them enrich the records of HTTP requests, of audio pipelines and of errors; staging and production add the figures of
// process and host to records from WARN on, and the pod or container to all.
//
// Any other name has production's.
func Preset(environment string) Config {
	c := Config{
		Environment: environment, Level: "debug",
		Mask: &MaskConfig{}, Sample: &SampleConfig{Off: true}, Queue: &QueueConfig{},
		Enrich: &EnrichConfig{HTTPRequest: &HTTPRequestConfig{}, Audio: &AudioConfig{}, Occurrence: &OccurrenceConfig{}},
	}
	switch environment {
	case Development:
		c.Sinks = []SinkConfig{{Type: sinkConsole},
			{Type: sinkStore, Path: storePlaceholder, Optional: true, Store: StoreConfig{Keep: 7 * 24 * time.Hour, MaxBytes: 1 << 30}}}
	case Test:
		c.Queue.Off = true
		c.Sinks = []SinkConfig{{Type: sinkJSON}}
	default:
		c.ReloadOnSIGHUP = true
		c.Enrich.System, c.Enrich.Container = &SystemConfig{}, &ContainerConfig{}
		c.Sinks = []SinkConfig{{Type: sinkJSON, Path: logFilePlaceholder}}
		if environment != Staging {
			c.Level = "info"
			c.Sample.Off = false
		}
	}
	return c
}

// What {service} stands for is known once the service's name is.
const (
	logFilePlaceholder = "logs/{service}.jsonl"
	storePlaceholder   = "logs/{service}.store"
)

// environment is the name of the environment that c is for.
func (c *Config) environment() string {
	return cmp.Or(c.Environment, os.Getenv(EnvEnvironment), Development)
}

// withPreset returns c with everything that it leaves open filled in from the environment variables and the preset.
func (c Config) withPreset() (Config, error) {
	c.Environment = c.environment()
	if !slices.Contains(presetNames, c.Environment) && !c.overlaid {
		want := "one of " + strings.Join(presetNames, ", ") + ", or a name under environments"
		if near := conf.Nearest(c.Environment, presetNames); near != "" {
			want = near + "? (allowed are " + strings.Join(presetNames, ", ") + ", and names under environments)"
		}
		field := "environment"
		if c.Environment == os.Getenv(EnvEnvironment) {
			field = EnvEnvironment
		}
		return c, &conf.Error{Field: field, Value: c.Environment, Want: want}
	}
	p := Preset(c.Environment)
	c.Level = cmp.Or(c.Level, os.Getenv(EnvLevel), p.Level)
	c.Service = c.Service.or(serviceFromEnv()).or(ServiceConfig{Name: executable()})
	c.Mask, c.Enrich = cmp.Or(c.Mask, p.Mask), c.Enrich.or(p.Enrich)
	c.Sample, c.Queue = cmp.Or(c.Sample, p.Sample), cmp.Or(c.Queue, p.Queue)
	c.ReloadOnSIGHUP = c.ReloadOnSIGHUP || p.ReloadOnSIGHUP
	if len(c.Sinks) == 0 && len(c.Handlers) == 0 {
		c.Sinks = p.Sinks
	}
	c.Sinks = slices.Clone(c.Sinks)
	for i := range c.Sinks {
		c.Sinks[i].Path = strings.ReplaceAll(c.Sinks[i].Path, "{service}", fileName(c.Service.Name))
	}
	return c, nil
}

func executable() string {
	name := filepath.Base(os.Args[0])
	return strings.TrimSuffix(strings.TrimSuffix(name, ".exe"), ".test")
}

// fileName makes a service's name fit for a file's.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == ':' || r < ' ' {
			return '_'
		}
		return r
	}, s)
}
