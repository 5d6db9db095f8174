package viewer

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/sluicelog/sluice/search"
)

// row is a hit as the page gets it: the record as JSON, or, of a line that was none, its text.
type row struct {
	ID         string             `json:"id"`
	Time       time.Time          `json:"time,omitzero"`
	Record     json.RawMessage    `json:"record,omitempty"`
	Text       string             `json:"text,omitempty"`
	Highlights []search.Highlight `json:"highlights,omitempty"`
}

func rowOf(h search.Hit) row {
	r := row{ID: h.ID, Time: h.Time, Highlights: h.Highlights}
	if json.Valid(h.Line) {
		r.Record = h.Line
	} else {
		r.Text = string(h.Line)
	}
	return r
}

func rowsOf(hits []search.Hit) []row {
	rows := make([]row, len(hits))
	for i, h := range hits {
		rows[i] = rowOf(h)
	}
	return rows
}

func (v *Viewer) search(ctx context.Context, r *http.Request) (any, error) {
	req, err := v.request(r, time.Now())
	if err != nil {
		return nil, err
	}
	req.Highlight, req.Count = true, true
	res, err := v.searcher.Search(ctx, req)
	if err != nil {
		return nil, err
	}
	return struct {
		Rows     []row   `json:"rows"`
		Total    uint64  `json:"total"`
		Exact    bool    `json:"exact"`
		Weighted float64 `json:"weighted,omitempty"`
		Cursor   string  `json:"cursor,omitempty"`
		Partial  bool    `json:"partial,omitempty"`
		TookMS   float64 `json:"took_ms"`
	}{rowsOf(res.Hits), res.Total, res.Exact, res.Weighted, res.Cursor, res.Partial, float64(res.Took.Microseconds()) / 1e3}, nil
}

func (v *Viewer) context(ctx context.Context, r *http.Request) (any, error) {
	p := r.URL.Query()
	id := p.Get("id")
	if id == "" {
		return nil, badRequest{errors.New("id is missing: want that of a record")}
	}
	around := [2]int{}
	for i, name := range []string{"before", "after"} {
		n, err := number(p, name, 10, v.opts.MaxRows)
		if err != nil {
			return nil, err
		}
		around[i] = n
	}
	req, err := v.request(r, time.Now())
	if err != nil {
		return nil, err
	}
	hits, err := v.searcher.Context(ctx, id, around[0], around[1], req)
	if err != nil {
		return nil, err
	}
	return struct {
		Rows []row `json:"rows"`
	}{rowsOf(hits)}, nil
}

func (v *Viewer) audit(ctx context.Context, _ *http.Request) (any, error) {
	if v.opts.Audit == nil {
		return struct{}{}, nil
	}
	return v.opts.Audit(ctx)
}
