package enrich

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
)

// Options are the settings of a [Handler]. The zero value is the setting for production: process, correlation and error
// attributes, a stack trace from ERROR on.
type Options struct {
	// Service, Version and Environment name what runs, as service, service_version and environment. Where one is
	// empty, OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES are asked (service.name, service.version,
	// deployment.environment.name); then the service is the base name of the executable, the version is that of its
	// main module where the build recorded one, and the environment is left out.
	Service, Version, Environment string
	// Host is the name of the machine, as host. Empty means host.name of OTEL_RESOURCE_ATTRIBUTES, else os.Hostname.
	Host string
	// Attrs are further attributes of the process. They take the place of a default one of the same key. LogValuers
	// are resolved, and values that could change are frozen, once.
	Attrs []slog.Attr
	// OmitProcess leaves out all attributes of the process, Attrs included.
	OmitProcess bool

	// KeepErrors leaves attributes that hold an error as they are. By default one becomes the root group error.
	KeepErrors bool
	// Stack says from which level an expanded error has a stack trace. The zero value is StackErrors.
	Stack Stack

	// Span returns the span that a tracer has put into a context; nil for programs without a tracer. Its trace_id,
	// span_id and trace_flags take the place of those of the request. The function Span of package enrich/otel is one.
	// It is called for every record.
	Span func(context.Context) Span

	// Enrichers are asked for every record, in this order. Nil ones are ignored.
	Enrichers []Enricher

	// OnError receives what went wrong in the handler: panics of enrichers, an environment that cannot be read. Nil
	// means stderr, the first of a kind per minute. It may be called from several goroutines.
	OnError func(error)
}

// Validate returns an error that names every value that is out of range or cannot be used; nil for nil options.
func (o *Options) Validate() error {
	if o == nil {
		return nil
	}
	var errs []error
	if o.Stack > StackOff {
		errs = append(errs, fmt.Errorf("enrich: Stack is %d, want errors (0), critical (1) or off (2)", uint8(o.Stack)))
	}
	for i, e := range o.Enrichers {
		if e == nil {
			errs = append(errs, fmt.Errorf("enrich: Enrichers[%d] is nil, want an Enricher", i))
		}
	}
	if !o.OmitProcess {
		if _, err := o.process(systemEnvironment); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Stack says from which level on an expanded error has a stack trace.
type Stack uint8

// The zero Stack is StackErrors.
const (
	StackErrors   Stack = iota // from ERROR on
	StackCritical              // from CRITICAL (slog.LevelError+4) on
	StackOff                   // never
)

var stackNames = [...]string{StackErrors: "errors", StackCritical: "critical", StackOff: "off"}

// from is the level; out of range is as zero.
func (s Stack) from() slog.Level {
	switch s {
	case StackCritical:
		return slog.LevelError + 4
	case StackOff:
		return slog.Level(math.MaxInt)
	}
	return slog.LevelError
}

// String returns "errors", "critical" or "off".
func (s Stack) String() string {
	if int(s) < len(stackNames) {
		return stackNames[s]
	}
	return fmt.Sprintf("Stack(%d)", uint8(s))
}

// MarshalText returns what String does, an error for a value out of range.
func (s Stack) MarshalText() ([]byte, error) {
	if int(s) >= len(stackNames) {
		return nil, fmt.Errorf("enrich: stack is %d, want errors (0), critical (1) or off (2)", uint8(s))
	}
	return []byte(stackNames[s]), nil
}

// UnmarshalText takes the texts that String returns, and the empty text for the default.
func (s *Stack) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*s = StackErrors
		return nil
	}
	for i, name := range stackNames {
		if name == string(text) {
			*s = Stack(i)
			return nil
		}
	}
	return fmt.Errorf("enrich: stack is %q, want errors, critical or off", text)
}
