package deploy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sluicelog/sluice/audit"
	"github.com/sluicelog/sluice/handler/async"
	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/opensearch"
	"github.com/sluicelog/sluice/handler/opensearch/bootstrap"
	"github.com/sluicelog/sluice/handler/sample"
	"github.com/sluicelog/sluice/internal/deploy"
	"github.com/sluicelog/sluice/internal/opensearchtest"
	"github.com/sluicelog/sluice/internal/osclient"
	"github.com/sluicelog/sluice/level"
	"github.com/sluicelog/sluice/perf"
)

// logged has a stream with what a service logs whose handlers are all real: errors, operations, reports of masked values and of
// drops, checkpoints of an audit trail, and an attribute that the index refuses.
func logged(t *testing.T) (*opensearchtest.Server, string) {
	t.Helper()
	node := opensearchtest.Node(t)
	stream := node.Stream(t)
	connection := osclient.Connection{URLs: []string{node.URL}}
	client, err := osclient.New(connection)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	b, err := bootstrap.New(client, &bootstrap.Options{Stream: stream})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.EnsureTemplate(t.Context()); err != nil {
		t.Fatal(err)
	}
	sink, err := opensearch.NewHandler(&opensearch.Options{Connection: opensearch.Connection{URLs: []string{node.URL}}, Stream: stream, Level: slog.LevelDebug})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := sink.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	// What the sink gets has the process' attributes: reports are records like others.
	root := enrich.NewHandler(sink, &enrich.Options{Service: "checkout"})
	write(t, root)
	if err := sink.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	node.Must(t, "POST", "/"+stream+"/_refresh", "", nil)
	return node, stream
}

func write(t *testing.T, root slog.Handler) {
	t.Helper()
	ctx := t.Context()
	log := slog.New(root)
	for range 10 {
		for _, l := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, level.Critical} {
			log.Log(ctx, l, "stage completed", "stage", "denoise")
		}
		log.ErrorContext(ctx, "stage failed", "error", errors.New("disk full"))
	}
	ops, err := perf.New(&perf.Options{Logger: log, Interval: -1})
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		ops.Log(ctx, "denoise", 1500*time.Millisecond)
	}
	if err := ops.Close(ctx); err != nil {
		t.Error(err)
	}
	// Masked values: the second record comes after the interval, and with it a report.
	masked := slog.New(mask.NewHandler(root, &mask.Options{ReportInterval: time.Second}))
	masked.Info("mail sent", "to", "anna@example.com")
	later := slog.NewRecord(time.Now().Add(3*time.Second), slog.LevelInfo, "mail sent", 0)
	later.AddAttrs(slog.String("to", "berta@example.com"))
	_ = masked.Handler().Handle(ctx, later)
	// Drops: a queue of one place before a sink that waits.
	gate := make(chan struct{})
	queue, err := async.NewHandler(gated{root, gate}, &async.Options{Capacity: 1, Workers: 1, WaitLevel: slog.Level(100)})
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		_ = queue.Handle(ctx, slog.NewRecord(time.Now(), slog.LevelInfo, "frame", 0))
	}
	close(gate)
	if err := queue.Close(ctx); err != nil {
		t.Error(err)
	}
	log.Warn(deploy.FailReport, "failed_records", 3, "dead_letters", 2, "audit_failures", 1) // as a stack writes it
	sampled := slog.New(sample.NewHandler(root, &sample.Options{Rates: map[slog.Level]float64{slog.LevelInfo: .5}}))
	for range 200 {
		sampled.Info("heartbeat")
	}
	trail, err := audit.Open(t.TempDir(), &audit.Options{Anchor: root})
	if err != nil {
		t.Fatal(err)
	}
	if err := trail.Close(ctx); err != nil {
		t.Error(err)
	}
	log.Info("typed", slog.Group("detail", slog.Int("n", 1)))
	log.Info("typed", "detail", "text")
}

// gated lets records through when its gate is open.
type gated struct {
	slog.Handler
	gate <-chan struct{}
}

func (g gated) Handle(ctx context.Context, r slog.Record) error {
	<-g.gate
	return g.Handler.Handle(ctx, r)
}

