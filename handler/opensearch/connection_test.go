package opensearch

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicelog/sluice/internal/onerror"
	"github.com/sluicelog/sluice/internal/opensearchtest"
)

// writeFrom logs the records from to end, whose messages are m0, m1, ….
func writeFrom(t testing.TB, h slog.Handler, from, end int) {
	t.Helper()
	for i := from; i < end; i++ {
		if err := h.Handle(context.Background(), slog.NewRecord(time.Now(), slog.LevelInfo, fmt.Sprint("m", i), 0)); err != nil {
			t.Fatal(err)
		}
	}
}

// wantHeld waits until the error hint has been told, and for requests that fail in the seconds after, and fails unless that was the
// only time and nothing was delivered or given up.
func wantHeld(t testing.TB, h *Handler, log *errorLog, hint string, delivered uint64) {
	t.Helper()
	waitFor(t, log, hint)
	failures, began := h.Stats().Failures, time.Now()
	for deadline := began.Add(time.Minute); h.Stats().Failures < failures+3 || time.Since(began) < 2*time.Second; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it is not tried again")
		}
	}
	if n := strings.Count(log.String(), hint); n != 1 {
		t.Errorf("%q is told %d times, want once: %s", hint, n, log)
	}
	if s := h.Stats(); s.Delivered != delivered || s.Failed+s.Dropped != 0 || s.FailingSince.IsZero() || s.LastError == "" {
		t.Errorf("stats %+v", s)
	}
}

func TestARealNodeWhoseCertificateExpiresAndIsRenewed(t *testing.T) {
	node := opensearchtest.Node(t)
	dir := t.TempDir()
	ca, err := opensearchtest.NewAuthority(dir)
	if err != nil {
		t.Fatal(err)
	}
	good, expired := filepath.Join(dir, "good"), filepath.Join(dir, "expired")
	for base, valid := range map[string]time.Duration{good: time.Hour, expired: -time.Minute} {
		if err := ca.Issue(base, opensearchtest.Leaf{Name: "node", Hosts: []string{"127.0.0.1"}, ValidFor: valid}); err != nil {
			t.Fatal(err)
		}
	}
	proxy := opensearchtest.NewTLSProxy(t, node, good)
	stream := newStream(t, node, "")
	o := fast(stream)
	o.Connection = Connection{URLs: []string{proxy.URL}, CAFile: ca.File()}
	h, log := open(t, "", o)
	writeFrom(t, h, 0, 50)
	flush(t, h)
	proxy.SetCertificate(t, expired)
	writeFrom(t, h, 50, 100)
	wantHeld(t, h, log, "the node's certificate has to be renewed", 50)
	proxy.SetCertificate(t, good)
	flush(t, h)
	wantInStream(t, node, stream, "m", 100)
}

func TestARealNodeAtAWrongURLAndThenAtTheRightOne(t *testing.T) {
	node := opensearchtest.Node(t)
	port := opensearchtest.NewProxy(t, node)
	port.Refuse() // nothing listens there
	dir := t.TempDir()
	ca, err := opensearchtest.NewAuthority(dir)
	if err == nil {
		err = ca.Issue(filepath.Join(dir, "gateway"), opensearchtest.Leaf{Hosts: []string{"127.0.0.1"}})
	}
	if err != nil {
		t.Fatal(err)
	}
	gateway := opensearchtest.NewTLSProxy(t, node, filepath.Join(dir, "gateway"))
	for name, tc := range map[string]struct{ url, hint string }{
		"a path that is none of its":        {node.URL + "/gateway", "wrong URL"},
		"a path below an interface of it":   {node.URL + "/_cat", "wrong URL"},
		"https where it speaks http":        {strings.Replace(node.URL, "http:", "https:", 1), "is the URL's scheme right?"},
		"http where a gateway speaks https": {strings.Replace(gateway.URL, "https:", "http:", 1), "wrong URL"},
		"a port where nothing listens":      {port.URL, "nothing listens there"},
		"a host that is none":               {"http://no-such-host.invalid:9200", "is the URL right?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stream := newStream(t, node, "")
			o := fast(stream)
			o.Spool, o.DeadLetters = t.TempDir(), filepath.Join(t.TempDir(), "dead.jsonl")
			h, log := open(t, tc.url, o)
			writeFrom(t, h, 0, 50)
			wantHeld(t, h, log, tc.hint, 0)
			closeSoon(t, h, 50)
			h, log = open(t, node.URL, o) // the mended configuration
			flush(t, h)
			wantInStream(t, node, stream, "m", 50)
			if s := h.Stats(); s.Replayed != 50 || s.Failed != 0 {
				t.Errorf("stats %+v\n%s", s, log)
			}
		})
	}
}

func TestAnErrorThatDiffersInNumbersAloneIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &errorLog{}
		r := reporter{sink: onerror.Sink{Func: log.add}}
		for i := range 50 {
			r.report(&Error{Retried: true, Documents: i, Reason: fmt.Sprintf("read tcp 127.0.0.1:%d->127.0.0.1:9200: connection reset by peer", 40000+i)})
			r.report(&Error{Retried: true, Documents: i, Status: 429 + i%2, Reason: "r"})
			time.Sleep(time.Second)
		}
		if n := len(log.errs); n != 3 {
			t.Errorf("%d errors are told, want 3: %s", n, log)
		}
		if last, _ := r.latest(); !strings.Contains(last, "49 documents") {
			t.Errorf("the latest is %q", last)
		}
	})
}
