package deploy

import "fmt"

// The messages of the records by which Sluice tells what it does; a test holds them equal to those of the packages that write them.
const (
	MaskReport  = "values masked"
	DropReport  = "records dropped"
	AuditAnchor = "audit checkpoint"
	FailReport  = "records failed"
)

// errorNumber and criticalNumber are levels as OpenTelemetry's SeverityNumber.
const (
	errorNumber    = 17
	criticalNumber = 21
)

// A look is how a panel is drawn.
type look string

const (
	bars  look = "histogram"
	lines look = "line"
	table look = "table"
)

// A metric is what a panel shows of each group: count, sum, avg, or percentiles with a percent.
type metric struct {
	kind, key string
	percent   float64
}

// A panel is a chart of one query. By are keys that split it, the first of them by size.
type panel struct {
	id, title, about string
	query            string // in Lucene's syntax, which Dashboards and Grafana both take
	look             look
	metric           metric
	overTime         bool
	by               []string
	unit             string // Grafana's
}

func said(message string) string    { return fmt.Sprintf("%s:%q", at("msg"), message) }
func has(key string) string         { return "_exists_:" + at(key) }
func levelFrom(number int) string   { return fmt.Sprintf("%s:>=%d", at("severity.number"), number) }
func both(one, other string) string { return one + " AND " + other }

func panels() []panel {
	count := metric{kind: "count"}
	return []panel{
		{
			id: "rate-by-level", title: "Records by level", about: "Documents as they are stored: with sampling, fewer than were logged.",
			query: "*", look: bars, metric: count, overTime: true, by: []string{"level"},
		},
		{
			id: "errors-by-service", title: "Errors by service", about: "ERROR and above, which are never sampled out by default.",
			query: levelFrom(errorNumber), look: lines, metric: count, overTime: true, by: []string{"service"},
		},
		{
			id: "p95-by-operation", title: "95th percentile by operation", about: "Duration in milliseconds, of the records of package perf.",
			query: both(has("operation"), has("duration_ms")), look: lines, metric: metric{"percentiles", "duration_ms", 95}, overTime: true,
			by: []string{"operation"}, unit: "ms",
		},
		{
			id: "outcomes-by-operation", title: "Outcomes by operation", about: "success, failure, canceled, timeout, panic.",
			query: has("outcome"), look: table, metric: count, by: []string{"operation", "outcome"},
		},
		{
			id: "errors-by-type", title: "Most frequent errors", about: "By type and fingerprint: the same fault has the same fingerprint.",
			query: has("error.type"), look: table, metric: count, by: []string{"error.type", "error.fingerprint"},
		},
		{
			id: "masked", title: "Values masked", about: "From the reports that mask.report_every asks for.",
			query: said(MaskReport), look: bars, metric: metric{kind: "sum", key: "masked"}, overTime: true, by: []string{"service"},
		},
		{
			id: "dropped", title: "Records dropped", about: "From the reports of the queue: anything above zero is lost.",
			query: said(DropReport), look: bars, metric: metric{kind: "sum", key: "dropped"}, overTime: true, by: []string{"service"},
		},
		{
			id: "failed", title: "Records that a sink refused", about: "From the stack's reports: what went to dead letters, and what was lost there.",
			query: said(FailReport), look: bars, metric: metric{kind: "sum", key: "failed_records"}, overTime: true, by: []string{"service"},
		},
		{
			id: "sample-rate", title: "Mean sample rate", about: "One over it is what a stored document of the service stands for.",
			query: has("sample_rate"), look: lines, metric: metric{kind: "avg", key: "sample_rate"}, overTime: true, by: []string{"service"}, unit: "percentunit",
		},
	}
}

// A view is a saved search.
type view struct {
	id, title, query string
	columns          []string
}

func views() []view {
	return []view{
		{"all", "All records", "*", []string{"level", "service", "msg"}},
		{"errors", "Errors", levelFrom(errorNumber), []string{"service", "msg", "error.type", "error.message", "trace_id"}},
		{"operations", "Operations", has("operation"), []string{"service", "operation", "duration_ms", "outcome"}},
		{"audit", "Audit checkpoints", said(AuditAnchor), []string{"service", "msg"}},
		{"reports", "What Sluice says of itself", said(DropReport) + " OR " + said(FailReport) + " OR " + said(MaskReport),
			[]string{"service", "msg", "dropped", "failed_records", "dead_letters", "audit_failures", "masked"}},
	}
}
