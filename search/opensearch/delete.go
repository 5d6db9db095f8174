package opensearch

import (
	"context"
	"fmt"
	"time"

	"github.com/sluicelog/sluice/search"
)

// Deleted is what Delete did.
type Deleted struct {
	Records uint64 // that are gone
	// Left are records that matched afterwards: they came meanwhile, or could not be deleted.
	Left uint64
	// Purged says that segments with deleted documents were merged, which takes their bytes off the disk. Snapshots keep theirs.
	Purged bool
}

const (
	deleteBatch  = 10_000 // documents a request
	deleteRounds = 20     // requests that delete nothing before it is given up
)

// Delete deletes the records that match the request's query and time, and makes that visible. A value of a field is also looked for where a
// document has what its index refused, which a search does not do. It deletes in batches, each in one
// request, until nothing is left. Purge merges segments with deleted documents, which can take long and needs the permission: when
// the cluster does not do it, Purged is false and that is no error. Limits, order and what is shown do not count.
func (s *Searcher) Delete(ctx context.Context, req *search.Request, purge bool) (Deleted, error) {
	var d Deleted
	q, err := s.whole(ctx, req)
	if err != nil {
		return d, err
	}
	for rounds := 0; rounds < deleteRounds; {
		var reply struct {
			Deleted, Total   uint64
			VersionConflicts uint64 `json:"version_conflicts"`
			Failures         []struct {
				Cause struct{ Type, Reason string }
			}
		}
		path := s.path(fmt.Sprintf("/_delete_by_query?conflicts=proceed&refresh=true&ignore_unavailable=true&allow_no_indices=true&max_docs=%d", deleteBatch))
		if err := s.call(ctx, "POST", path, object{"query": q}, &reply); err != nil {
			return d, err
		}
		d.Records += reply.Deleted
		if len(reply.Failures) > 0 {
			c := reply.Failures[0].Cause
			return d, fmt.Errorf("opensearch: delete: %d failures: %.300s", len(reply.Failures), c.Type+": "+c.Reason)
		}
		if reply.Deleted == 0 {
			if rounds++; reply.VersionConflicts == 0 {
				break
			}
			if !sleep(ctx, time.Duration(rounds)*10*time.Millisecond) {
				return d, ctx.Err()
			}
		}
	}
	if d.Left, err = s.count(ctx, q); err != nil {
		return d, err
	}
	if purge && d.Records > 0 {
		err := s.call(ctx, "POST", s.path("/_forcemerge?only_expunge_deletes=true&ignore_unavailable=true&allow_no_indices=true"), nil, nil)
		if d.Purged = err == nil; ctx.Err() != nil {
			return d, ctx.Err()
		}
	}
	return d, nil
}

// Matching counts the records that Delete would delete.
func (s *Searcher) Matching(ctx context.Context, req *search.Request) (uint64, error) {
	q, err := s.whole(ctx, req)
	if err != nil {
		return 0, err
	}
	return s.count(ctx, q)
}

// whole translates the query and the time of a request so that nothing is missed: what was written before is made visible, the mapping is
// asked for anew, and values are looked for also where a document has what its index had refused.
func (s *Searcher) whole(ctx context.Context, req *search.Request) (object, error) {
	if err := s.Refresh(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.mapped = nil
	s.mu.Unlock()
	t, err := s.prepare(ctx, &search.Request{Query: req.Query, From: req.From, To: req.To, Now: req.Now, Forced: req.Forced})
	if err != nil {
		return nil, err
	}
	t.rescued = true
	condition, err := t.query(t.Condition)
	if err != nil {
		return nil, err
	}
	return t.within(condition), nil
}

func (s *Searcher) count(ctx context.Context, q object) (uint64, error) {
	var reply struct{ Count uint64 }
	err := s.call(ctx, "POST", s.path("/_count?ignore_unavailable=true&allow_no_indices=true"), object{"query": q}, &reply)
	return reply.Count, err
}

// Refresh makes what was written before visible to searches.
func (s *Searcher) Refresh(ctx context.Context) error {
	return s.call(ctx, "POST", s.path("/_refresh?ignore_unavailable=true&allow_no_indices=true"), nil, nil)
}

// Name is the index, stream or pattern.
func (s *Searcher) Name() string { return s.index }

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
