package eval

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/sluicelog/sluice/search"
)

// An Exec is a request made ready. It is immutable and safe for concurrent use.
type Exec struct {
	Req       *search.Request
	Now       time.Time   // what relative times count from
	Condition search.Expr // beside the time range
	Program   *Program    // of the condition
	From, To  int64       // the time range in nanoseconds since 1970: From included, To not
	TimeBound bool        // whether there is a range
	After     *Position   // of the cursor, nil without one
	shown     *Program    // of what is highlighted
}

// Prepare checks and compiles a request.
func Prepare(req *search.Request) (*Exec, error) {
	if err := req.Validate(); err != nil {
		return nil, err
	}
	x := &Exec{Req: req, Now: req.Clock(), Condition: req.Condition(), From: math.MinInt64, To: math.MaxInt64}
	var err error
	if x.Program, err = Compile(x.Condition, x.Now); err != nil {
		return nil, err
	}
	if x.shown, err = Compile(req.Visible(), x.Now); err != nil {
		return nil, err
	}
	if !req.From.IsZero() {
		x.From, x.TimeBound = unixNano(req.From), true
	}
	if !req.To.IsZero() {
		x.To, x.TimeBound = unixNano(req.To), true
	}
	if req.Cursor != "" {
		if x.After, err = DecodeCursor(req.Sort, req.Cursor); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// unixNano is Time.UnixNano for every time.
func unixNano(t time.Time) int64 {
	switch {
	case t.Year() < 1678:
		return math.MinInt64 + 1
	case t.Year() > 2261:
		return math.MaxInt64
	}
	return t.UnixNano()
}

// InRange says whether a record of that time is in the request's range.
func (x *Exec) InRange(ns int64) bool {
	return !x.TimeBound || ns != NoTime && ns >= x.From && ns < x.To
}

// Match says whether a record is asked for.
func (x *Exec) Match(r *Record) bool { return x.InRange(r.Time) && x.Program.Match(r) }

// Weight returns what a record counts: 1 unless the request weighs.
func (x *Exec) Weight(r *Record) float64 {
	if !x.Req.Weigh {
		return 1
	}
	return r.Weight()
}

// Position returns the place of a record.
func (x *Exec) Position(r *Record, seq [2]uint64) Position {
	p := Position{Time: r.Time, Seq: seq}
	if f := x.Req.Sort.Field; f != "" && !x.Req.Hidden(f) {
		p.Value = SortValue(x.Req.Sort, r)
	}
	return p
}

// Past says whether a record at p comes behind the request's cursor.
func (x *Exec) Past(p *Position) bool {
	return x.After == nil || Before(x.Req.Sort, x.After, p)
}

// Hit returns a record as the request shows it, which the caller may keep.
func (x *Exec) Hit(r *Record, id string) search.Hit {
	h := search.Hit{ID: id, Line: bytes.Clone(r.Line)}
	if len(x.Req.Hide)+len(x.Req.Fields) > 0 {
		h.Line = Edit(make([]byte, 0, len(r.Line)), r.Line, x.Req)
	}
	if r.Time != NoTime && x.Req.Shown("time") {
		h.Time = time.Unix(0, r.Time).UTC()
	}
	if x.Req.Highlight {
		h.Highlights = slices.DeleteFunc(x.shown.Highlights(r), func(l search.Highlight) bool { return !x.Req.Shown(l.Field) })
	}
	return h
}

// Size is what a hit takes in memory.
func Size(h *search.Hit) int { return 128 + cap(h.Line) + len(h.ID) + 48*len(h.Highlights) }

// errTimeout is the cause of a context that the request's Timeout ended.
var errTimeout = errors.New("search: the request's timeout")

// WithTimeout bounds ctx by the request's Timeout.
func WithTimeout(ctx context.Context, req *search.Request) (context.Context, context.CancelFunc) {
	if req.Timeout <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, req.Timeout, errTimeout)
}

// Done judges the error with which a search ended under the context of [WithTimeout]: partial, and no error, when it was the request's
// Timeout that ended it.
func Done(ctx context.Context, err error) (partial bool, _ error) {
	if err != nil && ctx.Err() != nil && errors.Is(context.Cause(ctx), errTimeout) {
		return true, nil
	}
	return false, err
}

// Facets answers [search.Searcher.Facets] by the Aggregate of the same Searcher.
func Facets(ctx context.Context, s search.Searcher, req *search.Request, fields []string, size int) (map[string]*search.Buckets, error) {
	aggs := make(search.Aggregations, len(fields))
	for _, f := range fields {
		aggs[f] = search.Terms{Field: f, Size: size}
	}
	a, err := s.Aggregate(ctx, req, aggs)
	if err != nil {
		return nil, err
	}
	out := make(map[string]*search.Buckets, len(fields))
	for f, r := range a.Results {
		out[f] = r.Buckets
	}
	return out, nil
}
