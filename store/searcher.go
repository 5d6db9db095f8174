package store

import (
	"context"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/store/internal/query"
)

// SearchOptions bound what a Searcher takes. The zero SearchOptions, and nil, are the recommended ones.
type SearchOptions struct {
	Workers int // segments evaluated at once; 0 means GOMAXPROCS
	Cache   int // bytes of decoded columns kept from one request to the next; 0 means 32 MiB
}

// Searcher searches what the reader reads: a record is found as soon as its writer has written it to the tail. It must not be used
// after the Reader's Close. A record's ID is its arrival number.
func (r *Reader) Searcher(opts *SearchOptions) search.Searcher { return newSearcher(r.Snapshot, opts) }

// Searcher searches the store: a record is found as soon as Append has returned. It must not be used after Close.
func (s *Store) Searcher(opts *SearchOptions) search.Searcher { return newSearcher(s.Snapshot, opts) }

func newSearcher(snapshot func() (*Snapshot, error), opts *SearchOptions) search.Searcher {
	if opts == nil {
		opts = &SearchOptions{}
	}
	return query.New(func(context.Context) (query.View, error) {
		s, err := snapshot()
		if err != nil {
			return query.View{}, err
		}
		v := query.View{Release: s.Close}
		for _, o := range s.segs {
			v.Segments = append(v.Segments, query.Segment{Segment: o.seg, Name: o.span.name()})
		}
		for _, l := range s.Tail() {
			v.Tail = append(v.Tail, query.Line(l))
		}
		for _, err := range s.Damaged() {
			v.Damaged = append(v.Damaged, err.Error())
		}
		return v, nil
	}, &query.Options{Workers: opts.Workers, Cache: opts.Cache})
}
