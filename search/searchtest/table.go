package searchtest

import (
	"time"

	"github.com/sluicelog/sluice/search"
)

// Now is what relative times of the table count from.
var Now = End

// Queries is the table: every one is run on every Searcher over the same records. Those that need one record take theirs by its
// attribute n.
var Queries = []string{
	// words and phrases in the message
	`*`, ``, `disk`, `DISK`, `"disk full"`, `"Disk Full"`, `disk full`, `"full disk"`, `msg:disk`, `msg:"disk full"`, `msg:(disk full)`, `msg:(disk or heartbeat)`,
	`heartbeat OR "stage started"`, `heartbeat -stage:denoise`, `"out of memory"`, `"space left"`, `error.message:"no space left on device"`, `cuda memory`,
	`größe`, `GRÖSSE`, `Übergabe`, `ÜBERGABE`, `naïve`, `東`, `"東京"`, `жук`, `user@example.com`, `"quote \"inside\" and"`, `"tab here"`, `don't`, `e.g`, `"e.g. now"`, `retrying_stage`,
	`retrying`, `10.4.2.7`, `"10.4.2.7:50051"`, `"to 10.4.2.77"`, `50051`, `"dfn3-48k loaded"`, `dfn3`, `"htdemucs ft"`, `resemble_v2`, `resemble`, `"!!!"`, `msg:"..."`, `"bytes completed in 3 parts"`,
	// wildcards and regular expressions
	`aud_*`, `msg:aud_0*`, `hea?tbeat`, `*beat`, `*quick*`, `msg:DENOI*`, `host:web*`, `host:web-0?.example.net`, `host:*net`, `host:WEB*`, `host:*-1*.example*`, `user_id:u_05*`, `request_id:*-4abc-*`,
	`service:Sto*`, `service:sto*`, `note:a\*b`, `note:"a*b"`, `note:a\**`, `note:*slash`, `duration_ms:4*`, `level:err*`, `level:*I*`, `msg:/den.*/`, `msg:/[0-9]{7}/`, `msg:/aud_[0-7]+/`, `msg:/DISK/`, `msg:/DISK/i`,
	`host:/web-(01|13)\.example\.net/`, `host:/WEB-0[1-3].*/i`, `host:/web/`, `user_id:/u_00\d{4}/`, `http.path:/\/v2\/audio\/aud_0.*/`, `note:/.*\\\\s.*/`, `note:/a\*b/`, `note:/x\sy/`, `service:/[^a-z].*/`, `/fail(ed|ure)/`, `note:/größ./`,
	// values of other fields
	`service:api-gateway`, `service:Store`, `service:store`, `service:(ingest or Store)`, `stage:denoise`, `stage:(denoise store)`, `NOT stage:denoise`, `-stage:*`, `stage:*`, `nothing:*`, `NOT nothing:*`, `missing_field:x`, `NOT missing_field:x`, `missing_field:*`,
	`http.status:500`, `http.status:(500 or 502)`, `http.status:"404"`, `http.status:500.0`, `http.status:5e2`, `http.method:put`, `http.method:PUT`, `http:*`, `error:*`, `error.type:"*fs.PathError"`, `error.type:\*url.Error`,
	`ok:true`, `ok:false`, `NOT ok:true`, `ok:yes`, `ok:*`, `tags:a`, `tags:(a b)`, `NOT tags:b`, `tags:"prod eu"`, `tags:"x:y"`, `tags:*`, `scores:5`, `scores:-3`, `NOT scores:-3`, `scores:*`, `items.sku:s-1`, `items.qty:3`, `items:*`, `items.sku:s-9 items.qty:0`,
	`note:""`, `note:5`, `note:true`, `note:"and"`, `note:"x y"`, `note:größe`, `note:/etc/`, `note:"/etc/"`, `note:10:30`, `note:back\\slash`, `note:*`, `"x-id".größe:S`, `"x-id.größe":S`, `x-id.code:9`, `x-id:*`, `version:1.10.0`, `environment:production`, `template:"stage <*> failed"`,
	`big:9007199254740993`, `big:9007199254740992`, `n:77`, `n:(1 or 2 or 3)`,
	// comparisons and intervals
	`duration_ms>5000`, `duration_ms>5s`, `duration_ms:>5s`, `duration_ms>=1.5s duration_ms<2s`, `duration_ms:[100 TO 200]`, `duration_ms:{100 TO 200}`, `duration_ms:100..200`, `duration_ms<50`, `duration_ms<50 OR duration_ms>10s`, `NOT duration_ms>100`, `http.latency_ms>100ms`,
	`http.status>=500`, `http.status:[400 TO 499]`, `http.status:{404 TO 502}`, `http.status:{404 TO 502]`, `http.status:(>=400 <500)`, `http.status>499.5`, `delta<0`, `delta:-5..5`, `delta:[-1000 TO -990]`, `scores>15`, `scores:[2 TO 4]`, `scores<0`,
	`size_bytes>40MB`, `size_bytes>10MiB`, `heap_mb>2GB`, `heap_mb:[1GB TO 2GB]`, `big>9007199254740992`, `big>=9007199254740994`, `big:9007199254740991..9007199254740993`, `version>1.9`, `version>="1.9"`, `version<"1.2.1"`, `version:["1.1" TO "1.9"]`, `version>alpha`, `note>m`, `service<b`, `host:[web-05 TO web-07]`, `http.status>x`, `stage>5`, `user_id:["u_001" TO "u_002"}`, `n<10`, `n:[50 TO *]`, `n:[* TO 50]`, `n:..5`,
	// levels
	`level:ERROR`, `level:error`, `level:fatal`, `level:CRITICAL`, `level:INFO+2`, `level:info`, `level:warning`, `level>=warn`, `level>warn`, `level<info`, `level:[info TO warn]`, `level:{info TO warn}`, `level:(warn or error)`, `NOT level:debug`, `level:nonsense`, `level:/err.*/`, `level:*`,
	// times
	`time>2026-03-02T10:00:00Z`, `time>=2026-03-02T10:00`, `time:2026-03-02`, `time:2026-03-03`, `time:2026-03-02T09:30`, `time:[2026-03-02T08:10:00Z TO 2026-03-02T08:15:00Z}`, `time:-15m..now`, `time>now-1h`, `time<-150m`, `time:["2026-03-02 09:00" TO "2026-03-02T09:00:30.5+00:00"]`, `time:*`, `first_occurrence:*`, `first_occurrence>-1h`, `first_occurrence:2026-03-02T09:30`,
	// together
	`level:ERROR AND stage:denoise`, `level:ERROR stage:denoise duration_ms>500`, `level:ERROR AND stage:denoise OR level:WARN AND stage:store`, `(level:ERROR OR level:WARN) AND (stage:store OR stage:denoise)`, `NOT (level:DEBUG OR level:INFO)`, `NOT (NOT level:ERROR)`, `level:ERROR NOT "disk full" NOT error.type:*cuda*`,
	`level:ERROR AND stage:denoise duration_ms>300 "failed" NOT user_id:u_000791 msg:/sta.*/ host:web*`, `-level:debug -level:info -level:warn -stage:*`, `http.status>=500 OR level>=error`, `tags:(a -b)`, `tags:(NOT a)`, `sample_rate<0.3 level>=warn`, `count>20`, `operation:upload outcome:error`, `trace_id:*00`, `error:* -"disk full"`, `-(stage:store or stage:denoise) level:error`, `!stage:* !error:*`, `NOT *`, `NOT NOT *`, `stage:(not (denoise or store) or nothing)`,
}

