// Package query searches the segments of a store and its unsealed tail. A condition is evaluated column by column into a set of rows: what
// the description of a segment rules out is not decoded, what values have numbers is asked once a value, texts are asked by template, and
// lines are put together for the records alone that are shown.
package query

import (
	"cmp"
	"context"
	"iter"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
	"github.com/sluicelog/sluice/store/internal/segment"
)

// A Segment is one with the name under which errors tell of it.
type Segment struct {
	*segment.Segment
	Name string
}

// A Line is a record that is in no segment yet.
type Line struct {
	Seq  uint64 // its arrival, as segments count it
	Text []byte
}

// A View is what a store holds at one moment.
type View struct {
	Segments []Segment // in the order of arrival
	Tail     []Line    // what arrived after them
	Damaged  []string  // what could not be opened, a sentence each
	Release  func()    // tells that the View is not used any more; may be nil
}

// A Source gives a View of what is there now. It is safe for concurrent use.
type Source func(ctx context.Context) (View, error)

// Options of a Searcher.
type Options struct {
	Workers int           // segments that are evaluated at once; 0 means GOMAXPROCS
	Cache   int           // bytes of decoded columns that may stay for the next request; 0 means 32 MiB
	Poll    time.Duration // how often Tail looks for new records; 0 means 200 ms
}

// Searcher implements [search.Searcher]. A record's ID is its arrival number. It is safe for concurrent use.
type Searcher struct {
	source  Source
	workers int
	poll    time.Duration
	cache   cache
	lines   lineCache
}

var _ search.Searcher = (*Searcher)(nil)

// New returns a Searcher. Opts may be nil.
func New(source Source, opts *Options) *Searcher {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	s := &Searcher{source: source, workers: o.Workers, poll: o.Poll}
	if s.workers <= 0 {
		s.workers = runtime.GOMAXPROCS(0)
	}
	if s.poll <= 0 {
		s.poll = 200 * time.Millisecond
	}
	if s.cache.limit = o.Cache; s.cache.limit <= 0 {
		s.cache.limit = 32 << 20
	}
	return s
}

// task is a request on a view.
type task struct {
	*eval.Exec
	view View
	cond *node
	s    *Searcher

	mu      sync.Mutex
	damaged []string
}

func (s *Searcher) prepare(ctx context.Context, req *search.Request) (*task, error) {
	x, err := eval.Prepare(req)
	if err != nil {
		return nil, err
	}
	n, err := compile(x.Condition, x.Now)
	if err != nil {
		return nil, err
	}
	view, err := s.source(ctx)
	if err != nil {
		return nil, err
	}
	s.cache.keep(view.Segments)
	return &task{Exec: x, view: view, cond: n, s: s, damaged: slices.Clone(view.Damaged)}, nil
}

func (t *task) release() {
	if t.view.Release != nil {
		t.view.Release()
	}
}

// note keeps what a part could not read.
func (t *task) note(p *part) {
	if len(p.damaged) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range p.damaged {
		if !slices.Contains(t.damaged, d) {
			t.damaged = append(t.damaged, d)
		}
	}
	p.damaged = nil
}

// each evaluates segments, several at a time, in the order given. Do runs in one goroutine a worker, and says whether the worker goes on; done
// comes after it, when the segment is in use no more.
func (t *task) each(ctx context.Context, order []int, do func(worker, segment int) (bool, error), done func(*segment.Segment)) error {
	workers := min(t.s.workers, len(order))
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	next := 0
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		if next >= len(order) || failed != nil {
			return 0, false
		}
		if failed = ctx.Err(); failed != nil {
			return 0, false
		}
		next++
		return order[next-1], true
	}
	work := func(w int) {
		for i, ok := take(); ok; i, ok = take() {
			t.view.Segments[i].Use()
			going, err := do(w, i)
			t.view.Segments[i].Done()
			done(t.view.Segments[i].Segment)
			if err != nil {
				mu.Lock()
				failed = cmp.Or(failed, err)
				mu.Unlock()
			}
			if err != nil || !going {
				return
			}
		}
	}
	for w := 1; w < workers; w++ {
		wg.Go(func() { work(w) })
	}
	if workers > 0 {
		work(0)
	}
	wg.Wait()
	return failed
}

