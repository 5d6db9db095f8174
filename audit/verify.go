package audit

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sluicelog/sluice/internal/journal"
	"golang.org/x/mod/sumdb/tlog"
)

// VerifyOptions say what a log is checked against. The zero value checks the log against itself.
type VerifyOptions struct {
	// PublicKey is the key of epoch 0, pinned by who verifies. "" takes the one in the log's directory, which proves nothing
	// against who could replace it.
	PublicKey string
	// Anchors are notes of checkpoints that left the log (see ReadAnchors).
	Anchors []Checkpoint
	// MaxAge is how old the last checkpoint may be. 0 means any age.
	MaxAge time.Duration
	// Now is the time for MaxAge; the zero time means time.Now.
	Now time.Time
	// Progress is called now and then with the entries read and the size by the last checkpoint. nil means nobody is told.
	Progress func(read, size int64)
	// Visit is called for every entry that is read, in order, before it is known whether the log is sound. nil is fine.
	Visit func(e *Entry, payload []byte) error
}

// Report is what Verify found.
type Report struct {
	Sound bool `json:"sound"`
	// Entries were read, Covered of them are vouched for by the last checkpoint. Those behind are at most as young as
	// CheckpointEvery, or were written by a process that was killed: who can write the directory can change them.
	Entries int64 `json:"entries"`
	Covered int64 `json:"covered"`
	// Checkpoints and Epochs were checked; Last is the time of the last checkpoint and Root its root.
	Checkpoints int       `json:"checkpoints"`
	Epochs      int       `json:"epochs"`
	Last        time.Time `json:"last_checkpoint,omitzero"`
	Root        string    `json:"root,omitempty"`
	Anchors     int       `json:"anchors"`
	Origin      string    `json:"origin"`
	// FirstBad is the index of the first entry that is not what was written, -1 when there is none or none can be named.
	FirstBad int64 `json:"first_bad"`
	// Findings say what is wrong, the first bad entry first.
	Findings []Finding `json:"findings,omitempty"`
	Bytes    int64     `json:"bytes"`
}

// Finding is one thing that is wrong.
type Finding struct {
	// Entry is the first entry concerned, -1 when it is about none.
	Entry int64 `json:"entry"`
	// What was done: changed, deleted, inserted, swapped, cut, damaged, forged, stale, foreign, anchor, tiles.
	What string `json:"what"`
	Text string `json:"text"`
}

func (f Finding) String() string {
	if f.Entry < 0 {
		return f.What + ": " + f.Text
	}
	return fmt.Sprintf("entry %d: %s: %s", f.Entry, f.What, f.Text)
}

// maxFindings bounds a report.
const maxFindings = 100

// Verify reads a whole log and checks that every byte of its entries, tree and checkpoints is what was written. The error is
// about a log that cannot be read; what is wrong with one that can is in the Report. The log should be closed or idle: one that
// is being written may look torn.
func Verify(ctx context.Context, dir string, opts *VerifyOptions) (Report, error) {
	v := &verifier{ctx: ctx, dir: dir, report: Report{FirstBad: -1}}
	if opts != nil {
		v.opts = *opts
	}
	if err := v.run(); err != nil {
		return v.report, err
	}
	r := &v.report
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { // entries first, in order
		switch {
		case (a.Entry < 0) != (b.Entry < 0):
			if a.Entry < 0 {
				return 1
			}
			return -1
		case a.Entry < b.Entry:
			return -1
		case a.Entry > b.Entry:
			return 1
		}
		return 0
	})
	r.Sound = len(r.Findings) == 0
	if !r.Sound {
		r.FirstBad = r.Findings[0].Entry
	}
	return *r, nil
}

type verifier struct {
	ctx    context.Context
	dir    string
	opts   VerifyOptions
	report Report

	history     *history
	checkpoints []Checkpoint // sound so far, by size
	anchors     []Checkpoint
	tree        tree
	since       int64 // size of the last checkpoint that agreed
	expected    expected
	prev        string
	recorded    time.Time
	types       map[int64]string
	next        int // checkpoint to compare
	nextAnchor  int
	forked      bool  // a checkpoint did not agree: later ones cannot
	anchored    int64 // size of the last anchor that agreed
	strayed     bool  // one did not
	badEntry    int64
	tiles       map[string]bool
	tombstones  map[string]int64 // entry by key
}

func (v *verifier) find(entry int64, what, format string, args ...any) {
	if len(v.report.Findings) < maxFindings {
		v.report.Findings = append(v.report.Findings, Finding{entry, what, fmt.Sprintf(format, args...)})
	}
}

