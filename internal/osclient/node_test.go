package osclient_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/opensearchtest"
	"github.com/sluicelog/sluice/internal/osclient"
)

const monitor = `{"cluster_permissions":["cluster_monitor"]}`

func TestASecuredNodeAcceptsEveryWayToLogIn(t *testing.T) {
	node := opensearchtest.Secured(t)
	user, password := node.NewUser(t, monitor)
	dir := t.TempDir()
	issue := func(name string, valid time.Duration) string {
		base := filepath.Join(dir, name)
		if err := node.Authority(t).Issue(base, opensearchtest.Leaf{Name: user, ValidFor: valid}); err != nil {
			t.Fatal(err)
		}
		return base
	}
	good, expired := issue("good", time.Hour), issue("expired", -time.Hour)
	for _, tc := range []struct {
		name   string
		conn   osclient.Connection
		status int
		want   string // part of the error
	}{
		{"password", osclient.Connection{Username: user, Password: osclient.Secret(password)}, 200, ""},
		{"token", osclient.Connection{Token: osclient.Secret(opensearchtest.Token(user, time.Hour))}, 200, ""},
		{"client certificate", osclient.Connection{CertFile: good + ".pem", KeyFile: good + ".key"}, 200, ""},
		{"wrong password", osclient.Connection{Username: user, Password: "not-the-password"}, 401, `user "` + user + `" and the password not accepted`},
		{"expired token", osclient.Connection{Token: osclient.Secret(opensearchtest.Token(user, -time.Hour))}, 401, "the token not accepted"},
		{"nothing", osclient.Connection{}, 401, "no credentials were given"},
		{"expired client certificate", osclient.Connection{CertFile: expired + ".pem", KeyFile: expired + ".key"}, 0, "the node refuses the client certificate"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.conn.URLs, tc.conn.CAFile = []string{node.URL}, node.CAFile
			c := open(t, tc.conn)
			status, reply, err := c.Do(t.Context(), "GET", "/_cluster/health", nil, nil)
			if status != tc.status {
				t.Errorf("status %d, %v, want %d", status, err, tc.status)
			}
			if err == nil && status != 200 {
				err = c.StatusError("ask for the health", status, reply)
			}
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "not-the-password") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

func TestAMissingPermissionIsNamed(t *testing.T) {
	node := opensearchtest.Secured(t)
	user, password := node.NewUser(t, monitor)
	c := open(t, osclient.Connection{URLs: []string{node.URL}, CAFile: node.CAFile, Username: user, Password: osclient.Secret(password)})
	status, reply, err := c.Do(t.Context(), "PUT", "/_index_template/x", http.Header{"Content-Type": {"application/json"}}, []byte(`{"index_patterns":["x-*"]}`))
	if err != nil || status != 403 {
		t.Fatalf("status %d, %v", status, err)
	}
	got := c.StatusError("put the index template", status, reply).Error()
	for _, want := range []string{"put the index template", "403", "indices:admin/index_template/put", user} {
		if !strings.Contains(got, want) {
			t.Errorf("error %q has no %q", got, want)
		}
	}
}

func TestAPasswordIsRotatedOnARealNode(t *testing.T) {
	node := opensearchtest.Secured(t)
	user, password := node.NewUser(t, monitor)
	file := filepath.Join(t.TempDir(), "password")
	write(t, file, password)
	c := open(t, osclient.Connection{URLs: []string{node.URL}, CAFile: node.CAFile, Username: user, Password: osclient.Secret("file:" + file)})
	const next = "An0ther-password!x"
	node.Must(t, "PATCH", "/_plugins/_security/api/internalusers/"+user, `[{"op":"add","path":"/password","value":"`+next+`"}]`, nil)
	if status, _, err := c.Do(t.Context(), "GET", "/_cluster/health", nil, nil); err != nil || status != 401 {
		t.Fatalf("with the old password: status %d, %v", status, err)
	}
	write(t, file, next+"\n")
	if status, _, err := c.Do(t.Context(), "GET", "/_cluster/health", nil, nil); err != nil || status != 200 {
		t.Errorf("after the rotation: status %d, %v", status, err)
	}
}

func TestPlainHTTPAtASecuredNodeIsRecognised(t *testing.T) {
	node := opensearchtest.Secured(t)
	c := open(t, osclient.Connection{URLs: []string{strings.Replace(node.URL, "https:", "http:", 1)}})
	_, _, err := c.Do(t.Context(), "GET", "/_cluster/health", nil, nil)
	if err == nil || !strings.Contains(err.Error(), "does the port want https?") {
		t.Errorf("error %v, want that the port may want https", err)
	}
}

func TestAKilledNodeLosesAndDoublesNothing(t *testing.T) {
	pair := opensearchtest.Pair(t, nil)
	pair[0].Must(t, "PUT", "/kept", `{"settings":{"number_of_shards":2,"number_of_replicas":1}}`, nil)
	pair[0].Must(t, "GET", "/_cluster/health?wait_for_status=green&timeout=60s", "", nil)
	c := open(t, osclient.Connection{URLs: []string{pair[0].URL, pair[1].URL}})
	header := http.Header{"Content-Type": {"application/x-ndjson"}}
	const batches, docs = 60, 20
	resent := 0
	for batch := range batches {
		if batch == batches/3 {
			pair[1].Kill(t)
		}
		var body strings.Builder
		for i := range docs {
			fmt.Fprintf(&body, "{\"create\":{\"_id\":\"%d-%d\"}}\n{\"n\":%d}\n", batch, i, i)
		}
		for try := 0; ; try++ {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			status, reply, err := c.Do(ctx, "POST", "/kept/_bulk?timeout=10s", header, []byte(body.String()))
			cancel()
			// Stored now, or by an earlier try whose answer was lost.
			if err == nil && status == 200 && strings.Count(string(reply), `"status":201`)+strings.Count(string(reply), `"status":409`) == docs {
				break
			}
			if resent++; try == 30 {
				t.Fatalf("batch %d: status %d %.300s, %v", batch, status, reply, err)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	t.Logf("%d requests were sent again", resent)
	if got := pair[0].Count(t, "kept"); got != batches*docs {
		t.Errorf("%d documents, want %d", got, batches*docs)
	}
}
