package bootstrap

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// nothing is a client without a node.
type nothing struct{}

func (nothing) Do(context.Context, string, string, http.Header, []byte) (int, []byte, error) {
	return 0, nil, errors.New("no node")
}

// script answers requests by method and the beginning of the path, and lists them.
type script struct {
	mu      sync.Mutex
	answers map[string]string // "GET /path" -> "200 body"
	seen    []string
	bodies  []string
}

func (s *script) Do(ctx context.Context, method, path string, _ http.Header, body []byte) (int, []byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen, s.bodies = append(s.seen, method+" "+path), append(s.bodies, string(body))
	best := ""
	for k := range s.answers {
		if strings.HasPrefix(method+" "+path, k) && len(k) > len(best) {
			best = k
		}
	}
	answer, ok := s.answers[best]
	if !ok {
		return 404, []byte(`{}`), ctx.Err()
	}
	return int(answer[0]-'0')*100 + int(answer[1]-'0')*10 + int(answer[2]-'0'), []byte(answer[4:]), ctx.Err()
}

func TestAKeeperPassesUntilItIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var errs []error
		s := &script{answers: map[string]string{"POST /logs-otel-v1-default/_rollover": `200 {"rolled_over":true}`, "GET /_data_stream/": `404 {}`}}
		k := boot(t, s, Options{}).Keep(&KeeperOptions{Every: time.Minute, OnError: func(err error) { errs = append(errs, err) }})
		time.Sleep(10*time.Minute + 30*time.Second)
		synctest.Wait()
		if st := k.Stats(); st.Passes < 9 || st.Passes > 13 || st.Rollovers != st.Passes || st.Failed != 0 {
			t.Errorf("stats %+v", st)
		}
		s.mu.Lock()
		s.answers["POST /logs-otel-v1-default/_rollover"] = `503 {"error":{"type":"unavailable","reason":"no shards"}}`
		s.mu.Unlock()
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if st := k.Stats(); st.Failed < 2 || len(errs) != int(st.Failed) || !strings.Contains(errs[0].Error(), "roll the stream over: status 503: unavailable: no shards") {
			t.Errorf("stats %+v, errors %v", st, errs)
		}
		for range 2 {
			if err := k.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}
		after := k.Stats().Passes
		time.Sleep(time.Hour)
		if got := k.Stats().Passes; got != after {
			t.Errorf("%d passes after Close", got-after)
		}
	})
}

// hang answers when its context ends.
type hang struct{}

func (hang) Do(ctx context.Context, _, _ string, _ http.Header, _ []byte) (int, []byte, error) {
	<-ctx.Done()
	return 0, nil, ctx.Err()
}

func TestAHangingNodeHoldsNeitherPassNorClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := boot(t, hang{}, Options{}).Keep(&KeeperOptions{Every: time.Minute, Timeout: time.Second, OnError: func(error) {}})
		time.Sleep(5 * time.Minute)
		if st := k.Stats(); st.Failed < 3 {
			t.Errorf("stats %+v", st)
		}
		if err := k.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestPoliciesOfIndexStateManagement(t *testing.T) {
	current := string(encode(policy("logs-otel-v1-default", (&Options{}).withDefaults().Retention, 1)))
	const path = "/_plugins/_ism/policies/logs-otel-v1-default"
	for _, tc := range []struct {
		name, answer string
		managed      bool
		put, apply   string
		err          string
	}{
		{"no plugin", `400 {"error":"no handler found for uri [/_plugins/_ism/policies/x] and method [GET]"}`, false, "", "", ""},
		{"none yet", `404 {"error":{"type":"status_exception","reason":"Policy not found"},"status":404}`, true, "PUT " + path, "POST /_plugins/_ism/add/logs-otel-v1-default", ""},
		{"as it should be", `200 {"_seq_no":3,"_primary_term":1,"policy":` + strings.TrimSuffix(strings.TrimPrefix(current, `{"policy":`), `}`) + `}`, true, "", "", ""},
		{"another", `200 {"_seq_no":3,"_primary_term":1,"policy":{"description":"sluice 0: x"}}`, true, "PUT " + path + "?if_seq_no=3&if_primary_term=1", "POST /_plugins/_ism/change_policy/logs-otel-v1-default", ""},
		{"somebody else's", `200 {"_seq_no":3,"_primary_term":1,"policy":{"description":"mine"}}`, false, "", "", "made by somebody else"},
		{"not permitted", `403 {"error":{"type":"security_exception","reason":"no permissions for [x]"}}`, false, "", "", "no permissions for [x]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := &script{answers: map[string]string{"GET " + path: tc.answer, "PUT ": "200 {}", "POST ": "200 {}"}}
			managed, err := boot(t, s, Options{}).ensurePolicy(t.Context())
			if managed != tc.managed || (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("managed %v, error %v", managed, err)
			}
			var want []string
			for _, r := range []string{"GET " + path, tc.put, tc.apply} {
				if r != "" {
					want = append(want, r)
				}
			}
			if got := strings.Join(s.seen, "\n"); got != strings.Join(want, "\n") {
				t.Errorf("requests:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
			}
		})
	}
}

func TestOptionsSayWhatIsWrong(t *testing.T) {
	minus := -1
	for _, tc := range []struct {
		opts Options
		want string
	}{
		{Options{}, ""}, {Options{Stream: "logs-shop"}, ""},
		{Options{Stream: "Logs"}, "Stream"}, {Options{Stream: "a b"}, "Stream"}, {Options{Stream: "a*"}, "Stream"}, {Options{Stream: "_x"}, "Stream"},
		{Options{Stream: ".."}, "Stream"}, {Options{Priority: -1}, "Priority"}, {Options{Shards: -1}, "Shards"}, {Options{Replicas: &minus}, "Replicas"},
		{Options{Retention: Retention{RolloverAge: time.Second}}, "RolloverAge"}, {Options{Retention: Retention{RolloverBytes: 1}}, "RolloverBytes"},
		{Options{Retention: Retention{KeepFor: time.Second}}, "KeepFor"}, {Options{Retention: Retention{KeepFor: -1}}, ""}, {Options{Retention: Retention{KeepBytes: -1}}, "KeepBytes"},
	} {
		err := tc.opts.Validate()
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%+v: %v, want %q", tc.opts, err, tc.want)
		}
	}
	if _, err := New(nil, nil); err == nil {
		t.Error("a nil client is accepted")
	}
}
