package compliance

import (
	"context"
	"fmt"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/opensearch"
	"github.com/sluicelog/sluice/store"
)

// A Place is where records of a subject may be. StoreDir, Store and OpenSearch make places; others, such as a sink's spool
// (opensearch.EraseSpool of package handler/opensearch), take a few lines.
type Place struct {
	// Name says what and where it is, in the receipt.
	Name string
	// Erase removes what a task says and returns what it found and did, also with an error.
	Erase func(ctx context.Context, t Task) (Found, error)
}

// A Task is what is to be erased in a place.
type Task struct {
	// Query finds the subject's records, Held those of all that legal holds cover; nil when there are no holds. A place that knows
	// of holds itself need not look at Held.
	Query search.Query
	Held  search.Expr
	// Token stands for the subject in what a place keeps of the erasure itself.
	Token string
	// Dry counts and changes nothing.
	Dry bool
}

// Free is the condition on the records that are to go: those that no hold covers.
func (t *Task) Free() search.Query {
	if t.Held == nil {
		return t.Query
	}
	return search.Conjunction(t.Query, search.Query{Expr: search.Not{Expr: t.Held}})
}

// Kept is the condition on the records that a hold keeps.
func (t *Task) Kept() search.Query {
	if t.Held == nil {
		return search.Query{Expr: search.None{}}
	}
	return search.Conjunction(t.Query, search.Query{Expr: t.Held})
}

// Found is what a place had of a subject.
type Found struct {
	Matched uint64 `json:"matched"`        // records of the subject
	Erased  uint64 `json:"erased"`         // of them that are gone
	Held    uint64 `json:"held,omitempty"` // that a legal hold keeps
	Left    uint64 `json:"left,omitempty"` // that came meanwhile, or could not be removed
	// Notes say what else was done, or could not be.
	Notes []string `json:"notes,omitempty"`
}

// StoreDir is the store in a directory that nobody is writing. It is opened for as long as the erasure takes.
func StoreDir(dir string) Place {
	return Place{"store " + dir, func(ctx context.Context, t Task) (f Found, err error) {
		if t.Dry {
			return countStore(ctx, dir, t)
		}
		s, err := store.Open(dir, &store.Options{CompactAfter: -1})
		if err != nil {
			return f, err
		}
		f, err = eraseStore(ctx, s, t)
		if cerr := s.Close(context.WithoutCancel(ctx)); err == nil {
			err = cerr
		}
		return f, err
	}}
}

// Store is a store that this process writes, in its directory.
func Store(s *store.Store, dir string) Place {
	return Place{"store " + dir, func(ctx context.Context, t Task) (Found, error) {
		if t.Dry {
			if err := s.Flush(ctx); err != nil {
				return Found{}, err
			}
			return countStore(ctx, dir, t)
		}
		return eraseStore(ctx, s, t)
	}}
}

func countStore(ctx context.Context, dir string, t Task) (f Found, err error) {
	r, err := store.OpenReader(dir)
	if err != nil {
		return f, err
	}
	f.Matched, f.Held, err = r.Matching(ctx, t.Query)
	if cerr := r.Close(); err == nil {
		err = cerr
	}
	return f, err
}

func eraseStore(ctx context.Context, s *store.Store, t Task) (Found, error) {
	r, err := s.EraseQuery(ctx, t.Query, t.Token)
	f := Found{Matched: uint64(r.Records + r.Held), Erased: uint64(r.Records), Held: uint64(r.Held)}
	if len(r.Segments) > 0 {
		f.Notes = append(f.Notes, fmt.Sprintf("%d segments rewritten", len(r.Segments)))
	}
	if r.Damaged > 0 {
		f.Notes = append(f.Notes, fmt.Sprintf("%d copies of damaged ranges removed", r.Damaged))
	}
	return f, err
}

// OpenSearch is what a searcher searches: an index, a stream or a pattern. It deletes by query, makes that visible, and has
// segments with deleted documents merged, where the cluster does it.
func OpenSearch(s *opensearch.Searcher) Place {
	return Place{"opensearch " + s.Name(), func(ctx context.Context, t Task) (f Found, err error) {
		if f.Matched, err = s.Matching(ctx, &search.Request{Query: t.Query}); err != nil {
			return f, err
		}
		if t.Held != nil {
			if f.Held, err = s.Matching(ctx, &search.Request{Query: t.Kept()}); err != nil {
				return f, err
			}
		}
		if t.Dry {
			return f, nil
		}
		d, err := s.Delete(ctx, &search.Request{Query: t.Free()}, true)
		f.Erased, f.Left = d.Records, d.Left
		switch {
		case d.Purged:
			f.Notes = append(f.Notes, "segments merged; snapshots keep what they have")
		case d.Records > 0:
			f.Notes = append(f.Notes, "segments not merged: bytes stay on disk until the cluster merges them; snapshots keep what they have")
		}
		return f, err
	}}
}
