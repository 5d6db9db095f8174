package opensearch

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
)

// pageSize is how many documents one request asks for at most.
const pageSize = 1000

// document is a hit of a reply.
type document struct {
	Index  string            `json:"_index"`
	ID     string            `json:"_id"`
	SeqNo  int64             `json:"_seq_no"`
	Source json.RawMessage   `json:"_source"`
	Sort   []json.RawMessage `json:"sort"`
}

// reply is what a search answers.
type reply struct {
	TimedOut bool   `json:"timed_out"`
	PIT      string `json:"pit_id"`
	Shards   struct {
		Total, Failed int
		Failures      []struct {
			Reason struct{ Type, Reason string }
		}
	} `json:"_shards"`
	Hits struct {
		Total struct {
			Value    uint64
			Relation string
		}
		Hits []document
	}
	Aggregations map[string]json.RawMessage
}

// task is a request made ready for the cluster.
type task struct {
	*eval.Exec
	*translator
	s     *Searcher
	body  object // query, sort, _source, timeout
	after []json.RawMessage
}

func (s *Searcher) prepare(ctx context.Context, req *search.Request) (*task, error) {
	cursor := req.Cursor
	if cursor != "" { // its form is this package's
		r := *req
		r.Cursor = ""
		req = &r
	}
	x, err := eval.Prepare(req)
	if err != nil {
		return nil, err
	}
	m, err := s.mapping(ctx)
	if err != nil {
		return nil, err
	}
	t := &task{Exec: x, translator: &translator{m: m, now: x.Now}, s: s}
	if t.after, err = decodeCursor(req.Sort, cursor); err != nil {
		return nil, err
	}
	condition, err := t.query(x.Condition)
	if err != nil {
		return nil, err
	}
	t.body = object{"query": t.within(condition)}
	if req.Timeout > 0 {
		t.body["timeout"] = fmt.Sprintf("%dms", max(req.Timeout.Milliseconds(), 1))
	}
	return t, nil
}

// within puts a condition inside the request's time.
func (t *task) within(condition object) object {
	x, req := t.Exec, t.Req
	filter := []any{condition}
	if x.TimeBound {
		limits := object{}
		if !req.From.IsZero() {
			limits["gte"] = timeText(time.Unix(0, x.From))
		}
		if !req.To.IsZero() {
			limits["lt"] = timeText(time.Unix(0, x.To))
		}
		filter = append(filter, object{"range": object{t.m.column("time").path: limits}})
	}
	return boolean(filter, nil)
}

// sorting returns the sort of the request's order.
func (t *task) sorting(s search.Sort) ([]any, error) {
	newest := []any{byField(t.m.column("time").path, "desc", "date_nanos"), object{"_seq_no": object{"order": "desc"}}}
	switch s.Order {
	case search.Newest:
		return newest, nil
	case search.Oldest:
		return []any{byField(t.m.column("time").path, "asc", "date_nanos"), object{"_seq_no": object{"order": "asc"}}}, nil
	case search.Arrival:
		return []any{object{"_index": object{"order": "asc"}}, object{"_seq_no": object{"order": "asc"}}}, nil
	}
	direction := "asc"
	if s.Order == search.Descending {
		direction = "desc"
	}
	if t.Req.Hidden(s.Field) {
		return newest, nil
	}
	c := t.m.column(s.Field)
	if search.KindOf(s.Field) == search.Level && t.m.columns[severityNumber].family == numbers {
		c = t.m.columns[severityNumber]
	}
	if c.family != unmapped && !c.docs {
		return nil, fmt.Errorf("opensearch: the index cannot sort by %s, which is mapped without doc_values", s.Field)
	}
	return append([]any{byField(c.path, direction, "keyword")}, newest...), nil
}

func byField(path, direction, unmappedType string) object {
	return object{path: object{"order": direction, "missing": "_last", "unmapped_type": unmappedType}}
}

func encodeCursor(s search.Sort, sort []json.RawMessage) string {
	text, _ := json.Marshal(struct {
		Sort  string            `json:"s"`
		After []json.RawMessage `json:"a"`
	}{s.String(), sort}) // of JSON: cannot fail
	return base64.RawURLEncoding.EncodeToString(text)
}

