package opensearch

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/sluicelog/sluice/internal/fields"
	"github.com/sluicelog/sluice/internal/jsonenc"
)

// Format is the spelling of documents.
type Format string

// The formats; the empty one is OTel.
const (
	// OTel is OpenTelemetry's log data model in OpenSearch's spelling: @timestamp, severity, body, resource.attributes,
	// attributes, traceId, spanId. The index template of this module and the search over OpenSearch expect it.
	OTel Format = "otel"
	// SS4O is Simple Schema for Observability (opensearch-catalog, schema logs): as OTel, with the resource's attributes
	// directly under resource.
	SS4O Format = "ss4o"
	// ECS is the Elastic Common Schema 8 as its logging libraries write it: dotted keys at the root, log.level, message.
	ECS Format = "ecs"
	// Flat is the JSON line: its names at the root, but @timestamp for the time, which a data stream demands.
	Flat Format = "flat"
)

var formats = []Format{OTel, SS4O, ECS, Flat}

func (f Format) validate() error {
	if f == "" || slices.Contains(formats, f) {
		return nil
	}
	return fmt.Errorf("opensearch: Options.Format is %q, want otel, ss4o, ecs or flat", string(f))
}

// timestamp is the field that every data stream has.
const timestamp = "@timestamp"

// encoderConfig returns how documents of the format are encoded.
func (f Format) encoderConfig() jsonenc.Config {
	switch f {
	case SS4O:
		return jsonenc.Config{Names: otelNames, Layout: ss4oLayout()}
	case ECS:
		return jsonenc.Config{Names: jsonenc.Names{
			Time: timestamp, Level: "log.level", Message: "message", Source: "log.origin",
			Function: "function", File: "file", Line: "line", Cut: jsonenc.Line.Cut,
		}, Layout: ecsLayout()}
	case Flat:
		names := jsonenc.Line
		names.Time = timestamp
		return jsonenc.Config{Names: names, Layout: flatLayout()}
	}
	return jsonenc.Config{Names: otelNames, Layout: otelLayout()}
}

// Paths of the OTel format: what stands before the names of fields.Table.
const (
	attributesPath = "attributes"
	resourcePath   = "resource.attributes"
	severityPath   = "severity"
)

var otelNames = jsonenc.Names{
	Time: fields.DocumentPath("time"), Level: severityPath, Message: fields.DocumentPath("msg"), Source: "code",
	Function: "function", File: "file", Line: "line", Cut: jsonenc.Line.Cut,
}

var otelLayout = sync.OnceValue(func() *jsonenc.Layout { return modelLayout("resource", "attributes") })

var ss4oLayout = sync.OnceValue(func() *jsonenc.Layout { return modelLayout("resource") })

// modelLayout is the layout of the log data model: fields.Table as routes.
func modelLayout(resource ...string) *jsonenc.Layout {
	l := jsonenc.Layout{
		Main: attributesPath, Observed: "observedTimestamp", Resource: resource, LevelText: "text", LevelNumber: "number",
		// An error that is no group has no place beside attributes.error.chain, which makes an object of the field.
		Routes: []jsonenc.Route{{Key: "error", Section: jsonenc.Main, Path: []string{underAttributes("error.message")}}},
	}
	for _, f := range fields.Table {
		r := jsonenc.Route{Key: f.Key}
		switch name, inResource := strings.CutPrefix(f.Document, resourcePath+"."); {
		case f.Key == "time", f.Key == "level", f.Key == "msg", f.Document == fields.Attributes+f.Key:
			continue
		case inResource:
			r.Section, r.Path = jsonenc.Resource, []string{name}
		case strings.HasPrefix(f.Document, fields.Attributes):
			r.Section, r.Path = jsonenc.Main, []string{underAttributes(f.Key)}
		default:
			r.Section, r.Path = jsonenc.Root, strings.Split(f.Document, ".")
		}
		r.Hex = f.Key == "trace_flags"
		l.Routes = append(l.Routes, r)
	}
	return jsonenc.NewLayout(l)
}

func underAttributes(key string) string {
	return strings.TrimPrefix(fields.DocumentPath(key), fields.Attributes)
}

// metadata are the names that OpenSearch keeps for itself at the root of a document.
var metadata = []string{
	"_id", "_index", "_source", "_routing", "_field_names", "_ignored", "_seq_no", "_primary_term", "_version", "_type", "_size", "_nested_path",
}

// ecsNames are the fields of the Elastic Common Schema by the keys of a JSON line.
var ecsNames = [][2]string{
	{"service", "service.name"}, {"service_version", "service.version"}, {"environment", "service.environment"},
	{"service_instance", "service.node.name"}, {"host", "host.name"}, {"container", "container.id"},
	{"pod", "orchestrator.resource.name"}, {"namespace", "orchestrator.namespace"}, {"node", "host.hostname"},
	{"trace_id", "trace.id"}, {"span_id", "span.id"}, {"transaction_id", "transaction.id"}, {"request_id", "http.request.id"},
	{"session_id", "session.id"}, {"user_id", "user.id"}, {"logger", "log.logger"}, {"error", "error.message"},
	{"source.function", "log.origin.function"}, {"source.file", "log.origin.file.name"}, {"source.line", "log.origin.file.line"},
}

var ecsLayout = sync.OnceValue(func() *jsonenc.Layout {
	l := jsonenc.Layout{
		Observed: "event.ingested", Constant: `,"ecs.version":"8.11.0"`,
		Reserved: append([]string{timestamp, "log.level", "message", "ecs.version", "event.ingested"}, metadata...),
	}
	for _, n := range ecsNames {
		l.Routes = append(l.Routes, jsonenc.Route{Key: n[0], Section: jsonenc.Main, Path: []string{n[1]}})
	}
	return jsonenc.NewLayout(l)
})

var flatLayout = sync.OnceValue(func() *jsonenc.Layout {
	l := jsonenc.Layout{Observed: "observed", Reserved: append([]string{timestamp, "observed"}, metadata...)}
	for _, key := range []string{"source.function", "source.file", "source.line"} {
		l.Routes = append(l.Routes, jsonenc.Route{Key: key, Section: jsonenc.Main, Path: []string{key}})
	}
	return jsonenc.NewLayout(l)
})
