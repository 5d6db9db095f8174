package bootstrap

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/opensearchtest"
	"github.com/sluicelog/sluice/internal/osclient"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/opensearch"
)

// as returns a client of a secured node for a new user with a role that deploy/ has.
func as(t *testing.T, node *opensearchtest.Server, role string) *osclient.Client {
	t.Helper()
	for _, a := range Assets() {
		if a.Name != "opensearch/role-"+role+".json" {
			continue
		}
		user, password := node.NewUser(t, string(a.Body))
		return connect(t, osclient.Connection{URLs: []string{node.URL}, CAFile: node.CAFile, Username: user, Password: osclient.Secret(password)})
	}
	t.Fatal("no role " + role)
	return nil
}

func connect(t *testing.T, conn osclient.Connection) *osclient.Client {
	t.Helper()
	c, err := osclient.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestRolesAllowWhatIsNeededAndNoMore(t *testing.T) {
	node := opensearchtest.Secured(t)
	name := node.Stream(t)
	maker, writer, reader := as(t, node, "maker"), as(t, node, "writer"), as(t, node, "reader")
	b := boot(t, maker, Options{Stream: name})
	if r, err := b.EnsureTemplate(t.Context()); err != nil || !r.Created {
		t.Fatalf("maker: EnsureTemplate: %+v, %v", r, err)
	}
	zero := 0
	changed := boot(t, maker, Options{Stream: name, Replicas: &zero})
	if r, err := changed.EnsureTemplate(t.Context()); err != nil || !r.RolledOver {
		t.Fatalf("maker: renewal: %+v, %v", r, err)
	}
	keeper := &Bootstrap{client: maker, opts: Options{Stream: name, Retention: Retention{RolloverAge: time.Hour, RolloverBytes: 1 << 40, KeepFor: time.Nanosecond}}, now: time.Now}
	if p, err := keeper.Retain(t.Context()); err != nil || len(p.Deleted) != 1 {
		t.Fatalf("maker: retention: %+v, %v", p, err)
	}
	indices, err := b.indices(t.Context())
	if err != nil || len(indices) != 1 {
		t.Fatalf("indices %v, %v", indices, err)
	}
	write := "/" + indices[0].name
	bulk := "{\"create\":{\"_id\":\"1\"}}\n{" + now + ",\"attributes\":{\"new\":\"x\"}}\n"
	for _, tc := range []struct {
		who          string
		client       *osclient.Client
		method, path string
		body         string
		want         int
	}{
		{"writer", writer, "POST", "/" + name + "/_bulk?refresh=true", bulk, 200},
		{"writer", writer, "GET", "/_data_stream/" + name, "", 200},
		{"writer", writer, "POST", write + "/_mget", `{"ids":["1"]}`, 200},
		{"writer", writer, "GET", "/" + name + "/_search", "", 403},
		{"writer", writer, "DELETE", write + "/_doc/1", "", 403},
		{"writer", writer, "DELETE", "/_data_stream/" + name, "", 403},
		{"writer", writer, "PUT", "/_index_template/" + name, `{"index_patterns":["` + name + `"],"data_stream":{},"priority":9}`, 403},
		{"writer", writer, "POST", "/" + name + "/_rollover", "", 403},
		{"writer", writer, "PUT", "/" + name + "/_settings", `{"index.number_of_replicas":1}`, 403},
		{"writer", writer, "GET", "/", "", 403},
		{"reader", reader, "GET", "/" + name + "/_search", "", 200},
		{"reader", reader, "GET", "/" + name + "/_field_caps?fields=*", "", 200},
		{"reader", reader, "GET", "/" + name + "/_mapping", "", 200},
		{"reader", reader, "POST", "/" + name + "/_bulk", bulk, 403},
		{"reader", reader, "DELETE", "/_data_stream/" + name, "", 403},
		{"maker", maker, "GET", "/" + name + "/_search", "", 403},
		{"maker", maker, "POST", "/" + name + "/_bulk", bulk, 403},
	} {
		status, reply, err := tc.client.Do(t.Context(), tc.method, tc.path, http.Header{"Content-Type": {"application/json"}}, []byte(tc.body))
		if err != nil || status != tc.want {
			// A bulk request that may do nothing is refused by item.
			if err == nil && tc.want == 403 && strings.Contains(string(reply), `"status":403`) {
				continue
			}
			t.Errorf("%s: %s %s: status %d, want %d, %v: %.300s", tc.who, tc.method, tc.path, status, tc.want, err, reply)
		}
		if strings.HasSuffix(tc.path, "refresh=true") && !strings.Contains(string(reply), `"errors":false`) {
			t.Errorf("%s: %s", tc.who, reply)
		}
	}
	if got := node.Count(t, name); got != 1 {
		t.Errorf("%d documents, want 1", got)
	}
	// The role of who erases is for erasing by query, and for classes of retention, which delete so.
	eraser := as(t, node, "eraser")
	s, err := opensearch.New("", &opensearch.Options{Index: name, Client: eraser})
	if err != nil {
		t.Fatal(err)
	}
	if d, err := s.Delete(t.Context(), &search.Request{Query: search.MustParse("new:x")}, true); err != nil || d.Records != 1 || d.Left != 0 || !d.Purged {
		t.Errorf("eraser: %+v, %v", d, err)
	}
	if status, _, _ := eraser.Do(t.Context(), "DELETE", "/_data_stream/"+name, nil, nil); status != 403 {
		t.Errorf("eraser deletes the stream: status %d", status)
	}
	// Another stream is none of theirs.
	if status, _, _ := reader.Do(t.Context(), "GET", "/other-index/_search", nil, nil); status != 403 {
		t.Errorf("reader of another index: status %d", status)
	}
}

func TestWhatIsWrongIsSaidOnceAndMended(t *testing.T) {
	node := opensearchtest.Secured(t)
	name := node.Stream(t)
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
	proxy := opensearchtest.NewTLSProxy(t, node, base)
	conn := osclient.Connection{URLs: []string{proxy.URL}, CAFile: ca.File(), Username: node.User, Password: osclient.Secret(node.Password)}
	wrong, other := conn, conn
	wrong.Password = "not-the-password"
	other.URLs = []string{"https://127.0.0.1:1"}
	ensure := func(c Client) error {
		_, err := boot(t, c, Options{Stream: name}).EnsureTemplate(t.Context())
		return err
	}
	good := connect(t, conn)
	says := func(err error, words ...string) {
		t.Helper()
		if err == nil {
			t.Errorf("no error, want one with %q", words)
			return
		}
		for _, w := range words {
			if strings.Count(err.Error(), w) != 1 {
				t.Errorf("error %q, want one with %q, once", err, w)
			}
		}
		if strings.Contains(err.Error(), "not-the-password") || strings.Contains(err.Error(), node.Password) {
			t.Errorf("error shows a password: %v", err)
		}
	}
	says(ensure(good), strings.TrimPrefix(proxy.URL, "https://"), "expired", "the node's certificate has to be renewed")
	issue(time.Hour)
	proxy.SetCertificate(t, base)
	says(ensure(connect(t, wrong)), "status 401", `user "admin" and the password not accepted`)
	says(ensure(connect(t, other)), "127.0.0.1:1: ", "nothing listens there")
	says(ensure(as(t, node, "writer")), "status 403", "look up "+name, "indices:admin/resolve/index")
	if err := ensure(good); err != nil {
		t.Errorf("when all is mended: %v", err)
	}
	var e *osclient.Error
	if err := ensure(connect(t, other)); !errors.As(err, &e) {
		t.Errorf("%v is no *osclient.Error", err)
	}
}
