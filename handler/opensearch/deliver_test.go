package opensearch

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// onlyFirst answers the first n bulk requests so.
func onlyFirst(n int, a answer) func(int, bulk) *answer {
	return func(i int, _ bulk) *answer {
		if i < n {
			return &a
		}
		return nil
	}
}

func errorBody(status int, typ, reason string) string {
	return fmt.Sprintf(`{"error":{"root_cause":[],"type":%q,"reason":%q},"status":%d}`, typ, reason, status)
}

func TestEveryRecordArrivesOnceWhateverTheNodeAnswersFirst(t *testing.T) {
	for name, tc := range map[string]struct {
		before, after answer
		hint          string // in the error reported
	}{
		"refused connection":          {before: answer{err: errors.New("dial tcp: connection refused")}, hint: "connection refused"},
		"hanging":                     {before: answer{hang: true}, hint: "deadline exceeded"},
		"stored, then hanging":        {after: answer{hang: true}, hint: "deadline exceeded"},
		"stored, then reset":          {after: answer{err: errors.New("connection reset by peer")}, hint: "connection reset"},
		"stored, then half an answer": {after: answer{status: 200, body: `{"took":1,"errors":false,"items":[{"create":{"status":201}},{"cre`}, hint: "no list of bulk items"},
		"stored, then too few items":  {after: answer{status: 200, body: `{"took":1,"errors":false,"items":[{"create":{"status":201}}]}`}, hint: "1 items for 20"},
		"stored, then a gateway":      {after: answer{status: 504, body: "<html>gateway timeout</html>"}, hint: "504"},
		"stored, then 503":            {after: answer{status: 503, body: errorBody(503, "x_exception", "y")}, hint: "503"},
		"502":                         {before: answer{status: 502, body: "<html>"}, hint: "502"},
		"429":                         {before: answer{status: 429, body: errorBody(429, "rejected_execution_exception", "rejected")}, hint: "overloaded"},
		"401 in plain text":           {before: answer{status: 401, body: "Unauthorized"}, hint: "user name, password or token not accepted"},
		"403":                         {before: answer{status: 403, body: errorBody(403, "security_exception", "no permissions for [indices:data/write/bulk]")}, hint: "not permitted"},
		"404 of another server":       {before: answer{status: 404, body: "404 page not found"}, hint: "wrong URL"},
		"405":                         {before: answer{status: 405, body: ""}, hint: "wrong URL"},
		"302":                         {before: answer{status: 302, body: ""}, hint: "302"},
		"a page of HTML":              {before: answer{status: 200, body: "<html>hello</html>"}, hint: "no list of bulk items"},
		"no items":                    {before: answer{status: 200, body: "{}"}, hint: "no items"},
		"500 of the request":          {before: answer{status: 500, body: errorBody(500, "null_pointer_exception", "")}, hint: "500"},
		"items 429":                   {before: answer{status: 200, body: items(20, 429, "rejected_execution_exception")}, hint: "overloaded"},
		"items 503":                   {before: answer{status: 200, body: items(20, 503, "unavailable_shards_exception")}, hint: "unavailable_shards"},
		"items 403, read-only index":  {before: answer{status: 200, body: items(20, 403, "cluster_block_exception")}, hint: "blocked"},
		"items 403, no permission":    {before: answer{status: 200, body: items(20, 403, "security_exception")}, hint: "security_exception"},
		"items 404, no such stream":   {before: answer{status: 200, body: items(20, 404, "index_not_found_exception")}, hint: "may not be made"},
		"items 400, limit of shards":  {before: answer{status: 200, body: items(20, 400, "validation_exception")}, hint: "validation_exception"},
		"items 500, twice":            {before: answer{status: 200, body: items(20, 500, "fail_processor_exception")}, hint: "fail_processor"},
		"an item without a status":    {after: answer{status: 200, body: strings.Replace(items(20, 201, ""), `"status":201`, `"state":1`, 1)}, hint: "has no status"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				node := newFakeNode(t)
				if tc.before != (answer{}) {
					node.before = onlyFirst(2, tc.before)
				}
				if tc.after != (answer{}) {
					node.after = onlyFirst(2, tc.after)
				}
				h, log := start(t, node, Options{InFlight: 1})
				write(t, h, "m", 20)
				flush(t, h)
				wantOnce(t, node, "m", 20)
				s := h.Stats()
				if s.Delivered != 20 || s.Failed+s.Dropped != 0 || s.Retried == 0 {
					t.Errorf("stats %+v", s)
				}
				if !strings.Contains(log.String(), tc.hint) {
					t.Errorf("error %q lacks %q", log, tc.hint)
				}
			})
		})
	}
}

// items is an answer with n items of a status.
func items(n, status int, typ string) string {
	item := fmt.Sprintf(`{"create":{"status":%d}}`, status)
	if typ != "" {
		item = fmt.Sprintf(`{"create":{"status":%d,"error":{"type":%q,"reason":"because"}}}`, status, typ)
	}
	return `{"took":3,"errors":true,"items":[` + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + `]}`
}

func TestT18_OnlyTheItemsThatFailedAreSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := newFakeNode(t)
		tries := map[string]int{}
		node.item = func(doc json.RawMessage) *answer {
			var d struct{ Body string }
			_ = json.Unmarshal(doc, &d)
			if tries[d.Body]++; strings.HasSuffix(d.Body, "7") && tries[d.Body] < 3 {
				return &answer{status: 429, body: `{"type":"rejected_execution_exception","reason":"queue"}`}
			}
			return nil
		}
		h, _ := start(t, node, Options{})
		write(t, h, "m", 100)
		flush(t, h)
		wantOnce(t, node, "m", 100)
		var sizes []int
		for _, b := range node.requests() {
			sizes = append(sizes, len(b.ids))
		}
		if fmt.Sprint(sizes) != "[100 10 10]" {
			t.Errorf("requests of %v documents, want 100, then the 10 that failed, twice", sizes)
		}
		if s := h.Stats(); s.Retried != 20 {
			t.Errorf("%d retried, want 20", s.Retried)
		}
	})
}

func TestWaitsGrowAndAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := newFakeNode(t)
		var mu sync.Mutex
		var at []time.Time
		node.before = func(n int, _ bulk) *answer {
			mu.Lock()
			defer mu.Unlock()
			at = append(at, time.Now())
			if n < 40 {
				return &answer{err: errors.New("refused")}
			}
			return nil
		}
		h, _ := start(t, node, Options{MaxBackoff: 10 * time.Second, InFlight: 4, MaxDocs: 1})
		write(t, h, "m", 40)
		flush(t, h)
		wantOnce(t, node, "m", 40)
		longest := time.Duration(0)
		for i := 5; i < len(at); i++ {
			longest = max(longest, at[i].Sub(at[i-1]))
		}
		if total := at[40].Sub(at[0]); total < time.Minute || longest > 10*time.Second {
			t.Errorf("40 failures took %v, the longest wait %v: want at least a minute, and no wait over MaxBackoff", total, longest)
		}
	})
}