func decodeCursor(s search.Sort, cursor string) ([]json.RawMessage, error) {
	if cursor == "" {
		return nil, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	var c struct {
		Sort  string            `json:"s"`
		After []json.RawMessage `json:"a"`
	}
	if err != nil || json.Unmarshal(text, &c) != nil || c.Sort != s.String() || len(c.After) < 2 || len(c.After) > 3 {
		return nil, search.ErrCursor
	}
	for _, v := range c.After {
		if len(v) == 0 || v[0] == '{' || v[0] == '[' {
			return nil, search.ErrCursor
		}
	}
	return c.After, nil
}

// with returns the body with further members.
func (t *task) with(more object) object {
	b := object{}
	for _, m := range []object{t.body, more} {
		for k, v := range m {
			b[k] = v
		}
	}
	return b
}

// run sends a search.
func (t *task) run(ctx context.Context, body object) (*reply, error) {
	path := t.s.path("/_search?ignore_unavailable=true")
	if body["pit"] != nil {
		path = "/_search"
	}
	var r reply
	if err := t.s.call(ctx, "POST", path, body, &r); err != nil {
		return nil, err
	}
	if r.Shards.Failed > 0 {
		why := "no reason"
		if len(r.Shards.Failures) > 0 {
			f := r.Shards.Failures[0].Reason
			why = f.Type + ": " + f.Reason
		}
		return nil, fmt.Errorf("opensearch: %d of %d shards failed: %.300s", r.Shards.Failed, r.Shards.Total, why)
	}
	return &r, nil
}

// hit makes a hit of a document.
func (t *task) hit(d *document, rec *eval.Record, line []byte) (search.Hit, []byte, error) {
	line, err := appendLine(line[:0], d.Source)
	if err != nil {
		return search.Hit{}, line, err
	}
	rec.Parse(line)
	return t.Hit(rec, d.Index+"/"+d.ID), line, nil
}

// pages yields documents page by page until there are no more, or limit of them (all, when it is negative).
func (t *task) pages(ctx context.Context, first object, limit int, yield func(*reply) bool) error {
	sort, err := t.sorting(t.Req.Sort)
	if err != nil {
		return err
	}
	after := t.after
	body := t.with(object{"sort": sort, "seq_no_primary_term": true, "track_total_hits": false})
	for k, v := range first {
		body[k] = v
	}
	for limit != 0 {
		size := pageSize
		if limit > 0 {
			size = min(size, limit)
		}
		body["size"] = size
		if after != nil {
			body["search_after"] = after
		}
		r, err := t.run(ctx, body)
		if err != nil {
			return err
		}
		if r.PIT != "" {
			body["pit"] = object{"id": r.PIT, "keep_alive": keepAlive}
		}
		n := len(r.Hits.Hits)
		if !yield(r) || n < size || r.TimedOut {
			return nil
		}
		after = r.Hits.Hits[n-1].Sort
		if limit > 0 {
			limit -= n
		}
		delete(body, "aggs")
		body["track_total_hits"] = false
	}
	return nil
}

// Search implements [search.Searcher].
func (s *Searcher) Search(ctx context.Context, req *search.Request) (*search.Result, error) {
	began := time.Now()
	t, err := s.prepare(ctx, req)
	if err != nil {
		return nil, err
	}
	ctx, cancel := eval.WithTimeout(ctx, req)
	defer cancel()
	limit, bounded := req.Max()
	if !bounded {
		limit = -1
	}
	first := object{"track_total_hits": req.Count}
	if !req.Count {
		first["track_total_hits"] = 10_000
	}
	if req.Weigh {
		first["aggs"] = object{"w": object{"sum": object{"script": t.weight()}}}
	}
	res := &search.Result{}
	var rec eval.Record
	var line []byte
	var last []json.RawMessage
	memory, pages := 0, 0
	var failed error
	err = t.pages(ctx, first, limit, func(r *reply) bool {
		if pages++; pages == 1 {
			res.Total, res.Exact = r.Hits.Total.Value, r.Hits.Total.Relation == "eq"
			if req.Weigh {
				failed = json.Unmarshal(r.Aggregations["w"], &struct{ Value *float64 }{&res.Weighted})
			}
		}
		res.Partial = res.Partial || r.TimedOut
		for i := range r.Hits.Hits {
			d := &r.Hits.Hits[i]
			var h search.Hit
			if h, line, failed = t.hit(d, &rec, line); failed != nil {
				return false
			}
			if memory += eval.Size(&h); memory > req.MemoryBound() {
				failed = search.ErrMemory
				return false
			}
			res.Hits = append(res.Hits, h)
			last = d.Sort
		}
		return failed == nil
	})
	if failed != nil {
		return nil, failed
	}
	partial, err := eval.Done(ctx, err)
	if err != nil {
		return nil, err
	}
	if res.Partial = res.Partial || partial; res.Partial {
		res.Exact = false
	}
	if bounded && len(res.Hits) == limit && last != nil {
		res.Cursor = encodeCursor(req.Sort, last)
	}
	res.Took = time.Since(began)
	return res, nil
}

// keepAlive is how long a point in time stays without being asked.
const keepAlive = "1m"

// Records implements [search.Searcher]. All pages are of one point in time, where the user may open one.
func (s *Searcher) Records(ctx context.Context, req *search.Request) iter.Seq2[search.Hit, error] {
	return func(yield func(search.Hit, error) bool) {
		if err := s.records(ctx, req, yield); err != nil {
			yield(search.Hit{}, err)
		}
	}
}

func (s *Searcher) records(ctx context.Context, req *search.Request, yield func(search.Hit, error) bool) error {
	t, err := s.prepare(ctx, req)
	if err != nil {
		return err
	}
	ctx, cancel := eval.WithTimeout(ctx, req)
	defer cancel()
	limit, bounded := req.Max()
	if !bounded {
		limit = -1
	}
	first := object{}
	if !bounded || limit > pageSize {
		var opened struct {
			PIT string `json:"pit_id"`
		}
		err := s.call(ctx, "POST", s.path("/_search/point_in_time?keep_alive="+keepAlive), nil, &opened)
		var no *StatusError
		switch {
		case err == nil:
			first["pit"] = object{"id": opened.PIT, "keep_alive": keepAlive}
			defer func() {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
				defer cancel()
				// One that cannot be closed ends by itself.
				_ = s.call(ctx, "DELETE", "/_search/point_in_time", object{"pit_id": []string{opened.PIT}}, nil)
			}()
		case !errors.As(err, &no):
			return err
		}
	}
	var rec eval.Record
	var line []byte
	var failed error
	err = t.pages(ctx, first, limit, func(r *reply) bool {
		for i := range r.Hits.Hits {
			var h search.Hit
			if h, line, failed = t.hit(&r.Hits.Hits[i], &rec, line); failed != nil || !yield(h, nil) {
				return false
			}
		}
		return true
	})
	if failed != nil {
		return failed
	}
	_, err = eval.Done(ctx, err)
	return err
}

// Explain implements [search.Searcher].
func (s *Searcher) Explain(ctx context.Context, req *search.Request) (*search.Plan, error) {
	began := time.Now()
	t, err := s.prepare(ctx, req)
	if err != nil {
		return nil, err
	}
	sort, err := t.sorting(req.Sort)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(t.with(object{"sort": sort})); err != nil {
		return nil, err
	}
	r, err := t.run(ctx, t.with(object{"size": 0, "track_total_hits": true}))
	if err != nil {
		return nil, err
	}
	n := int64(r.Hits.Total.Value)
	return &search.Plan{Step: "order " + req.Sort.String(), Rows: n, Took: time.Since(began), Steps: []*search.Plan{
		{Step: "match " + search.Query{Expr: t.Condition}.String(), Rows: n},
		{Step: fmt.Sprintf("on %d shards of %s: %s", r.Shards.Total, s.index, strings.TrimSpace(text.String())), Rows: -1},
	}}, nil
}
