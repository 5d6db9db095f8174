package opensearchtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// require is the variable that makes a test fail where it would skip.
const require = "SLUICE_REQUIRE_OPENSEARCH"

// Node returns a node without security that other tests use too: the one at OPENSEARCH_URL, else the machine's shared one.
// Keep to names from [Server.Stream] and [Namespace], and leave cluster settings and other tests' templates alone.
func Node(t testing.TB) *Server {
	t.Helper()
	if at := os.Getenv("OPENSEARCH_URL"); at != "" {
		s, err := parseURL(at)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	return shared(t, false)
}

// Secured returns the machine's shared node with the security plugin: HTTPS with an authority of its own, users by basic
// authentication, client certificate and token. Its administrator is the Server's User.
func Secured(t testing.TB) *Server {
	t.Helper()
	return shared(t, true)
}

// parseURL takes a node's URL, with user and password of an administrator in it where the node wants them.
func parseURL(at string) (*Server, error) {
	u, err := url.Parse(at)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("OPENSEARCH_URL is no URL of a node: want http://host:9200")
	}
	s := &Server{User: u.User.Username(), CAFile: os.Getenv("OPENSEARCH_CA_FILE")}
	s.Password, _ = u.User.Password()
	u.User = nil
	s.URL = strings.TrimSuffix(u.String(), "/")
	return s, nil
}

// failed remembers what is missing, so that only the first test of a process waits for a download that fails.
var failed struct {
	sync.Mutex
	err error
}

func shared(t testing.TB, secured bool) *Server {
	t.Helper()
	skipShort(t)
	s, err := acquire(t.Context(), secured)
	fatalOrSkip(t, err)
	return s
}

func skipShort(t testing.TB) {
	t.Helper()
	failed.Lock()
	err := failed.err
	failed.Unlock()
	fatalOrSkip(t, err)
	if testing.Short() && os.Getenv(require) == "" {
		t.Skip("needs an OpenSearch node: not with -short")
	}
}

func fatalOrSkip(t testing.TB, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var missing unavailable
	if !errors.As(err, &missing) {
		t.Fatal(err)
	}
	failed.Lock()
	failed.err = err
	failed.Unlock()
	if os.Getenv(require) != "" {
		t.Fatalf("%s is set, and there is no OpenSearch node: %v", require, err)
	}
	t.Skipf("needs an OpenSearch node (set OPENSEARCH_URL, or have Java %d and Maven): %v", minJava, err)
}

// Options of a private node.
type Options struct {
	Secured  bool              // with the security plugin and TLS
	Heap     string            // such as "1g"; empty means "512m"
	Settings map[string]string // of the node, see opensearch.yml; an empty value takes a default of this package away
}

// Private starts a node for this test alone, which ends with it. opts may be nil.
func Private(t testing.TB, opts *Options) *Server {
	t.Helper()
	if opts == nil {
		opts = &Options{}
	}
	n := prepare(t, *opts)
	if err := n.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return n.server()
}

// Pair starts a cluster of two nodes for this test alone. The first is the only one that can manage the cluster, so the
// second can be killed without the cluster stopping; indices with one replica then survive on the first.
func Pair(t testing.TB, opts *Options) [2]*Server {
	t.Helper()
	if opts == nil {
		opts = &Options{}
	}
	if opts.Secured {
		t.Fatal("opensearchtest: Pair has no secured form: its nodes have no common authority")
	}
	nodes := [2]*node{prepare(t, *opts), prepare(t, *opts)}
	seeds := fmt.Sprintf("127.0.0.1:%d,127.0.0.1:%d", nodes[0].transport, nodes[1].transport)
	errs := make(chan error)
	for i, n := range nodes {
		settings := map[string]string{
			"discovery.type": "", "discovery.seed_hosts": seeds, "node.name": fmt.Sprintf("n%d", i+1), "cluster.name": "pair-" + Namespace(),
			"cluster.initial_cluster_manager_nodes": "n1", "node.roles": "cluster_manager,data,ingest",
		}
		if i == 1 {
			settings["cluster.initial_cluster_manager_nodes"], settings["node.roles"] = "", "data,ingest"
			settings["cluster.name"] = nodes[0].spec.Settings["cluster.name"]
		}
		for k, v := range n.spec.Settings {
			settings[k] = v
		}
		n.spec.Settings = settings
		go func() { errs <- n.start(t.Context()) }()
	}
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Fatal(err)
	}
	pair := [2]*Server{nodes[0].server(), nodes[1].server()}
	pair[0].Must(t, "GET", "/_cluster/health?wait_for_nodes=2&timeout=60s", "", nil)
	return pair
}

// prepare makes a node that has not started, and ends it with the test.
func prepare(t testing.TB, opts Options) *node {
	t.Helper()
	skipShort(t)
	cache, err := cacheDir()
	fatalOrSkip(t, err)
	home, err := install(t.Context(), cache, opts.Secured)
	fatalOrSkip(t, err)
	removeStale(cache)
	dir, err := os.MkdirTemp(cache, "private-") //nolint:usetesting // t.TempDir lies below directories that the node's account may not enter
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	if opts.Heap == "" {
		opts.Heap = "512m"
	}
	n, err := newNode(home, dir, spec(opts))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		n.stop()
		if err := n.remove(); err != nil {
			t.Error(err)
		}
	})
	return n
}

// removeStale deletes what tests left that were killed: a node dies with its test, its directory does not.
func removeStale(cache string) {
	dirs, _ := filepath.Glob(filepath.Join(cache, "private-*"))
	for _, dir := range dirs {
		if info, err := os.Stat(dir); err == nil && time.Since(info.ModTime()) > 24*time.Hour {
			_ = os.RemoveAll(dir) // the next test tries again
		}
	}
}

// Hold keeps the shared nodes running as long as this process, for programs that are no tests: it fetches what is missing
// and starts what does not run.
func Hold(ctx context.Context, secured bool) (*Server, error) { return acquire(ctx, secured) }
