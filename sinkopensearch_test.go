package sluice_test

import (
	"context"
	"testing"
	"time"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/internal/opensearchtest"
)

func TestRecordsArriveInOpenSearchAndTheBooksBalance(t *testing.T) {
	node := opensearchtest.Node(t)
	stream := node.Stream(t)
	proxy := opensearchtest.NewProxy(t, node)
	stack := open(t, sluice.Config{Environment: sluice.Staging, OnError: func(error) {}, Queue: &sluice.QueueConfig{Capacity: 10_000},
		Sinks: []sluice.SinkConfig{{Type: "opensearch", OpenSearch: sluice.OpenSearchConfig{URLs: []string{proxy.URL}, Stream: stream, EnsureTemplate: true, Spool: t.TempDir()}}}})
	log := stack.Logger()
	flush := func() {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		if err := stack.Flush(ctx); err != nil {
			t.Fatal(err)
		}
	}
	wantBooks := func(accepted, delivered uint64) {
		t.Helper()
		if st := stack.Stats(); !st.Balanced() || st.Accepted != accepted || st.Delivered != delivered || st.Failed+st.Dropped != 0 {
			t.Errorf("want %d accepted, %d delivered:\n%s", accepted, delivered, st)
		}
	}
	log.Info("m", "stage", "denoise", "password", "hunter2")
	flush()
	wantBooks(1, 1)

	proxy.Refuse()
	for i := range 100 {
		log.Info("m", "i", i)
	}
	wantBooks(101, 1)
	proxy.Accept(t)
	flush()
	wantBooks(101, 101)

	// A node that hangs holds nobody: all these calls return while not one request is answered.
	proxy.Inject(opensearchtest.Hang(), 0)
	for i := range 1000 {
		log.Info("m", "i", i)
	}
	wantBooks(1101, 101)
	proxy.Clear()
	flush()
	wantBooks(1101, 1101)
	if n := node.Count(t, stream); n != 1101 {
		t.Errorf("%d documents, want 1101", n)
	}
	if hits := node.Documents(t, stream); len(hits) == 0 || hits[0].Source["@timestamp"] == nil {
		t.Errorf("documents: %v", hits)
	}
}