// A Ranged is a request of the table that is more than a query.
type Ranged struct {
	Name string
	Req  search.Request
}

// Requests are requests of which hits, order and continuation are compared.
func Requests() []Ranged {
	q := search.MustParse
	return []Ranged{
		{"five minutes", search.Request{Query: q("level:WARN"), From: Begin.Add(time.Hour), To: Begin.Add(65 * time.Minute)}},
		{"until", search.Request{Query: q("level>=error"), To: Begin.Add(10 * time.Minute)}},
		{"from, oldest", search.Request{Query: q("disk"), From: Begin.Add(2 * time.Hour), Sort: search.Sort{Order: search.Oldest}}},
		{"arrival", search.Request{Query: q("stage:store"), Sort: search.Sort{Order: search.Arrival}}},
		{"slowest", search.Request{Query: q("stage:denoise"), Sort: search.Sort{Order: search.Descending, Field: "duration_ms"}}},
		{"by status", search.Request{Query: q("level>=warn"), Sort: search.Sort{Order: search.Ascending, Field: "http.status"}}},
		{"by level", search.Request{Query: q("heartbeat or failed"), Sort: search.Sort{Order: search.Descending, Field: "level"}}},
		{"by string", search.Request{Query: q("version:*"), Sort: search.Sort{Order: search.Ascending, Field: "version"}}},
		{"by least of several", search.Request{Query: q("scores:*"), Sort: search.Sort{Order: search.Ascending, Field: "scores"}}},
		{"by greatest of several", search.Request{Query: q("scores:*"), Sort: search.Sort{Order: search.Descending, Field: "scores"}}},
		{"by truth", search.Request{Query: q("level>=warn"), Sort: search.Sort{Order: search.Descending, Field: "ok"}}},
		{"forced", search.Request{Query: q("level:ERROR OR *"), Forced: q("service:ingest")}},
		{"hidden field in a query", search.Request{Query: q("http.status:500 OR n<20"), Hide: []string{"http"}}},
		{"hidden field under a negation", search.Request{Query: q("NOT http.status:500 level>=warn"), Hide: []string{"http.status"}}},
		{"hidden below what exists", search.Request{Query: q("error:*"), Hide: []string{"error.type", "error.message"}}},
		{"hidden message", search.Request{Query: q("disk or memory"), Hide: []string{"msg"}}},
		{"hidden order", search.Request{Query: q("stage:denoise"), Sort: search.Sort{Order: search.Descending, Field: "duration_ms"}, Hide: []string{"duration_ms"}}},
		{"forced on what is hidden", search.Request{Query: q("user_id:* or level:warn"), Forced: q("user_id:u_0*"), Hide: []string{"user_id"}}},
	}
}

