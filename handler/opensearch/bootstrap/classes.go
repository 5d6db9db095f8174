package bootstrap

import (
	"context"
	"errors"
	"fmt"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/opensearch"
)

// holds returns a condition that holds for what is held; nil when nothing is.
func (b *Bootstrap) holds(ctx context.Context) (search.Expr, error) {
	if b.opts.Retention.Holds == nil {
		return nil, nil
	}
	queries, err := b.opts.Retention.Holds(ctx)
	if err != nil {
		return nil, fmt.Errorf("bootstrap: legal holds: %w: nothing is deleted", err)
	}
	if len(queries) == 0 {
		return nil, nil
	}
	var any search.Or
	for _, q := range queries {
		e := q.Expr
		if e == nil {
			e = search.All{}
		}
		any = append(any, e)
	}
	return any, nil
}

// retainClasses deletes the documents of each class that are too old, without those of the classes before it and what is held.
func (b *Bootstrap) retainClasses(ctx context.Context, held search.Expr, p *Pass) error {
	if len(b.opts.Retention.Classes) == 0 {
		return nil
	}
	s, err := b.searcher(b.opts.Stream)
	if err != nil {
		return err
	}
	now := b.now()
	var others search.And
	if held != nil {
		others = append(others, search.Not{Expr: held})
	}
	var errs []error
	for i, c := range b.opts.Retention.Classes {
		e := c.Query.Expr
		if e == nil {
			e = search.All{}
		}
		d, err := s.Delete(ctx, &search.Request{Query: search.Query{Expr: append(search.And{e}, others...)}, Now: now, To: now.Add(-c.KeepFor)}, false)
		p.Documents += d.Records
		if err != nil {
			errs = append(errs, fmt.Errorf("bootstrap: retention class %d: %w", i, err))
		}
		others = append(others, search.Not{Expr: e})
	}
	return errors.Join(errs...)
}

// emptyAround deletes what is not held from an index in which something is. It says whether the index has to stay.
func (b *Bootstrap) emptyAround(ctx context.Context, index string, held search.Expr, p *Pass) (bool, error) {
	if held == nil {
		return false, nil
	}
	s, err := b.searcher(index)
	if err != nil {
		return true, err
	}
	if err := s.Refresh(ctx); err != nil {
		return true, fmt.Errorf("bootstrap: legal holds: index %s: %w", index, err)
	}
	now := b.now()
	found, err := s.Search(ctx, &search.Request{Query: search.Query{Expr: held}, Now: now, Limit: 1})
	if err != nil {
		return true, fmt.Errorf("bootstrap: legal holds: index %s: %w", index, err)
	}
	if len(found.Hits) == 0 {
		return false, nil
	}
	d, err := s.Delete(ctx, &search.Request{Query: search.Query{Expr: search.Not{Expr: held}}, Now: now}, false)
	p.Documents += d.Records
	if err != nil {
		return true, fmt.Errorf("bootstrap: legal holds: index %s: %w", index, err)
	}
	return true, nil
}

// searcher searches an index, or the stream.
func (b *Bootstrap) searcher(index string) (*opensearch.Searcher, error) {
	s, err := opensearch.New("", &opensearch.Options{Index: index, Client: b.client})
	if err != nil {
		return nil, fmt.Errorf("bootstrap: %w", err)
	}
	return s, nil
}
