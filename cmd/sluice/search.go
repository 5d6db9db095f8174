package main

import (
	"context"
	"flag"
	"fmt"

	"github.com/sluicelog/sluice/search"
)

var searchCommand = command{
	name: "search", args: "QUERY [FILE...]", short: "find records in a store, OpenSearch or files",
	long: `
Prints the records that match, the newest first. A query is words, "phrases", field:value, comparisons, wildcards and
/regular expressions/, joined by AND, OR and NOT; * is every record. Exit status 1 means that nothing was found.

  sluice search 'level:ERROR stage:denoise' --store logs --since 2h --limit 50
  sluice search 'duration_ms>5s "disk full"' --url https://localhost:9200
  sluice search 'host:web* -level:debug' app.log
  sluice search --sort arrival --limit 0 --raw '*' --store logs > app.log`,
	setup: func(fs *flag.FlagSet) func(context.Context, env, []string) error {
		var source sourceFlags
		source.add(fs)
		limit := fs.Int("limit", search.DefaultLimit, "records at most, `N`; 0 for all")
		sort := fs.String("sort", "newest", "newest, oldest, arrival, or `FIELD`, FIELD:desc")
		fields := fs.String("fields", "", "show these fields alone, `NAMES` with commas between")
		asJSON := fs.Bool("json", false, "print JSON objects with id, record and highlights")
		raw := fs.Bool("raw", false, "print the records' lines as they are")
		explain := fs.Bool("explain", false, "say how the query is answered instead")
		follow := fs.Bool("follow", false, "go on with what is written from now on, as tail does")
		return func(ctx context.Context, e env, args []string) error {
			if len(args) == 0 {
				return usagef(`want a query; '*' is every record`)
			}
			p, err := newPrinter(e.stdout, *asJSON, *raw)
			if err != nil {
				return err
			}
			order, err := search.ParseSort(*sort)
			if err != nil {
				return usageError{err}
			}
			if *limit < 0 {
				return usagef("--limit %d: want 0 for all records, or a number of them", *limit)
			}
			return source.withSearcher(ctx, args, func(ctx context.Context, s search.Searcher, req *search.Request) error {
				req.Sort, req.Fields, req.Highlight = order, fieldList(*fields), *asJSON
				if req.Limit = *limit; *limit == 0 {
					req.Limit = search.Unlimited
				}
				switch {
				case *explain:
					plan, err := s.Explain(ctx, req)
					if err == nil {
						p.plan(plan, "")
					}
					return err
				case *follow:
					return follows(ctx, p, s, req)
				}
				return find(ctx, p, s, req)
			})
		}
	},
}

// find prints the hits.
func find(ctx context.Context, p *printer, s search.Searcher, req *search.Request) error {
	found := false
	for h, err := range s.Records(ctx, req) {
		if err != nil {
			return err
		}
		found = true
		if err := p.hit(h); err != nil {
			return err
		}
	}
	if !found {
		return errNothing
	}
	return nil
}

var tailCommand = command{
	name: "tail", args: "[QUERY [FILE...]]", short: "show records as they are written",
	long: `
Prints the last records that match, then new ones as they are written, until it is interrupted.

  sluice tail --store logs
  sluice tail 'level>=warn' --store logs --lines 50`,
	setup: func(fs *flag.FlagSet) func(context.Context, env, []string) error {
		var source sourceFlags
		source.add(fs)
		last := fs.Int("lines", 10, "begin with the last `N` records")
		fields := fs.String("fields", "", "show these fields alone, `NAMES` with commas between")
		asJSON := fs.Bool("json", false, "print JSON objects with id, record and highlights")
		raw := fs.Bool("raw", false, "print the records' lines as they are")
		return func(ctx context.Context, e env, args []string) error {
			p, err := newPrinter(e.stdout, *asJSON, *raw)
			if err != nil {
				return err
			}
			if *last < 0 {
				return usagef("--lines %d: want a number of records, or 0", *last)
			}
			return source.withSearcher(ctx, args, func(ctx context.Context, s search.Searcher, req *search.Request) error {
				req.Fields, req.Highlight = fieldList(*fields), *asJSON
				if req.Limit = *last; *last == 0 {
					req.Limit = search.Unlimited
				}
				return follows(ctx, p, s, req)
			})
		}
	},
}

// follows prints hits until the context is done.
func follows(ctx context.Context, p *printer, s search.Searcher, req *search.Request) error {
	for h, err := range s.Tail(ctx, req) {
		switch {
		case ctx.Err() != nil:
			return nil // an interrupt ends it
		case err != nil:
			return fmt.Errorf("tail: %w", err)
		}
		if err := p.hit(h); err != nil {
			return err
		}
	}
	return nil
}
