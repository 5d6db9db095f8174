// Package opensearch searches OpenSearch with the queries of package search: a query's tree is translated to the bool query DSL, never passed on
// as text, with the names that package handler/opensearch gives to documents. The same query finds the same records as in a local store.
//
// What a field is mapped as is asked of the cluster (field capabilities, remembered for ten seconds). A field that is
// not mapped is one that no record has; a comparison that its mapping cannot answer, such as a number with a keyword, matches nothing.
//
// # Limits
//
//   - A string longer than the mapping's ignore_above is not found by value.
//   - The order of arrival is that of sequence numbers, which holds within an index of one primary shard, as the template makes them.
//   - Text fields, and those without doc_values (trace_id, span_id), can be searched, not sorted by or aggregated.
//   - Percentiles come from an HDR histogram of three digits (within 0.1 %); where there are negative numbers, from a t-digest, which
//     has no bound of its error.
//   - Weighing needs scripts to be allowed, as they are by default.
package opensearch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/sluicelog/sluice/search"
)

// A Doer sends a request: an *http.Client, or a client of OpenSearch that signs, retries or chooses a node.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Options of a Searcher.
type Options struct {
	Index  string        // index, data stream or pattern; empty means "logs-otel-v1-*"
	Client Doer          // nil means an http.Client of its own
	Poll   time.Duration // how often Tail asks; 0 means 1 s
}

// Searcher implements [search.Searcher] on OpenSearch. It is safe for concurrent use.
type Searcher struct {
	base   string
	index  string
	client Doer
	poll   time.Duration

	mu      sync.Mutex
	mapped  *mapping
	fetched time.Time
}

var _ search.Searcher = (*Searcher)(nil)

// New returns a Searcher on the cluster at the URL. It sends nothing yet. Opts may be nil.
func New(base string, opts *Options) (*Searcher, error) {
	if opts == nil {
		opts = &Options{}
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("opensearch: the URL is none of a cluster: want https://host:9200")
	}
	s := &Searcher{base: strings.TrimSuffix(u.String(), "/"), index: opts.Index, client: opts.Client, poll: opts.Poll}
	if s.index == "" {
		s.index = "logs-otel-v1-*"
	}
	if s.poll <= 0 {
		s.poll = time.Second
	}
	if s.client == nil {
		s.client = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	}
	return s, nil
}

// object is JSON on its way to the cluster.
type object = map[string]any

// maxReply bounds what is read of one reply.
const maxReply = 256 << 20

// A StatusError is a reply that says no.
type StatusError struct {
	Status int
	Reason string // what the cluster says, cut
}

// Error names the status and the reason.
func (e *StatusError) Error() string {
	return fmt.Sprintf("opensearch: status %d: %s", e.Status, e.Reason)
}

// call sends a request and reads the reply's JSON into out, which may be nil.
func (s *Searcher) call(ctx context.Context, method, path string, body, out any) error {
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.base+path, reader)
	if err != nil {
		return errors.New("opensearch: the request cannot be made from the cluster's URL and index")
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := s.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var inner *url.Error
		if errors.As(err, &inner) {
			err = inner.Err // without the URL, in which there may be a password
		}
		return fmt.Errorf("opensearch: %s %s: %w", method, strings.SplitN(path, "?", 2)[0], err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	if err != nil {
		return fmt.Errorf("opensearch: reading the reply: %w", err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return &StatusError{resp.StatusCode, reason(text)}
	}
	if len(text) > maxReply {
		return fmt.Errorf("opensearch: the reply is longer than %d bytes", maxReply)
	}
	if out == nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(out); err != nil {
		return fmt.Errorf("opensearch: the reply is not the JSON that was expected: %w", err)
	}
	return nil
}

// reason picks what went wrong out of an error's reply.
func reason(text []byte) string {
	var reply struct {
		Error struct {
			Type, Reason string
			RootCause    []struct{ Type, Reason string } `json:"root_cause"`
		}
	}
	s := strings.TrimSpace(string(text))
	if json.Unmarshal(text, &reply) == nil && reply.Error.Reason != "" {
		s = reply.Error.Type + ": " + reply.Error.Reason
		if len(reply.Error.RootCause) > 0 {
			s = reply.Error.RootCause[0].Type + ": " + reply.Error.RootCause[0].Reason
		}
	}
	if len(s) > 500 {
		s = s[:500] + "…"
	}
	return s
}

// path is a path under the index.
func (s *Searcher) path(rest string) string { return "/" + url.PathEscape(s.index) + rest }
