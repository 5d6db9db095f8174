package sluice_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/internal/opensearchtest"
	"github.com/sluicelog/sluice/search"
	searchos "github.com/sluicelog/sluice/search/opensearch"
	"github.com/sluicelog/sluice/slogrec"
	"github.com/sluicelog/sluice/store"
)

// One query, request_id:X, over the store and over OpenSearch tells all that the services logged for a request, in order.
func TestOneQueryTellsAWholeRequest(t *testing.T) {
	t.Run("store", func(t *testing.T) {
		dir := t.TempDir()
		tell(t, sluice.SinkConfig{Type: "store", Path: dir}, func(t *testing.T) search.Searcher {
			r, err := store.OpenReader(dir)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = r.Close() })
			return r.Searcher(nil)
		})
	})
	t.Run("opensearch", func(t *testing.T) {
		node := opensearchtest.Node(t)
		stream := node.Stream(t)
		sink := sluice.SinkConfig{Type: "opensearch", OpenSearch: sluice.OpenSearchConfig{URLs: []string{node.URL}, Stream: stream, EnsureTemplate: true, Wait: true}}
		tell(t, sink, func(t *testing.T) search.Searcher {
			node.Count(t, stream) // refreshes
			s, err := searchos.New(node.URL, &searchos.Options{Index: stream})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s
		})
	})
}

// told is a record as a searcher shows it, and as a service logged it.
type told struct {
	Time        time.Time `json:"time"`
	Message     string    `json:"msg"`
	Service     string    `json:"service"`
	Request     string    `json:"request_id"`
	Trace       string    `json:"trace_id"`
	Span        string    `json:"span_id"`
	Transaction string    `json:"transaction_id"`
	number      string
}

func tell(t *testing.T, sink sluice.SinkConfig, searcher func(*testing.T) search.Searcher) {
	clearEnv(t)
	n := 1000
	if testing.Short() {
		n = 100
	}
	logged := slogrec.New()
	stack := open(t, sluice.Config{Environment: sluice.Staging, Sinks: []sluice.SinkConfig{sink}, Handlers: []slog.Handler{logged},
		Queue: &sluice.QueueConfig{Capacity: 1 << 20}, OnError: func(err error) { t.Error(err) }})
	want := runChain(t, n, without{}, stack.Handler())
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	if err := stack.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if st := stack.Stats(); !st.Balanced() || st.Delivered != uint64(want) {
		t.Fatalf("%d records were logged; the books:\n%s", want, st)
	}
	if err := story(logged.Records(), n, want); err != nil {
		t.Fatal(err)
	}
	requests := map[string][]told{}
	for _, r := range logged.Records() {
		text := func(path string) string { v, _ := r.Get(path); return fmt.Sprint(v) }
		id := text("request_id")
		requests[id] = append(requests[id], told{Time: r.Time, Message: r.Message, Service: text("service"), Request: id, Trace: text("trace_id"),
			Span: text("span_id"), Transaction: text("transaction_id"), number: text(text("service") + ".n")})
	}
	s := searcher(t)
	asked := map[string]int{} // by how a request went
	for id, want := range requests {
		kind := "plain"
		switch number := want[0].number; {
		case hangsUp(number):
			kind = "hangs up"
		case retried(number):
			kind = "retried"
		}
		if asked[kind]++; asked[kind] > 5 {
			continue
		}
		got := ask(t, s, id)
		// Services that log in one nanosecond have no order.
		order := func(a, b told) int {
			return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.Message, b.Message), strings.Compare(a.Span, b.Span))
		}
		if !slices.IsSortedFunc(got, func(a, b told) int { return a.Time.Compare(b.Time) }) {
			t.Errorf("%s: not in the order of time: %v", id, got)
		}
		slices.SortFunc(got, order)
		slices.SortFunc(want, order)
		same := func(a, b told) bool {
			return a.Time.Equal(b.Time) && a.Message == b.Message && a.Service == b.Service && a.Request == b.Request && a.Trace == b.Trace && a.Span == b.Span && a.Transaction == b.Transaction
		}
		if !slices.EqualFunc(got, want, same) {
			t.Errorf("%s (%s): %d records, want %d:\n%v\nwant\n%v", id, kind, len(got), len(want), got, want)
		}
		at := func(msg string) int { return slices.IndexFunc(got, func(r told) bool { return r.Message == msg }) }
		if steps := []int{at("request received"), at("asked"), at("called"), at("worked")}; kind == "plain" && (steps[0] != 0 || !slices.IsSorted(steps) || len(got) != 15) {
			t.Errorf("%s: %d records, steps at %v: %v", id, len(got), steps, got)
		}
	}
	if asked["plain"] < 5 || asked["hangs up"] < 1 || asked["retried"] < 5 {
		t.Errorf("asked for %v", asked)
	}
}

// ask searches for the records of a request, the oldest first.
func ask(t *testing.T, s search.Searcher, id string) []told {
	t.Helper()
	q, err := search.Parse("request_id:" + id)
	if err != nil {
		t.Fatal(err)
	}
	res, err := s.Search(t.Context(), &search.Request{Query: q, Sort: search.Sort{Order: search.Oldest}})
	if err != nil {
		t.Fatal(err)
	}
	var out []told
	for _, h := range res.Hits {
		var r told
		if err := json.Unmarshal(h.Line, &r); err != nil {
			t.Fatalf("%v in %s", err, h.Line)
		}
		out = append(out, r)
	}
	return out
}