// place is where a record is: a row of a segment, or, with segment -1, a line of the tail.
type place struct {
	segment int
	row     uint32
}

// order lists the segments so that those come first that have the first hits.
func (t *task) order() []int {
	out := make([]int, len(t.view.Segments))
	for i := range out {
		out[i] = i
	}
	switch t.Req.Sort.Order {
	case search.Arrival:
	case search.Oldest:
		slices.SortStableFunc(out, func(a, b int) int {
			x, _ := t.view.Segments[a].TimeRange()
			y, _ := t.view.Segments[b].TimeRange()
			return cmp.Compare(x, y)
		})
	default:
		slices.Reverse(out)
		slices.SortStableFunc(out, func(a, b int) int {
			_, x := t.view.Segments[a].TimeRange()
			_, y := t.view.Segments[b].TimeRange()
			return cmp.Compare(y, x)
		})
	}
	return out
}

// best is the place that no record of a segment comes before; ok is false when it is not known.
func (t *task) best(i int) (eval.Position, bool) {
	s := t.view.Segments[i]
	least, most := s.TimeRange()
	switch t.Req.Sort.Order {
	case search.Newest:
		return eval.Position{Time: most, Seq: seq(s.Seq(s.Len() - 1))}, true
	case search.Oldest:
		return eval.Position{Time: least, Seq: seq(s.Seq(0))}, true
	case search.Arrival:
		return eval.Position{Seq: seq(s.Seq(0))}, true
	}
	return eval.Position{}, false
}

func seq(n uint64) [2]uint64 { return [2]uint64{0, n} }

// found gathers the hits of a search.
type found struct {
	mu       sync.Mutex
	top      *eval.Top[place]
	total    uint64
	weighted float64
	skipped  bool // segments were left out in which there may be more
	more     bool // hits were left out
}

// useless says that a segment cannot have a hit that is wanted.
func (f *found) useless(t *task, i int) bool {
	if !f.top.Full() {
		return false
	}
	best, ok := t.best(i)
	return ok && !f.top.Wants(&best)
}

// search gathers the places of the hits.
func (t *task) search(ctx context.Context, limit int, count bool) (*found, error) {
	f := &found{top: eval.NewTop[place](t.Req.Sort, limit)}
	if err := t.searchTail(ctx, f); err != nil {
		return f, err
	}
	order := t.order()
	err := t.each(ctx, order, func(_, i int) (bool, error) {
		f.mu.Lock()
		useless := f.useless(t, i)
		f.skipped = f.skipped || useless && !count
		f.mu.Unlock()
		if useless && !count {
			return true, nil
		}
		return true, t.searchSegment(i, f, useless)
	}, t.s.cache.used)
	return f, err
}

