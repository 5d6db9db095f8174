// Package resource gives records the attributes of an OpenTelemetry resource, so that logs, metrics and traces of a process
// name it alike. It imports OpenTelemetry's SDK; package otel beside it does not.
//
//	attrs, err := resource.Detect(ctx)            // environment, host, operating system, container, process
//	h := enrich.NewHandler(next, &enrich.Options{Attrs: attrs})
//
// or, where the program has a resource for its tracer already, resource.Attrs(res).
package resource

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/resource"
)

// Timeout is how long Detect waits for its detectors.
const Timeout = 2 * time.Second

// keys are the names under which records have what a resource calls otherwise.
var keys = map[attribute.Key]string{
	"service.name": "service", "service.version": "service_version", "service.namespace": "service_namespace", "service.instance.id": "service_instance",
	"deployment.environment.name": "environment", "deployment.environment": "environment", "host.name": "host",
	"k8s.pod.name": "pod", "k8s.namespace.name": "namespace", "k8s.node.name": "node", "container.id": "container",
}

// Attrs returns the attributes of a resource: those that records have keys for under these, the others under their names with
// underscores for points, as a group host would hide the host's name. The process's command line and owner are left out: they
// may hold secrets. nil has none.
func Attrs(res *sdk.Resource) []slog.Attr {
	if res == nil {
		return nil
	}
	var attrs []slog.Attr
	taken := map[string]bool{}
	add := func(key string, v slog.Value) {
		if !taken[key] {
			taken[key] = true
			attrs = append(attrs, slog.Attr{Key: key, Value: v})
		}
	}
	for _, kv := range res.Attributes() {
		switch {
		case strings.HasPrefix(string(kv.Key), "process.command") || kv.Key == "process.owner" || strings.HasPrefix(string(kv.Key), "telemetry.sdk."):
		case kv.Key == "service.name" && strings.HasPrefix(kv.Value.AsString(), "unknown_service"):
			// The SDK's word for not knowing; enrich knows the executable.
		case keys[kv.Key] != "":
			add(keys[kv.Key], value(kv.Value))
		default:
			add(strings.ReplaceAll(string(kv.Key), ".", "_"), value(kv.Value))
		}
	}
	return attrs
}

func value(v attribute.Value) slog.Value {
	switch v.Type() {
	case attribute.BOOL:
		return slog.BoolValue(v.AsBool())
	case attribute.INT64:
		return slog.Int64Value(v.AsInt64())
	case attribute.FLOAT64:
		return slog.Float64Value(v.AsFloat64())
	case attribute.STRING:
		return slog.StringValue(v.AsString())
	}
	return slog.AnyValue(v.AsInterface())
}

// Detect runs OpenTelemetry's detectors for the environment (OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME), the host, the operating
// system, the container and the runtime, and those of detectors, which may ask a cloud's metadata service: nobody is waited
// for longer than Timeout. The error is about what could not be found out; the attributes are good without it.
func Detect(ctx context.Context, detectors ...sdk.Detector) ([]slog.Attr, error) {
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	type found struct {
		res *sdk.Resource
		err error
	}
	quick, err := sdk.New(ctx, sdk.WithHost(), sdk.WithOSType(), sdk.WithContainer(), sdk.WithProcessRuntimeName(), sdk.WithProcessRuntimeVersion(), sdk.WithFromEnv())
	if len(detectors) == 0 {
		return Attrs(quick), err
	}
	// A detector that does not heed its context is left behind.
	done := make(chan found, 1)
	go func() {
		res, err := sdk.New(ctx, sdk.WithDetectors(detectors...))
		done <- found{res, err}
	}()
	select {
	case f := <-done:
		if f.err != nil {
			err = f.err
		}
		merged, mergeErr := sdk.Merge(f.res, quick) // the environment has the last word
		if mergeErr != nil && merged == nil {
			return Attrs(quick), mergeErr
		}
		return Attrs(merged), err
	case <-ctx.Done():
		return Attrs(quick), ctx.Err()
	}
}
