package deploy

import "github.com/sluicelog/sluice/internal/fields"

// A monitor is what POST /_plugins/_alerting/monitors takes. With by it looks at each value of a key for itself, and its condition has
// the buckets' metrics as params; without, the condition has the whole answer as ctx.results[0]. Actions are the operator's.
type monitor struct {
	id, name  string
	severity  string // 1 is the worst of 5
	minutes   int    // between two runs
	window    string // that a run looks back
	query     string // in Lucene's syntax
	by        string
	metrics   object            // aggregations
	paths     map[string]string // of the metrics that the condition of a bucket has
	condition string
}

// Names of aggregations that conditions refer to.
const byAggregation = "by"

// slowMilliseconds is the 95th percentile of an operation over which it is slow; adapt it to yours.
const slowMilliseconds = "1000"

func monitors() []monitor {
	recent := func(window string) object {
		return object{"filter": object{"range": object{at("time"): object{"gte": "{{period_end}}||-" + window, "format": "epoch_millis"}}}}
	}
	return []monitor{
		{
			id: "critical", name: "a CRITICAL record", severity: "1", minutes: 1, window: "1m", query: levelFrom(criticalNumber),
			condition: "ctx.results[0].hits.total.value > 0",
		},
		{
			id: "error-rate", name: "a twentieth of a service's records are errors", severity: "2", minutes: 5, window: "5m", query: "*", by: "service",
			metrics:   object{"errors": object{"filter": object{"range": object{at("severity.number"): object{"gte": errorNumber}}}}},
			paths:     map[string]string{"errors": "errors._count", "all": "_count"},
			condition: "params.errors >= 10 && params.errors > 0.05 * params.all",
		},
		{
			id: "silence", name: "a service that has become silent", severity: "2", minutes: 5, window: "1h", query: "*", by: "service",
			metrics: object{"recent": recent("10m")}, paths: map[string]string{"recent": "recent._count"},
			condition: "params.recent == 0",
		},
		{
			id: "drops", name: "a queue drops records", severity: "2", minutes: 5, window: "5m", query: said(DropReport), by: "service",
			metrics: object{"dropped": object{"sum": object{"field": at("dropped")}}}, paths: map[string]string{"dropped": "dropped"},
			condition: "params.dropped > 0",
		},
		{
			id: "failures", name: "a sink refuses records: they are dead letters, or lost there", severity: "2", minutes: 5, window: "5m", query: said(FailReport), by: "service",
			metrics: object{"failed": object{"sum": object{"field": at("failed_records")}}, "dead": object{"sum": object{"field": at("dead_letters")}}},
			paths:   map[string]string{"failed": "failed", "dead": "dead"}, condition: "params.failed > 0 || params.dead > 0",
		},
		{
			id: "audit-failures", name: "events that an audit trail has not recorded", severity: "1", minutes: 1, window: "1m", query: said(FailReport), by: "service",
			metrics: object{"failed": object{"sum": object{"field": at("audit_failures")}}}, paths: map[string]string{"failed": "failed"},
			condition: "params.failed > 0",
		},
		{
			id: "slow-operation", name: "an operation's 95th percentile is over a second", severity: "3", minutes: 5, window: "5m", query: has("duration_ms"), by: "operation",
			metrics:   object{"p95": object{"percentiles": object{"field": at("duration_ms"), "percents": []int{95}}}},
			paths:     map[string]string{"p95": "p95[95.0]", "all": "_count"},
			condition: "params.all >= 20 && params.p95 > " + slowMilliseconds,
		},
		{
			id: "audit-silence", name: "an audit trail has stopped sending checkpoints", severity: "1", minutes: 5, window: "1h", query: said(AuditAnchor),
			metrics:   object{"recent": recent("5m")},
			condition: "ctx.results[0].hits.total.value > 0 && ctx.results[0].aggregations.recent.doc_count == 0",
		},
		{
			id: "unmapped", name: "documents with attributes that the index has refused", severity: "4", minutes: 60, window: "1h", query: "_exists_:" + fields.Unmapped,
			condition: "ctx.results[0].hits.total.value > 0",
		},
	}
}

func (m monitor) body() object {
	filter := []object{{"range": object{at("time"): object{"gte": "{{period_end}}||-" + m.window, "lte": "{{period_end}}", "format": "epoch_millis"}}}}
	if m.query != "*" {
		filter = append(filter, object{"query_string": object{"query": m.query}})
	}
	query := object{"size": 0, "track_total_hits": true, "query": object{"bool": object{"filter": filter}}}
	script := object{"source": m.condition, "lang": "painless"}
	kind, trigger := "query_level", object{"condition": object{"script": script}}
	aggregations := m.metrics
	if m.by != "" {
		kind = "bucket_level"
		aggregations = object{byAggregation: object{
			"composite":    object{"size": 1000, "sources": []object{{m.by: object{"terms": object{"field": at(m.by)}}}}},
			"aggregations": m.metrics,
		}}
		trigger["condition"] = object{"parent_bucket_path": byAggregation, "buckets_path": m.paths, "script": script, "gap_policy": "skip"}
	}
	if aggregations != nil {
		query["aggregations"] = aggregations
	}
	trigger["name"], trigger["severity"], trigger["actions"] = m.name, m.severity, []any{}
	return object{
		"type": "monitor", "name": "Sluice: " + m.name, "monitor_type": kind + "_monitor", "enabled": true,
		"schedule": object{"period": object{"interval": m.minutes, "unit": "MINUTES"}},
		"inputs":   []object{{"search": object{"indices": []string{Pattern}, "query": query}}},
		"triggers": []object{{kind + "_trigger": trigger}},
	}
}
