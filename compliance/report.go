package compliance

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sluicelog/sluice/audit"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/store"
)

// Report states what is collected, masked, kept and erased. Its JSON is the machine-readable form, whose shape Format names; Markdown is
// the form for people. Fields that are not known are absent.
type Report struct {
	Format    string      `json:"format"` // ReportFormat
	Time      time.Time   `json:"time"`
	Service   string      `json:"service,omitempty"`
	Collected *Collected  `json:"collected,omitempty"` // of the store
	Masked    *Masking    `json:"masked,omitempty"`    // by the configuration
	Retained  *Retained   `json:"retained,omitempty"`  // by the configuration, and holds
	Erasures  []Receipt   `json:"erasures,omitempty"`  // of the audit log, oldest first
	Removals  []Removal   `json:"removals,omitempty"`  // of the store's own book: what it did for these erasures and others
	Audit     *AuditState `json:"audit,omitempty"`
}

// ReportFormat is the value of Report.Format. It changes when a field changes its meaning or goes; further fields may come.
const ReportFormat = "sluice-compliance-report/1"

// Collected is what a store holds.
type Collected struct {
	Store    string    `json:"store"`
	Records  uint64    `json:"records"`
	Bytes    int64     `json:"bytes"` // on disk
	Earliest time.Time `json:"earliest,omitzero"`
	Latest   time.Time `json:"latest,omitzero"`
	// Fields are those of the records, by name.
	Fields []Field `json:"fields"`
	// Damaged says what could not be read.
	Damaged []string `json:"damaged,omitempty"`
}

// Field is one that records have.
type Field struct {
	Name    string   `json:"name"`
	Types   []string `json:"types"`
	Records uint64   `json:"records"`
}

// Masking is what a configuration has masked.
type Masking struct {
	On bool `json:"on"`
	// Rules are the kinds of patterns that are on with what becomes of a match, Keys the keys beside the built-in ones.
	Rules []Rule `json:"rules,omitempty"`
	Keys  []Rule `json:"keys,omitempty"`
	// Entities are the types of names that a model finds.
	Entities []string `json:"entities,omitempty"`
	// Counts are the values that were masked, by rule, as far as records of the store tell (mask.report_every).
	Counts map[string]uint64 `json:"counts,omitempty"`
}

// Rule is what becomes of what a rule finds.
type Rule struct {
	Name   string `json:"name"`
	Action string `json:"action"`
}

// Retained is how long records are kept.
type Retained struct {
	Sinks []Sink `json:"sinks,omitempty"`
	Holds []Hold `json:"holds,omitempty"`
}

// Sink is where records go, and how long they are kept there. Durations are Go's; "" is without a limit of that kind.
type Sink struct {
	Name     string            `json:"name"`
	Type     string            `json:"type"`
	Where    string            `json:"where,omitempty"`
	KeepFor  string            `json:"keep_for,omitempty"`
	MaxBytes string            `json:"max_bytes,omitempty"`
	Levels   map[string]string `json:"levels,omitempty"`
	Classes  []Class           `json:"classes,omitempty"`
}

// Class is a class of retention; the first that matches a record decides.
type Class struct {
	Query   string `json:"query"`
	KeepFor string `json:"keep_for"`
}

// Hold is a legal hold. Its query stands in the store.
type Hold struct {
	ID     string    `json:"id"`
	Reason string    `json:"reason"`
	By     string    `json:"by,omitempty"`
	Since  time.Time `json:"since"`
}

// Removal is what a store did for an erasure.
type Removal struct {
	Time    time.Time `json:"time"`
	Subject string    `json:"subject"` // token, or keyed hash
	Records int       `json:"records"`
	Held    int       `json:"held,omitempty"`
}

// AuditState is what verifying the audit log has found.
type AuditState struct {
	Dir      string            `json:"dir"`
	Sound    bool              `json:"sound"`
	Origin   string            `json:"origin"`
	Entries  int64             `json:"entries"`
	Covered  int64             `json:"covered"`
	Last     time.Time         `json:"last_checkpoint,omitzero"`
	Findings []audit.Finding   `json:"findings,omitempty"`
	Actions  map[string]uint64 `json:"actions,omitempty"` // entries by action
}

// ReportOptions say what is reported on. The zero value reports on nothing.
type ReportOptions struct {
	Service string
	// Store is a store's directory, Audit an audit log's. "" means none.
	Store, Audit string
	// AuditKey is the public key of the audit log's epoch 0, pinned. "" believes the one in its directory.
	AuditKey string
	// Masking and Sinks are the configuration's. nil means that it is not known.
	Masking *Masking
	Sinks   []Sink
	// Now is the report's time; the zero time means time.Now.
	Now time.Time
}

