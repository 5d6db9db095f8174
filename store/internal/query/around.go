package query

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
)

// Tail implements [search.Searcher].
func (s *Searcher) Tail(ctx context.Context, req *search.Request) iter.Seq2[search.Hit, error] {
	return func(yield func(search.Hit, error) bool) {
		if err := s.follow(ctx, req, yield); err != nil {
			yield(search.Hit{}, err)
		}
	}
}

func (s *Searcher) follow(ctx context.Context, req *search.Request, yield func(search.Hit, error) bool) error {
	r := *req
	r.Cursor, r.Sort = "", search.Sort{Order: search.Arrival}
	next, going, err := s.latest(ctx, &r, yield)
	if err != nil || !going {
		return err
	}
	tick := time.NewTicker(s.poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if next, going, err = s.since(ctx, &r, next, yield); err != nil || !going {
			return err
		}
	}
}

// latest yields the newest hits, and returns the arrival number from which on records are new.
func (s *Searcher) latest(ctx context.Context, req *search.Request, yield func(search.Hit, error) bool) (next uint64, going bool, err error) {
	t, err := s.prepare(ctx, req)
	if err != nil {
		return 0, false, err
	}
	defer t.release()
	next = t.end()
	if req.Limit < 0 {
		return next, true, nil
	}
	limit, _ := req.Max()
	var last []place
	var times []int64
	err = t.tail(ctx, 0, func(i int, r *eval.Record) bool {
		last, times = append(last, place{-1, uint32(i)}), append(times, r.Time)
		return true
	})
	slices.Reverse(last)
	slices.Reverse(times)
	for i := len(t.view.Segments) - 1; i >= 0 && len(last) < limit && err == nil; i-- {
		if err = ctx.Err(); err != nil {
			break
		}
		err = t.rowsOf(i, 0, true, func(at place, time int64) bool {
			last, times = append(last, at), append(times, time)
			return len(last) < limit
		})
	}
	if err != nil {
		return 0, false, err
	}
	var rec eval.Record
	var line []byte
	for i := min(limit, len(last)) - 1; i >= 0; i-- {
		var h search.Hit
		if h, line, err = t.hit(last[i], times[i], &rec, line); err != nil {
			return 0, false, err
		}
		if h.Line != nil && !yield(h, nil) {
			return 0, false, nil
		}
	}
	return next, true, nil
}

// end is the arrival number of the next record.
func (t *task) end() uint64 {
	if n := len(t.view.Tail); n > 0 {
		return t.view.Tail[n-1].Seq + 1
	}
	if n := len(t.view.Segments); n > 0 {
		s := t.view.Segments[n-1]
		return s.Seq(s.Len()-1) + 1
	}
	return 0
}

// rowsOf calls visit for the rows of a segment that match and arrived at from or later, the last first when backwards.
func (t *task) rowsOf(i int, from uint64, backwards bool, visit func(at place, time int64) bool) error {
	s := t.view.Segments[i]
	s.Use()
	defer func() {
		s.Done()
		t.s.cache.used(s.Segment)
	}()
	if s.Seq(s.Len()-1) < from {
		return nil
	}
	p := newPart(s)
	defer t.note(p)
	b, err := p.inRange(t.cond, t.Exec)
	if err != nil || b.empty() {
		return err
	}
	times, err := s.Times()
	if err != nil {
		return p.damage("time", err)
	}
	rows := b.rows()
	if backwards {
		slices.Reverse(rows)
	}
	for _, r := range rows {
		if s.Seq(int(r)) >= from && !visit(place{i, r}, times[r]) {
			return nil
		}
	}
	return nil
}

