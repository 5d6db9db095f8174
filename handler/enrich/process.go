package enrich

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/sluicelog/sluice/internal/freeze"
)

// SchemaVersion is the value of the attribute @version: it is raised when the standard keys
// of a record change their names or meanings.
const SchemaVersion = "1"

// environment is what the attributes of the process are found out from.
type environment struct {
	getenv     func(string) string
	hostname   func() (string, error)
	executable func() (string, error)
	version    func() string // of the main module, empty for unknown
	pid        int
}

var systemEnvironment = environment{
	getenv:     os.Getenv,
	hostname:   os.Hostname,
	executable: os.Executable,
	version:    moduleVersion,
	pid:        os.Getpid(),
}

func moduleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "(devel)" {
		return ""
	}
	return info.Main.Version
}

// process returns the attributes of the process. The error tells what of the environment could not be used; the
// attributes are good without it.
func (o *Options) process(env environment) ([]slog.Attr, error) {
	res, err := parseResource(env.getenv("OTEL_RESOURCE_ATTRIBUTES"))
	errs := []error{err}

	service := first(o.Service, env.getenv("OTEL_SERVICE_NAME"), res.take("service.name"))
	if service == "" {
		path, err := env.executable()
		if err != nil {
			errs = append(errs, fmt.Errorf("enrich: no name for the service, set Options.Service: %w", err))
		} else {
			service = strings.TrimSuffix(filepath.Base(path), ".exe")
		}
	}
	host := first(o.Host, res.take("host.name"))
	if host == "" {
		if host, err = env.hostname(); err != nil {
			errs = append(errs, fmt.Errorf("enrich: no name for the host, set Options.Host: %w", err))
		}
	}
	deployment := res.take("deployment.environment") // the name that OpenTelemetry used before version 1.27

	var attrs []slog.Attr
	add := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	add("@version", SchemaVersion)
	add("service", service)
	add("service_version", first(o.Version, res.take("service.version"), env.version()))
	add("environment", first(o.Environment, res.take("deployment.environment.name"), deployment))
	add("host", host)
	add("pod", res.take("k8s.pod.name"))
	attrs = append(attrs, slog.Group("process", slog.Int("pid", env.pid)))
	attrs = append(attrs, res...)
	for _, a := range o.Attrs {
		if a.Equal(slog.Attr{}) {
			continue
		}
		a.Value = freeze.Value(a.Value)
		attrs = replace(attrs, a)
	}
	return attrs, errors.Join(errs...)
}

// replace puts a in the place of the attribute with its key, else at the end. A group without a key is inlined by who
// writes it, and replaces nothing.
func replace(attrs []slog.Attr, a slog.Attr) []slog.Attr {
	for i := range attrs {
		if a.Key != "" && attrs[i].Key == a.Key {
			attrs[i] = a
			return attrs
		}
	}
	return append(attrs, a)
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// resource are the attributes of OTEL_RESOURCE_ATTRIBUTES, those of the standard keys taken out one by one.
type resource []slog.Attr

func (r *resource) take(key string) string {
	for i, a := range *r {
		if a.Key == key {
			*r = append((*r)[:i], (*r)[i+1:]...)
			return a.Value.String()
		}
	}
	return ""
}

// parseResource reads text as the OpenTelemetry specification writes it: key=value, separated by commas, percent-encoded. Of
// equal keys the last counts. What cannot be read is left out and named by the error; the rest is good.
func parseResource(text string) (resource, error) {
	const want = "want key=value, percent-encoded, separated by commas"
	var (
		attrs []slog.Attr
		errs  []error
	)
	for member := range strings.SplitSeq(text, ",") {
		member = strings.TrimSpace(member)
		if member == "" {
			continue
		}
		key, value, ok := strings.Cut(member, "=")
		key, err := url.PathUnescape(strings.TrimSpace(key))
		if err == nil {
			value, err = url.PathUnescape(strings.TrimSpace(value))
		}
		if !ok || err != nil || key == "" {
			errs = append(errs, fmt.Errorf("enrich: OTEL_RESOURCE_ATTRIBUTES has %.80q, %s", member, want))
			continue
		}
		attrs = replace(attrs, slog.String(key, value))
	}
	return attrs, errors.Join(errs...)
}
