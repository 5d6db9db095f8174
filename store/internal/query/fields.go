package query

import (
	"context"
	"slices"
	"sync"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
	"github.com/sluicelog/sluice/store/internal/segment"
)

// Fields implements [search.Searcher]. Of a segment of which every record matches nothing is decoded but what holds values of several
// types, and that once.
func (s *Searcher) Fields(ctx context.Context, req *search.Request) ([]search.FieldInfo, error) {
	t, err := s.prepare(ctx, req)
	if err != nil {
		return nil, err
	}
	defer t.release()
	var found eval.FieldCounts
	order := make([]int, len(t.view.Segments))
	for i := range order {
		order[i] = i
	}
	var mu sync.Mutex
	err = t.each(ctx, order, func(_, i int) (bool, error) {
		p := newPart(t.view.Segments[i])
		defer t.note(p)
		counts, err := t.fields(p)
		mu.Lock()
		defer mu.Unlock()
		if counts != nil {
			found.Merge(counts)
		}
		return true, err
	}, t.s.cache.used)
	if err != nil {
		return nil, err
	}
	err = t.tail(ctx, 0, func(_ int, r *eval.Record) bool {
		found.Add(r)
		return true
	})
	if err != nil {
		return nil, err
	}
	return found.Infos(req), nil
}

// fields counts the fields of a segment.
func (t *task) fields(p *part) (*eval.FieldCounts, error) {
	least, most := p.seg.TimeRange()
	if all, _ := p.certain(t.cond); all && t.InRange(least) && t.InRange(most) {
		return t.s.cache.fieldsOf(p)
	}
	b, err := p.inRange(t.cond, t.Exec)
	if err != nil || b.empty() {
		return nil, err
	}
	return p.fields(b)
}

// fieldsOf counts the fields of all rows of a segment, remembered: segments do not change.
func (c *cache) fieldsOf(p *part) (*eval.FieldCounts, error) {
	c.mu.Lock()
	counts, known := c.fields[p.seg.Segment]
	c.mu.Unlock()
	if known {
		return counts, nil
	}
	counts, err := p.fields(nil)
	if err != nil || len(p.damaged) > 0 {
		return counts, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fields == nil {
		c.fields = map[*segment.Segment]*eval.FieldCounts{}
	}
	c.fields[p.seg.Segment] = counts
	return counts, nil
}

// fields counts the fields of the rows, nil: of all.
func (p *part) fields(b bitmap) (*eval.FieldCounts, error) {
	out := &eval.FieldCounts{}
	rows := map[string]bitmap{} // of each field that has several columns, or lists, those rows that have it
	add := func(name string, typ search.ValueType, has bitmap) {
		f := out.Of(name)
		f.Types[typ] = true
		if rows[name] == nil {
			rows[name] = newBitmap(p.rows)
		}
		rows[name].or(has)
	}
	columns := p.seg.Columns()
	alone := func(c *segment.Column) bool { // nothing else holds values of its field
		return !slices.ContainsFunc(columns, func(o *segment.Column) bool { return o != c && within(o, c.Path()) })
	}
	for _, c := range columns {
		name, typ := c.Path(), search.String
		switch c.Kind() {
		case segment.Word, segment.Array, segment.Text:
			if err := p.damage(name, p.parsedFields(c, b, add)); err != nil {
				return nil, err
			}
			continue
		case segment.Number:
			typ = search.Numeric
		}
		if b == nil && alone(c) {
			f := out.Of(name)
			f.Types[typ] = true
			f.Records = uint64(c.Len())
			continue
		}
		has := newBitmap(p.rows)
		if err := addRows(c, has); err != nil {
			if err = p.damage(name, err); err != nil {
				return nil, err
			}
			continue
		}
		if b != nil {
			has.and(b)
		}
		if !has.empty() {
			add(name, typ, has)
		}
	}
	for name, set := range rows {
		out.Of(name).Records = uint64(set.count())
	}
	return out, nil
}

// parsedFields calls add for the fields and types that the values of a column have, with the rows that have them.
func (p *part) parsedFields(c *segment.Column, b bitmap, add func(string, search.ValueType, bitmap)) error {
	type leaf struct {
		name string
		typ  search.ValueType
	}
	found := map[leaf]bitmap{}
	note := func(v []byte) (out []leaf) {
		if c.Kind() == segment.Text {
			p.rec.Parse(v)
		} else {
			p.rec.ParseValue(c.Path(), v)
		}
		for _, l := range p.rec.Leaves {
			out = append(out, leaf{string(l.Path), l.Type})
		}
		return out
	}
	codes, err := c.RowCodes()
	if err != nil {
		return err
	}
	if codes != nil {
		wanted := map[leaf][]bool{}
		for code := range codes.Len() {
			for _, l := range note(codes.Value(code)) {
				if wanted[l] == nil {
					wanted[l] = make([]bool, codes.Len()+1)
				}
				wanted[l][code+1] = true
			}
		}
		for l, w := range wanted {
			found[l] = newBitmap(p.rows)
			found[l].addCodes(codes, w)
		}
	} else {
		rows, err := c.Rows()
		if err != nil {
			return err
		}
		for i, r := range rows {
			if b != nil && !b.has(r) {
				continue
			}
			if p.buf, err = c.AppendValue(p.buf[:0], i); err != nil {
				return err
			}
			for _, l := range note(p.buf) {
				if found[l] == nil {
					found[l] = newBitmap(p.rows)
				}
				found[l].set(r)
			}
		}
	}
	for l, has := range found {
		if b != nil {
			has.and(b)
		}
		if !has.empty() {
			add(l.name, l.typ, has)
		}
	}
	return nil
}
