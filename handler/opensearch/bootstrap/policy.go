package bootstrap

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const policies = "/_plugins/_ism/policies/"

// policy is the body of a policy of Index State Management (https://docs.opensearch.org/latest/im-plugin/ism/policies/): the
// written index rolls over, and what has rolled over is deleted in its time.
func policy(pattern string, r Retention, shards int) object {
	hot := object{
		"name": "write",
		"actions": []object{{"rollover": object{
			"min_index_age": seconds(r.RolloverAge), "min_primary_shard_size": fmt.Sprintf("%db", max(r.RolloverBytes/int64(shards), 1)),
		}}},
		"transitions": []object{},
	}
	states := []object{hot}
	if r.KeepFor > 0 && r.Holds == nil {
		hot["transitions"] = []object{{"state_name": "delete", "conditions": object{"min_rollover_age": seconds(r.KeepFor)}}}
		states = append(states, object{"name": "delete", "actions": []object{{"delete": object{}}}, "transitions": []object{}})
	}
	return object{"policy": object{
		"description":   description(r),
		"default_state": "write", "states": states,
		"ism_template": []object{{"index_patterns": []string{pattern}, "priority": 100}},
	}}
}

func description(r Retention) string {
	if r.Holds != nil {
		return fmt.Sprintf("%s %d: rollover after %s, no deletion because of legal holds", maker, Version, r.RolloverAge)
	}
	return fmt.Sprintf("%s %d: rollover after %s, deletion %s after", maker, Version, r.RolloverAge, r.KeepFor)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%ds", int64(d/time.Second)) }

// ensurePolicy sets the stream's policy. It returns false where the cluster has no Index State Management.
func (b *Bootstrap) ensurePolicy(ctx context.Context) (bool, error) {
	path := policies + url.PathEscape(b.opts.Stream)
	want := policy(b.opts.Stream, b.opts.Retention, b.opts.Shards)
	status, reply, err := b.client.Do(ctx, http.MethodGet, path, nil, nil)
	op := "look up the retention policy " + b.opts.Stream
	if err != nil {
		return false, fmt.Errorf("bootstrap: %s: %w", op, err)
	}
	var found struct {
		Seq    *int64 `json:"_seq_no"`
		Term   *int64 `json:"_primary_term"`
		Policy struct{ Description string }
	}
	switch {
	case status == http.StatusOK:
		if err := json.Unmarshal(reply, &found); err != nil || found.Seq == nil || found.Term == nil {
			return false, fmt.Errorf("bootstrap: %s: the reply is not OpenSearch's", op)
		}
		if !strings.HasPrefix(found.Policy.Description, maker+" ") {
			return false, fmt.Errorf("%w: retention policy %s", ErrForeign, b.opts.Stream)
		}
		if found.Policy.Description == want["policy"].(object)["description"] {
			return true, nil
		}
		path += fmt.Sprintf("?if_seq_no=%d&if_primary_term=%d", *found.Seq, *found.Term)
	case status == http.StatusNotFound:
	case status == http.StatusBadRequest && strings.Contains(string(reply), "no handler found"), status == http.StatusMethodNotAllowed:
		return false, nil
	default:
		return false, b.refused(op, status, reply)
	}
	if err := b.do(ctx, "put the retention policy "+b.opts.Stream, http.MethodPut, path, want); err != nil {
		return false, err
	}
	// The policy takes hold of indices to come; those that are there are given to it.
	verb, body := "add", object{"policy_id": b.opts.Stream}
	if status == http.StatusOK {
		verb = "change_policy"
	}
	return true, b.do(ctx, "apply the retention policy", http.MethodPost, "/_plugins/_ism/"+verb+"/"+url.PathEscape(b.opts.Stream), body)
}
