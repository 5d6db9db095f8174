package fields

// enriched are the groups that enrichers add. Their names are words that a program may use for a text or a number of its own,
// which a field of an object does not take: such a value is the member "value" of the object.
var enriched = []struct {
	group   string
	members []Field // without Document
}{
	{"geo", []Field{
		{Key: "country", Type: Keyword}, {Key: "country_name", Type: Keyword}, {Key: "continent", Type: Keyword}, {Key: "city", Type: Keyword},
		{Key: "latitude", Type: Double}, {Key: "longitude", Type: Double}, {Key: "asn", Type: Long}, {Key: "as_org", Type: Keyword}, {Key: "range", Type: Keyword},
	}},
	{"system", []Field{
		{Key: "cpu", Type: Double}, {Key: "cpu_limit", Type: Double}, {Key: "rss_bytes", Type: Long}, {Key: "memory_limit_bytes", Type: Long},
		{Key: "heap_bytes", Type: Long}, {Key: "goroutines", Type: Long}, {Key: "gc_cycles", Type: Long}, {Key: "gc_pause_p99_ms", Type: Double},
		{Key: "sched_latency_p99_ms", Type: Double}, {Key: "threads", Type: Long}, {Key: "open_files", Type: Long},
		{Key: "host_cpu", Type: Double}, {Key: "host_memory", Type: Double}, {Key: "load1", Type: Double},
	}},
	{"request", []Field{
		{Key: "status_class", Type: Keyword}, {Key: "route", Type: Keyword}, {Key: "duration_ms", Type: Double}, {Key: "bytes", Type: Long},
		{Key: "user_agent.name", Type: Keyword}, {Key: "user_agent.version", Type: Keyword}, {Key: "user_agent.os", Type: Keyword},
		{Key: "user_agent.os_version", Type: Keyword}, {Key: "user_agent.device", Type: Keyword},
	}},
	{"occurrence", []Field{{Key: "fingerprint", Type: Keyword}, {Key: "first_seen", Type: Keyword}, {Key: "recent", Type: Long}}},
	{"audio", []Field{
		{Key: "container", Type: Keyword}, {Key: "codec", Type: Keyword}, {Key: "sample_rate_hz", Type: Long}, {Key: "channels", Type: Long},
		{Key: "bit_depth", Type: Long}, {Key: "duration_ms", Type: Double}, {Key: "bitrate", Type: Long}, {Key: "size_bytes", Type: Long},
		{Key: "truncated", Type: Keyword}, {Key: "pending", Type: Keyword},
	}},
	{"stage_metrics", []Field{{Key: "count", Type: Long}, {Key: "p50_ms", Type: Double}, {Key: "p95_ms", Type: Double}, {Key: "error_rate", Type: Double}}},
	{"quality", []Field{
		{Key: "lufs", Type: Double}, {Key: "peak_dbfs", Type: Double}, {Key: "rms_dbfs", Type: Double}, {Key: "clipping_ratio", Type: Double},
		{Key: "noise_floor_dbfs", Type: Double}, {Key: "snr_db", Type: Double}, {Key: "duration_ms", Type: Double}, {Key: "pending", Type: Keyword},
	}},
}

func enrichedFields() []Field {
	var rows []Field
	for _, e := range enriched {
		at := Attributes + e.group + "."
		rows = append(rows, Field{Key: e.group, Document: at + "value", Type: Dynamic})
		for _, f := range e.members {
			rows = append(rows, Field{Key: e.group + "." + f.Key, Document: at + f.Key, Type: f.Type})
		}
	}
	return rows
}
