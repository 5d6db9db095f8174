package opensearch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
)

// overlap is how many sequence numbers Tail looks back: documents of several bulks become visible out of their order.
const overlap = 2048

// Tail implements [search.Searcher] by asking for sequence numbers above those seen. A record appears when its index has been
// refreshed.
func (s *Searcher) Tail(ctx context.Context, req *search.Request) iter.Seq2[search.Hit, error] {
	return func(yield func(search.Hit, error) bool) {
		if err := s.tail(ctx, req, yield); err != nil {
			yield(search.Hit{}, err)
		}
	}
}

// place is a document's place in the order of arrival.
type place struct {
	index string
	seq   int64
}

func (s *Searcher) tail(ctx context.Context, req *search.Request, yield func(search.Hit, error) bool) error {
	r := *req
	r.Cursor, r.Sort = "", search.Sort{Order: search.Arrival}
	t, err := s.prepare(ctx, &r)
	if err != nil {
		return err
	}
	seen := map[string]int64{} // the highest sequence number of each index
	known := map[place]bool{}
	show := func(docs []document) (bool, error) {
		var rec eval.Record
		var line []byte
		for i := range docs {
			d := &docs[i]
			at := place{d.Index, d.SeqNo}
			if known[at] {
				continue
			}
			known[at] = true
			seen[d.Index] = max(seen[d.Index], d.SeqNo)
			h, l, err := t.hit(d, &rec, line)
			if err != nil {
				return false, err
			}
			if line = l; !yield(h, nil) {
				return false, nil
			}
		}
		return true, nil
	}
	if err := t.begin(ctx, seen); err != nil {
		return err
	}
	if limit := t.tailLimit(); limit > 0 {
		last, err := t.run(ctx, t.with(object{"size": min(limit, 10_000), "sort": descending(), "seq_no_primary_term": true}))
		if err != nil {
			return err
		}
		slices.Reverse(last.Hits.Hits)
		if going, err := show(last.Hits.Hits); err != nil || !going {
			return err
		}
	}
	for index, seq := range seen {
		for n := max(seq-overlap, 0); n <= seq; n++ {
			known[place{index, n}] = true // there before the tail began
		}
	}
	tick := time.NewTicker(s.poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if going, err := t.news(ctx, seen, show); err != nil || !going {
			return err
		}
		for at := range known {
			if at.seq < seen[at.index]-overlap {
				delete(known, at)
			}
		}
	}
}

func (t *task) tailLimit() int {
	if t.Req.Limit < 0 {
		return 0
	}
	n, _ := t.Req.Max()
	return n
}

func descending() []any {
	return []any{object{"_index": object{"order": "desc"}}, object{"_seq_no": object{"order": "desc"}}}
}

// begin finds the highest sequence number of each index.
func (t *task) begin(ctx context.Context, seen map[string]int64) error {
	body := object{"size": 0, "query": matchAll, "aggs": object{"i": object{"terms": object{"field": "_index", "size": 10_000}, "aggs": object{"m": object{"max": object{"field": "_seq_no"}}}}}}
	r, err := t.run(ctx, body)
	if err != nil {
		return err
	}
	var v struct {
		Buckets []struct {
			Key string
			M   struct{ Value *float64 }
		}
	}
	if raw := r.Aggregations["i"]; raw != nil {
		if err := json.Unmarshal(raw, &v); err != nil {
			return fmt.Errorf("opensearch: the highest sequence numbers: %w", err)
		}
	}
	if indices := max(len(t.m.indices), len(v.Buckets)); r.Shards.Total > indices {
		return errors.New("opensearch: tail needs indices of one primary shard each: sequence numbers count within a shard")
	}
	for _, b := range v.Buckets {
		if b.M.Value != nil {
			seen[b.Key] = int64(*b.M.Value)
		}
	}
	return nil
}

// news shows what has a sequence number above those seen, less the overlap, or is in a new index.
func (t *task) news(ctx context.Context, seen map[string]int64, show func([]document) (bool, error)) (bool, error) {
	var should []any
	var old []string
	for index, seq := range seen {
		old = append(old, index)
		should = append(should, boolean([]any{term("_index", index), object{"range": object{"_seq_no": object{"gt": seq - overlap}}}}, nil))
	}
	fresh := boolean(nil, []any{object{"terms": object{"_index": old}}})
	if len(old) == 0 {
		fresh = matchAll
	}
	where := boolean([]any{t.body["query"], anyOf(append(should, fresh))}, nil)
	body := object{"query": where, "size": pageSize, "track_total_hits": false, "seq_no_primary_term": true,
		"sort": []any{object{"_index": object{"order": "asc"}}, object{"_seq_no": object{"order": "asc"}}}}
	for {
		r, err := t.run(ctx, body)
		if err != nil {
			return false, err
		}
		docs := r.Hits.Hits
		if going, err := show(docs); err != nil || !going {
			return false, err
		}
		if len(docs) < pageSize {
			return true, nil
		}
		body["search_after"] = docs[len(docs)-1].Sort
	}
}

// Context implements [search.Searcher].
func (s *Searcher) Context(ctx context.Context, id string, before, after int, req *search.Request) ([]search.Hit, error) {
	if req == nil {
		req = &search.Request{}
	}
	index, docID, ok := strings.Cut(id, "/")
	if !ok || index == "" || docID == "" {
		return nil, search.ErrNotFound
	}
	// The record itself needs to be one that may be seen; whether the query finds it does not matter.
	may, err := s.prepare(ctx, &search.Request{Forced: req.Forced, Now: req.Now})
	if err != nil {
		return nil, err
	}
	around := *req
	around.Cursor, around.Sort = "", search.Sort{Order: search.Arrival}
	t, err := s.prepare(ctx, &around)
	if err != nil {
		return nil, err
	}
	where := boolean([]any{may.body["query"], object{"ids": object{"values": []string{docID}}}, term("_index", index)}, nil)
	r, err := may.run(ctx, object{"query": where, "size": 1, "seq_no_primary_term": true})
	if err != nil {
		return nil, err
	}
	if len(r.Hits.Hits) == 0 {
		return nil, search.ErrNotFound
	}
	center := r.Hits.Hits[0]
	at := []json.RawMessage{json.RawMessage(strconv.Quote(center.Index)), json.RawMessage(strconv.FormatInt(center.SeqNo, 10))}
	neighbours := func(n int, sort []any) ([]document, error) {
		if n <= 0 {
			return nil, nil
		}
		r, err := t.run(ctx, t.with(object{"size": min(n, 10_000), "sort": sort, "search_after": at, "seq_no_primary_term": true}))
		if err != nil {
			return nil, err
		}
		return r.Hits.Hits, nil
	}
	earlier, err := neighbours(before, descending())
	if err != nil {
		return nil, err
	}
	order, err := t.sorting(around.Sort)
	if err != nil {
		return nil, err
	}
	later, err := neighbours(after, order)
	if err != nil {
		return nil, err
	}
	slices.Reverse(earlier)
	var hits []search.Hit
	var rec eval.Record
	var line []byte
	for _, d := range append(append(earlier, center), later...) {
		h, l, err := t.hit(&d, &rec, line)
		if err != nil {
			return nil, err
		}
		line = l
		hits = append(hits, h)
	}
	return hits, nil
}
