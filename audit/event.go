package audit

import (
	"encoding/json"
	"time"
)

// Kind is what an action does to its target.
type Kind string

// The kinds; the empty one is KindOther.
const (
	KindCreate  Kind = "create"
	KindRead    Kind = "read"
	KindUpdate  Kind = "update"
	KindDelete  Kind = "delete"
	KindGrant   Kind = "grant"  // a right is given
	KindRevoke  Kind = "revoke" // a right is taken
	KindLogin   Kind = "login"
	KindLogout  Kind = "logout"
	KindExecute Kind = "execute"
	KindOther   Kind = "other"
)

// Outcome is how an action ended.
type Outcome string

// The outcomes; the empty one is Unknown.
const (
	Success Outcome = "success"
	Failure Outcome = "failure"
	Unknown Outcome = "unknown"
)

// Event is who did what to what, and how it ended. The zero values mean that something is not known or does not apply.
type Event struct {
	// Time is when it happened; the zero time is the time of the log call.
	Time time.Time `json:"time,omitzero"`
	// Actor is who did it.
	Actor Actor `json:"actor,omitzero"`
	// Action names what was done, for example "config.change".
	Action string `json:"action,omitempty"`
	Kind   Kind   `json:"kind,omitempty"`
	// Target is what it was done to.
	Target Target `json:"target,omitzero"`
	// Old and New are the values before and after, of any type that encoding/json takes. Their difference is computed.
	Old any `json:"old,omitempty"`
	New any `json:"new,omitempty"`
	// Outcome is how it ended and Reason why.
	Outcome Outcome `json:"outcome,omitempty"`
	Reason  string  `json:"reason,omitempty"`
	// Origin is where it came from.
	Origin Origin `json:"origin,omitzero"`
	// Operation ties together the entries of one operation, for example its begin and end.
	Operation string `json:"operation_id,omitempty"`
	// Subject is the person whom the event is about. With it, the personal fields are sealed under that person's key and can be
	// erased later: Actor.Name, Target.Name, Origin.IP and UserAgent, Old, New and Personal. Subject itself is not stored.
	Subject string `json:"subject,omitempty"`
	// Personal are further personal values.
	Personal map[string]any `json:"personal,omitempty"`
}

// Actor is who acts.
type Actor struct {
	ID string `json:"id,omitempty"`
	// Type is "user", "service" or "key".
	Type string `json:"type,omitempty"`
	Name string `json:"name,omitempty"`
	// OnBehalfOf is the identifier of the one for whom the actor acts.
	OnBehalfOf string   `json:"on_behalf_of,omitempty"`
	Roles      []string `json:"roles,omitempty"`
	Session    string   `json:"session,omitempty"`
}

// Target is what is acted on.
type Target struct {
	Type  string `json:"type,omitempty"`
	ID    string `json:"id,omitempty"`
	Name  string `json:"name,omitempty"`
	Owner string `json:"owner,omitempty"`
}

// Origin is where an action comes from. Service and Instance observe it.
type Origin struct {
	IP        string `json:"ip,omitempty"`
	Host      string `json:"host,omitempty"`
	UserAgent string `json:"user_agent,omitempty"`
	Service   string `json:"service,omitempty"`
	Instance  string `json:"instance,omitempty"`
}

// Body is an event as it stands in an entry.
type Body struct {
	// ID is a UUID of version 7.
	ID      string    `json:"id"`
	Time    time.Time `json:"time"`
	Message string    `json:"message"`
	Actor   Actor     `json:"actor,omitzero"`
	Action  string    `json:"action,omitempty"`
	Kind    Kind      `json:"kind,omitempty"`
	Target  Target    `json:"target,omitzero"`
	Outcome Outcome   `json:"outcome"`
	Reason  string    `json:"reason,omitempty"`
	Origin  Origin    `json:"origin,omitzero"`
	// Old, New and Changes are absent when they are sealed.
	Old     json.RawMessage `json:"old,omitempty"`
	New     json.RawMessage `json:"new,omitempty"`
	Changes []Change        `json:"changes,omitempty"`
	// Correlation.
	Operation   string `json:"operation_id,omitempty"`
	Request     string `json:"request_id,omitempty"`
	Trace       string `json:"trace_id,omitempty"`
	Transaction string `json:"transaction_id,omitempty"`
	// Personal holds the personal values of an event without a subject, or of one that has been opened with its key.
	Personal json.RawMessage `json:"personal,omitempty"`
	// Sealed holds the personal fields of an event with a subject.
	Sealed *Sealed `json:"sealed,omitempty"`
	// Details are of lifecycle entries.
	Details map[string]any `json:"details,omitempty"`
}

// Entry is one leaf of the log.
type Entry struct {
	// Index counts entries from 0.
	Index uint64 `json:"index"`
	// Prev is the leaf hash of the entry before, base64; empty in entry 0. It names the entry that was changed.
	Prev string `json:"prev"`
	// Session identifies one opening of the log, Recorded is when the entry was written; it never goes back.
	Session  string    `json:"session"`
	Recorded time.Time `json:"recorded_at"`
	// Type is "event" or a lifecycle type: open, close, rotate, erase, refused.
	Type string          `json:"type"`
	Body json.RawMessage `json:"body"`
}

// Types of entries.
const (
	TypeEvent   = "event"
	TypeOpen    = "open"    // the log was opened; details say what recovery found
	TypeClose   = "close"   // it was closed in order
	TypeRotate  = "rotate"  // a new epoch of signing keys, or a new segment
	TypeErase   = "erase"   // the tombstone of a subject
	TypeRefused = "refused" // writes were refused since the last entry
)

// Event decodes the body.
func (e *Entry) Event() (Body, error) {
	var b Body
	err := json.Unmarshal(e.Body, &b)
	return b, err
}
