package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/lines"
	"github.com/sluicelog/sluice/search/opensearch"
	"github.com/sluicelog/sluice/store"
)

// errNothing is a search without a hit: exit status 1, and nothing to say.
var errNothing = errors.New("nothing found")

// sourceFlags say what is searched, and between which times.
type sourceFlags struct {
	store, url, index, since, until string
	weigh                           bool
}

func (f *sourceFlags) add(fs *flag.FlagSet) {
	fs.StringVar(&f.store, "store", "", "search the store in `DIR`")
	fs.StringVar(&f.url, "url", "", "search OpenSearch at `URL`")
	fs.StringVar(&f.index, "index", "", "index or pattern of OpenSearch, `NAME`; default logs-otel-v1-*")
	fs.StringVar(&f.since, "since", "", "from this `TIME` on: 2h, 2026-03-02T08:00")
	fs.StringVar(&f.until, "until", "", "up to this `TIME`: 15m, 2026-03-02T08:00")
	fs.BoolVar(&f.weigh, "weigh", false, "count what sampling and collapsing left out")
}

// open returns the Searcher, what closes it, and the query with the time range.
func (f *sourceFlags) open(args []string) (s search.Searcher, closing func() error, req *search.Request, err error) {
	req = &search.Request{Now: time.Now(), Weigh: f.weigh}
	var files []string
	if len(args) > 0 {
		if req.Query, err = search.Parse(args[0]); err != nil {
			if bad := (*search.SyntaxError)(nil); errors.As(err, &bad) {
				err = fmt.Errorf("%w\n%s", err, bad.Pointed())
			}
			return nil, nil, nil, usageError{err}
		}
		files = args[1:]
	}
	if req.From, err = when("since", f.since, req.Now); err != nil {
		return nil, nil, nil, err
	}
	if req.To, err = when("until", f.until, req.Now); err != nil {
		return nil, nil, nil, err
	}
	if err := req.Validate(); err != nil {
		return nil, nil, nil, usageError{err}
	}
	none := func() error { return nil }
	switch {
	case f.store != "" && (f.url != "" || len(files) > 0) || f.url != "" && len(files) > 0:
		return nil, nil, nil, usagef("want one of --store, --url and files")
	case f.store != "":
		r, err := store.OpenReader(f.store)
		if err != nil {
			return nil, nil, nil, usageError{err}
		}
		return r.Searcher(nil), r.Close, req, nil
	case f.url != "":
		s, err := opensearch.New(f.url, &opensearch.Options{Index: f.index})
		if err != nil {
			return nil, nil, nil, usageError{err}
		}
		return s, s.Close, req, nil
	case len(files) > 0:
		return lines.New(lines.Files(files...), nil), none, req, nil
	}
	return nil, nil, nil, usagef("nothing to search: want --store DIR, --url URL, or files behind the query")
}

// when reads a time, or how long ago it was.
func when(name, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, try := range []string{text, "-" + text} {
		if from, _, ok := search.ParseTime(try, now); ok {
			return from, nil
		}
	}
	return time.Time{}, usagef("--%s %q: want how long ago, such as 2h, or a time such as 2026-03-02T08:00", name, text)
}

// fieldList reads names with commas between them.
func fieldList(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// withSearcher opens what the flags name, and closes it behind do.
func (f *sourceFlags) withSearcher(ctx context.Context, args []string, do func(context.Context, search.Searcher, *search.Request) error) error {
	s, closing, req, err := f.open(args)
	if err != nil {
		return err
	}
	err = do(ctx, s, req)
	return errors.Join(err, closing())
}
