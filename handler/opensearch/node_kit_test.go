package opensearch

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/opensearchtest"
)

// newStream makes a template for a data stream of the node and returns its name.
func newStream(t testing.TB, node *opensearchtest.Server, settings string) string {
	t.Helper()
	stream := node.Stream(t)
	if settings == "" {
		settings = `"number_of_replicas":0`
	}
	node.Must(t, "PUT", "/_index_template/"+stream, fmt.Sprintf(`{"index_patterns":[%q],"data_stream":{},"priority":900,"template":{"settings":{%s},
		"mappings":{"date_detection":false,"properties":{"@timestamp":{"type":"date_nanos"},"body":{"type":"keyword"},"attributes":{"properties":{"n":{"type":"long"}}}}}}}`,
		stream, settings), nil)
	return stream
}

// bodies returns how often each body is in the stream.
func bodies(t testing.TB, node *opensearchtest.Server, stream string) map[string]int {
	t.Helper()
	got := map[string]int{}
	for _, hit := range node.Documents(t, stream) {
		got[fmt.Sprint(hit.Source["body"])]++
	}
	return got
}

// wantInStream fails unless the stream has the bodies prefix0, prefix1, … once each and nothing else.
func wantInStream(t testing.TB, node *opensearchtest.Server, stream, prefix string, n int) {
	t.Helper()
	got := bodies(t, node, stream)
	for i := range n {
		if k := got[fmt.Sprint(prefix, i)]; k != 1 {
			t.Errorf("%s%d is there %d times", prefix, i, k)
		}
	}
	if len(got) != n {
		t.Errorf("%d documents, want %d", len(got), n)
	}
}

// waitFor waits until an error has told hint.
func waitFor(t testing.TB, log *errorLog, hint string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !strings.Contains(log.String(), hint); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no error told %q: %s", hint, log)
		}
	}
}

// open builds a handler as a user does. Errors go to the log that it returns.
func open(t testing.TB, url string, o Options) (*Handler, *errorLog) {
	t.Helper()
	log := &errorLog{}
	o.OnError = log.add
	if len(o.Connection.URLs) == 0 {
		o.Connection.URLs = []string{url}
	}
	h, err := NewHandler(&o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = h.Close(ctx)
		checkBooks(t, h)
	})
	return h, log
}
