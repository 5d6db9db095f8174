package opensearchtest_test

import (
	"strings"
	"testing"

	"github.com/sluicelog/sluice/internal/opensearchtest"
)

func TestAFullDiskRefusesItemsUntilThereIsRoom(t *testing.T) {
	node := opensearchtest.Private(t, nil)
	node.Must(t, "PUT", "/full", `{"settings":{"number_of_replicas":0}}`, nil)
	const bulk = "{\"create\":{}}\n{\"n\":1}\n"
	node.FillDisk(t, "full")
	status, reply := node.Call(t, "POST", "/full/_bulk", bulk)
	if status != 200 || !strings.Contains(string(reply), `"status":429`) || !strings.Contains(string(reply), "cluster_block_exception") {
		t.Errorf("on a full disk: status %d: %s", status, reply)
	}
	node.FreeDisk(t, "full")
	if status, reply := node.Call(t, "POST", "/full/_bulk", bulk); status != 200 || !strings.Contains(string(reply), `"status":201`) {
		t.Errorf("with room again: status %d: %s", status, reply)
	}
}
