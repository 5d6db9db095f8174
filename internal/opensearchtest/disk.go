package opensearchtest

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// FillDisk makes a private node believe that its disk is full, past the flood stage, and waits until it has blocked the index or
// stream for writing. It does so by the watermarks: the disk itself stays as it is.
func (s *Server) FillDisk(t testing.TB, name string) {
	t.Helper()
	s.watermark(t, "1pb")
	s.waitBlock(t, name, true)
}

// FreeDisk takes FillDisk back and waits until the node has lifted its block.
func (s *Server) FreeDisk(t testing.TB, name string) {
	t.Helper()
	s.watermark(t, "1b")
	s.waitBlock(t, name, false)
}

// watermark sets how much must be free.
func (s *Server) watermark(t testing.TB, free string) {
	t.Helper()
	if s.node == nil {
		t.Fatal("opensearchtest: settings of a node that others use: start it with Private")
	}
	settings := map[string]string{"cluster.info.update.interval": "10s", "cluster.routing.allocation.disk.threshold_enabled": "true"}
	for _, stage := range []string{"low", "high", "flood_stage"} {
		settings["cluster.routing.allocation.disk.watermark."+stage] = free
	}
	body, err := json.Marshal(map[string]any{"transient": settings})
	if err != nil {
		t.Fatal(err)
	}
	s.Must(t, "PUT", "/_cluster/settings", string(body), nil)
}

// waitBlock waits until the indices of a name are blocked, or are not.
func (s *Server) waitBlock(t testing.TB, name string, blocked bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for {
		_, reply, err := s.Do(ctx, "GET", "/"+name+"/_settings/index.blocks.read_only_allow_delete?flat_settings=true", "")
		if err == nil && strings.Contains(string(reply), `"index.blocks.read_only_allow_delete":"true"`) == blocked {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("opensearchtest: the node did not change its block of %s: %s (%v)", name, reply, err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}
