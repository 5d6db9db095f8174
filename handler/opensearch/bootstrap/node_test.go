package bootstrap

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluicelog/sluice/internal/opensearchtest"
	"github.com/sluicelog/sluice/internal/osclient"
	"github.com/sluicelog/sluice/internal/rescue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open returns a client of a node.
func open(t *testing.T, node *opensearchtest.Server) *osclient.Client {
	t.Helper()
	c, err := osclient.New(osclient.Connection{URLs: []string{node.URL}, CAFile: node.CAFile, Username: node.User, Password: osclient.Secret(node.Password)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// stream makes a stream of this test's own.
func stream(t *testing.T, opts Options) (*opensearchtest.Server, *Bootstrap) {
	t.Helper()
	node := opensearchtest.Node(t)
	opts.Stream = node.Stream(t)
	b := boot(t, open(t, node), opts)
	if _, err := b.EnsureTemplate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return node, b
}

func boot(t *testing.T, c Client, opts Options) *Bootstrap {
	t.Helper()
	b, err := New(c, &opts)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const now = `"@timestamp":"2026-01-02T03:04:05.123456789Z"`

// create sends documents and returns the statuses.
func create(t *testing.T, node *opensearchtest.Server, stream string, docs ...string) []int {
	t.Helper()
	var body strings.Builder
	for _, d := range docs {
		body.WriteString("{\"create\":{}}\n" + d + "\n")
	}
	var reply struct {
		Items []struct {
			Create struct{ Status int }
		}
	}
	node.Must(t, "POST", "/"+stream+"/_bulk", body.String(), &reply)
	var out []int
	for _, i := range reply.Items {
		out = append(out, i.Create.Status)
	}
	return out
}

func TestAStreamIsMadeOnceAndLeftAlone(t *testing.T) {
	node := opensearchtest.Node(t)
	b := boot(t, open(t, node), Options{Stream: node.Stream(t)})
	r, err := b.Check(t.Context())
	if err != nil || r.Exists || r.Template != 0 || r.Current {
		t.Errorf("before: %+v, %v", r, err)
	}
	r, err = b.EnsureTemplate(t.Context())
	if err != nil || !r.Written || !r.Created || r.RolledOver {
		t.Errorf("first: %+v, %v", r, err)
	}
	r, err = b.EnsureTemplate(t.Context())
	if err != nil || r.Written || r.Created || r.RolledOver || !r.Current || r.Template != Version || !r.Exists {
		t.Errorf("second: %+v, %v", r, err)
	}
	if got := create(t, node, b.opts.Stream, `{`+now+`}`); got[0] != 201 {
		t.Errorf("a document is refused: %v", got)
	}
}

func TestSeveralProgramsMayMakeAStreamAtOnce(t *testing.T) {
	node := opensearchtest.Node(t)
	c, name := open(t, node), node.Stream(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := boot(t, c, Options{Stream: name}).EnsureTemplate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestAChangedTemplateIsNoticedAndHoldsFromTheNextIndex(t *testing.T) {
	node, b := stream(t, Options{})
	zero := 0
	changed := boot(t, b.client, Options{Stream: b.opts.Stream, Replicas: &zero})
	if r, err := changed.Check(t.Context()); err != nil || r.Current || r.Template != Version {
		t.Errorf("Check: %+v, %v", r, err)
	}
	r, err := changed.EnsureTemplate(t.Context())
	if err != nil || !r.Written || !r.RolledOver || r.Created {
		t.Errorf("EnsureTemplate: %+v, %v", r, err)
	}
	indices, err := changed.indices(t.Context())
	if err != nil || len(indices) != 2 {
		t.Fatalf("indices %v, %v", indices, err)
	}
	var settings map[string]struct{ Settings map[string]any }
	node.Must(t, "GET", "/"+indices[1].name+"/_settings?flat_settings=true", "", &settings)
	if got := settings[indices[1].name].Settings["index.number_of_replicas"]; got != "0" {
		t.Errorf("replicas of the new index: %s", got)
	}
}

func TestALaterTemplateIsLeftAloneAndAForeignOneRefused(t *testing.T) {
	for _, tc := range []struct {
		name, meta string
		foreign    bool
	}{
		{"later", fmt.Sprintf(`{"managed_by":"sluice","version":%d,"hash":"x"}`, Version+1), false},
		{"foreign", `{"managed_by":"somebody"}`, true},
		{"without a mark", `{}`, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			node := opensearchtest.Node(t)
			name := node.Stream(t)
			node.Must(t, "PUT", "/_index_template/"+name, `{"index_patterns":["`+name+`"],"data_stream":{},"priority":250,"_meta":`+tc.meta+`}`, nil)
			r, err := boot(t, open(t, node), Options{Stream: name}).EnsureTemplate(t.Context())
			if tc.foreign != errors.Is(err, ErrForeign) || !tc.foreign && (err != nil || !r.Later || r.Written || !r.Created) {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

func TestWhatIsNoStreamIsNoticed(t *testing.T) {
	node := opensearchtest.Node(t)
	index, alias := node.Stream(t), "logs-otel-v1-"+opensearchtest.Namespace()
	node.Must(t, "PUT", "/"+index, `{"aliases":{"`+alias+`":{}}}`, nil)
	for name, want := range map[string]string{index: "is a plain index", alias: "is an alias"} {
		b := boot(t, open(t, node), Options{Stream: name})
		for _, f := range []func() error{
			func() error { _, err := b.Check(t.Context()); return err },
			func() error { _, err := b.EnsureTemplate(t.Context()); return err },
		} {
			if err := f(); !errors.Is(err, ErrNoStream) || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
	}
}

func TestDocumentsAreFoundByEveryName(t *testing.T) {
	node, b := stream(t, Options{})
	name := b.opts.Stream
	got := create(t, node, name, `{`+now+`,"severity":{"text":"ERROR","number":17},"body":"disk is full","traceId":"0af7651916cd43dd8448eb211c80319c","flags":1,"resource":{"attributes":{"service":{"name":"shop"}}},"attributes":{"request_id":"r-1","duration_ms":1.5,"ok":true,"job":{"stage":"denoise","ratio":1}}}`,
		`{`+now+`,"attributes":{"job":{"ratio":0.25}}}`)
	if got[0] != 201 || got[1] != 201 {
		t.Fatalf("statuses %v", got)
	}
	node.Must(t, "POST", "/"+name+"/_refresh", "", nil)
	for _, query := range []string{
		`{"term":{"severityText":"ERROR"}}`, `{"range":{"severityNumber":{"gte":17}}}`, `{"term":{"serviceName":"shop"}}`,
		`{"range":{"time":{"gte":"2026-01-02T03:04:05.123456789Z","lt":"2026-01-02T03:04:05.123456790Z"}}},{"exists":{"field":"body"}}`,
		`{"match_phrase":{"body":"disk is"}}`, `{"term":{"traceId":"0af7651916cd43dd8448eb211c80319c"}}`, `{"term":{"attributes.job.stage":"denoise"}}`,
		`{"term":{"attributes.ok":"true"}}`, `{"range":{"attributes.duration_ms":{"gt":1.4,"lt":1.6}}}`, `{"range":{"attributes.job.ratio":{"gt":0.5}}}`,
	} {
		var reply struct{ Count int }
		node.Must(t, "GET", "/"+name+"/_count", `{"query":{"bool":{"filter":[`+query+`]}}}`, &reply)
		if reply.Count != 1 {
			t.Errorf("%s finds %d documents, want 1", query, reply.Count)
		}
	}
	var sum struct {
		Aggregations struct{ S struct{ Value float64 } }
	}
	node.Must(t, "GET", "/"+name+"/_search?size=0", `{"aggs":{"s":{"sum":{"field":"attributes.job.ratio"}}}}`, &sum)
	if sum.Aggregations.S.Value != 1.25 {
		t.Errorf("sum of ratios %v, want 1.25", sum.Aggregations.S.Value)
	}
}

// deliver does what the sink does: what is refused is sent once more in its other form.
func deliver(t *testing.T, node *opensearchtest.Server, stream string, docs []string) (rescued int) {
	t.Helper()
	var again []string
	for i, status := range create(t, node, stream, docs...) {
		if status == 201 {
			continue
		}
		doc, err := rescue.Document([]byte(docs[i]))
		if err != nil {
			t.Fatal(err)
		}
		again = append(again, string(doc))
	}
	if len(again) == 0 {
		return 0
	}
	for i, status := range create(t, node, stream, again...) {
		if status != 201 {
			t.Errorf("refused twice, with status %d: %.300s", status, again[i])
		}
	}
	return len(again)
}

// countFields counts the fields of a mapping as the node's limit does, aliases and objects among them.
func countFields(m map[string]any) int {
	n := 0
	properties, _ := m["properties"].(map[string]any)
	for _, p := range properties {
		n += 1 + countFields(p.(map[string]any))
	}
	return n
}

func TestHostileKeysDoNotBlowUpTheMapping(t *testing.T) {
	node, b := stream(t, Options{})
	name := b.opts.Stream
	// Documents with a new key each, and, since each of those is an update of the cluster's state, ever more new keys in one.
	const docs, keys = 160, 3000
	rescued, key := 0, 0
	for from := 0; from < docs; from += 20 {
		var batch []string
		for i := from; i < from+20; i++ {
			var attrs strings.Builder
			for range 1 + i/20*(keys-docs)*2/(7*docs) {
				fmt.Fprintf(&attrs, `,"key-%d":%d,"group-%d":{"a":{"b":"v"}}`, key, key, key%7)
				key++
			}
			batch = append(batch, fmt.Sprintf(`{%s,"body":"b","attributes":{"request_id":"r-%d"%s}}`, now, i, attrs.String()))
		}
		rescued += deliver(t, node, name, batch)
	}
	if key < keys/2 {
		t.Fatalf("%d keys, want thousands", key)
	}
	if got := node.Count(t, name); got != docs {
		t.Errorf("%d documents, want %d", got, docs)
	}
	var mappings map[string]struct{ Mappings map[string]any }
	node.Must(t, "GET", "/"+name+"/_mapping", "", &mappings)
	for index, m := range mappings {
		if got := countFields(m.Mappings); got > MaxFields {
			t.Errorf("index %s has %d fields, want at most %d", index, got, MaxFields)
		}
	}
	t.Logf("%d keys in %d documents, of which %d were refused at first", key, docs, rescued)
	if rescued == 0 {
		t.Error("no document was refused: the limit was not met")
	}
	for _, query := range []string{
		fmt.Sprintf(`{"term":{"unmapped.key-%d":"%[1]d"}}`, key-1), `{"term":{"attributes.request_id":"r-159"}}`, `{"term":{"attributes.key-3":3}}`,
	} {
		var reply struct{ Count int }
		node.Must(t, "GET", "/"+name+"/_count", `{"query":`+query+`}`, &reply)
		if reply.Count != 1 {
			t.Errorf("%s finds %d documents, want 1", query, reply.Count)
		}
	}
}

func TestNoTypeConflictLosesADocument(t *testing.T) {
	node, b := stream(t, Options{})
	values := []string{`1`, `1.5`, `"text"`, `true`, `null`, `{"a":1}`, `{"a":{"b":2}}`, `{"a":"x"}`, `[1,"x",{"c":1}]`, `[{"a":1},2]`, `"` + strings.Repeat("x", 40_000) + `"`, `[]`, `{}`}
	var docs []string
	for i, first := range values {
		for _, second := range values {
			for _, v := range []string{first, second} {
				docs = append(docs, fmt.Sprintf(`{%s,"body":"b","attributes":{"v%d":%s}}`, now, i, v))
			}
		}
	}
	// Keys that have a type before the first document.
	for _, key := range []string{"request_id", "duration_ms", "count", "first_occurrence", "error", "audit", "code"} {
		for _, v := range values {
			docs = append(docs, fmt.Sprintf(`{%s,"body":"b","attributes":{%q:%s}}`, now, key, v))
		}
	}
	rescued := deliver(t, node, b.opts.Stream, docs)
	if got := node.Count(t, b.opts.Stream); got != len(docs) {
		t.Errorf("%d documents, want %d", got, len(docs))
	}
	t.Logf("%d of %d documents were refused at first", rescued, len(docs))
	if rescued == 0 {
		t.Error("no document was refused: nothing was shown")
	}
}

func TestRetentionRollsOverAndDeletes(t *testing.T) {
	node, b := stream(t, Options{Retention: Retention{KeepFor: -1}})
	name, today := b.opts.Stream, time.Now()
	always := func(r Retention) *Bootstrap { // below what Validate allows, so that the test need not wait
		r.RolloverAge, r.RolloverBytes = time.Millisecond, 1<<40
		return &Bootstrap{client: b.client, opts: Options{Stream: name, Retention: r}, now: func() time.Time { return today }}
	}
	for i := range 3 {
		create(t, node, name, `{`+now+`}`)
		p, err := always(Retention{KeepFor: -1}).Retain(t.Context())
		if err != nil || !p.RolledOver || len(p.Deleted) != 0 || p.Kept != i+2 {
			t.Errorf("pass %d: %+v, %v", i, p, err)
		}
	}
	if p, err := b.Retain(t.Context()); err != nil || p.RolledOver || len(p.Deleted) != 0 || p.Kept != 4 {
		t.Errorf("a day is not over: %+v, %v", p, err)
	}
	if got := node.Count(t, name); got != 3 {
		t.Errorf("%d documents before the deletion, want 3", got)
	}
	never := func(r Retention) *Bootstrap {
		r.RolloverAge, r.RolloverBytes = time.Hour, 1<<40
		return &Bootstrap{client: b.client, opts: Options{Stream: name, Retention: r}, now: func() time.Time { return today }}
	}
	indices, err := b.indices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// The first two were written to for the last time before the third was made.
	today = indices[2].made.Add(time.Hour + time.Millisecond/2)
	p, err := never(Retention{KeepFor: time.Hour}).Retain(t.Context())
	if err != nil || len(p.Deleted) != 2 || p.Deleted[0] != indices[0].name || p.Kept != 2 {
		t.Errorf("by age: %+v, %v", p, err)
	}
	p, err = never(Retention{KeepFor: -1, KeepBytes: 1}).Retain(t.Context())
	if err != nil || len(p.Deleted) != 1 || p.Kept != 1 {
		t.Errorf("by size: %+v, %v", p, err)
	}
	today = today.Add(time.Hour)
	p, err = never(Retention{KeepFor: time.Nanosecond, KeepBytes: 1}).Retain(t.Context())
	if err != nil || len(p.Deleted) != 0 || p.Kept != 1 {
		t.Errorf("the index that is written to: %+v, %v", p, err)
	}
	if got := create(t, node, name, `{`+now+`}`); got[0] != 201 {
		t.Errorf("a document is refused afterwards: %v", got)
	}
}

func TestTemplatesArePlainJSON(t *testing.T) {
	b := boot(t, nothing{}, Options{})
	for _, v := range []any{b.templates().index(), mappings()} {
		if !json.Valid(encode(v)) {
			t.Errorf("%s", encode(v))
		}
	}
}
