package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/sluicelog/sluice/internal/conf"
	"github.com/sluicelog/sluice/search"
)

// errNothing makes the exit status 1.
var errNothing = errors.New("nothing found")

// span has the flags that bound the time of records.
type span struct{ since, until string }

func (s *span) flags(fs *flag.FlagSet) {
	fs.StringVar(&s.since, "since", "", "records from `TIME` on: a duration such as 2h or 7d, or 2006-01-02T15:04:05Z, UTC where it has no zone")
	fs.StringVar(&s.until, "until", "", "records before `TIME`")
}

func (s *span) apply(req *search.Request) (err error) {
	now := time.Now()
	req.Now = now
	if req.From, err = point("since", s.since, now); err != nil {
		return err
	}
	if req.To, err = point("until", s.until, now); err != nil {
		return err
	}
	if !req.From.IsZero() && !req.To.IsZero() && req.To.Before(req.From) {
		return usagef("--until %q is before --since %q", s.until, s.since)
	}
	return nil
}

// point reads a time: a duration before now, RFC 3339, a date, or a time as it is shown.
func point(name, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	past := strings.TrimPrefix(text, "-")
	if d, err := conf.ParseDuration(past); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usagef("--%s %q: want a duration such as 2h or 7d, or a time such as 2006-01-02T15:04:05Z", name, text)
}

// question is what the search commands have in common: where, when, what.
type question struct {
	source
	span
	weigh bool
}

func (q *question) flags(fs *flag.FlagSet) {
	q.source.flags(fs)
	q.span.flags(fs)
	fs.BoolVar(&q.weigh, "weigh", false, "count each record as many times as sampling and collapsing left out")
}

// ask reads the query, the first of args, and opens the source, of which the others are files.
func (q *question) ask(args []string) (*search.Request, search.Searcher, func(), error) {
	req := &search.Request{Weigh: q.weigh}
	text := ""
	if len(args) > 0 {
		text, args = args[0], args[1:]
	}
	var err error
	if req.Query, err = search.Parse(text); err != nil {
		var syntax *search.SyntaxError
		if errors.As(err, &syntax) {
			return nil, nil, nil, usagef("query:\n%s", syntax.Pointed())
		}
		return nil, nil, nil, usageError{err}
	}
	if err := q.apply(req); err != nil {
		return nil, nil, nil, err
	}
	searcher, done, err := q.open(args)
	return req, searcher, done, err
}

var searchCommand = command{
	name: "search", args: "[QUERY] [FILE...]", short: "find records in a store, in OpenSearch or in files",
	long: `
Prints the records that match, the newest first. Queries are in the manner of Lucene and KQL: words and "phrases" of the message,
field:value, field:(a or b), duration_ms>500, timeout>5s, field:[a TO b], host:web*, msg:/re+/, field:*, AND, OR, NOT and parentheses.
Files may be compressed with gzip or zstd.

  sluice search --store logs 'level:error stage:denoise' --since 2h --limit 50
  sluice search --url https://localhost:9200 --user reader 'request_id:01a20e5f*'
  sluice search 'duration_ms>5000' app.jsonl
  sluice search --store logs --sort arrival --limit 0 --raw '*' > everything.jsonl

Times are shown in UTC. Exit status 1 when nothing matches.`,
	setup: func(fs *flag.FlagSet) func(context.Context, env, []string) error {
		var q question
		q.flags(fs)
		limit := fs.Int("limit", 100, "`N` records at most; 0 for all")
		sort := fs.String("sort", "newest", "`ORDER`: newest, oldest, arrival, FIELD or FIELD:desc")
		fieldList := fs.String("fields", "", "`FIELDS` to show, separated by commas; default all")
		asJSON := fs.Bool("json", false, "print records as JSON lines with identifier and highlights")
		raw := fs.Bool("raw", false, "print records as they are stored, byte for byte")
		explain := fs.Bool("explain", false, "print how the search is done instead of its records")
		follow := fs.Bool("follow", false, "go on with records as they come")
		return func(ctx context.Context, e env, args []string) error {
			req, searcher, done, err := q.ask(args)
			if err != nil {
				return err
			}
			defer done()
			if req.Sort, err = search.ParseSort(*sort); err != nil {
				return usageError{err}
			}
			if req.Limit = *limit; *limit <= 0 {
				req.Limit = search.Unlimited
			}
			if *fieldList != "" {
				req.Fields = strings.Split(*fieldList, ",")
			}
			if *explain {
				return printPlan(ctx, e, searcher, req, *asJSON)
			}
			p := newPrinter(e.stdout, *raw, *asJSON)
			req.Highlight = p.colour || *asJSON
			if *follow {
				return p.follow(ctx, searcher, req)
			}
			return p.all(ctx, searcher, req)
		}
	},
}