func (v *verifier) run() error {
	key := v.opts.PublicKey
	if b, err := os.ReadFile(filepath.Join(v.dir, PublicKeyFile)); key == "" {
		if err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		key = string(b)
	} else if key = strings.TrimSpace(key); key != string(b) {
		v.find(-1, "foreign", "%s holds another key than the one that is expected", PublicKeyFile)
	}
	h, err := newHistory(key)
	if err != nil {
		v.find(-1, "foreign", "%v", err)
		return nil
	}
	v.history, v.badEntry, v.types, v.tombstones = h, -1, map[int64]string{}, map[string]int64{}
	v.report.Origin = h.origin
	if err := v.readNotes(); err != nil {
		return err
	}
	v.anchors = slices.Clone(v.opts.Anchors)
	slices.SortStableFunc(v.anchors, func(a, b Checkpoint) int { return int(a.Size - b.Size) })
	v.anchors = slices.DeleteFunc(v.anchors, func(a Checkpoint) bool { return a.Origin != h.origin })
	v.report.Anchors = len(v.anchors)
	v.expected = expected{dir: v.dir, size: v.covered()}
	v.tiles = map[string]bool{}
	if err := v.readEntries(); err != nil {
		return err
	}
	v.finish()
	return errors.Join(v.checkErased(), v.checkFiles())
}

func (v *verifier) covered() int64 {
	if n := len(v.checkpoints); n > 0 {
		return v.checkpoints[n-1].Size
	}
	return 0
}

