package sluice

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/sluicelog/sluice/internal/conf"
)

// Environment variables that LoadConfig and Open read.
const (
	EnvEnvironment  = "SLUICE_ENV"
	EnvLevel        = "LOG_LEVEL"
	EnvServiceName  = "OTEL_SERVICE_NAME"
	EnvResourceAttr = "OTEL_RESOURCE_ATTRIBUTES"
)

// fileFormat is the value of file_format that this version reads.
const fileFormat = "1.0"

// LoadConfig reads a Config from a YAML file and applies the environment variables over it. The file is read strictly: an
// unknown key, a wrong type or a value out of range is a [ConfigError] that names the place, the field, the value and what
// is allowed; all errors of a file are returned at once, joined. ${env:NAME:-default} in a value is replaced from the
// environment. A mapping named environments at the root holds overlays by environment name: the one of the chosen
// environment is merged over the rest of the file.
func LoadConfig(path string) (Config, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("sluice: config: %w", err)
	}
	cfg, err := ParseConfig(src, path)
	if err != nil {
		return Config{}, err
	}
	loaded, err := ParseConfig(src, path) // again, so that the two share nothing
	cfg.origin, cfg.loaded = path, &loaded
	return cfg, err
}

// ParseConfig is LoadConfig for a file's content; name stands in errors.
func ParseConfig(src []byte, name string) (Config, error) {
	cfg, at, err := decodeConfig(src)
	if err == nil {
		if v := os.Getenv(EnvLevel); v != "" {
			cfg.Level = v
		}
		cfg.Service = serviceFromEnv().or(cfg.Service)
		_, err = cfg.resolve()
	}
	if err != nil {
		err = conf.Locate(err, name, at)
		for _, e := range conf.Errors(err) {
			if e.Field == EnvLevel || e.Field == EnvEnvironment {
				e.File = "" // it is not the file's
			}
		}
		return Config{}, fmt.Errorf("sluice: config: %w", err)
	}
	return cfg, nil
}

func decodeConfig(src []byte) (Config, conf.Positions, error) {
	var cfg Config
	doc, err := conf.Parse(src)
	if err != nil {
		return cfg, nil, err
	}
	overlays, err := doc.Take("environments")
	if err != nil {
		return cfg, nil, err
	}
	format, place, err := doc.TakeScalar("file_format")
	if err == nil && format != "" && format != fileFormat {
		err = &conf.Error{Line: place.Line, Column: place.Column, Field: "file_format", Value: format, Want: fileFormat}
	}
	at, derr := doc.Decode(&cfg, os.LookupEnv)
	err = errors.Join(err, derr, conf.Locate(conf.Validate(&cfg), "", at))
	if v := os.Getenv(EnvEnvironment); v != "" {
		cfg.Environment = v
	}
	if overlays == nil {
		return cfg, at, err
	}
	chosen := cfg
	// Every overlay is checked, not only the chosen one: a mistake in production's shows on the developer's machine.
	for _, env := range overlays.Keys() {
		overlaid := cfg
		overlay, oerr := overlays.Take(env)
		if oerr == nil {
			var oat conf.Positions
			unset := false
			oat, oerr = overlay.Decode(&overlaid, func(name string) (string, bool) {
				v, ok := os.LookupEnv(name)
				unset = unset || v == ""
				return v, ok
			})
			oerr = conf.Locate(errors.Join(oerr, conf.Validate(&overlaid)), "", oat)
			if oerr == nil && !unset && env != cfg.environment() {
				oerr = overlaid.elsewhere(env, oat)
			}
			if env == cfg.environment() {
				for field, pos := range oat {
					at[field] = pos
				}
			}
		}
		if oerr != nil {
			for _, e := range conf.Errors(oerr) {
				e.Field = strings.TrimSuffix("environments."+env+"."+e.Field, ".")
			}
			err = errors.Join(err, oerr)
		}
		if env == cfg.environment() {
			overlaid.overlaid = true
			chosen = overlaid
		}
	}
	return chosen, at, err
}

// elsewhere says what is wrong with the overlay of another environment, whose fields stand at these places, as far as that can be
// told here: what its secrets' files hold is not looked at.
func (c Config) elsewhere(env string, at conf.Positions) error {
	c.Environment, c.overlaid, c.foreign = env, true, true
	_, err := c.resolve()
	var own []error
	for _, e := range conf.Errors(err) {
		if at.Has(e.Field) { // what stands outside of the overlay is told there
			own = append(own, e)
		}
	}
	return conf.Locate(errors.Join(own...), "", at)
}

// or fills the empty fields of s from o.
func (s ServiceConfig) or(o ServiceConfig) ServiceConfig {
	if s.Name == "" {
		s.Name = o.Name
	}
	if s.Version == "" {
		s.Version = o.Version
	}
	return s
}

// serviceFromEnv reads OpenTelemetry's resource variables: OTEL_SERVICE_NAME wins over service.name of
// OTEL_RESOURCE_ATTRIBUTES, whose values are percent-encoded
// (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
func serviceFromEnv() ServiceConfig {
	s := ServiceConfig{Name: os.Getenv(EnvServiceName)}
	for pair := range strings.SplitSeq(os.Getenv(EnvResourceAttr), ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if u, err := url.PathUnescape(v); err == nil {
			v = u
		}
		switch k {
		case "service.name":
			s = s.or(ServiceConfig{Name: v})
		case "service.version":
			s.Version = v
		}
	}
	return s
}
