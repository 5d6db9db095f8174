package opensearchtest_test

import (
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/sluicelog/sluice/internal/opensearchtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestANodeTakesAndCountsDocuments(t *testing.T) {
	node := opensearchtest.Node(t)
	index := "plain-" + opensearchtest.Namespace()
	node.DeleteAfter(t, index)
	node.Must(t, "POST", "/"+index+"/_bulk", "{\"index\":{\"_id\":\"a\"}}\n{\"n\":1}\n{\"index\":{\"_id\":\"b\"}}\n{\"n\":2}\n", nil)
	if got := node.Count(t, index); got != 2 {
		t.Errorf("count %d, want 2", got)
	}
	hits := node.Documents(t, index)
	if len(hits) != 2 || hits[0].ID == hits[1].ID {
		t.Errorf("documents %v", hits)
	}
	if again := opensearchtest.Node(t); again.URL != node.URL {
		t.Errorf("a second node %s beside %s", again.URL, node.URL)
	}
}

func TestANodeHasTheModulesOfADistribution(t *testing.T) {
	node := opensearchtest.Node(t)
	pipeline := "/_ingest/pipeline/p-" + opensearchtest.Namespace()
	node.Must(t, "PUT", pipeline, `{"processors":[{"script":{"source":"ctx.n = 1"}},{"fail":{"message":"poison"}}]}`, nil)
	node.Must(t, "DELETE", pipeline, "", nil)
}

func TestAPrivateNodeKeepsItsDataOverAKill(t *testing.T) {
	node := opensearchtest.Private(t, nil)
	node.Must(t, "PUT", "/kept/_doc/1", `{"n":1}`, nil)
	node.Kill(t)
	if _, _, err := node.Do(t.Context(), "GET", "/", ""); err == nil {
		t.Fatal("a killed node answers")
	}
	node.Restart(t)
	if got := node.Count(t, "kept"); got != 1 {
		t.Errorf("count %d after the restart, want 1", got)
	}
}

func TestAPairSurvivesTheLossOfItsSecondNode(t *testing.T) {
	pair := opensearchtest.Pair(t, nil)
	pair[0].Must(t, "PUT", "/kept", `{"settings":{"number_of_replicas":1}}`, nil)
	pair[0].Must(t, "GET", "/_cluster/health?wait_for_status=green&timeout=60s", "", nil)
	pair[1].Must(t, "PUT", "/kept/_doc/1", `{"n":1}`, nil)
	pair[1].Kill(t)
	pair[0].Must(t, "GET", "/_cluster/health?wait_for_nodes=1&timeout=60s", "", nil) // it has noticed
	if got := pair[0].Count(t, "kept"); got != 1 {
		t.Errorf("count %d, want 1", got)
	}
}

func TestASecuredNodeKnowsItsUsers(t *testing.T) {
	node := opensearchtest.Secured(t)
	user, password := node.NewUser(t, `{"cluster_permissions":["cluster_monitor"]}`)
	for _, tc := range []struct {
		name, user, password string
		want                 int
	}{
		{"administrator", node.User, node.Password, 200},
		{"a test's user", user, password, 200},
		{"wrong password", user, "no", 401},
		{"nobody", "", "", 401},
	} {
		t.Run(tc.name, func(t *testing.T) {
			other := *node
			other.User, other.Password = tc.user, tc.password
			if status, reply := other.Call(t, "GET", "/_cluster/health", ""); status != tc.want {
				t.Errorf("status %d, want %d: %s", status, tc.want, reply)
			}
		})
	}
	if !strings.HasPrefix(node.URL, "https://") {
		t.Errorf("URL %s", node.URL)
	}
}