// searchSegment adds the hits of a segment; countOnly when none of them is wanted.
func (t *task) searchSegment(i int, f *found, countOnly bool) error {
	p := newPart(t.view.Segments[i])
	defer t.note(p)
	b, err := p.inRange(t.cond, t.Exec)
	if err != nil {
		return err
	}
	n := b.count()
	if n == 0 {
		return nil
	}
	weighted := 0.0
	if t.Req.Weigh {
		if weighted, err = p.weigh(b, n); err != nil {
			return err
		}
	}
	if countOnly {
		f.mu.Lock()
		f.total += uint64(n)
		f.weighted += weighted
		f.more = true
		f.mu.Unlock()
		return nil
	}
	times, err := p.seg.Times()
	if err != nil {
		return p.damage("time", err)
	}
	var values *reader
	if field := t.Req.Sort.Field; field != "" && !t.Req.Hidden(field) {
		if values, err = p.reader(field); err != nil {
			return err
		}
	}
	rows := b.rows()
	if t.Req.Sort.Order == search.Newest {
		slices.Reverse(rows)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.total += uint64(n)
	f.weighted += weighted
	var scratch []search.Value
	for _, row := range rows {
		at := eval.Position{Time: times[row], Seq: seq(p.seg.Seq(int(row)))}
		if values != nil {
			if scratch, err = values.append(scratch[:0], row); err != nil {
				return p.damage(t.Req.Sort.Field, err)
			}
			at.Value = sortValue(t.Req.Sort, scratch)
		}
		if !t.Past(&at) {
			continue
		}
		if !f.top.Wants(&at) {
			f.more = true
			if t.Req.Sort.Order == search.Arrival {
				break
			}
			continue
		}
		f.more = f.more || f.top.Full()
		f.top.Add(at, place{i, row})
	}
	return nil
}

func sortValue(s search.Sort, values []search.Value) (best search.Value) {
	kind := search.KindOf(s.Field)
	for _, v := range values {
		best = eval.BetterValue(s, best, eval.SeverityValue(kind, v))
	}
	return best
}

func (p *part) weigh(b bitmap, n int) (float64, error) {
	w, err := p.weights()
	if w == nil || err != nil {
		return float64(n), err
	}
	sum := 0.0
	for _, r := range b.rows() {
		sum += w[r]
	}
	return sum, nil
}

func (t *task) searchTail(ctx context.Context, f *found) error {
	return t.tail(ctx, 0, func(i int, r *eval.Record) bool {
		f.total++
		if t.Req.Weigh {
			f.weighted += r.Weight()
		}
		at := t.Position(r, seq(t.view.Tail[i].Seq))
		switch {
		case !t.Past(&at):
		case !f.top.Wants(&at):
			f.more = true
		default:
			f.more = f.more || f.top.Full()
			f.top.Add(at, place{-1, uint32(i)})
		}
		return true
	})
}

// tail calls visit for the lines of the tail, from the one with that number on, that match.
func (t *task) tail(ctx context.Context, from int, visit func(i int, r *eval.Record) bool) error {
	var r eval.Record
	last := int64(eval.NoTime)
	if n := len(t.view.Segments); n > 0 {
		_, last = t.view.Segments[n-1].TimeRange()
	}
	for i := from; i < len(t.view.Tail); i++ {
		if i%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		r.Parse(t.view.Tail[i].Text)
		if r.Time == eval.NoTime {
			r.Time = last
		}
		last = r.Time
		if t.Match(&r) && !visit(i, &r) {
			return nil
		}
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
	defer t.release()
	ctx, cancel := eval.WithTimeout(ctx, req)
	defer cancel()
	limit, bounded := req.Max()
	if !bounded {
		limit = -1
	}
	f, err := t.search(ctx, limit, req.Count)
	partial, err := eval.Done(ctx, err)
	if err != nil {
		return nil, err
	}
	res := &search.Result{Total: f.total, Exact: !f.skipped && !partial, Partial: partial}
	if req.Weigh {
		res.Weighted = f.weighted
	}
	items := f.top.Sorted()
	if len(items) > 0 && (f.more || f.skipped) {
		res.Cursor = eval.EncodeCursor(req.Sort, &items[len(items)-1].Position)
	}
	if res.Hits, err = t.hits(ctx, items, req.MemoryBound()); err != nil {
		return nil, err
	}
	res.Damaged = t.damaged
	res.Took = time.Since(began)
	return res, nil
}

// pageRows is how many places Records holds at once where it needs not all.
const pageRows = 10_000

// pageHits is how many hits Records puts together at once.
const pageHits = 500

// Records implements [search.Searcher]. In the orders of time and arrival it holds no more than a page of places.
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
	defer t.release()
	ctx, cancel := eval.WithTimeout(ctx, req)
	defer cancel()
	limit, bounded := req.Max()
	if !bounded {
		limit = math.MaxInt
	}
	for limit > 0 {
		f, err := t.search(ctx, min(limit, pageRows), false)
		if err != nil {
			_, err = eval.Done(ctx, err)
			return err
		}
		items := f.top.Sorted()
		for page := range slices.Chunk(items, pageHits) {
			hits, err := t.hits(ctx, page, math.MaxInt)
			if err != nil {
				_, err = eval.Done(ctx, err)
				return err
			}
			for _, h := range hits {
				if !yield(h, nil) {
					return nil
				}
			}
		}
		if limit -= len(items); len(items) < pageRows {
			break
		}
		t.After = &items[len(items)-1].Position
	}
	if len(t.damaged) > 0 {
		return &search.DamageError{Damaged: t.damaged}
	}
	return nil
}
