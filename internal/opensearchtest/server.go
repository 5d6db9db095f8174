package opensearchtest

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Server is a running node.
type Server struct {
	URL      string // without user and path
	CAFile   string // PEM; empty without TLS
	User     string // administrator; empty on a node without security
	Password string

	node *node // nil for one that others use too
}

// request is the one way to a node; every request has a connection of its own, so that nothing stays behind.
func (s *Server) request(ctx context.Context, method, path, body string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.URL+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if s.User != "" {
		req.SetBasicAuth(s.User, s.Password)
	}
	tlsConfig, err := s.TLS()
	if err != nil {
		return nil, err
	}
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: tlsConfig}, Timeout: time.Minute}
	return c.Do(req)
}

// TLS is a client's configuration that trusts the node; nil without TLS.
func (s *Server) TLS() (*tls.Config, error) {
	if s.CAFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(s.CAFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate in " + s.CAFile)
	}
	return &tls.Config{RootCAs: pool}, nil
}

// Do sends a request as the administrator, with a body of JSON (or lines of it) when it is not empty.
func (s *Server) Do(ctx context.Context, method, path, body string) (status int, reply []byte, err error) {
	resp, err := s.request(ctx, method, path, body)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	reply, err = io.ReadAll(resp.Body)
	return resp.StatusCode, reply, err
}

// Call is Do for a test, which ends when there is no answer. It may be used in a cleanup.
func (s *Server) Call(t testing.TB, method, path, body string) (status int, reply []byte) {
	t.Helper()
	status, reply, err := s.Do(context.WithoutCancel(t.Context()), method, path, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return status, reply
}

// Must is Call for requests that succeed; out, when not nil, gets the reply's JSON.
func (s *Server) Must(t testing.TB, method, path, body string, out any) {
	t.Helper()
	status, reply := s.Call(t, method, path, body)
	// All users of a node are one document to the security plugin: who comes at the same time is told to come again.
	for tries := 0; status == http.StatusConflict && strings.HasPrefix(path, securityAPI) && tries < 100; tries++ {
		time.Sleep(100 * time.Millisecond)
		status, reply = s.Call(t, method, path, body)
	}
	if status < 200 || status > 299 {
		t.Fatalf("%s %s: status %d: %s", method, path, status, reply)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(reply, out); err != nil {
		t.Fatalf("%s %s: %v in %.300s", method, path, err, reply)
	}
}

// Namespace returns a name that no other test uses, of lower-case letters and digits.
func Namespace() string { return strings.ToLower(rand.Text()[:12]) }

// Stream returns the name of a data stream, logs-otel-v1-<namespace>, that no other test uses, and deletes it with the test.
// It does not make it, nor a template for it.
func (s *Server) Stream(t testing.TB) string {
	t.Helper()
	name := "logs-otel-v1-" + Namespace()
	s.DeleteAfter(t, name)
	return name
}

// DeleteAfter removes the data stream, the index, the index template and the component templates (name-mappings, name-settings) with the test.
func (s *Server) DeleteAfter(t testing.TB, name string) {
	t.Helper()
	t.Cleanup(func() {
		for _, path := range []string{
			"/_data_stream/" + name, "/" + name, "/_index_template/" + name,
			"/_component_template/" + name + "-mappings", "/_component_template/" + name + "-settings",
		} {
			// What is not there answers 404, a stream's name as an index 400; a killed node does not answer.
			_, _, _ = s.Do(context.WithoutCancel(t.Context()), "DELETE", path, "")
		}
	})
}

// Count is how many documents a stream or index has, after a refresh; none when it is not there.
func (s *Server) Count(t testing.TB, name string) int {
	t.Helper()
	s.Must(t, "POST", "/"+name+"/_refresh?ignore_unavailable=true", "", nil)
	var reply struct{ Count int }
	s.Must(t, "GET", "/"+name+"/_count?ignore_unavailable=true", "", &reply)
	return reply.Count
}

// Hit is a document.
type Hit struct {
	Index  string         `json:"_index"`
	ID     string         `json:"_id"`
	Source map[string]any `json:"_source"`
}

// Documents returns what a stream or index has, after a refresh, at most 10,000.
func (s *Server) Documents(t testing.TB, name string) []Hit {
	t.Helper()
	s.Must(t, "POST", "/"+name+"/_refresh", "", nil)
	var reply struct{ Hits struct{ Hits []Hit } }
	s.Must(t, "GET", "/"+name+"/_search?size=10000", "", &reply)
	return reply.Hits.Hits
}

// Kill ends a private node by SIGKILL, as a power cut does.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	if s.node == nil {
		t.Fatal("opensearchtest: Kill of a node that others use: start it with Private or Pair")
	}
	s.node.stop()
}

// Restart starts a killed node again, on its data and at its address, and returns when it serves.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if s.node == nil {
		t.Fatal("opensearchtest: Restart of a node that others use: start it with Private or Pair")
	}
	s.node.stop()
	if err := s.node.start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// securityAPI is where the security plugin keeps users, roles, and who has which.
const securityAPI = "/_plugins/_security/api/"

// NewUser makes a user of a secured node with one role, given as the security plugin's JSON, and removes both with the test.
func (s *Server) NewUser(t testing.TB, role string) (user, password string) {
	t.Helper()
	user, password = "user-"+Namespace(), "Us3r-"+rand.Text()
	body, _ := json.Marshal(map[string]any{"password": password, "opendistro_security_roles": []string{user}})
	s.Must(t, "PUT", securityAPI+"roles/"+user, role, nil)
	s.Must(t, "PUT", securityAPI+"internalusers/"+user, string(body), nil)
	s.Must(t, "PUT", securityAPI+"rolesmapping/"+user, fmt.Sprintf(`{"users":[%q]}`, user), nil)
	t.Cleanup(func() {
		for _, kind := range []string{"rolesmapping/", "internalusers/", "roles/"} {
			s.Call(t, "DELETE", securityAPI+kind+user, "")
		}
	})
	return user, password
}

// Authority opens the authority that a secured node trusts, to issue certificates for clients: a certificate's common name is
// the user.
func (s *Server) Authority(t testing.TB) *Authority {
	t.Helper()
	a, err := NewAuthority(filepath.Dir(s.CAFile))
	if err != nil {
		t.Fatal(err)
	}
	return a
}