// NewReport makes a report. It changes nothing. An error leaves out what could not be found out, and says what that is; the rest of the
// report holds.
func NewReport(ctx context.Context, o *ReportOptions) (*Report, error) {
	if o == nil {
		o = &ReportOptions{}
	}
	r := &Report{Format: ReportFormat, Time: o.Now.UTC(), Service: o.Service, Masked: o.Masking}
	if o.Now.IsZero() {
		r.Time = time.Now().UTC()
	}
	var errs []error
	if o.Sinks != nil {
		r.Retained = &Retained{Sinks: o.Sinks}
	}
	if o.Store != "" {
		if err := r.readStore(ctx, o.Store); err != nil {
			errs = append(errs, fmt.Errorf("compliance: report: %w", err))
		}
	}
	if o.Audit != "" {
		if err := r.readAudit(ctx, o.Audit, o.AuditKey); err != nil {
			errs = append(errs, fmt.Errorf("compliance: report: %w", err))
		}
	}
	return r, errors.Join(errs...)
}

func (r *Report) readStore(ctx context.Context, dir string) error {
	reader, err := store.OpenReader(dir)
	if err != nil {
		return err
	}
	defer reader.Close()
	c := &Collected{Store: dir}
	snap, err := reader.Snapshot()
	if err != nil {
		return err
	}
	sizes, err := snap.Report()
	snap.Close()
	if err != nil {
		c.Damaged = append(c.Damaged, err.Error())
	}
	c.Bytes = sizes.Stored
	s := reader.Searcher(nil)
	first := func(order search.Order) (time.Time, error) {
		res, err := s.Search(ctx, &search.Request{Query: search.MustParse("time:*"), Limit: 1, Sort: search.Sort{Order: order}})
		if err != nil || len(res.Hits) == 0 {
			return time.Time{}, err
		}
		return res.Hits[0].Time.UTC(), nil
	}
	all, err := s.Search(ctx, &search.Request{Limit: 1, Count: true})
	if err != nil {
		return err
	}
	c.Records, c.Damaged = all.Total, append(c.Damaged, all.Damaged...)
	if c.Earliest, err = first(search.Oldest); err != nil {
		return err
	}
	if c.Latest, err = first(search.Newest); err != nil {
		return err
	}
	fields, err := s.Fields(ctx, &search.Request{})
	if err != nil {
		return err
	}
	for _, f := range fields {
		types := f.Types
		if f.Kind != search.Plain {
			types = []string{f.Kind.String()}
		}
		c.Fields = append(c.Fields, Field{f.Name, types, f.Records})
	}
	r.Collected = c
	if err := r.readCounts(ctx, s); err != nil {
		return err
	}
	receipts, err := reader.Receipts()
	if err != nil {
		return err
	}
	for _, x := range receipts {
		r.Removals = append(r.Removals, Removal{x.Time, x.Subject, x.Records, x.Held})
	}
	holds, err := store.Holds(dir)
	if err != nil {
		return err
	}
	if r.Retained == nil {
		r.Retained = &Retained{}
	}
	for _, h := range holds {
		r.Retained.Holds = append(r.Retained.Holds, Hold{h.ID, h.Reason, h.By, h.Since})
	}
	return nil
}

// maskReport is the message of the records by which a mask reports what it has masked (mask.ReportMessage).
const maskReport = "values masked"

// readCounts sums what masks have reported.
func (r *Report) readCounts(ctx context.Context, s search.Searcher) error {
	q := search.Query{Expr: search.And{search.Match{Field: "msg", Value: maskReport}, search.Exists{Field: "by_rule"}}}
	counts := map[string]uint64{}
	for hit, err := range s.Records(ctx, &search.Request{Query: q, Limit: search.Unlimited, Sort: search.Sort{Order: search.Arrival}}) {
		if err != nil {
			return err
		}
		var line struct {
			ByRule map[string]uint64 `json:"by_rule"`
		}
		if json.Unmarshal(hit.Line, &line) != nil {
			continue // another record that has these words
		}
		for rule, n := range line.ByRule {
			counts[rule] += n
		}
	}
	if len(counts) > 0 {
		if r.Masked == nil {
			r.Masked = &Masking{On: true}
		}
		masked := *r.Masked
		masked.Counts = counts
		r.Masked = &masked
	}
	return nil
}

func (r *Report) readAudit(ctx context.Context, dir, key string) error {
	a := &AuditState{Dir: dir, Actions: map[string]uint64{}}
	rep, err := audit.Verify(ctx, dir, &audit.VerifyOptions{PublicKey: key, Now: r.Time, Visit: func(e *audit.Entry, _ []byte) error {
		b, err := e.Event()
		if err != nil {
			return nil // Verify says what is wrong with it
		}
		a.Actions[cmp.Or(b.Action, e.Type)]++
		var receipt Receipt
		if b.Action == ActionErase && json.Unmarshal(b.New, &receipt) == nil {
			r.Erasures = append(r.Erasures, receipt)
		}
		return nil
	}})
	if err != nil {
		return err
	}
	a.Sound, a.Origin, a.Entries, a.Covered, a.Last, a.Findings = rep.Sound, rep.Origin, rep.Entries, rep.Covered, rep.Last.UTC(), rep.Findings
	slices.SortStableFunc(r.Erasures, func(x, y Receipt) int { return x.Time.Compare(y.Time) })
	r.Audit = a
	return nil
}
