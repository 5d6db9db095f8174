package osclient_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluicelog/sluice/internal/opensearchtest"
	"github.com/sluicelog/sluice/internal/osclient"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a node that accepts one Authorization header at a time.
type server struct {
	*httptest.Server
	accept atomic.Pointer[string]
	seen   atomic.Int64
	paths  sync.Map
}

func newServer(t *testing.T, accept string) *server {
	t.Helper()
	s := &server{}
	s.accept.Store(&accept)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.seen.Add(1)
		s.paths.Store(r.Method+" "+r.URL.RequestURI(), true)
		if got := r.Header.Get("Authorization"); got != *s.accept.Load() {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, "Unauthorized")
			return
		}
		_, _ = io.Copy(w, r.Body)
	}))
	t.Cleanup(s.Close)
	return s
}

func open(t *testing.T, conn osclient.Connection) *osclient.Client {
	t.Helper()
	c, err := osclient.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestARequestArrivesAsItWasGiven(t *testing.T) {
	var got *http.Request
	var body []byte
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(207)
		_, _ = w.Write(bytes.Repeat([]byte("x"), 100_000)) // in chunks
	}))
	defer srv.Close()
	c := open(t, osclient.Connection{URLs: []string{srv.URL + "/gate/"}})
	header := http.Header{"Content-Type": {"application/x-ndjson"}}
	status, reply, err := c.Do(t.Context(), "POST", "/a%2Fb/_bulk?timeout=3s&x=%20", header, []byte("{}\n"))
	if err != nil || status != 207 || len(reply) != 100_000 {
		t.Errorf("Do: %d, %d bytes, %v", status, len(reply), err)
	}
	if got.Method != "POST" || got.RequestURI != "/gate/a%2Fb/_bulk?timeout=3s&x=%20" || string(body) != "{}\n" || got.ContentLength != 3 {
		t.Errorf("arrived: %s %s %q, length %d", got.Method, got.RequestURI, body, got.ContentLength)
	}
	if got.Header.Get("Content-Type") != "application/x-ndjson" || got.Header.Get("Authorization") != "" || got.Header.Get("Accept-Encoding") != "" {
		t.Errorf("header %v", got.Header)
	}
	if len(header) != 1 {
		t.Errorf("the caller's header was changed: %v", header)
	}
}

func TestEveryWayToLogIn(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "pw"), "from file\r\n")
	t.Setenv("SLUICE_TEST_TOKEN", "from-env")
	for _, tc := range []struct {
		name   string
		accept string
		conn   osclient.Connection
	}{
		{"nothing", "", osclient.Connection{}},
		{"basic", "Basic dTpw", osclient.Connection{Username: "u", Password: "p"}},
		{"empty password", "Basic dTo=", osclient.Connection{Username: "u"}},
		{"password from a file", "Basic dTpmcm9tIGZpbGU=", osclient.Connection{Username: "u", Password: osclient.Secret("file:" + filepath.Join(dir, "pw"))}},
		{"token", "Bearer t", osclient.Connection{Token: "t"}},
		{"token from the environment", "Bearer from-env", osclient.Connection{Token: "env:SLUICE_TEST_TOKEN"}},
		{"API key", "ApiKey k", osclient.Connection{Token: "k", TokenScheme: "ApiKey"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			srv := newServer(t, tc.accept)
			tc.conn.URLs = []string{srv.URL}
			c := open(t, tc.conn)
			if status, _, err := c.Do(t.Context(), "GET", "/", nil, nil); err != nil || status != 200 {
				t.Errorf("status %d, %v", status, err)
			}
		})
	}
	t.Run("user in the URL", func(t *testing.T) {
		srv := newServer(t, "Basic dTpw")
		c := open(t, osclient.Connection{URLs: []string{strings.Replace(srv.URL, "http://", "http://u:p@", 1)}})
		if status, _, err := c.Do(t.Context(), "GET", "/", nil, nil); err != nil || status != 200 {
			t.Errorf("status %d, %v", status, err)
		}
	})
}