var tailCommand = command{
	name: "tail", args: "[QUERY]", short: "print records as they come",
	long: `
Prints the newest records that match, and goes on with those that come, until it is interrupted.

  sluice tail --store logs 'level>=warn'
  sluice tail --url http://localhost:9200 'service:worker' --limit 0`,
	setup: func(fs *flag.FlagSet) func(context.Context, env, []string) error {
		var q question
		q.flags(fs)
		limit := fs.Int("limit", 10, "`N` records from before")
		asJSON := fs.Bool("json", false, "print records as JSON lines with their identifiers")
		raw := fs.Bool("raw", false, "print records as they are stored, byte for byte")
		return func(ctx context.Context, e env, args []string) error {
			req, searcher, done, err := q.ask(args)
			if err != nil {
				return err
			}
			defer done()
			if req.Limit = *limit; *limit <= 0 {
				req.Limit = -1
			}
			return newPrinter(e.stdout, *raw, *asJSON).follow(ctx, searcher, req)
		}
	},
}

func printPlan(ctx context.Context, e env, searcher search.Searcher, req *search.Request, asJSON bool) error {
	plan, err := searcher.Explain(ctx, req)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(e.stdout).Encode(plan)
	}
	var write func(p *search.Plan, depth int)
	write = func(p *search.Plan, depth int) {
		fmt.Fprintf(e.stdout, "%s%s", strings.Repeat("  ", depth), p.Step)
		if p.Rows >= 0 {
			fmt.Fprintf(e.stdout, "  %d records", p.Rows)
		}
		if p.Bytes > 0 {
			fmt.Fprintf(e.stdout, "  %d bytes read", p.Bytes)
		}
		if p.Took > 0 {
			fmt.Fprintf(e.stdout, "  %v", p.Took.Round(time.Microsecond))
		}
		fmt.Fprintln(e.stdout)
		for _, s := range p.Steps {
			write(s, depth+1)
		}
	}
	write(plan, 0)
	return nil
}

// printer writes hits.
type printer struct {
	w           *bufio.Writer
	raw, json   bool
	colour      bool
	text        humanLine
	interactive bool // somebody watches: every record is written at once
}

func newPrinter(w io.Writer, raw, asJSON bool) *printer {
	p := &printer{w: bufio.NewWriterSize(w, 64<<10), raw: raw, json: asJSON}
	if onTerminal(w) {
		p.interactive = true
		p.colour = !raw && !asJSON && os.Getenv("NO_COLOR") == "" // https://no-color.org
	}
	p.text.colour = p.colour
	return p
}

func (p *printer) print(h *search.Hit) error {
	switch {
	case p.raw:
		_, _ = p.w.Write(h.Line)
	case p.json:
		record := json.RawMessage(h.Line)
		if !json.Valid(h.Line) {
			text, err := json.Marshal(string(h.Line))
			if err != nil {
				return err
			}
			record = text
		}
		line, err := json.Marshal(struct {
			ID         string          `json:"id"`
			Record     json.RawMessage `json:"record"`
			Highlights []highlight     `json:"highlights,omitempty"`
		}{h.ID, record, highlights(h.Highlights)})
		if err != nil {
			return err
		}
		_, _ = p.w.Write(line)
	default:
		_, _ = p.w.Write(p.text.line(h))
	}
	return p.w.WriteByte('\n') // reports what failed before, too
}

// highlight is a search.Highlight as --json prints it.
type highlight struct {
	Field string `json:"field"`
	Value int    `json:"value"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

func highlights(in []search.Highlight) (out []highlight) {
	for _, h := range in {
		out = append(out, highlight(h))
	}
	return out
}

// all prints the hits of a request.
func (p *printer) all(ctx context.Context, searcher search.Searcher, req *search.Request) error {
	n := 0
	for hit, err := range searcher.Records(ctx, req) {
		if err != nil {
			return errors.Join(err, p.w.Flush())
		}
		if err := p.print(&hit); err != nil {
			return err
		}
		n++
	}
	if err := p.w.Flush(); err != nil {
		return err
	}
	if n == 0 {
		return errNothing
	}
	return nil
}

// follow prints hits as they come, until ctx is done, which is no error.
func (p *printer) follow(ctx context.Context, searcher search.Searcher, req *search.Request) error {
	for hit, err := range searcher.Tail(ctx, req) {
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if err := p.print(&hit); err != nil {
			return err
		}
		if err := p.w.Flush(); err != nil {
			return err
		}
	}
	return nil
}
