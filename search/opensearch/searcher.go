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
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/sluicelog/sluice/internal/osclient"
	"github.com/sluicelog/sluice/search"
)

// A Client sends a request to a path of the cluster and returns the whole reply.
type Client interface {
	Do(ctx context.Context, method, path string, header http.Header, body []byte) (status int, reply []byte, err error)
}

// Options of a Searcher.
type Options struct {
	Index  string        // index, data stream or pattern; empty means "logs-otel-v1-*"
	Client Client        // nil means one of its own for the URL, with the user and password that are in it
	Poll   time.Duration // how often Tail asks; 0 means 1 s
}

// Searcher implements [search.Searcher] on OpenSearch. It is safe for concurrent use.
type Searcher struct {
	index  string
	client Client
	own    *osclient.Client
	poll   time.Duration

	mu      sync.Mutex
	mapped  *mapping
	fetched time.Time
}

var _ search.Searcher = (*Searcher)(nil)

// New returns a Searcher on the cluster at the URL, which does not matter where the options have a Client. It sends nothing yet. Opts may be nil.
// The error names what is wrong with the URL.
func New(base string, opts *Options) (*Searcher, error) {
	if opts == nil {
		opts = &Options{}
	}
	s := &Searcher{index: opts.Index, client: opts.Client, poll: opts.Poll}
	if s.index == "" {
		s.index = "logs-otel-v1-*"
	}
	if s.poll <= 0 {
		s.poll = time.Second
	}
	if s.client == nil {
		var err error
		if s.own, err = osclient.New(osclient.Connection{URLs: []string{base}}); err != nil {
			return nil, err
		}
		s.client = s.own
	}
	return s, nil
}

// Close closes the connections of a client of the Searcher's own. The Searcher is not to be used any more.
func (s *Searcher) Close() error {
	if s.own == nil {
		return nil
	}
	return s.own.Close()
}

// object is JSON on its way to the cluster.
type object = map[string]any

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
	var text []byte
	header := http.Header{}
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
		header.Set("Content-Type", "application/json")
	}
	status, reply, err := s.client.Do(ctx, method, path, header, text)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	}
	if status < 200 || status > 299 {
		return &StatusError{status, reason(reply)}
	}
	if out == nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(reply))
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
