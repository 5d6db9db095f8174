// Package fields is the one table of a record's standard keys: their names on a JSON line and in the store, which users
// write in queries, and their names and mapping types in an OpenSearch document (the OpenTelemetry log data model in
// OpenSearch's spelling). Encoders, the query translation and the generated index template are all made from it.
package fields

import (
	"slices"
	"strings"
)

// Type is an OpenSearch mapping type, as far as the table needs them.
type Type string

// The types of the table.
const (
	DateNanos Type = "date_nanos"
	Keyword   Type = "keyword"
	Text      Type = "text"
	Long      Type = "long"
	Double    Type = "double"
	Object    Type = "object"
	Byte      Type = "byte"
	// Flat is an object whose keys are values, not fields of the mapping: whatever comes under it fits.
	Flat Type = "flat_object"
	// Dynamic is whatever the first value is: the mapping does not name the field.
	Dynamic Type = ""
)

// A Field is one row.
type Field struct {
	Key      string   // path on a JSON line, in the store and in a query
	Document string   // path in the document
	Type     Type     // mapping of Document
	Aliases  []string // further names that the mapping gives to Document
	NoDoc    bool     // mapped without doc_values: it can be searched, not aggregated or sorted by
}

// Table lists the standard keys in the order in which documentation shows them. Not to be written to.
var Table = slices.Concat(records, enrichedFields())

// records are the keys that records have by themselves.
var records = []Field{
	{Key: "time", Document: "@timestamp", Type: DateNanos, Aliases: []string{"time"}},
	{Key: "level", Document: "severity.text", Type: Keyword, Aliases: []string{"severityText"}},
	{Key: "msg", Document: "body", Type: Text, NoDoc: true},
	{Key: "@version", Document: "@version", Type: Keyword},
	{Key: "logger", Document: "instrumentationScope.name", Type: Keyword},
	{Key: "source.function", Document: "attributes.code.function.name", Type: Keyword},
	{Key: "source.file", Document: "attributes.code.file.path", Type: Keyword},
	{Key: "source.line", Document: "attributes.code.line.number", Type: Long},
	{Key: "service", Document: "resource.attributes.service.name", Type: Keyword, Aliases: []string{"serviceName"}},
	{Key: "service_version", Document: "resource.attributes.service.version", Type: Keyword},
	{Key: "service_namespace", Document: "resource.attributes.service.namespace", Type: Keyword},
	{Key: "service_instance", Document: "resource.attributes.service.instance.id", Type: Keyword},
	{Key: "environment", Document: "resource.attributes.deployment.environment.name", Type: Keyword},
	{Key: "host", Document: "resource.attributes.host.name", Type: Keyword},
	{Key: "pod", Document: "resource.attributes.k8s.pod.name", Type: Keyword},
	{Key: "namespace", Document: "resource.attributes.k8s.namespace.name", Type: Keyword},
	{Key: "node", Document: "resource.attributes.k8s.node.name", Type: Keyword},
	{Key: "pod_uid", Document: "resource.attributes.k8s.pod.uid", Type: Keyword},
	{Key: "container", Document: "resource.attributes.container.id", Type: Keyword},
	{Key: "container_name", Document: "resource.attributes.k8s.container.name", Type: Keyword},
	{Key: "trace_id", Document: "traceId", Type: Keyword, NoDoc: true},
	{Key: "span_id", Document: "spanId", Type: Keyword, NoDoc: true},
	{Key: "trace_flags", Document: "flags", Type: Long},
	{Key: "request_id", Document: "attributes.request_id", Type: Keyword},
	{Key: "session_id", Document: "attributes.session_id", Type: Keyword},
	{Key: "user_id", Document: "attributes.user_id", Type: Keyword},
	{Key: "transaction_id", Document: "attributes.transaction_id", Type: Keyword},
	{Key: "error.type", Document: "attributes.exception.type", Type: Keyword},
	{Key: "error.message", Document: "attributes.exception.message", Type: Text, NoDoc: true},
	{Key: "error.stack_trace", Document: "attributes.exception.stacktrace", Type: Text, NoDoc: true},
	{Key: "error.chain", Document: "attributes.error.chain", Type: Keyword},
	{Key: "error.fingerprint", Document: "attributes.error.fingerprint", Type: Keyword},
	{Key: "sample_rate", Document: "attributes.sample_rate", Type: Double},
	{Key: "count", Document: "attributes.count", Type: Long},
	{Key: "first_occurrence", Document: "attributes.first_occurrence", Type: DateNanos},
	{Key: "last_occurrence", Document: "attributes.last_occurrence", Type: DateNanos},
	{Key: "template", Document: "attributes.template", Type: Keyword},
	{Key: "operation", Document: "attributes.operation", Type: Keyword},
	{Key: "duration_ms", Document: "attributes.duration_ms", Type: Double},
	{Key: "outcome", Document: "attributes.outcome", Type: Keyword},
	{Key: "audit.id", Document: "attributes.audit.id", Type: Keyword},
	{Key: "audit.actor", Document: "attributes.audit.actor", Type: Object},
	{Key: "audit.action", Document: "attributes.audit.action", Type: Keyword},
	{Key: "audit.target", Document: "attributes.audit.target", Type: Object},
	{Key: "audit.old", Document: "attributes.audit.old", Type: Flat},
	{Key: "audit.new", Document: "attributes.audit.new", Type: Flat},
	{Key: "audit.outcome", Document: "attributes.audit.outcome", Type: Keyword},
	{Key: "audit.reason", Document: "attributes.audit.reason", Type: Text, NoDoc: true},
}

// Unmapped is where a document keeps, after it has been refused, what its index had no room or no type for.
const Unmapped = "unmapped"

// Extra lists the fields of a document that no key has for itself, without Key: the last ones are the figures of Sluice's own
// reports, which dashboards add up. Not to be written to.
var Extra = []Field{
	{Document: "severity.number", Type: Byte, Aliases: []string{"severityNumber"}},
	{Document: "observedTimestamp", Type: DateNanos},
	{Document: "instrumentationScope.version", Type: Keyword},
	{Document: Unmapped, Type: Flat},
	{Document: Attributes + "dropped", Type: Double},
	{Document: Attributes + "masked", Type: Double},
	{Document: Attributes + "failed_records", Type: Double},
	{Document: Attributes + "dead_letters", Type: Double},
	{Document: Attributes + "audit_failures", Type: Double},
}

// Attributes is where a document keeps what the table does not name.
const Attributes = "attributes."

var byKey, byDocument = index()

func index() (byKey, byDocument map[string]*Field) {
	byKey, byDocument = make(map[string]*Field, len(Table)), make(map[string]*Field, len(Table))
	for i := range Table {
		byKey[Table[i].Key], byDocument[Table[i].Document] = &Table[i], &Table[i]
	}
	return byKey, byDocument
}

// ByKey returns the row of a key, nil when the table does not name it. The row is not to be written to.
func ByKey(key string) *Field { return byKey[key] }

// DocumentPath returns where a document has the attribute of that path on a JSON line.
func DocumentPath(key string) string {
	if f := byKey[key]; f != nil {
		return f.Document
	}
	return Attributes + key
}

// KeyPath is the inverse of DocumentPath. A path that no record is written to is returned as it is.
func KeyPath(document string) string {
	if f := byDocument[document]; f != nil {
		return f.Key
	}
	return strings.TrimPrefix(document, Attributes)
}
