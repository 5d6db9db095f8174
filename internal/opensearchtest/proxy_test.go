package opensearchtest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/opensearchtest"
)

const answer = `{"took":1,"errors":false}`

// backend is a node that only counts.
func backend(t *testing.T) (*opensearchtest.Server, *atomic.Int64) {
	t.Helper()
	var reached atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		reached.Add(1)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(srv.Close)
	return &opensearchtest.Server{URL: srv.URL}, &reached
}

// post sends a body and returns the status, what came of the answer, and the error.
func post(ctx context.Context, c *http.Client, url string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, "POST", url+"/_bulk", strings.NewReader(strings.Repeat("x", 100_000)))
	if err != nil {
		return 0, "", err
	}
	resp, err := c.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

func TestEveryFaultShowsAsWhatItIs(t *testing.T) {
	half := answer[:len(answer)/2]
	for _, tc := range []struct {
		name    string
		fault   opensearchtest.Fault
		reached int64
		status  int
		body    string
		err     error
	}{
		{"none", opensearchtest.Pass(), 1, 200, answer, nil},
		{"status", opensearchtest.Status(503), 0, 503, "", nil},
		{"answer", opensearchtest.Answer(429, "text/plain", "busy"), 0, 429, "busy", nil},
		{"hang", opensearchtest.Hang(), 0, 0, "", context.DeadlineExceeded},
		{"hang after delivery", opensearchtest.HangReply(), 1, 0, "", context.DeadlineExceeded},
		{"reset in the request", opensearchtest.ResetRequest(1000), 0, 0, "", syscall.ECONNRESET},
		{"lost reply", opensearchtest.LoseReply(), 1, 0, "", syscall.ECONNRESET},
		{"reset in the reply", opensearchtest.ResetReply(), 1, 200, half, syscall.ECONNRESET},
		{"half a reply", opensearchtest.HalfReply(), 1, 200, half, io.ErrUnexpectedEOF},
		{"slow", opensearchtest.Slow(3, time.Millisecond), 1, 200, answer, nil},
		{"edited", opensearchtest.Edit(func(int, []byte) (int, []byte) { return 207, []byte("other") }), 1, 207, "other", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			node, reached := backend(t)
			p := opensearchtest.NewProxy(t, node)
			c := &http.Client{Transport: &http.Transport{}}
			t.Cleanup(c.CloseIdleConnections)
			p.Inject(tc.fault, 1)
			ctx, cancel := t.Context(), context.CancelFunc(func() {})
			if errors.Is(tc.err, context.DeadlineExceeded) {
				ctx, cancel = context.WithTimeout(ctx, 200*time.Millisecond)
			}
			defer cancel()
			status, body, err := post(ctx, c, p.URL)
			// A client that is still writing when the reset comes may see it as a broken pipe or a closed connection, and part
			// of what had arrived may be gone.
			reset := errors.Is(tc.err, syscall.ECONNRESET)
			if !errors.Is(err, tc.err) && !(reset && (errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed))) {
				t.Errorf("error %v, want %v", err, tc.err)
			}
			if !reset && (status != tc.status || body != tc.body) {
				t.Errorf("got %d %q, want %d %q", status, body, tc.status, tc.body)
			}
			if reset && !strings.HasPrefix(tc.body, body) {
				t.Errorf("got %q, want a beginning of %q", body, tc.body)
			}
			if got := reached.Load(); got != tc.reached {
				t.Errorf("%d requests reached the node, want %d", got, tc.reached)
			}
			if status, body, err := post(t.Context(), c, p.URL); err != nil || status != 200 || body != answer {
				t.Errorf("after the fault: %d %q %v", status, body, err)
			}
		})
	}
}

func TestFaultsComeInOrderAndOnlyWhereTheyMatch(t *testing.T) {
	node, reached := backend(t)
	p := opensearchtest.NewProxy(t, node)
	c := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(c.CloseIdleConnections)
	p.InjectWhen(func(r *http.Request) bool { return r.Method == "GET" }, opensearchtest.Status(500), 0)
	p.Inject(opensearchtest.Status(429), 2)
	p.Inject(opensearchtest.Status(503), 1)
	var got []int
	for range 4 {
		status, _, err := post(t.Context(), c, p.URL)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, status)
	}
	if want := []int{429, 429, 503, 200}; !slices.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
	seen, passed := p.Requests()
	if seen != 4 || passed != 1 || reached.Load() != 1 {
		t.Errorf("seen %d, passed %d, reached %d", seen, passed, reached.Load())
	}
}

func TestARefusingProxyComesBackAtItsAddress(t *testing.T) {
	node, _ := backend(t)
	p := opensearchtest.NewProxy(t, node)
	c := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(c.CloseIdleConnections)
	for range 2 {
		if status, _, err := post(t.Context(), c, p.URL); err != nil || status != 200 {
			t.Fatalf("%d %v", status, err)
		}
		p.Refuse()
		c.CloseIdleConnections() // the client learns later that they are gone
		if _, _, err := post(t.Context(), c, p.URL); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("error %v, want a refused connection", err)
		}
		p.Accept(t)
	}
}

func TestClearDropsWhatHangs(t *testing.T) {
	node, _ := backend(t)
	p := opensearchtest.NewProxy(t, node)
	c := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(c.CloseIdleConnections)
	p.Inject(opensearchtest.Hang(), 0)
	done := make(chan error)
	go func() {
		_, _, err := post(t.Context(), c, p.URL)
		done <- err
	}()
	for seen := 0; seen == 0; seen, _ = p.Requests() {
		time.Sleep(time.Millisecond)
	}
	p.Clear()
	if err := <-done; err == nil {
		t.Error("a dropped request was answered")
	}
	if status, _, err := post(t.Context(), c, p.URL); err != nil || status != 200 {
		t.Errorf("after Clear: %d %v", status, err)
	}
}

func TestAnExpiredCertificateIsRefusedUntilItIsRenewed(t *testing.T) {
	node, _ := backend(t)
	dir := t.TempDir()
	ca, err := opensearchtest.NewAuthority(dir)
	if err != nil {
		t.Fatal(err)
	}
	base := filepath.Join(dir, "proxy")
	issue := func(valid time.Duration) {
		if err := ca.Issue(base, opensearchtest.Leaf{Name: "proxy", Hosts: []string{"127.0.0.1"}, ValidFor: valid}); err != nil {
			t.Fatal(err)
		}
	}
	issue(-time.Hour)
	p := opensearchtest.NewTLSProxy(t, node, base)
	tlsConfig, err := (&opensearchtest.Server{CAFile: ca.File()}).TLS()
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: tlsConfig}}
	t.Cleanup(c.CloseIdleConnections)
	if _, _, err := post(t.Context(), c, p.URL); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("error %v, want that the certificate has expired", err)
	}
	issue(time.Hour)
	p.SetCertificate(t, base)
	if status, _, err := post(t.Context(), c, p.URL); err != nil || status != 200 {
		t.Errorf("with a new certificate: %d %v", status, err)
	}
}
