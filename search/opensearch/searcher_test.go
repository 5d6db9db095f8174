package opensearch_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluicelog/sluice/internal/fields"
	"github.com/sluicelog/sluice/internal/opensearchtest"
	"github.com/sluicelog/sluice/level"
	"github.com/sluicelog/sluice/search/lines"
	"github.com/sluicelog/sluice/search/opensearch"
	"github.com/sluicelog/sluice/search/searchtest"
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
		if f.Type == fields.Object {
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
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	s, err := opensearch.New(node.URL, &opensearch.Options{Index: index, Client: &http.Client{Transport: tr}, Poll: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestARealNodeGivesTheSameAsTheLanguageSays(t *testing.T) {
	node := opensearchtest.Node(t)
	n := 100_000
	if testing.Short() {
		n = 5_000
	}
	records := searchtest.Records(n)
	s := searcher(t, node, fill(t, node, records))
	searchtest.Compare(t, lines.New(lines.Of(records), nil), s)
}