// Aggregated is a request with aggregations of the table.
type Aggregated struct {
	Name string
	Req  search.Request
	Aggs search.Aggregations
}

// Aggregations are those whose values are compared.
func Aggregations() []Aggregated {
	q := search.MustParse
	minute := search.DateHistogram{Interval: time.Minute}
	return []Aggregated{
		{"by level and minute", search.Request{}, search.Aggregations{"level": search.Terms{Field: "level", Aggs: search.Aggregations{"minute": minute}}}},
		{"p99 by stage", search.Request{}, search.Aggregations{"stage": search.Terms{Field: "stage", Size: 20, Aggs: search.Aggregations{
			"p": search.Percentiles{Field: "duration_ms"}, "s": search.Stats{Field: "duration_ms"}}}}},
		{"percentiles", search.Request{Query: q("level>=warn")}, search.Aggregations{"p": search.Percentiles{Field: "duration_ms", Percents: []float64{0, 1, 25, 50, 75, 90, 99, 99.9, 100}}}},
		{"statistics", search.Request{Query: q("stage:*")}, search.Aggregations{"d": search.Stats{Field: "duration_ms"}, "n": search.Stats{Field: "delta"}, "scores": search.Stats{Field: "scores"}, "of strings": search.Stats{Field: "host"}, "none": search.Stats{Field: "missing_field"}}},
		{"terms of every type", search.Request{}, search.Aggregations{"status": search.Terms{Field: "http.status"}, "ok": search.Terms{Field: "ok"}, "tags": search.Terms{Field: "tags"}, "host": search.Terms{Field: "host", Size: 3},
			"key": search.Terms{Field: "host", Size: 5, ByKey: true}, "scores": search.Terms{Field: "scores"}, "rate": search.Terms{Field: "sample_rate"}, "none": search.Terms{Field: "missing_field"}, "sku": search.Terms{Field: "items.sku"}}},
		{"users", search.Request{Query: q("level>=warn")}, search.Aggregations{"user": search.Terms{Field: "user_id", Size: 7}, "users": search.Cardinality{Field: "user_id"}, "hosts": search.Cardinality{Field: "host"}, "status": search.Cardinality{Field: "http.status"}, "none": search.Cardinality{Field: "missing_field"}}},
		{"histograms", search.Request{Query: q("time:-30m..now")}, search.Aggregations{"delta": search.Histogram{Field: "delta", Interval: 250}, "latency": search.Histogram{Field: "http.latency_ms", Interval: 12.5}, "five": search.DateHistogram{Interval: 5 * time.Minute, Aggs: search.Aggregations{"level": search.Terms{Field: "level"}}},
			"first": search.DateHistogram{Field: "first_occurrence", Interval: 10 * time.Minute}}},
		{"latest errors by service", search.Request{Query: q("level:ERROR")}, search.Aggregations{"service": search.Terms{Field: "service", Aggs: search.Aggregations{"last": search.TopHits{Size: 2}}}, "last": search.TopHits{}}},
		{"nothing", search.Request{Query: q("NOT *")}, search.Aggregations{"t": search.Terms{Field: "level"}, "m": minute, "p": search.Percentiles{Field: "duration_ms"}, "s": search.Stats{Field: "duration_ms"}, "c": search.Cardinality{Field: "host"}}},
		{"weighed", search.Request{Query: q("level>=info"), Weigh: true}, search.Aggregations{"level": search.Terms{Field: "level", Aggs: search.Aggregations{"hour": search.DateHistogram{Interval: time.Hour}, "s": search.Stats{Field: "duration_ms"}}},
			"p": search.Percentiles{Field: "duration_ms"}, "delta": search.Percentiles{Field: "delta"}, "stage": search.Terms{Field: "stage", Size: 3}}},
		{"hidden", search.Request{Hide: []string{"http"}}, search.Aggregations{"status": search.Terms{Field: "http.status"}, "n": search.Cardinality{Field: "http.status"}}},
		{"three deep", search.Request{Query: q("level>=warn"), From: Begin.Add(time.Hour)}, search.Aggregations{"a": search.Terms{Field: "service", Aggs: search.Aggregations{"b": search.Terms{Field: "stage", Aggs: search.Aggregations{"c": search.Histogram{Field: "http.status", Interval: 100, Aggs: search.Aggregations{"d": search.Stats{Field: "http.latency_ms"}}}}}}}}},
	}
}
