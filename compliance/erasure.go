package compliance

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/sluicelog/sluice/audit"
	"github.com/sluicelog/sluice/internal/scope"
	"github.com/sluicelog/sluice/internal/subject"
	"github.com/sluicelog/sluice/search"
)

// Actions of the entries that this package records in an audit log.
const (
	ActionErase = "subject.erase" // New is the Receipt
	ActionHold  = "hold.place"    // New is the hold, without its query
	ActionLift  = "hold.lift"     // Old is
)

// An Erasure is the removal of a subject's records.
type Erasure struct {
	// Query finds the subject's records. An empty one, which matches all records, is refused.
	Query search.Query
	// Subject is the identifier under which the audit trail and the key ring know the subject: audit.Event.Subject. "" means the value
	// of Query, which then has to be one condition field:value.
	Subject string
	// Reason and By stand in the receipt, and so must not name the subject. Both are wanted.
	Reason, By string
	// Holds are the queries of legal holds, for the places that know of none: what they match stays.
	Holds []search.Query
	// Places are where records may be, in the order in which they are erased: what feeds another place, such as a spool, first.
	Places []Place
	// Keys are further rings in which the subject may have a key.
	Keys []*audit.KeyRing
	// Trail is the audit log in which the subject may have sealed fields. nil means none.
	Trail *audit.Trail
	// Log has an audit.Handler that records the receipt. nil means that the receipt is returned alone.
	Log *slog.Logger
	// Dry counts and changes nothing, and records nothing.
	Dry bool

	now func() time.Time // nil: time.Now
}

// Receipt says what was erased.
type Receipt struct {
	ID     string    `json:"id"`
	Time   time.Time `json:"time"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	// Subject is a keyed hash (HMAC-SHA-256) of the subject.
	Subject string `json:"subject"`
	Dry     bool   `json:"dry_run,omitempty"`
	// Complete says that nothing failed and nothing is left but what is held.
	Complete bool `json:"complete"`
	// Found is what was found and done, place by place.
	Found []PlaceReceipt `json:"places"`
	// Key is the key of Subject. It is in what Run returns alone, and kept nowhere.
	Key string `json:"key,omitempty"`
}

// PlaceReceipt is what was done in a place.
type PlaceReceipt struct {
	Place string `json:"place"`
	Found
	Error string `json:"error,omitempty"`
}

// Is says whether the receipt is of the subject, given the key that Run has returned with it.
func (r *Receipt) Is(key, subjectID string) bool { return subject.Is(r.Subject, key, subjectID) }

// Erased is how many records are gone in all places together.
func (r *Receipt) Erased() (n uint64) {
	for _, p := range r.Found {
		n += p.Erased
	}
	return n
}

// Run erases the subject in all places, destroys its keys, and records the receipt. What fails in one place does not keep it from the
// others; the receipt says so, and the errors are joined. When the receipt cannot be recorded the error wraps audit.ErrNotRecorded.
func (e *Erasure) Run(ctx context.Context) (Receipt, error) {
	id, err := e.subject()
	if err != nil {
		return Receipt{}, err
	}
	now := e.now
	if now == nil {
		now = time.Now
	}
	r := Receipt{ID: scope.NewID(), Time: now().UTC(), By: e.By, Reason: e.Reason, Dry: e.Dry, Complete: true}
	token, key := subject.Token(id)
	r.Subject = token
	var errs []error
	note := func(place string, f Found, err error) {
		p := PlaceReceipt{Place: place, Found: f}
		if err != nil {
			p.Error = strings.ReplaceAll(err.Error(), id, "[SUBJECT]")
			errs = append(errs, fmt.Errorf("compliance: %s: %w", place, err))
		}
		r.Complete = r.Complete && err == nil && f.Left == 0
		r.Found = append(r.Found, p)
	}
	for _, p := range e.Places {
		f, err := p.Erase(ctx, Task{Query: e.Query, Held: anyOf(e.Holds), Token: token, Dry: e.Dry})
		note(p.Name, f, err)
	}
	for i, ring := range e.Keys {
		f, err := e.destroy(ring, id, func() error { return ring.Destroy(id) })
		note(fmt.Sprintf("key ring %d", i), f, err)
	}
	if e.Trail != nil {
		f, err := e.destroy(e.Trail.Keys(), id, func() error {
			_, err := e.Trail.Erase(ctx, id, e.Reason)
			return err
		})
		note("audit log", f, err)
	}
	if !e.Dry && e.Log != nil {
		if err := e.record(ctx, &r); err != nil {
			errs = append(errs, fmt.Errorf("compliance: receipt: %w", err))
		}
	}
	r.Key = key
	return r, errors.Join(errs...)
}

// destroy ends the subject's key in a ring: one is matched when there is one.
func (e *Erasure) destroy(ring *audit.KeyRing, id string, end func() error) (f Found, err error) {
	has, err := ring.Has(id)
	if err != nil || !has {
		return f, err
	}
	f = Found{Matched: 1, Notes: []string{"the subject's key: what it sealed cannot be opened, its tokens cannot be linked"}}
	if e.Dry {
		return f, nil
	}
	if err = end(); err == nil {
		f.Erased = 1
	}
	return f, err
}

func (e *Erasure) record(ctx context.Context, r *Receipt) error {
	outcome := audit.Success
	if !r.Complete {
		outcome = audit.Failure
	}
	return audit.Log(ctx, e.Log, "Subject erased", audit.Event{
		Time: r.Time, Actor: audit.Actor{ID: e.By}, Action: ActionErase, Kind: audit.KindDelete, Outcome: outcome, Reason: e.Reason,
		Target: audit.Target{Type: "subject", ID: r.Subject}, New: r,
	})
}

// subject returns the subject's identifier, and what is wrong with the erasure.
func (e *Erasure) subject() (string, error) {
	switch e.Query.Expr.(type) {
	case nil, search.All, search.Not:
		return "", errors.New("compliance: erase: want a query that names the subject, such as user_id:u_123")
	}
	id := e.Subject
	if m, ok := e.Query.Expr.(search.Match); ok && id == "" {
		id = m.Value
	}
	switch {
	case id == "":
		return "", errors.New("compliance: erase: want the subject's identifier beside a query of several conditions")
	case e.Reason == "" || e.By == "":
		return "", errors.New("compliance: erase: want a reason, and who erases")
	case strings.Contains(e.Reason, id) || strings.Contains(e.By, id):
		return "", errors.New("compliance: erase: the reason, or who erases, names the subject: it would stay in the receipt")
	}
	return id, nil
}

func anyOf(queries []search.Query) search.Expr {
	var or search.Or
	for _, q := range queries {
		if q.Expr == nil {
			return search.All{}
		}
		or = append(or, q.Expr)
	}
	if len(or) == 0 {
		return nil
	}
	return or
}
