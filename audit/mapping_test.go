package audit

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// full has every field, each with a value of its own.
func full() Body {
	return Body{
		ID: "id1", Time: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Message: "message1",
		Actor:  Actor{ID: "actor1", Type: "user", Name: "name1", OnBehalfOf: "other1", Roles: []string{"role1"}, Session: "session1"},
		Action: "action1", Kind: KindUpdate, Outcome: Failure, Reason: "reason1", Target: Target{Type: "type1", ID: "target1", Name: "tname1", Owner: "owner1"},
		Origin: Origin{IP: "192.0.2.1", Host: "host1", UserAgent: "agent1", Service: "service1", Instance: "instance1"},
		Old:    json.RawMessage(`{"a":1}`), New: json.RawMessage(`{"a":2}`), Changes: []Change{{"replace", "/a", json.RawMessage("1"), json.RawMessage("2")}},
		Operation: "operation1", Request: "request1", Trace: "trace1", Transaction: "transaction1",
	}
}

func asJSON(t *testing.T, v any) map[string]any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestECS(t *testing.T) {
	want := map[string]any{
		"@timestamp": "2026-01-02T03:04:05.000000006Z", "message": "message1", "event.id": "id1", "event.sequence": 7.0, "event.kind": "event",
		"event.action": "action1", "event.category": []any{"configuration"}, "event.type": []any{"change"}, "event.outcome": "failure", "event.reason": "reason1",
		"user.id": "actor1", "user.full_name": "name1", "user.roles": []any{"role1"}, "user.effective.id": "other1", "source.ip": "192.0.2.1", "host.name": "host1",
		"user_agent.original": "agent1", "observer.name": "service1", "observer.serial_number": "instance1", "labels.target_type": "type1",
		"labels.target_id": "target1", "labels.target_name": "tname1", "labels.target_owner": "owner1",
		"user.changes": []any{map[string]any{"op": "replace", "path": "/a", "old": 1.0, "value": 2.0}}, "trace.id": "trace1", "transaction.id": "transaction1",
		"http.request.id": "request1", "labels.operation_id": "operation1", "labels.session_id": "session1",
	}
	if diff := cmp.Diff(want, asJSON(t, full().ECS(7))); diff != "" {
		t.Error(diff)
	}
	b := full()
	b.Target.Type = "user"
	if m := b.ECS(0); m["user.target.id"] != "target1" || m["labels.target_id"] != nil {
		t.Errorf("%v", m)
	}
}

func TestOCSF(t *testing.T) {
	at := time.UnixMilli(1234567)
	want := map[string]any{
		"class_uid": 3004.0, "category_uid": 3.0, "activity_id": 3.0, "type_uid": 300403.0, "activity_name": "action1", "severity_id": 1.0,
		"time": 1767323045000.0, "message": "message1", "status_id": 2.0, "status_detail": "reason1",
		"metadata": map[string]any{"uid": "id1", "version": "1.3.0", "sequence": 7.0, "logged_time": 1234567.0, "correlation_uid": "operation1",
			"product": map[string]any{"name": "service1", "vendor_name": "sluice"}},
		"actor":         map[string]any{"user": map[string]any{"uid": "actor1", "name": "name1", "type": "user"}, "session": map[string]any{"uid": "session1"}},
		"entity":        map[string]any{"type": "type1", "uid": "target1", "name": "tname1", "data": map[string]any{"a": 1.0}},
		"entity_result": map[string]any{"uid": "target1", "data": map[string]any{"a": 2.0}},
		"src_endpoint":  map[string]any{"ip": "192.0.2.1", "hostname": "host1"},
	}
	if diff := cmp.Diff(want, asJSON(t, full().OCSF(7, at))); diff != "" {
		t.Error(diff)
	}
	for kind, want := range map[Kind][2]int{KindCreate: {3004, 1}, KindRead: {3004, 2}, KindDelete: {3004, 4}, KindLogin: {3002, 1}, KindLogout: {3002, 2}, KindOther: {3004, 99}} {
		b := Body{Kind: kind}
		m := b.OCSF(0, at)
		if m["class_uid"] != want[0] || m["activity_id"] != want[1] || m["type_uid"] != want[0]*100+want[1] || m["category_uid"] != 3 {
			t.Errorf("%s: %v", kind, m)
		}
	}
}

func TestCADF(t *testing.T) {
	want := map[string]any{
		"typeURI": "http://schemas.dmtf.org/cloud/audit/1.0/event", "eventType": "activity", "id": "id1", "eventTime": "2026-01-02T03:04:05.000000006Z",
		"action": "update/action1", "outcome": "failure", "reason": map[string]any{"reasonCode": "reason1"},
		"initiator":   map[string]any{"id": "actor1", "typeURI": "data/security/account/user", "name": "name1", "host": map[string]any{"address": "192.0.2.1", "agent": "agent1"}},
		"target":      map[string]any{"id": "target1", "typeURI": "type1", "name": "tname1"},
		"observer":    map[string]any{"id": "instance1", "typeURI": "service", "name": "service1"},
		"attachments": []any{map[string]any{"name": "old", "typeURI": "application/json", "content": map[string]any{"a": 1.0}}, map[string]any{"name": "new", "typeURI": "application/json", "content": map[string]any{"a": 2.0}}},
		"tags":        []any{"request_id?value=request1", "trace_id?value=trace1", "transaction_id?value=transaction1", "operation_id?value=operation1"},
	}
	if diff := cmp.Diff(want, asJSON(t, full().CADF())); diff != "" {
		t.Error(diff)
	}
	for _, key := range []string{"id", "eventType", "eventTime", "action", "outcome", "initiator", "target", "observer"} { // required of every event
		if (Body{ID: "x"}).CADF()[key] == nil {
			t.Errorf("an empty event has no %s", key)
		}
	}
}