// ask runs a search on the stream that a test has, in the place of the pattern of a file.
func ask(t *testing.T, node *opensearchtest.Server, stream string, body any) object {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	var reply object
	node.Must(t, "POST", "/"+stream+"/_search", string(text), &reply)
	return reply
}

// An agg is one aggregation of a panel, in Dashboards' or Grafana's spelling.
type agg struct {
	id, kind, order string
	body            object
}

// search is the search that a panel stands for: buckets within each other, in each of them the metric.
func search(query string, metric agg, buckets []agg) object {
	var aggs object
	metrics := func() object {
		if metric.kind == "count" {
			return object{}
		}
		return object{metric.id: object{metric.kind: metric.body}}
	}
	aggs = metrics()
	for i := len(buckets) - 1; i >= 0; i-- {
		b := buckets[i]
		if b.kind == "terms" {
			order := b.order
			if order == metric.id && metric.kind == "count" {
				order = "_count"
			}
			if order == "_term" {
				order = "_key"
			}
			b.body["order"] = object{order: "desc"}
		}
		inner := aggs
		aggs = metrics()
		aggs[b.id] = object{b.kind: b.body, "aggs": inner}
	}
	return object{"size": 0, "query": object{"bool": object{"filter": []object{
		{"range": object{"@timestamp": object{"gte": "now-24h"}}}, {"query_string": object{"query": query, "analyze_wildcard": true}},
	}}}, "aggs": aggs}
}

// rows counts the innermost buckets that have documents and, where a metric is asked for, a value.
func rows(aggregations object, metric agg, buckets []agg) int {
	if len(buckets) == 0 {
		if metric.kind == "count" {
			return 1
		}
		text, _ := json.Marshal(aggregations[metric.id])
		if strings.Contains(string(text), "null") || string(text) == `{"value":0}` || string(text) == `{"value":0.0}` {
			return 0
		}
		return 1
	}
	n := 0
	for _, b := range aggregations[buckets[0].id].(object)["buckets"].([]any) {
		if b.(object)["doc_count"].(float64) > 0 {
			n += rows(b.(object), metric, buckets[1:])
		}
	}
	return n
}

func hasRows(t *testing.T, node *opensearchtest.Server, stream, title, query string, metric agg, buckets []agg) {
	t.Helper()
	reply := ask(t, node, stream, search(query, metric, buckets))
	if rows(reply["aggregations"].(object), metric, buckets) == 0 {
		t.Errorf("%s: no rows: %v", title, reply)
	}
}

func TestEveryPanelAndSavedSearchHasRows(t *testing.T) {
	node, stream := logged(t)
	n := 0
	for _, o := range bundle(t) {
		if o.Type != "search" && o.Type != "visualization" {
			continue
		}
		n++
		source := decode[struct{ Query struct{ Query string } }](t, []byte(o.Attributes["kibanaSavedObjectMeta"].(object)["searchSourceJSON"].(string)))
		query := source.Query.Query
		if o.Type == "search" {
			reply := ask(t, node, stream, object{"query": object{"query_string": object{"query": query}}, "sort": []object{{"@timestamp": object{"order": "desc"}}}})
			if len(reply["hits"].(object)["hits"].([]any)) == 0 {
				t.Errorf("%s: no rows", o.ID)
			}
			continue
		}
		state := decode[struct {
			Aggs []struct {
				ID, Type, Schema string
				Params           object
			}
		}](t, []byte(o.Attributes["visState"].(string)))
		var metric agg
		var buckets []agg
		for _, a := range state.Aggs {
			made := agg{id: a.ID, kind: a.Type, body: object{}}
			for _, name := range []string{"field", "size", "percents", "min_doc_count"} {
				if v, ok := a.Params[name]; ok {
					made.body[name] = v
				}
			}
			made.order, _ = a.Params["orderBy"].(string)
			if a.Type == "date_histogram" {
				made.body["fixed_interval"] = "1m"
			}
			if a.Schema == "metric" {
				metric = made
			} else {
				buckets = append(buckets, made)
			}
		}
		hasRows(t, node, stream, o.ID, query, metric, buckets)
	}
	if n < 10 {
		t.Errorf("%d panels and searches", n)
	}
	grafana := decode[struct {
		Panels []struct {
			Title   string
			Targets []struct {
				Query           string
				LuceneQueryType string
				Metrics         []struct {
					ID, Type, Field string
					Settings        object
				}
				BucketAggs []struct {
					ID, Type, Field string
					Settings        object
				}
			}
		}
	}](t, file(t, "grafana/dashboards/sluice.json"))
	for _, p := range grafana.Panels {
		target := p.Targets[0]
		metric := agg{id: target.Metrics[0].ID, kind: target.Metrics[0].Type, body: object{"field": target.Metrics[0].Field}}
		if target.LuceneQueryType == "Logs" {
			metric.kind = "count"
		}
		if percents, ok := target.Metrics[0].Settings["percents"]; ok {
			metric.body["percents"] = percents
		}
		var buckets []agg
		for _, b := range target.BucketAggs {
			made := agg{id: b.ID, kind: b.Type, body: object{"field": b.Field}}
			made.order, _ = b.Settings["orderBy"].(string)
			if b.Type == "date_histogram" {
				made.body["fixed_interval"] = "1m"
			}
			buckets = append(buckets, made)
		}
		if len(buckets) == 0 {
			reply := ask(t, node, stream, object{"query": object{"query_string": object{"query": target.Query}}})
			if len(reply["hits"].(object)["hits"].([]any)) == 0 {
				t.Errorf("Grafana, %s: no rows", p.Title)
			}
			continue
		}
		hasRows(t, node, stream, "Grafana, "+p.Title, target.Query, metric, buckets)
	}
}

