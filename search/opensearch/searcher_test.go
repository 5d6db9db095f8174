package opensearch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluicelog/sluice/internal/fields"
	"github.com/sluicelog/sluice/internal/opensearchtest"
	"github.com/sluicelog/sluice/level"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/lines"
	"github.com/sluicelog/sluice/search/opensearch"
	"github.com/sluicelog/sluice/search/searchtest"
	"github.com/sluicelog/sluice/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// document makes of a line what package handler/opensearch writes of the record.
func document(t testing.TB, line []byte) []byte {
	t.Helper()
	var r map[string]any
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&r); err != nil {
		t.Fatal(err)
	}
	doc := map[string]any{}
	put(doc, r, "")
	l, err := level.Parse(r["level"].(string))
	if err != nil {
		t.Fatal(err)
	}
	doc["severity"].(map[string]any)["number"] = int(l) + 9
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func put(doc, r map[string]any, prefix string) {
	for k, v := range r {
		if group, ok := v.(map[string]any); ok {
			put(doc, group, prefix+k+".")
			continue
		}
		at := doc
		parts := strings.Split(fields.DocumentPath(prefix+k), ".")
		for _, p := range parts[:len(parts)-1] {
			if at[p] == nil {
				at[p] = map[string]any{}
			}
			at = at[p].(map[string]any)
		}
		at[parts[len(parts)-1]] = v
	}
}

// template maps the table of standard keys, other strings as keywords, and numbers as wide as JSON has them.
func template(t testing.TB) string {
	t.Helper()
	properties := map[string]any{}
	for _, f := range fields.Table {
		if f.Type == fields.Object || f.Type == fields.Dynamic {
			continue
		}
		at, parts := properties, strings.Split(f.Document, ".")
		for _, p := range parts[:len(parts)-1] {
			if at[p] == nil {
				at[p] = map[string]any{"properties": map[string]any{}}
			}
			at = at[p].(map[string]any)["properties"].(map[string]any)
		}
		m := map[string]any{"type": f.Type}
		if f.NoDoc && f.Type != fields.Text {
			m["doc_values"] = false
		}
		at[parts[len(parts)-1]] = m
	}
	properties["severity"].(map[string]any)["properties"].(map[string]any)["number"] = map[string]any{"type": "byte"}
	text, err := json.Marshal(map[string]any{
		"settings": map[string]any{"number_of_shards": 1, "number_of_replicas": 0},
		"mappings": map[string]any{"date_detection": false, "properties": properties, "dynamic_templates": []any{
			map[string]any{"s": map[string]any{"match_mapping_type": "string", "mapping": map[string]any{"type": "keyword", "ignore_above": 8191}}},
			map[string]any{"d": map[string]any{"match_mapping_type": "double", "mapping": map[string]any{"type": "double"}}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// fill makes an index of the records.
func fill(t testing.TB, node *opensearchtest.Server, records [][]byte) string {
	t.Helper()
	index := node.Stream(t)
	node.Must(t, "PUT", "/"+index, template(t), nil)
	i := 0
	for batch := range slices.Chunk(records, 5000) {
		var body strings.Builder
		for _, line := range batch {
			fmt.Fprintf(&body, "{\"create\":{\"_id\":\"r-%d\"}}\n%s\n", i, document(t, line))
			i++
		}
		var reply struct{ Errors bool }
		node.Must(t, "POST", "/"+index+"/_bulk?filter_path=errors", body.String(), &reply)
		if reply.Errors {
			t.Fatal("the node refused records")
		}
	}
	node.Must(t, "POST", "/"+index+"/_refresh", "", nil)
	return index
}

func searcher(t testing.TB, node *opensearchtest.Server, index string) *opensearch.Searcher {
	t.Helper()
	s, err := opensearch.New(node.URL, &opensearch.Options{Index: index, Poll: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestARealNodeGivesTheSameAsTheLanguageSays(t *testing.T) {
	node := opensearchtest.Node(t)
	records := searchtest.Records(5_000)
	s := searcher(t, node, fill(t, node, records))
	searchtest.Compare(t, lines.New(lines.Of(records), nil), s)
}

func TestARealNodeGivesTheSameAsAStoreOnOneHundredThousandRecords(t *testing.T) {
	node := opensearchtest.Node(t)
	records := searchtest.Records(100_000)
	own, err := store.Open(t.TempDir(), &store.Options{CompactAfter: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := own.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	for _, line := range records {
		if err := own.Append(line); err != nil {
			t.Fatal(err)
		}
	}
	s := searcher(t, node, fill(t, node, records))
	searchtest.Compare(t, own.Searcher(nil), s)
}

func TestTailShowsTheLastRecordsThenNewOnesInTheirOrder(t *testing.T) {
	node := opensearchtest.Node(t)
	records := searchtest.Records(60)
	index := fill(t, node, records[:50])
	s := searcher(t, node, index)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var got []string
	for h, err := range s.Tail(ctx, &search.Request{Limit: 3}) {
		if err != nil {
			t.Fatal(err)
		}
		var r struct{ N int }
		if err := json.Unmarshal(h.Line, &r); err != nil {
			t.Fatal(err)
		}
		if got = append(got, fmt.Sprint(r.N)); len(got) == 3 {
			for i, line := range records[50:] {
				node.Must(t, "PUT", fmt.Sprintf("/%s/_create/late-%d?refresh=%v", index, i, i%3 == 2), string(document(t, line)), nil)
			}
			node.Must(t, "POST", "/"+index+"/_refresh", "", nil)
		}
		if len(got) == 13 {
			break
		}
	}
	if want := "47 48 49 50 51 52 53 54 55 56 57 58 59"; strings.Join(got, " ") != want {
		t.Errorf("tail shows %v, want %s", got, want)
	}
}

func TestAClusterThatSaysNoIsAnErrorWithItsReason(t *testing.T) {
	node := opensearchtest.Node(t)
	s := searcher(t, node, fill(t, node, searchtest.Records(5)))
	_, err := s.Search(t.Context(), &search.Request{Sort: search.Sort{Order: search.Ascending, Field: "trace_id"}})
	if err == nil || !strings.Contains(err.Error(), "trace_id") {
		t.Errorf("sorting by what has no doc_values: %v", err)
	}
	if _, err := s.Search(t.Context(), &search.Request{Cursor: "x"}); !errors.Is(err, search.ErrCursor) {
		t.Errorf("a wrong cursor: %v", err)
	}
	proxy := opensearchtest.NewProxy(t, node)
	p, err := opensearch.New(proxy.URL, &opensearch.Options{Index: "x"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	proxy.Inject(opensearchtest.Status(503), 0)
	var no *opensearch.StatusError
	if _, err := p.Search(t.Context(), &search.Request{}); !errors.As(err, &no) || no.Status != 503 {
		t.Errorf("a node that answers 503: %v", err)
	}
}
