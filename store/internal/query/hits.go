package query

import (
	"context"
	"slices"
	"strconv"
	"sync"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
)

// hits puts together the records at places, those of several segments at a time. One that cannot be read is left out and noted.
func (t *task) hits(ctx context.Context, items []eval.TopItem[place], memory int) ([]search.Hit, error) {
	bySegment := map[int][]int{}
	var order []int
	for i, item := range items {
		at := item.Item.segment
		if at >= 0 && bySegment[at] == nil {
			order = append(order, at)
		}
		bySegment[at] = append(bySegment[at], i)
	}
	out := make([]search.Hit, len(items))
	var mu sync.Mutex
	total := 0
	fill := func(list []int) error {
		var rec eval.Record
		var line []byte
		for _, i := range list {
			var err error
			if out[i], line, err = t.hit(items[i].Item, items[i].Time, &rec, line); err != nil {
				return err
			}
			mu.Lock()
			total += eval.Size(&out[i])
			over := total > memory
			mu.Unlock()
			if over {
				return search.ErrMemory
			}
		}
		return nil
	}
	if err := fill(bySegment[-1]); err != nil {
		return nil, err
	}
	if err := t.each(ctx, order, func(_, segment int) (bool, error) {
		return true, fill(bySegment[segment])
	}, t.s.cache.shown); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(out, func(h search.Hit) bool { return h.Line == nil }), nil
}

// hit puts together the record at a place; without a Line when it cannot be read. It uses rec and line.
func (t *task) hit(at place, time int64, rec *eval.Record, line []byte) (search.Hit, []byte, error) {
	n := t.seqAt(at)
	if line == nil {
		line = []byte{} // an empty record is one, no line is none
	}
	if at.segment < 0 {
		line = append(line[:0], t.view.Tail[at.row].Text...)
	} else if known, ok := t.s.lines.get(n); ok {
		line = append(line[:0], known...)
	} else {
		s := t.view.Segments[at.segment]
		var err error
		s.Use()
		defer s.Done()
		if line, err = s.AppendLine(line[:0], int(at.row)); err != nil {
			p := newPart(s)
			err = p.damage("record "+strconv.FormatUint(n, 10), err)
			t.note(p)
			return search.Hit{}, line, err
		}
		t.s.lines.put(n, line)
	}
	if t.Req.Highlight {
		rec.Parse(line)
	} else {
		rec.Line = line
	}
	rec.Time = time
	return t.Hit(rec, strconv.FormatUint(n, 10)), line, nil
}

// lineCache keeps the lines that were put together last: people ask for the same page again, and for the one behind it. Records never
// change, so what is kept stays right; one that was erased is not found any more.
type lineCache struct {
	mu       sync.Mutex
	new, old map[uint64][]byte // two generations: the older one goes when the newer one is full
	size     int
}

// lineCacheSize is the bytes of a generation.
const lineCacheSize = 4 << 20

func (c *lineCache) get(seq uint64) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok := c.new[seq]
	if !ok {
		l, ok = c.old[seq]
	}
	return l, ok
}

func (c *lineCache) put(seq uint64, line []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.size > lineCacheSize || c.new == nil {
		c.old, c.new, c.size = c.new, map[uint64][]byte{}, 0
	}
	c.new[seq] = slices.Clone(line)
	c.size += len(line) + 64
}