func TestAMissingSecretIsNamedByItsPlace(t *testing.T) {
	for _, tc := range []struct{ place, want string }{
		{"file:/no/such/file", "open /no/such/file"},
		{"env:SLUICE_TEST_UNSET", "SLUICE_TEST_UNSET is empty or not set"},
		{"two\nlines", "control character"},
	} {
		if _, err := osclient.New(osclient.Connection{Token: osclient.Secret(tc.place)}); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q: %v, want %q", tc.place, err, tc.want)
		}
	}
}

func TestARotatedPasswordIsReadWhenTheOldOneIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write(t, file, "one")
	srv := newServer(t, "Bearer one")
	c := open(t, osclient.Connection{URLs: []string{srv.URL}, Token: osclient.Secret("file:" + file)})
	do := func(want int) {
		t.Helper()
		status, reply, err := c.Do(t.Context(), "POST", "/_bulk", nil, []byte("body\n"))
		if err != nil || status != want || want == 200 && string(reply) != "body\n" {
			t.Errorf("status %d %q %v, want %d", status, reply, err, want)
		}
	}
	do(200)
	two := "Bearer two"
	srv.accept.Store(&two)
	before := srv.seen.Load()
	do(401) // the file is still the old one: one request, no storm
	if got := srv.seen.Load() - before; got != 1 {
		t.Errorf("%d requests with a password that has not changed, want 1", got)
	}
	write(t, file, "two")
	before = srv.seen.Load()
	do(200)
	if got := srv.seen.Load() - before; got != 2 {
		t.Errorf("%d requests over the rotation, want 2", got)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	do(200) // the last one that was read stays
	three := "Bearer three"
	srv.accept.Store(&three)
	status, reply, err := c.Do(t.Context(), "GET", "/", nil, nil)
	if err != nil || status != 401 {
		t.Fatalf("status %d, %v", status, err)
	}
	if got := c.StatusError("count", status, reply).Error(); !strings.Contains(got, "no such file") {
		t.Errorf("error %q does not say that the file is missing", got)
	}
}

func TestARefusalThatNothingMendsIsOneRequest(t *testing.T) {
	for name, conn := range map[string]osclient.Connection{
		"nothing": {}, "a literal": {Token: "t"}, "a user": {Username: "u", Password: "p"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t, "Bearer other")
			conn.URLs = []string{srv.URL}
			if status, _, err := open(t, conn).Do(t.Context(), "GET", "/", nil, nil); err != nil || status != 401 {
				t.Errorf("status %d, %v", status, err)
			}
			if got := srv.seen.Load(); got != 1 {
				t.Errorf("%d requests, want 1", got)
			}
		})
	}
}

func TestConcurrentRequestsSurviveARotation(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write(t, file, "one")
	srv := newServer(t, "Bearer one")
	c := open(t, osclient.Connection{URLs: []string{srv.URL}, Token: osclient.Secret("file:" + file)})
	var wg sync.WaitGroup
	for round := range 5 {
		token := fmt.Sprintf("token-%d", round)
		header := "Bearer " + token
		write(t, file, token)
		srv.accept.Store(&header)
		for range 8 {
			wg.Go(func() {
				if status, _, err := c.Do(t.Context(), "GET", "/", nil, nil); err != nil || status != 200 {
					t.Errorf("status %d, %v", status, err)
				}
			})
		}
		wg.Wait()
	}
}