// readNotes checks the checkpoints among themselves.
func (v *verifier) readNotes() error {
	broken := false
	rec, err := journal.Check(filepath.Join(v.dir, notesDir), nil, func(_ uint64, msg []byte) error {
		if broken {
			return v.ctx.Err()
		}
		c, err := v.history.add(msg)
		if err != nil {
			broken = true
			v.find(-1, "forged", "%v; checkpoints up to %d entries are good", err, v.covered())
			return nil
		}
		if c != nil {
			v.checkpoints = append(v.checkpoints, *c)
			if n := len(v.checkpoints) - 3; n >= 0 {
				v.checkpoints[n].Note = nil // a busy log has thousands a day, and the last two alone are compared
			}
		}
		return v.ctx.Err()
	})
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	for _, d := range rec.Damage {
		v.find(-1, "damaged", "%s/%s", notesDir, d)
	}
	r := &v.report
	r.Checkpoints, r.Epochs, r.Covered = len(v.checkpoints), len(v.history.epochs), v.covered()
	if len(v.checkpoints) == 0 {
		v.find(-1, "cut", "there is no checkpoint")
		return nil
	}
	last := v.checkpoints[len(v.checkpoints)-1]
	r.Last, r.Root = last.Time, base64.StdEncoding.EncodeToString(last.Root[:])
	now := or(v.opts.Now, time.Now())
	if age := now.Sub(last.Time); v.opts.MaxAge > 0 && age > v.opts.MaxAge {
		v.find(-1, "stale", "the last checkpoint is %v old: at most %v is allowed", age.Round(time.Second), v.opts.MaxAge)
	}
	b, err := os.ReadFile(filepath.Join(v.dir, checkpointFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("audit: %w", err)
	}
	if string(b) != string(last.Note) {
		// A crash between the two leaves the one before, and an announcement may stand behind it.
		n := len(v.checkpoints)
		if err != nil || n < 2 || string(b) != string(v.checkpoints[n-2].Note) {
			v.find(-1, "forged", "the file %s is not the last checkpoint", checkpointFile)
		}
	}
	return nil
}

// readEntries reads the entries and compares them with the chain, the tiles and the checkpoints.
func (v *verifier) readEntries() error {
	rec, err := journal.Check(filepath.Join(v.dir, entriesDir), nil, v.entry)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	for _, d := range rec.Damage {
		if d.Lost == 0 {
			v.find(-1, "damaged", "%s/%s", entriesDir, d)
		}
	}
	v.compare(true)
	return nil
}

// entry takes the next intact entry.
func (v *verifier) entry(seq uint64, payload []byte) error {
	if seq%1024 == 0 {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		if v.opts.Progress != nil {
			v.opts.Progress(v.report.Entries, v.covered())
		}
	}
	if int64(seq) > v.report.Entries+1 && v.badEntry < 0 { // the journal has lost some: their leaves are what the tiles say
		v.bad(v.report.Entries, "damaged", "entries %d to %d cannot be read: bytes were changed or taken away", v.report.Entries, seq-2)
	}
	index := int64(seq) - 1
	for v.tree.size < index {
		leaf, ok := v.expected.leaf(v.tree.size)
		if !ok {
			break
		}
		v.add(leaf)
	}
	leaf := tlog.RecordHash(payload)
	e, err := parseEntry(payload)
	want, known := v.expected.leaf(index)
	switch {
	case v.badEntry >= 0:
	case err != nil:
		v.bad(index, "changed", "it is no entry: %v", err)
	case known && want != leaf:
		v.classify(index, leaf, &e)
	case e.Index != uint64(index):
		v.bad(index, "changed", "it says that it is entry %d", e.Index)
	case index > 0 && e.Prev != v.prev:
		v.bad(max(index-1, 0), "changed", "the entry behind it was written after another one")
	case e.Recorded.Before(v.recorded):
		v.bad(index, "changed", "it was recorded before the entry in front of it: the clock goes back")
	}
	if v.opts.Visit != nil && err == nil {
		if err := v.opts.Visit(&e, payload); err != nil {
			return err
		}
	}
	v.add(leaf)
	if e.Type == TypeErase {
		v.tombstone(index, &e)
	}
	if index >= v.covered()-1 {
		v.types[index] = e.Type
	}
	v.prev = base64.StdEncoding.EncodeToString(leaf[:])
	if e.Recorded.After(v.recorded) {
		v.recorded = e.Recorded
	}
	v.report.Entries = int64(seq)
	v.report.Bytes += int64(len(payload))
	return nil
}

// tombstone remembers the key that an entry says is erased.
func (v *verifier) tombstone(index int64, e *Entry) {
	if b, err := e.Event(); err == nil {
		if id, ok := b.Details["key"].(string); ok {
			v.tombstones[id] = index
		}
	}
}

// bad names the first bad entry.
func (v *verifier) bad(entry int64, what, format string, args ...any) {
	if v.badEntry < 0 {
		v.badEntry = entry
		v.find(entry, what, format, args...)
	}
}

// add grows the tree and compares it with what is said of its size.
func (v *verifier) add(leaf tlog.Hash) {
	v.compare(false)
	v.tree.add(leaf)
	for _, f := range v.tree.full {
		v.checkTile(f.level, f.n, f.hashes)
	}
	v.tree.full = nil
}

// compare compares the tree with the checkpoints and anchors of its present size.
func (v *verifier) compare(end bool) {
	var root tlog.Hash
	have := false
	same := func(c Checkpoint) bool {
		if !have {
			root, have = v.tree.root(), true
		}
		return c.Root == root
	}
	for ; v.next < len(v.checkpoints) && v.checkpoints[v.next].Size <= v.tree.size; v.next++ {
		if v.forked || v.checkpoints[v.next].Size < v.tree.size {
			continue
		}
		if c := v.checkpoints[v.next]; !same(c) {
			v.forked = true
			if v.badEntry < 0 {
				v.badEntry = v.since
				v.find(v.since, "changed", "one of the entries %d to %d is not what was signed: the checkpoint of %d entries has another root", v.since, c.Size-1, c.Size)
			}
		} else {
			v.since = c.Size
		}
	}
	for ; v.nextAnchor < len(v.anchors) && v.anchors[v.nextAnchor].Size <= v.tree.size; v.nextAnchor++ {
		a := v.anchors[v.nextAnchor]
		switch {
		case v.strayed || a.Size < v.tree.size:
		case same(a):
			v.anchored = a.Size
		default:
			v.strayed = true
			v.find(v.anchored, "anchor", "one of the entries %d to %d is not what was sent out: the log differs from the anchor of %d entries of %s", v.anchored, a.Size-1, a.Size, a.Time.Format(time.RFC3339))
		}
	}
	if end && v.tree.size < v.covered() && !v.forked {
		v.bad(v.tree.size, "cut", "entries %d to %d are missing: the last checkpoint is of %d", v.tree.size, v.covered()-1, v.covered())
	}
	if n := len(v.anchors); end && n > 0 && v.anchors[n-1].Size > v.tree.size {
		v.find(v.tree.size, "anchor", "the log was cut: anchor %d, log %d", v.anchors[n-1].Size, v.tree.size)
	}
}

// finish looks at what is behind the last checkpoint.
func (v *verifier) finish() {
	covered := v.covered()
	if v.report.Entries > covered && covered > 0 && v.types[covered-1] == TypeClose {
		v.bad(covered, "inserted", "%d entries follow the end of the log, and no checkpoint vouches for them", v.report.Entries-covered)
	}
	if covered == 0 && v.report.Entries > 1 {
		v.bad(0, "forged", "no checkpoint vouches for the entries")
	}
}
