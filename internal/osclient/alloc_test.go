package osclient_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sluicelog/sluice/internal/osclient"
)

// roundTrip answers without a network.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestARequestCostsFewAllocations(t *testing.T) {
	reply := strings.NewReader("")
	resp := &http.Response{StatusCode: 200, ContentLength: 2, Body: io.NopCloser(reply)}
	c := open(t, osclient.Connection{
		Username: "u", Password: "p",
		RoundTripper: roundTrip(func(r *http.Request) (*http.Response, error) {
			reply.Reset("{}")
			resp.Body = io.NopCloser(reply)
			return resp, nil
		}),
	})
	ctx, header, body := context.Background(), http.Header{"Content-Type": {"application/x-ndjson"}}, []byte("{}\n")
	got := testing.AllocsPerRun(100, func() {
		if status, _, err := c.Do(ctx, "POST", "/logs/_bulk?timeout=10s", header, body); err != nil || status != 200 {
			t.Fatal(status, err)
		}
	})
	// The URL, the request and its copy for the context, the header and its buckets, the body and its closure, the reply; the stub's own.
	if got > 15 {
		t.Errorf("%v allocations a request, want at most 15", got)
	}
}
