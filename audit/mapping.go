package audit

import (
	"encoding/json"
	"time"
)

// ECS returns the event under the names of the Elastic Common Schema (8.x, https://www.elastic.co/docs/reference/ecs), as a flat
// map of dotted keys. index is the entry's.
func (b Body) ECS(index uint64) map[string]any {
	m := map[string]any{}
	set := setter(m)
	set("@timestamp", b.Time.Format(time.RFC3339Nano))
	set("message", b.Message)
	set("event.id", b.ID)
	m["event.sequence"] = index
	set("event.kind", "event")
	set("event.action", b.Action)
	category, typ := b.Kind.ecs()
	m["event.category"], m["event.type"] = []string{category}, []string{typ}
	set("event.outcome", string(b.Outcome))
	set("event.reason", b.Reason)
	set("user.id", b.Actor.ID)
	set("user.full_name", b.Actor.Name)
	if len(b.Actor.Roles) > 0 {
		m["user.roles"] = b.Actor.Roles
	}
	set("user.effective.id", b.Actor.OnBehalfOf)
	set("source.ip", b.Origin.IP)
	set("host.name", b.Origin.Host)
	set("user_agent.original", b.Origin.UserAgent)
	set("observer.name", b.Origin.Service)
	set("observer.serial_number", b.Origin.Instance)
	if b.Target.Type == "user" {
		set("user.target.id", b.Target.ID)
		set("user.target.name", b.Target.Name)
	} else {
		set("labels.target_type", b.Target.Type)
		set("labels.target_id", b.Target.ID)
		set("labels.target_name", b.Target.Name)
	}
	set("labels.target_owner", b.Target.Owner)
	setJSON(m, "user.changes", b.Changes)
	set("trace.id", b.Trace)
	set("transaction.id", b.Transaction)
	set("http.request.id", b.Request)
	set("labels.operation_id", b.Operation)
	set("labels.session_id", b.Actor.Session)
	return m
}

func (k Kind) ecs() (category, typ string) {
	switch k {
	case KindCreate:
		return "iam", "creation"
	case KindRead:
		return "database", "access"
	case KindUpdate:
		return "configuration", "change"
	case KindDelete:
		return "iam", "deletion"
	case KindGrant, KindRevoke:
		return "iam", "change"
	case KindLogin:
		return "authentication", "start"
	case KindLogout:
		return "authentication", "end"
	}
	return "process", "info"
}

// OCSF returns the event as Entity Management (class 3004) of the Open Cybersecurity Schema Framework 1.3, logins and logouts as
// Authentication (3002).
func (b Body) OCSF(index uint64, recorded time.Time) map[string]any {
	class, activity := b.Kind.ocsf()
	status := map[Outcome]int{Success: 1, Failure: 2}[b.Outcome]
	user, actor, entity, endpoint, meta, m := map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}
	setter(user)("uid", b.Actor.ID)
	setter(user)("name", b.Actor.Name)
	setter(user)("type", b.Actor.Type)
	actor["user"] = user
	if b.Actor.Session != "" {
		actor["session"] = map[string]any{"uid": b.Actor.Session}
	}
	setter(entity)("type", b.Target.Type)
	setter(entity)("uid", b.Target.ID)
	setter(entity)("name", b.Target.Name)
	result := map[string]any{}
	setter(result)("uid", b.Target.ID)
	if len(b.Old) > 0 {
		entity["data"] = b.Old
	}
	if len(b.New) > 0 {
		result["data"] = b.New
		m["entity_result"] = result
	}
	setter(endpoint)("ip", b.Origin.IP)
	setter(endpoint)("hostname", b.Origin.Host)
	meta["uid"], meta["version"], meta["sequence"], meta["logged_time"] = b.ID, "1.3.0", index, recorded.UnixMilli()
	setter(meta)("correlation_uid", or(b.Operation, or(b.Request, b.Trace)))
	meta["product"] = map[string]any{"name": or(b.Origin.Service, "sluice"), "vendor_name": "sluice"}
	m["metadata"], m["actor"], m["entity"] = meta, actor, entity
	if len(endpoint) > 0 {
		m["src_endpoint"] = endpoint
	}
	m["time"], m["message"], m["class_uid"], m["category_uid"] = b.Time.UnixMilli(), b.Message, class, class/1000
	m["activity_id"], m["activity_name"], m["type_uid"] = activity, b.Action, class*100+activity
	m["status_id"], m["severity_id"] = status, 1
	setter(m)("status_detail", b.Reason)
	return m
}

func (k Kind) ocsf() (class, activity int) {
	switch k {
	case KindCreate:
		return 3004, 1
	case KindRead:
		return 3004, 2
	case KindUpdate:
		return 3004, 3
	case KindDelete:
		return 3004, 4
	case KindLogin:
		return 3002, 1
	case KindLogout:
		return 3002, 2
	}
	return 3004, 99
}

// CADF returns the event in the form of DMTF DSP0262, Cloud Auditing Data Federation 1.0.
func (b Body) CADF() map[string]any {
	m := map[string]any{"typeURI": "http://schemas.dmtf.org/cloud/audit/1.0/event", "eventType": "activity", "id": b.ID, "eventTime": b.Time.Format(time.RFC3339Nano)}
	m["action"] = b.Kind.cadf() + "/" + or(b.Action, "unknown")
	m["outcome"] = string(or(b.Outcome, Unknown))
	if b.Reason != "" {
		m["reason"] = map[string]any{"reasonCode": b.Reason}
	}
	initiator := map[string]any{"id": or(b.Actor.ID, "unknown"), "typeURI": "data/security/account/" + or(b.Actor.Type, "user")}
	setter(initiator)("name", b.Actor.Name)
	host := map[string]any{}
	setter(host)("address", b.Origin.IP)
	setter(host)("agent", b.Origin.UserAgent)
	if len(host) > 0 {
		initiator["host"] = host
	}
	m["initiator"] = initiator
	target := map[string]any{"id": or(b.Target.ID, "unknown"), "typeURI": or(b.Target.Type, "unknown")}
	setter(target)("name", b.Target.Name)
	m["target"] = target
	m["observer"] = map[string]any{"id": or(b.Origin.Instance, or(b.Origin.Host, "unknown")), "typeURI": "service", "name": or(b.Origin.Service, "sluice")}
	var attachments []map[string]any
	for name, v := range map[string]json.RawMessage{"old": b.Old, "new": b.New} {
		if len(v) > 0 {
			attachments = append(attachments, map[string]any{"name": name, "typeURI": "application/json", "content": v})
		}
	}
	if len(attachments) == 2 && attachments[0]["name"] == "new" {
		attachments[0], attachments[1] = attachments[1], attachments[0]
	}
	if attachments != nil {
		m["attachments"] = attachments
	}
	var tags []string
	for _, t := range [][2]string{{"request_id", b.Request}, {"trace_id", b.Trace}, {"transaction_id", b.Transaction}, {"operation_id", b.Operation}} {
		if t[1] != "" {
			tags = append(tags, t[0]+"?value="+t[1])
		}
	}
	if tags != nil {
		m["tags"] = tags
	}
	return m
}

func (k Kind) cadf() string {
	switch k {
	case KindCreate, KindRead, KindUpdate, KindDelete:
		return string(k)
	case KindGrant, KindRevoke, KindLogin, KindLogout:
		return "authenticate"
	}
	return "unknown"
}

func setter(m map[string]any) func(key, value string) {
	return func(key, value string) {
		if value != "" {
			m[key] = value
		}
	}
}

func setJSON(m map[string]any, key string, changes []Change) {
	if len(changes) > 0 {
		m[key] = changes
	}
}
