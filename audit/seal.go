package audit

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Sealed are personal fields, AES-256-GCM under the key of one subject. The entry's ID is authenticated with them.
type Sealed struct {
	// Key identifies the subject's key and nothing else: when it is erased, nothing ties the entry to the subject.
	Key  string `json:"key"`
	Data []byte `json:"data"` // nonce and ciphertext
}

// personal are the fields that are sealed.
type personal struct {
	ActorName  string          `json:"actor_name,omitempty"`
	TargetName string          `json:"target_name,omitempty"`
	IP         string          `json:"ip,omitempty"`
	UserAgent  string          `json:"user_agent,omitempty"`
	Old        json.RawMessage `json:"old,omitempty"`
	New        json.RawMessage `json:"new,omitempty"`
	Changes    []Change        `json:"changes,omitempty"`
	Personal   json.RawMessage `json:"personal,omitempty"`
}

// ErrErased is the error of opening what was sealed for a subject that is erased.
var ErrErased = errors.New("audit: the subject's key is erased")

// Seal moves the personal fields of b under the key of subject. Nothing of subject itself stays.
func (t *Trail) Seal(subject string, b *Body) error {
	p := personal{b.Actor.Name, b.Target.Name, b.Origin.IP, b.Origin.UserAgent, b.Old, b.New, b.Changes, b.Personal}
	plain, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	k, err := t.ring.key(subject)
	if err != nil {
		return err
	}
	b.Sealed = &Sealed{k.id, k.aead.Seal(nil, nil, plain, []byte(b.ID))}
	b.Actor.Name, b.Target.Name, b.Origin.IP, b.Origin.UserAgent = "", "", "", ""
	b.Old, b.New, b.Changes, b.Personal = nil, nil, nil, nil
	return nil
}

// Unseal puts the personal fields of b back in their places. The error is ErrErased when the subject's key is gone.
func (t *Trail) Unseal(b *Body) error {
	if b.Sealed == nil {
		return nil
	}
	k, err := t.ring.byID(b.Sealed.Key)
	if err != nil {
		return err
	}
	plain, err := k.aead.Open(nil, nil, b.Sealed.Data, []byte(b.ID))
	if err != nil {
		return fmt.Errorf("audit: entry %s: its sealed fields were changed: %w", b.ID, err)
	}
	var p personal
	if err := json.Unmarshal(plain, &p); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	b.Actor.Name, b.Target.Name, b.Origin.IP, b.Origin.UserAgent = p.ActorName, p.TargetName, p.IP, p.UserAgent
	b.Old, b.New, b.Changes, b.Personal, b.Sealed = p.Old, p.New, p.Changes, p.Personal, nil
	return nil
}
