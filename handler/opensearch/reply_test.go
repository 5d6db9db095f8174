package opensearch

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAnswersAreReadInEverySpelling(t *testing.T) {
	for name, tc := range map[string]struct {
		reply string
		n     int
		want  []cause
		bad   bool
	}{
		"usual":                {reply: `{"took":1,"errors":false,"items":[{"create":{"status":201}},{"create":{"status":409}}]}`, n: 2, want: []cause{{Status: 201}, {Status: 409}}},
		"with an error":        {reply: `{"took":1,"errors":true,"items":[{"create":{"status":201}},{"create":{"status":400,"error":{"type":"t","reason":"r","caused_by":{"type":"u","reason":"s"}}}},{"create":{"status":201}}]}`, n: 3, want: []cause{{Status: 201}, {400, "t", "r: s"}, {Status: 201}}},
		"unfiltered":           {reply: `{"took":1,"errors":false,"items":[{"create":{"_index":"i","_id":"}]","status":201}}]}`, n: 1, want: []cause{{Status: 201}}},
		"ingest_took":          {reply: `{"took":0,"ingest_took":10,"errors":true,"items":[{"create":{"status":500,"error":{"type":"fail_processor_exception","reason":"no"}}}]}`, n: 1, want: []cause{{500, "fail_processor_exception", "no"}}},
		"another order":        {reply: ` {"items": [ {"create" : {"status" : 201} } ], "took": 3, "errors": false} `, n: 1, want: []cause{{Status: 201}}},
		"error as a text":      {reply: `{"took":1,"errors":true,"items":[{"create":{"status":403,"error":"no"}}]}`, n: 1, want: []cause{{Status: 403, Reason: "no"}}},
		"a long line":          {reply: `{"took":1,"errors":true,"items":[{"create":{"status":400,"error":{"type":"t","reason":"failed to parse field [x]. Preview of field's value: 'personal'"}}}]}`, n: 1, want: []cause{{400, "t", "failed to parse field [x]."}}},
		"empty":                {reply: ``, n: 1, bad: true},
		"cut":                  {reply: `{"took":1,"errors":false,"items":[{"create":{"status":201}}`, n: 1, bad: true},
		"cut and closed":       {reply: `{"took":1,"errors":false,"items":[{"create":{"status":201}},]}`, n: 1, bad: true},
		"too few":              {reply: `{"took":1,"errors":false,"items":[]}`, n: 1, bad: true},
		"too many":             {reply: `{"took":1,"errors":false,"items":[{"create":{"status":201}},{"create":{"status":201}}]}`, n: 1, bad: true},
		"no items":             {reply: `{"took":1,"errors":false}`, n: 0, bad: true},
		"null":                 {reply: `null`, n: 1, bad: true},
		"items are numbers":    {reply: `{"took":1,"errors":false,"items":[1]}`, n: 1, bad: true},
		"rubbish behind":       {reply: `{"took":1,"errors":false,"items":[{"create":{"status":201}}]}x]}`, n: 1, bad: true},
		"rubbish between":      {reply: `{"took":1,"errors":false,"items":[{"create":{"status":201}} x {"create":{"status":201}}]}`, n: 2, bad: true},
		"an item without one":  {reply: `{"took":1,"errors":false,"items":[{}]}`, n: 1, want: []cause{{Reason: `an item of the answer has no status: "{}"`}}},
		"an item with a text":  {reply: `{"took":1,"errors":false,"items":[{"create":{"status":"201"}}]}`, n: 1, want: []cause{{Reason: "json: cannot unmarshal"}}},
		"two actions, a thing": {reply: `{"took":1,"errors":false,"items":[{"create":{"status":201},"index":{"status":201}}]}`, n: 1, want: []cause{{Reason: "an item"}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []cause
			err := readItems([]byte(tc.reply), tc.n, func(i int, c cause) {
				if i != len(got) {
					t.Errorf("item %d came as number %d", i, len(got))
				}
				if c.Status == 0 {
					c.Reason = c.Reason[:min(len(c.Reason), len(tc.want[i].Reason))]
				}
				got = append(got, c)
			})
			if (err != nil) != tc.bad {
				t.Fatalf("error %v, want one: %v", err, tc.bad)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// FuzzReadItems holds: an answer that is taken is JSON, and says as many things as there are documents.
func FuzzReadItems(f *testing.F) {
	f.Add([]byte(`{"took":1,"errors":false,"items":[{"create":{"status":201}},{"create":{"status":409,"error":{"type":"t","reason":"r"}}}]}`), 2)
	f.Add([]byte(`{"items":[{"create":{"status":201}}],"took":1}`), 1)
	f.Fuzz(func(t *testing.T, reply []byte, n int) {
		if n < 0 || n > 1000 {
			return
		}
		var got []cause
		err := readItems(reply, n, func(_ int, c cause) { got = append(got, c) })
		if err != nil {
			if len(got) > 0 {
				t.Fatalf("%v, after %d items", err, len(got))
			}
			return
		}
		if !json.Valid(reply) || len(got) != n {
			t.Fatalf("taken: %q, %d of %d items", reply, len(got), n)
		}
		var general struct {
			Items []map[string]struct{ Status int }
		}
		if json.Unmarshal(reply, &general) != nil {
			return
		}
		for i, item := range general.Items {
			for _, v := range item {
				if len(item) == 1 && v.Status >= 100 && got[i].Status != v.Status {
					t.Fatalf("item %d has status %d, read as %d, in %q", i, v.Status, got[i].Status, reply)
				}
			}
		}
	})
}

func TestJudgementByStatus(t *testing.T) {
	for _, tc := range []struct {
		c       cause
		item    verdict
		request verdict
	}{
		{cause{Status: 201}, done, refuse}, {cause{Status: 409}, done, refuse}, {cause{}, again, refuse},
		{cause{Status: 429}, again, again}, {cause{Status: 502}, again, again}, {cause{Status: 503}, again, again}, {cause{Status: 504}, again, again},
		{cause{Status: 500}, few, again}, {cause{Status: 507}, few, again}, {cause{Status: 400, Type: "mapper_parsing_exception"}, dead, divide},
		{cause{Status: 400, Type: "validation_exception"}, refuse, refuse}, {cause{Status: 401}, refuse, refuse}, {cause{Status: 403}, refuse, refuse},
		{cause{Status: 404, Type: "index_not_found_exception"}, refuse, refuse}, {cause{Status: 404}, dead, refuse}, {cause{Status: 413}, dead, halve},
		{cause{Status: 402}, again, again}, {cause{Status: 408}, again, again}, {cause{Status: 301}, dead, refuse},
		{cause{Status: 400, Type: "illegal_argument_exception", Reason: "pipeline with id [x] does not exist"}, refuse, divide},
		{cause{Status: 400, Reason: "no handler found for uri [/x/_bulk] and method [POST]"}, dead, refuse},
	} {
		if got := judgeItem(tc.c); got != tc.item {
			t.Errorf("item %v is %d, want %d", tc.c, got, tc.item)
		}
		if got := judgeRequest(tc.c); got != tc.request {
			t.Errorf("request %v is %d, want %d", tc.c, got, tc.request)
		}
	}
}

func TestPercentilesOfLatencyAreExactToAFifth(t *testing.T) {
	var h histogram
	for i := 1; i <= 1000; i++ {
		h.add(time.Duration(i) * 10 * time.Millisecond)
	}
	l := h.latency()
	for name, got := range map[string][2]float64{"p50": {l.P50.Seconds(), 5}, "p99": {l.P99.Seconds(), 9.9}, "max": {l.Max.Seconds(), 10}, "last": {l.Last.Seconds(), 10}} {
		if got[0] < got[1] || got[0] > got[1]*1.25 {
			t.Errorf("%s = %v s, want %v", name, got[0], got[1])
		}
	}
}