func TestADeadNodeCostsNoRequest(t *testing.T) {
	a, b := newServer(t, ""), newServer(t, "")
	c := open(t, osclient.Connection{URLs: []string{a.URL, b.URL}})
	for range 4 {
		if status, _, err := c.Do(t.Context(), "GET", "/", nil, nil); err != nil || status != 200 {
			t.Fatalf("status %d, %v", status, err)
		}
	}
	if a.seen.Load() == 0 || b.seen.Load() == 0 {
		t.Errorf("requests %d and %d: want both nodes used", a.seen.Load(), b.seen.Load())
	}
	a.CloseClientConnections()
	a.Close()
	failed := 0
	for range 20 {
		// A kept connection that was closed on a GET is tried again by net/http itself.
		if status, _, err := c.Do(t.Context(), "GET", "/", nil, nil); err != nil || status != 200 {
			failed++
		}
	}
	if failed > 0 {
		t.Errorf("%d of 20 requests failed with one node left", failed)
	}
	b.CloseClientConnections()
	b.Close()
	_, _, err := c.Do(t.Context(), "GET", "/", nil, nil)
	var e *osclient.Error
	if !errors.As(err, &e) || !e.NotSent || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("error %v, want a refused connection that has not been sent", err)
	}
}

func TestNothingIsAskedThatNobodyAskedFor(t *testing.T) {
	a, b := newServer(t, ""), newServer(t, "")
	c := open(t, osclient.Connection{URLs: []string{a.URL, b.URL}})
	for range 10 {
		if _, _, err := c.Do(t.Context(), "POST", "/_bulk", nil, []byte("{}\n")); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []*server{a, b} {
		s.paths.Range(func(k, _ any) bool {
			if k != "POST /_bulk" {
				t.Errorf("unasked request %v", k)
			}
			return true
		})
	}
}

func TestTheContextBoundsARequest(t *testing.T) {
	for name, fault := range map[string]opensearchtest.Fault{
		"hang": opensearchtest.Hang(), "slow reply": opensearchtest.Slow(100, 100*time.Millisecond),
	} {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t, "")
			proxy := opensearchtest.NewProxy(t, &opensearchtest.Server{URL: srv.URL})
			c := open(t, osclient.Connection{URLs: []string{proxy.URL}})
			proxy.Inject(fault, 1)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			_, _, err := c.Do(ctx, "POST", "/_bulk", nil, bytes.Repeat([]byte("x"), 1000))
			var e *osclient.Error
			if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &e) || e.NotSent {
				t.Errorf("error %v, want an exceeded deadline, sent", err)
			}
			if !strings.Contains(err.Error(), strings.TrimPrefix(proxy.URL, "http://")) {
				t.Errorf("error %v does not name the host", err)
			}
		})
	}
}

func TestAHalfReplyIsAnError(t *testing.T) {
	for name, fault := range map[string]opensearchtest.Fault{
		"closed": opensearchtest.HalfReply(), "reset": opensearchtest.ResetReply(), "lost": opensearchtest.LoseReply(), "request cut": opensearchtest.ResetRequest(10),
	} {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t, "")
			proxy := opensearchtest.NewProxy(t, &opensearchtest.Server{URL: srv.URL})
			c := open(t, osclient.Connection{URLs: []string{proxy.URL}})
			proxy.Inject(fault, 1)
			before := srv.seen.Load()
			status, reply, err := c.Do(t.Context(), "POST", "/_bulk", nil, bytes.Repeat([]byte("x"), 100_000))
			if err == nil {
				t.Errorf("status %d with %d bytes, want an error", status, len(reply))
			}
			if got := srv.seen.Load() - before; got > 1 {
				t.Errorf("the request was sent %d times", got)
			}
			if _, reply, err := c.Do(t.Context(), "POST", "/_bulk", nil, []byte("again")); err != nil || string(reply) != "again" {
				t.Errorf("afterwards: %q %v", reply, err)
			}
		})
	}
}

// secure starts a TLS proxy with a certificate in front of a server.
func secure(t *testing.T, dir string, leaf opensearchtest.Leaf) (*opensearchtest.Proxy, *opensearchtest.Authority) {
	t.Helper()
	ca, err := opensearchtest.NewAuthority(dir)
	if err != nil {
		t.Fatal(err)
	}
	base := filepath.Join(dir, "node")
	if err := ca.Issue(base, leaf); err != nil {
		t.Fatal(err)
	}
	return opensearchtest.NewTLSProxy(t, &opensearchtest.Server{URL: newServer(t, "").URL}, base), ca
}

