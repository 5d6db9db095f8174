// Package lines searches JSON lines where they lie: files, or whatever gives lines. It reads all of them for every request and
// keeps nothing, which is right for files that are searched once, and the measure of every other [search.Searcher]: it does what the language says record by record.
package lines

import (
	"context"
	"iter"
	"strconv"
	"time"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
)

// A Source gives lines, without their ends, from the first one on each time that it is called. A line is valid until the next.
type Source func(ctx context.Context) iter.Seq2[[]byte, error]

// A Searcher searches the lines of a Source. A record's ID is the number of its line, from 1; a line without a time has that of the line before it. It is safe for concurrent use when its Source is.
type Searcher struct {
	source Source
	files  []string // that Tail follows; nil when the source is not known to be files
	poll   time.Duration
}

// Options of a Searcher.
type Options struct {
	Poll time.Duration // how often Tail looks for new lines; 0 means 250 ms
}

// New returns a Searcher. Opts may be nil.
func New(source Source, opts *Options) *Searcher {
	s := &Searcher{source: source, poll: 250 * time.Millisecond}
	if opts != nil && opts.Poll > 0 {
		s.poll = opts.Poll
	}
	return s
}

// NewFiles returns a Searcher of the lines of Files. Its Tail reads on where the files ended, whole lines only, and goes on over the
// rotations of a log, whose file is renamed and made anew, or truncated. Opts may be nil.
func NewFiles(names []string, opts *Options) *Searcher {
	s := New(Files(names...), opts)
	s.files = names
	return s
}

var _ search.Searcher = (*Searcher)(nil)

// scan calls visit for every record that is asked for, with the number of its line, until visit returns false.
func (s *Searcher) scan(ctx context.Context, x *eval.Exec, from uint64, visit func(n uint64, r *eval.Record) bool) (n uint64, err error) {
	var r eval.Record
	last := int64(eval.NoTime)
	for line, err := range s.source(ctx) {
		if err != nil {
			return n, err
		}
		if n%256 == 0 && ctx.Err() != nil {
			return n, ctx.Err()
		}
		n++
		r.Parse(line)
		if r.Time == eval.NoTime { // a line of a stack trace, of the record before it
			r.Time = last
		}
		if last = r.Time; n <= from {
			continue
		}
		if x.Match(&r) && !visit(n, &r) {
			return n, nil
		}
	}
	return n, ctx.Err()
}

func id(n uint64) string { return strconv.FormatUint(n, 10) }

func seq(n uint64) [2]uint64 { return [2]uint64{0, n} }

// Search implements [search.Searcher].
func (s *Searcher) Search(ctx context.Context, req *search.Request) (*search.Result, error) {
	began := time.Now()
	x, err := eval.Prepare(req)
	if err != nil {
		return nil, err
	}
	ctx, cancel := eval.WithTimeout(ctx, req)
	defer cancel()
	limit, bounded := req.Max()
	if !bounded {
		limit = -1
	}
	top := eval.NewTop[search.Hit](req.Sort, limit)
	res := &search.Result{Exact: true}
	memory, more := 0, false
	var full error
	_, err = s.scan(ctx, x, 0, func(n uint64, r *eval.Record) bool {
		res.Total++
		if req.Weigh {
			res.Weighted += x.Weight(r)
		}
		p := x.Position(r, seq(n))
		if !x.Past(&p) {
			return true
		}
		if !top.Wants(&p) {
			more = true
			return true
		}
		h := x.Hit(r, id(n))
		more = more || top.Full()
		gone := top.Add(p, h)
		if memory += eval.Size(&h); gone.ID != "" {
			memory -= eval.Size(&gone)
		}
		if memory > req.MemoryBound() {
			full = search.ErrMemory
		}
		return full == nil
	})
	if full != nil {
		return nil, full
	}
	if res.Partial, err = eval.Done(ctx, err); err != nil {
		return nil, err
	}
	res.Exact = !res.Partial
	items := top.Sorted()
	for _, item := range items {
		res.Hits = append(res.Hits, item.Item)
	}
	if more && len(items) > 0 {
		res.Cursor = eval.EncodeCursor(req.Sort, &items[len(items)-1].Position)
	}
	res.Took = time.Since(began)
	return res, nil
}

// Records implements [search.Searcher]. In every order but Arrival the hits are gathered first, in the memory of the request.
func (s *Searcher) Records(ctx context.Context, req *search.Request) iter.Seq2[search.Hit, error] {
	return func(yield func(search.Hit, error) bool) {
		if req.Sort.Order != search.Arrival {
			res, err := s.Search(ctx, req)
			if err != nil {
				yield(search.Hit{}, err)
				return
			}
			for _, h := range res.Hits {
				if !yield(h, nil) {
					return
				}
			}
			return
		}
		x, err := eval.Prepare(req)
		if err == nil {
			ctx, cancel := eval.WithTimeout(ctx, req)
			defer cancel()
			limit, bounded := req.Max()
			_, err = s.scan(ctx, x, 0, func(n uint64, r *eval.Record) bool {
				if p := x.Position(r, seq(n)); !x.Past(&p) {
					return true
				}
				limit--
				return yield(x.Hit(r, id(n)), nil) && (!bounded || limit > 0)
			})
			_, err = eval.Done(ctx, err)
		}
		if err != nil {
			yield(search.Hit{}, err)
		}
	}
}

// Tail implements [search.Searcher].
func (s *Searcher) Tail(ctx context.Context, req *search.Request) iter.Seq2[search.Hit, error] {
	return func(yield func(search.Hit, error) bool) {
		x, err := eval.Prepare(req)
		if err != nil {
			yield(search.Hit{}, err)
			return
		}
		limit := 0
		if req.Limit >= 0 {
			limit, _ = req.Max()
		}
		if s.files != nil {
			if err := s.follow(ctx, x, limit, yield); err != nil {
				yield(search.Hit{}, err)
			}
			return
		}
		var last []search.Hit
		read, err := s.scan(ctx, x, 0, func(n uint64, r *eval.Record) bool {
			if limit > 0 {
				if len(last) == limit {
					last = append(last[:0], last[1:]...)
				}
				last = append(last, x.Hit(r, id(n)))
			}
			return true
		})
		if err != nil {
			yield(search.Hit{}, err)
			return
		}
		for _, h := range last {
			if !yield(h, nil) {
				return
			}
		}
		tick := time.NewTicker(s.poll)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				yield(search.Hit{}, ctx.Err())
				return
			case <-tick.C:
			}
			going := true
			now, err := s.scan(ctx, x, read, func(n uint64, r *eval.Record) bool {
				going = yield(x.Hit(r, id(n)), nil)
				return going
			})
			if !going {
				return
			}
			if err != nil {
				yield(search.Hit{}, err)
				return
			}
			read = max(read, now)
		}
	}
}