// since yields the hits that arrived at from or later.
func (s *Searcher) since(ctx context.Context, req *search.Request, from uint64, yield func(search.Hit, error) bool) (next uint64, going bool, err error) {
	t, err := s.prepare(ctx, req)
	if err != nil {
		return 0, false, err
	}
	defer t.release()
	next, going = max(t.end(), from), true
	var rec eval.Record
	var line []byte
	show := func(at place, time int64) bool {
		var h search.Hit
		if h, line, err = t.hit(at, time, &rec, line); err == nil && h.Line != nil {
			going = yield(h, nil)
		}
		return going && err == nil
	}
	for i := range t.view.Segments {
		if e := t.rowsOf(i, from, false, show); e != nil || err != nil || !going {
			if err == nil {
				err = e
			}
			return next, going, err
		}
	}
	first, _ := slices.BinarySearchFunc(t.view.Tail, from, func(l Line, seq uint64) int {
		switch {
		case l.Seq < seq:
			return -1
		case l.Seq > seq:
			return 1
		}
		return 0
	})
	e := t.tail(ctx, first, func(i int, r *eval.Record) bool { return show(place{-1, uint32(i)}, r.Time) })
	if err == nil {
		err = e
	}
	return next, going, err
}

// Context implements [search.Searcher].
func (s *Searcher) Context(ctx context.Context, id string, before, after int, req *search.Request) ([]search.Hit, error) {
	if req == nil {
		req = &search.Request{}
	}
	center, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return nil, search.ErrNotFound
	}
	r := *req
	r.Cursor, r.Sort = "", search.Sort{Order: search.Arrival}
	t, err := s.prepare(ctx, &r)
	if err != nil {
		return nil, err
	}
	defer t.release()
	// The record itself needs to be one that may be seen; whether the query finds it does not matter.
	may, err := compile(req.Forced.Expr, t.Exec.Now)
	if err != nil {
		return nil, err
	}
	at, middle, ok, err := t.find(center, may)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, search.ErrNotFound
	}
	places, times := []place{at}, []int64{middle}
	gather := func(n int, list *[]place, ts *[]int64) func(place, int64) bool {
		return func(at place, time int64) bool {
			if n > 0 {
				*list, *ts = append(*list, at), append(*ts, time)
				n--
			}
			return n > 0
		}
	}
	var earlier, later []place
	var earlierTimes, laterTimes []int64
	if err := t.backwards(ctx, center, before, gather(before, &earlier, &earlierTimes)); err != nil {
		return nil, err
	}
	if err := t.forwards(ctx, center, after, gather(after, &later, &laterTimes)); err != nil {
		return nil, err
	}
	slices.Reverse(earlier)
	slices.Reverse(earlierTimes)
	places, times = slices.Concat(earlier, places, later), slices.Concat(earlierTimes, times, laterTimes)
	hits := make([]search.Hit, 0, len(places))
	var rec eval.Record
	var line []byte
	for i, at := range places {
		var h search.Hit
		if h, line, err = t.hit(at, times[i], &rec, line); err != nil {
			return nil, err
		}
		hits = append(hits, h)
	}
	return hits, nil
}

// find returns where the record with that arrival number is, if it matches.
func (t *task) find(seq uint64, may *node) (at place, time int64, ok bool, err error) {
	all := &task{Exec: &eval.Exec{Req: t.Req}, view: t.view, cond: may, s: t.s}
	for i, s := range t.view.Segments {
		if seq < s.Seq(0) || seq > s.Seq(s.Len()-1) {
			continue
		}
		err = all.rowsOf(i, seq, false, func(p place, ns int64) bool {
			if s.Seq(int(p.row)) == seq {
				at, time, ok = p, ns, true
			}
			return false
		})
		if ok || err != nil {
			return at, time, ok, err
		}
	}
	for i, l := range t.view.Tail {
		if l.Seq != seq {
			continue
		}
		x, err := eval.Prepare(&search.Request{Forced: t.Req.Forced, Now: t.Exec.Now})
		if err != nil {
			return at, 0, false, err
		}
		var r eval.Record
		r.Parse(l.Text)
		return place{-1, uint32(i)}, r.Time, x.Match(&r), nil
	}
	return at, 0, false, nil
}

