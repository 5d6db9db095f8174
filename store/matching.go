package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/store/internal/query"
	"github.com/sluicelog/sluice/store/internal/segment"
)

// matching returns the arrival numbers of the records of a segment that match, as a search finds them. A segment of which
// something that the query asks for cannot be read is an error: nothing is known of its records then.
func matching(ctx context.Context, seg *segment.Segment, q search.Query, now time.Time) (map[uint64]bool, error) {
	s := query.New(func(context.Context) (query.View, error) {
		return query.View{Segments: []query.Segment{{Segment: seg}}}, nil
	}, &query.Options{Workers: 1})
	found, err := s.Search(ctx, &search.Request{Query: q, Now: now, Limit: 1, Count: true})
	switch {
	case err != nil:
		return nil, err
	case len(found.Damaged) > 0:
		return nil, fmt.Errorf("%w: %s", segment.ErrCorrupt, strings.Join(found.Damaged, "; "))
	case found.Total == 0:
		return nil, nil
	}
	out := make(map[uint64]bool, found.Total)
	for hit, err := range s.Records(ctx, &search.Request{Query: q, Now: now, Limit: search.Unlimited, Sort: search.Sort{Order: search.Arrival}}) {
		if err != nil {
			return nil, err
		}
		seq, err := strconv.ParseUint(hit.ID, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("record %q: %w", hit.ID, err)
		}
		out[seq] = true
	}
	if uint64(len(out)) != found.Total {
		return nil, fmt.Errorf("%w: %d of %d records that match can be read", segment.ErrCorrupt, len(out), found.Total)
	}
	return out, nil
}
