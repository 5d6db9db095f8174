package sluice_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/slogrec"
)

func TestASinkThatWorksTellsOfOneThatDoesNot(t *testing.T) {
	for name, queue := range map[string]*sluice.QueueConfig{"with a queue": {}, "synchronous": {Off: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				good := slogrec.New()
				bad := slogrec.New(slogrec.FailWith(errors.New("no room"), slogrec.First(8)))
				stack, err := sluice.Open(t.Context(), sluice.Config{
					Environment: sluice.Test, Level: "debug", Queue: queue, Handlers: []slog.Handler{good, bad}, OnError: func(error) {},
				})
				if err != nil {
					t.Fatal(err)
				}
				log := stack.Logger()
				for range 7 {
					log.Error("stage failed")
				}
				time.Sleep(11 * time.Second)
				if err := stack.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
				good.Require(t, slogrec.Message(sluice.FailureMessage), slogrec.Attr("failed_records", uint64(7)), slogrec.Attr("by_sink.handler-1", uint64(7)))
				// The report itself was refused by the other sink: that is no news, however long it goes on.
				time.Sleep(5 * time.Minute)
				if n := len(good.Records()); n != 8 {
					t.Errorf("%d records, want 7 and one report", n)
				}
				log.Error("stage failed")
				time.Sleep(time.Minute)
				if err := stack.Close(t.Context()); err != nil {
					t.Error(err)
				}
				if n := len(good.Records()); n != 9 {
					t.Errorf("%d records, want no report of what did not fail", n)
				}
				if st := stack.Stats(); !st.Balanced() || st.Failed != 8 {
					t.Errorf("the books: %s", st)
				}
			})
		})
	}
}

// refuse is a node that refuses every document for good.
func refuse(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if r.Method != http.MethodPost || err != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	item := `{"create":{"status":400,"error":{"type":"mapper_parsing_exception","reason":"no"}}},`
	items := strings.TrimSuffix(strings.Repeat(item, bytes.Count(body, []byte("\n"))/2), ",")
	_, _ = io.WriteString(w, `{"took":1,"errors":true,"items":[`+items+`]}`)
}

func TestDeadLettersAreCounted(t *testing.T) {
	node := httptest.NewServer(http.HandlerFunc(refuse))
	defer node.Close()
	letters := filepath.Join(t.TempDir(), "dead.jsonl")
	stack := open(t, sluice.Config{Environment: sluice.Test, Level: "debug", OnError: func(error) {}, Sinks: []sluice.SinkConfig{
		{Type: "opensearch", OpenSearch: sluice.OpenSearchConfig{URLs: []string{node.URL}, DeadLetters: letters}},
	}})
	for range 3 {
		stack.Logger().Info("m")
	}
	if err := stack.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	st := stack.Stats()
	if k := st.Sinks["opensearch-0"]; k.Failed != 3 || k.DeadLettered != 3 || countLines(t, letters) != 3 || !st.Balanced() {
		t.Errorf("want 3 dead letters, %d lines:\n%s", countLines(t, letters), st)
	}
}
