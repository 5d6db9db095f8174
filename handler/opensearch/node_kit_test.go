package opensearch

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/opensearchtest"
)

// httpClient is the least client that speaks to a node.
type httpClient struct {
	url            string
	user, password string
	http           *http.Client
}

func newHTTPClient(t testing.TB, url string, config *tls.Config) *httpClient {
	t.Helper()
	tr := &http.Transport{TLSClientConfig: config, MaxIdleConnsPerHost: 16}
	t.Cleanup(tr.CloseIdleConnections)
	return &httpClient{url: url, http: &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (c *httpClient) Do(ctx context.Context, method, path string, header http.Header, body []byte) (int, []byte, error) {
	guard := &bodyGuard{r: bytes.NewReader(body)}
	defer guard.Close() // the transport may still be reading when an answer is there
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, guard)
	if err != nil {
		return 0, nil, err
	}
	req.ContentLength = int64(len(body))
	if len(body) == 0 {
		req.Body = http.NoBody
	}
	for k, v := range header {
		req.Header[k] = v
	}
	if c.user != "" {
		req.SetBasicAuth(c.user, c.password)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(resp.Body)
	return resp.StatusCode, reply, err
}

// A bodyGuard is a body that nobody reads once it is closed.
type bodyGuard struct {
	mu sync.Mutex
	r  *bytes.Reader
}

func (g *bodyGuard) Read(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.r == nil {
		return 0, io.ErrClosedPipe
	}
	return g.r.Read(p)
}

func (g *bodyGuard) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.r = nil
	return nil
}

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