func fingerprint(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	sum := sha256.Sum256(block.Bytes)
	return hex.EncodeToString(sum[:])
}

func TestWhomAConnectionTrusts(t *testing.T) {
	other := t.TempDir()
	if _, err := opensearchtest.NewAuthority(other); err != nil {
		t.Fatal(err)
	}
	here := []string{"127.0.0.1"}
	for _, tc := range []struct {
		name string
		leaf opensearchtest.Leaf
		conn func(dir string) osclient.Connection
		want string // part of the error
	}{
		{"authority", opensearchtest.Leaf{Hosts: here}, func(d string) osclient.Connection { return osclient.Connection{CAFile: d + "/ca.pem"} }, ""},
		{"other authority", opensearchtest.Leaf{Hosts: here}, func(string) osclient.Connection { return osclient.Connection{CAFile: other + "/ca.pem"} }, "give the authority's certificate as CAFile"},
		{"the system's", opensearchtest.Leaf{Hosts: here}, func(string) osclient.Connection { return osclient.Connection{} }, "give the authority's certificate as CAFile"},
		{"expired", opensearchtest.Leaf{Hosts: here, ValidFor: -time.Hour}, func(d string) osclient.Connection { return osclient.Connection{CAFile: d + "/ca.pem"} }, "the node's certificate has to be renewed"},
		{"other host", opensearchtest.Leaf{Hosts: []string{"elsewhere"}}, func(d string) osclient.Connection { return osclient.Connection{CAFile: d + "/ca.pem"} }, "certificate is for another host"},
		{"pin of the node", opensearchtest.Leaf{Hosts: []string{"elsewhere"}}, func(d string) osclient.Connection {
			return osclient.Connection{Pins: []string{fingerprint(t, d+"/node.pem")}}
		}, ""},
		{"pin of an expired node", opensearchtest.Leaf{Hosts: here, ValidFor: -time.Hour}, func(d string) osclient.Connection {
			return osclient.Connection{Pins: []string{fingerprint(t, d+"/node.pem")}}
		}, "the node's certificate has to be renewed"},
		{"other pin", opensearchtest.Leaf{Hosts: here}, func(string) osclient.Connection {
			return osclient.Connection{Pins: []string{strings.Repeat("00", 32)}}
		}, "no certificate of the node has the pinned fingerprint"},
		{"authority and other pin", opensearchtest.Leaf{Hosts: here}, func(d string) osclient.Connection {
			return osclient.Connection{CAFile: d + "/ca.pem", Pins: []string{strings.Repeat("00", 32)}}
		}, "no certificate of the node has the pinned fingerprint"},
		{"authority and pin", opensearchtest.Leaf{Hosts: here}, func(d string) osclient.Connection {
			return osclient.Connection{CAFile: d + "/ca.pem", Pins: []string{fingerprint(t, d+"/node.pem")}}
		}, ""},
		{"pin of the authority in the chain", opensearchtest.Leaf{Hosts: here, Chain: true}, func(d string) osclient.Connection {
			return osclient.Connection{Pins: []string{fingerprint(t, d+"/ca.pem")}}
		}, ""},
		{"pin of the authority, other host", opensearchtest.Leaf{Hosts: []string{"elsewhere"}, Chain: true}, func(d string) osclient.Connection {
			return osclient.Connection{Pins: []string{fingerprint(t, d+"/ca.pem")}}
		}, "certificate is for another host"},
		{"pin of the authority, expired", opensearchtest.Leaf{Hosts: here, Chain: true, ValidFor: -time.Hour}, func(d string) osclient.Connection {
			return osclient.Connection{Pins: []string{fingerprint(t, d+"/ca.pem")}}
		}, "the node's certificate has to be renewed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			proxy, _ := secure(t, dir, tc.leaf)
			conn := tc.conn(dir)
			conn.URLs = []string{proxy.URL}
			c := open(t, conn)
			status, _, err := c.Do(t.Context(), "GET", "/", nil, nil)
			if tc.want == "" {
				if err != nil || status != 200 {
					t.Errorf("status %d, %v", status, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), strings.TrimPrefix(proxy.URL, "https://")) {
				t.Errorf("error %v, want the host and %q", err, tc.want)
			}
		})
	}
}