// raised says whether a monitor's condition holds over what its query finds, at the time when the period ends. The condition runs in
// the node: of a bucket as a pipeline aggregation, as the alerting plugin has it run, else as a script over the answer.
func raised(t *testing.T, node *opensearchtest.Server, stream string, body []byte, end time.Time) bool {
	t.Helper()
	text := strings.ReplaceAll(string(body), "{{period_end}}", fmt.Sprint(end.UnixMilli()))
	type condition struct {
		Script object
		Paths  map[string]string `json:"buckets_path"`
		Parent string            `json:"parent_bucket_path"`
	}
	m := decode[struct {
		Type   string `json:"monitor_type"`
		Inputs []struct{ Search struct{ Query object } }
		// Triggers have one member, named after the kind.
		Triggers []map[string]struct{ Condition condition }
	}](t, []byte(text))
	query := m.Inputs[0].Search.Query
	if m.Type == "bucket_level_monitor" {
		c := m.Triggers[0]["bucket_level_trigger"].Condition
		query["aggregations"].(object)[c.Parent].(object)["aggregations"].(object)["raised"] = object{"bucket_selector": object{"buckets_path": c.Paths, "script": c.Script}}
		reply := ask(t, node, stream, query)
		return len(reply["aggregations"].(object)[c.Parent].(object)["buckets"].([]any)) > 0
	}
	c := m.Triggers[0]["query_level_trigger"].Condition
	reply := ask(t, node, stream, query)
	script := object{"script": object{
		"source": "def ctx = params.ctx; return " + c.Script["source"].(string) + ";", "params": object{"ctx": object{"results": []any{reply}}},
	}}
	source, err := json.Marshal(script)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct{ Result string }
	node.Must(t, "POST", "/_scripts/painless/_execute", string(source), &answer)
	return answer.Result == "true"
}

func TestMonitorsRaiseAnAlertWhenTheyShould(t *testing.T) {
	node, stream := logged(t)
	now := time.Now().Add(2 * time.Second)
	for _, f := range deploy.Files() {
		name, ok := strings.CutPrefix(f.Name, "monitors/")
		if !ok {
			continue
		}
		// Silence begins half an hour after the last record; everything else is over by then, and forgotten a day later.
		silence := strings.Contains(name, "silence")
		if got := raised(t, node, stream, f.Body, now); got == silence {
			t.Errorf("%s: raised %v while the service logs", name, got)
		}
		if got := raised(t, node, stream, f.Body, now.Add(30*time.Minute)); silence && !got {
			t.Errorf("%s: not raised after half an hour of silence", name)
		}
		if raised(t, node, stream, f.Body, now.Add(24*time.Hour)) {
			t.Errorf("%s: raised a day later", name)
		}
	}
}
