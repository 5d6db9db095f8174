package sluice_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
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

func TestAServiceStartsBeforeItsNodeAndLosesNothing(t *testing.T) {
	node := opensearchtest.Private(t, nil)
	node.Kill(t)
	stream, spool := "logs-otel-v1-"+opensearchtest.Namespace(), t.TempDir()
	told := make(chan error, 100)
	cfg := sluice.Config{Environment: sluice.Staging, OnError: func(err error) { told <- err }, Queue: &sluice.QueueConfig{Capacity: 10_000},
		Sinks: []sluice.SinkConfig{{Type: "opensearch", OpenSearch: sluice.OpenSearchConfig{URLs: []string{node.URL}, Stream: stream, EnsureTemplate: true, Spool: spool}}}}
	logHundred := func(stack *sluice.Stack, from int) {
		log := stack.Logger()
		for i := range 100 {
			log.Info("m", "i", from+i)
		}
	}

	// A run that ends without having seen the node: Close is bounded, and the records stay in the spool.
	first := open(t, cfg)
	logHundred(first, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	began := time.Now()
	if err := first.Close(ctx); err == nil || !strings.Contains(err.Error(), "they stay in the spool") || time.Since(began) > 30*time.Second {
		t.Errorf("Close: %v after %v", err, time.Since(began))
	}
	select {
	case err := <-told:
		if text := err.Error(); !strings.Contains(text, "bootstrap: ") || !strings.Contains(text, "nothing listens there") {
			t.Errorf("told: %v", err)
		}
	default:
		t.Error("nobody was told")
	}

	// The next one, during which the node comes up.
	stack, err := sluice.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = stack.Close(ctx)
	}()
	logHundred(stack, 100)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		st := stack.Stats()
		if k := st.Sinks["opensearch-0"]; k.Pending >= 100 && strings.Contains(k.Trouble, "nothing listens there") && strings.Contains(st.String(), k.Trouble) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("stats %+v", st.Sinks)
		}
	}
	node.Restart(t)
	flushed, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := stack.Flush(flushed); err != nil {
		t.Fatal(err)
	}
	if n := node.Count(t, stream); n != 200 {
		t.Errorf("%d documents, want 200", n)
	}
	if k := stack.Stats().Sinks["opensearch-0"]; k.Trouble != "" || k.Pending != 0 {
		t.Errorf("stats %+v", k)
	}
	var streams struct {
		Streams []struct{ Template string } `json:"data_streams"`
	}
	node.Must(t, "GET", "/_data_stream/"+stream, "", &streams)
	if len(streams.Streams) != 1 || streams.Streams[0].Template != stream {
		t.Errorf("what was written to is not the stream of the template: %+v", streams)
	}
}

func TestAWrongConfigurationIsToldWhenTheChainIsOpened(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		body   string
		want   string // "" means that the chain opens
	}{
		"password":     {401, "Unauthorized", "status 401"},
		"permission":   {403, `{"error":{"type":"security_exception","reason":"no permissions for [indices:admin/resolve/index]"}}`, "no permissions"},
		"other server": {404, "<html>not here</html>", "is this the URL of OpenSearch?"},
		"other page":   {200, "<html>welcome</html>", "the reply is not OpenSearch's"},
		"starting":     {503, `{"error":{"type":"cluster_manager_not_discovered_exception","reason":"r"}}`, ""},
		"busy":         {429, `{"error":{"type":"rejected_execution_exception","reason":"r"}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.body)
			}))
			defer srv.Close()
			stack, err := sluice.Open(t.Context(), sluice.Config{OnError: func(error) {}, Sinks: []sluice.SinkConfig{{Type: "opensearch",
				OpenSearch: sluice.OpenSearchConfig{URLs: []string{srv.URL}, EnsureTemplate: true, User: "u", Password: "hunter2"}}}})
			if err == nil {
				defer func() { _ = stack.Close(t.Context()) }()
			}
			if (err == nil) != (tc.want == "") || err != nil && (!strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "sink opensearch")) {
				t.Errorf("Open: %v, want %q", err, tc.want)
			}
			if strings.Contains(fmt.Sprint(err), "hunter2") {
				t.Errorf("the password is shown: %v", err)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := sluice.Open(ctx, sluice.Config{Sinks: []sluice.SinkConfig{{Type: "opensearch", OpenSearch: sluice.OpenSearchConfig{URLs: []string{"http://127.0.0.1:1"}, EnsureTemplate: true}}}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that gave up: %v", err)
	}
}