// backwards visits the hits that arrived before a record, the last first.
func (t *task) backwards(ctx context.Context, center uint64, n int, visit func(place, int64) bool) error {
	if n <= 0 {
		return nil
	}
	going := true
	step := func(at place, time int64) bool {
		if t.seqAt(at) < center {
			going = visit(at, time)
		}
		return going
	}
	type hit struct {
		place
		time int64
	}
	var tail []hit
	err := t.tail(ctx, 0, func(i int, r *eval.Record) bool {
		if t.view.Tail[i].Seq >= center {
			return false
		}
		tail = append(tail, hit{place{-1, uint32(i)}, r.Time})
		return true
	})
	for i := len(tail) - 1; i >= 0 && going && err == nil; i-- {
		step(tail[i].place, tail[i].time)
	}
	for i := len(t.view.Segments) - 1; i >= 0 && going && err == nil; i-- {
		if t.view.Segments[i].Seq(0) < center {
			err = t.rowsOf(i, 0, true, step)
		}
	}
	return err
}

// forwards visits the hits that arrived after a record.
func (t *task) forwards(ctx context.Context, center uint64, n int, visit func(place, int64) bool) error {
	if n <= 0 {
		return nil
	}
	going := true
	step := func(at place, time int64) bool {
		going = visit(at, time)
		return going
	}
	for i := range t.view.Segments {
		if err := t.rowsOf(i, center+1, false, step); err != nil || !going {
			return err
		}
	}
	return t.tail(ctx, 0, func(i int, r *eval.Record) bool {
		return t.view.Tail[i].Seq <= center || step(place{-1, uint32(i)}, r.Time)
	})
}

func (t *task) seqAt(at place) uint64 {
	if at.segment < 0 {
		return t.view.Tail[at.row].Seq
	}
	return t.view.Segments[at.segment].Seq(int(at.row))
}

// Explain implements [search.Searcher]: it evaluates the condition on every segment that cannot be ruled out, and tells how.
func (s *Searcher) Explain(ctx context.Context, req *search.Request) (*search.Plan, error) {
	began := time.Now()
	t, err := s.prepare(ctx, req)
	if err != nil {
		return nil, err
	}
	defer t.release()
	ruledOut, whole, scanned := &search.Plan{Step: "segments ruled out by time, zone maps and filters"}, &search.Plan{Step: "segments of which every record matches"}, &search.Plan{Step: "segments evaluated by columns"}
	total := int64(0)
	for i, seg := range t.view.Segments {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p := newPart(seg)
		at := time.Now()
		seg.Use()
		b, err := p.inRange(t.cond, t.Exec)
		all, none := p.certain(t.cond)
		seg.Done()
		if err != nil {
			return nil, err
		}
		n := int64(b.count())
		total += n
		least, most := seg.TimeRange()
		outside := t.TimeBound && (t.To <= least || t.From > most)
		step := &search.Plan{Step: "segment " + seg.Name, Rows: n, Bytes: seg.Size(), Took: time.Since(at)}
		switch {
		case outside || none:
			ruledOut.Bytes += seg.Size()
			ruledOut.Rows++
		case all && t.InRange(least) && t.InRange(most):
			whole.Rows += n
			whole.Bytes += seg.Size()
		default:
			scanned.Rows += n
			scanned.Bytes += seg.Size()
			scanned.Took += step.Took
			scanned.Steps = append(scanned.Steps, step)
		}
		s.cache.used(t.view.Segments[i].Segment)
	}
	ruledOut.Step = fmt.Sprintf("%d of %d %s", ruledOut.Rows, len(t.view.Segments), ruledOut.Step)
	ruledOut.Rows = 0
	scanned.Step = fmt.Sprintf("%d %s", len(scanned.Steps), scanned.Step)
	tail := &search.Plan{Step: fmt.Sprintf("%d records that are in no segment yet, each on its line", len(t.view.Tail))}
	if err := t.tail(ctx, 0, func(int, *eval.Record) bool { tail.Rows++; return true }); err != nil {
		return nil, err
	}
	total += tail.Rows
	match := &search.Plan{Step: "match " + t.cond.text, Rows: total, Steps: []*search.Plan{ruledOut, whole, scanned, tail}}
	return &search.Plan{Step: "order " + req.Sort.String(), Rows: total, Took: time.Since(began), Steps: []*search.Plan{match}}, nil
}