func TestANewAuthorityIsReadWhenTheOldOneDoesNotVouch(t *testing.T) {
	dir, trusted := t.TempDir(), filepath.Join(t.TempDir(), "trusted.pem")
	proxy, ca := secure(t, dir, opensearchtest.Leaf{Hosts: []string{"127.0.0.1"}})
	other, err := opensearchtest.NewAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	copyFile(t, other.File(), trusted)
	c := open(t, osclient.Connection{URLs: []string{proxy.URL}, CAFile: trusted})
	if _, _, err := c.Do(t.Context(), "GET", "/", nil, nil); err == nil {
		t.Fatal("another authority was trusted")
	}
	copyFile(t, ca.File(), trusted)
	if status, _, err := c.Do(t.Context(), "GET", "/", nil, nil); err != nil || status != 200 {
		t.Errorf("after the change: status %d, %v", status, err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	write(t, to, string(text))
}

func TestWrongURLsAreRecognised(t *testing.T) {
	plain := newServer(t, "")
	dir := t.TempDir()
	proxy, _ := secure(t, dir, opensearchtest.Leaf{Hosts: []string{"127.0.0.1"}})
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<html>not here</html>")
	}))
	defer page.Close()
	for _, tc := range []struct {
		name, url, want string
		definite        bool
	}{
		{"https at an http port", strings.Replace(plain.URL, "http:", "https:", 1), "is the URL's scheme right?", true},
		{"http at an https port", strings.Replace(proxy.URL, "https:", "http:", 1), "status 400", true},
		{"nothing there", "http://127.0.0.1:1", "nothing listens there", false},
		{"no such host", "http://no-such-host.invalid:9200", "is the URL right?", false},
		{"a web page", page.URL, "a web page: is this the URL of OpenSearch?", true},
		{"an unknown authority", proxy.URL, "give the authority's certificate", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := open(t, osclient.Connection{URLs: []string{tc.url}})
			status, reply, err := c.Do(t.Context(), "GET", "/_data_stream/x", nil, nil)
			if err == nil && status != 200 {
				err = c.StatusError("look up the data stream", status, reply)
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
			if got := osclient.Definite(err); got != tc.definite {
				t.Errorf("definite is %v for %v", got, err)
			}
		})
	}
}

func TestWhatMayPassIsNotDefinite(t *testing.T) {
	reply := func(kind string) []byte { return fmt.Appendf(nil, `{"error":{"type":%q,"reason":"r"}}`, kind) }
	for _, tc := range []struct {
		status   int
		kind     string
		definite bool
	}{
		{401, "", true}, {403, "security_exception", true}, {400, "illegal_argument_exception", true}, {404, "", true}, {302, "", true},
		{403, "cluster_block_exception", false}, {400, "validation_exception", false}, {408, "", false}, {402, "", false},
		{429, "circuit_breaking_exception", false}, {500, "", false}, {503, "cluster_manager_not_discovered_exception", false},
	} {
		err := fmt.Errorf("put: %w", osclient.NewStatusError("put", tc.status, reply(tc.kind)))
		if got := osclient.Definite(err); got != tc.definite {
			t.Errorf("definite is %v for %v", got, err)
		}
	}
	if osclient.Definite(nil) || !osclient.Definite(errors.New("the reply is not OpenSearch's")) {
		t.Error("nil is definite, or an unreadable reply is not")
	}
}
