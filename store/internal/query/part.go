package query

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
	"github.com/sluicelog/sluice/store/internal/segment"
)

// part evaluates conditions on one segment. It is for one goroutine.
type part struct {
	seg     Segment
	name    string
	rows    int
	damaged []string
	buf     []byte
	raw     []byte
	rec     eval.Record
}

func newPart(s Segment) *part {
	return &part{seg: s, name: s.Name, rows: s.Len()}
}

// damage notes what cannot be read and says whether that is all that is wrong.
func (p *part) damage(what string, err error) error {
	if !errors.Is(err, segment.ErrCorrupt) {
		return err
	}
	where := ""
	if p.name != "" {
		where = "segment " + p.name + ": "
	}
	p.damaged = append(p.damaged, fmt.Sprintf("%s%s cannot be read: %v", where, what, err))
	return nil
}

// certain says what is known of a condition without decoding anything: all rows match, none does, or neither is known.
func (p *part) certain(n *node) (all, none bool) {
	switch n.op {
	case opAll:
		return true, false
	case opNone:
		return false, true
	case opAnd:
		all = true
		for _, o := range n.operands {
			a, no := p.certain(o)
			all, none = all && a, none || no
		}
		return all && !none, none
	case opOr:
		none = true
		for _, o := range n.operands {
			a, no := p.certain(o)
			all, none = all || a, none && no
		}
		return all, none && !all
	case opNot:
		all, none = p.certain(n.operands[0])
		return none, all
	case opExists:
		if n.field == "time" {
			return true, false
		}
		found := false
		for _, c := range p.seg.Columns() {
			found = found || within(c, n.field)
		}
		return false, !found
	}
	if n.m.Field == "time" {
		from, to, ok := n.m.Instants()
		least, most := p.seg.TimeRange()
		return ok && from <= least && most < to, ok && (to <= least || from > most)
	}
	for _, c := range p.columnsOf(n.m.Field) {
		if p.mayHold(c, n) {
			return false, false
		}
	}
	return false, true
}

// mayHold says whether the column may have a value that matches, from what the description says.
func (p *part) mayHold(c *segment.Column, n *node) bool {
	switch c.Kind() {
	case segment.Number:
		want, ok := n.m.Numbers()
		if !ok {
			return true
		}
		least, most, ranged := c.Range()
		return want.Least <= want.Most && (!ranged || least != least || want.Most >= least && want.Least <= most)
	case segment.String:
		return n.safe == "" || p.seg.MayContain(c.Path(), []byte(n.safe))
	}
	return true
}

// messagePath is the field that a line of text is.
const messagePath = "msg"

// columnsOf lists the columns in which values of the field may be: its own, those of lists above it, and those of whole lines: of texts,
// which are messages, and of objects that the segment has kept as text.
func (p *part) columnsOf(field string) (out []*segment.Column) {
	for _, c := range p.seg.Columns() {
		switch {
		case c.Kind() == segment.Text:
			if field == messagePath || c.MayHoldObjects() {
				out = append(out, c)
			}
		case c.Path() == field, c.Kind() == segment.Array && strings.HasPrefix(field, c.Path()) && field[len(c.Path())] == '.':
			out = append(out, c)
		}
	}
	return out
}

// within says whether the column holds values of the field or below it.
func within(c *segment.Column, field string) bool {
	if c.Kind() == segment.Text {
		return field == messagePath || c.MayHoldObjects()
	}
	path := c.Path()
	return strings.HasPrefix(path, field) && (len(path) == len(field) || path[len(field)] == '.') ||
		c.Kind() == segment.Array && strings.HasPrefix(field, path) && field[len(path)] == '.'
}

// match returns the rows that match. The bitmap is the caller's.
func (p *part) match(n *node) (bitmap, error) {
	b := newBitmap(p.rows)
	all, none := p.certain(n)
	switch {
	case none:
		return b, nil
	case all:
		b.fill(p.rows)
		return b, nil
	}
	switch n.op {
	case opAnd:
		b.fill(p.rows)
		for _, o := range n.operands {
			x, err := p.match(o)
			if err != nil {
				return nil, err
			}
			if b.and(x); b.empty() {
				break
			}
		}
		return b, nil
	case opOr:
		for _, o := range n.operands {
			x, err := p.match(o)
			if err != nil {
				return nil, err
			}
			b.or(x)
		}
		return b, nil
	case opNot:
		x, err := p.match(n.operands[0])
		if err != nil {
			return nil, err
		}
		x.invert(p.rows)
		return x, nil
	case opExists:
		return b, p.exists(n, b)
	}
	return b, p.values(n, b)
}

// exists adds the rows with a value at the field or below it.
func (p *part) exists(n *node, b bitmap) error {
	for _, c := range p.seg.Columns() {
		if !within(c, n.field) {
			continue
		}
		path := c.Path()
		if c.Kind() == segment.Text {
			path = messagePath
		}
		var err error
		switch {
		case c.Kind() == segment.Word:
			err = p.each(c, b, func(v []byte) bool { return string(v) != "null" && !search.Covers(n.except, path) })
		case c.Kind() == segment.Array:
			err = p.each(c, b, func(v []byte) bool {
				p.rec.ParseValue(path, v)
				return p.has(n)
			})
		case c.Kind() == segment.Text:
			err = p.each(c, b, func(v []byte) bool {
				p.rec.Parse(v)
				return p.has(n)
			})
		case search.Covers(n.except, path):
		default:
			err = addRows(c, b)
		}
		if err = p.damage(path, err); err != nil {
			return err
		}
	}
	return nil
}

// has says whether what was taken apart last has what exists asks for.
func (p *part) has(n *node) bool {
	return slices.ContainsFunc(p.rec.Leaves, func(l eval.Leaf) bool {
		at := string(l.Path)
		return (at == n.field || strings.HasPrefix(at, n.field+".")) && !search.Covers(n.except, at)
	})
}

// addRows adds every row that the column has.
func addRows(c *segment.Column, b bitmap) error {
	rows, err := c.Rows()
	for _, r := range rows {
		b.set(r)
	}
	return err
}

// values adds the rows of which a value of the condition's field matches.
func (p *part) values(n *node, b bitmap) error {
	if n.m.Field == "time" {
		from, to, ok := n.m.Instants()
		if !ok {
			return nil
		}
		return p.between(from, to, b)
	}
	for _, c := range p.columnsOf(n.m.Field) {
		if !p.mayHold(c, n) {
			continue
		}
		if err := p.damage(c.Path(), p.column(n, c, b)); err != nil {
			return err
		}
	}
	return nil
}

// between adds the rows of a time range.
func (p *part) between(from, to int64, b bitmap) error {
	times, err := p.seg.Times()
	if err != nil {
		return p.damage("time", err)
	}
	for i, t := range times {
		if t >= from && t < to {
			b.set(uint32(i))
		}
	}
	return nil
}

// column adds the rows of a column whose values match.
func (p *part) column(n *node, c *segment.Column, b bitmap) error {
	switch c.Kind() {
	case segment.Number:
		if want, ok := n.m.Numbers(); ok && n.m.Kind == search.Plain {
			n, err := c.Numbers()
			if err == nil {
				b.addNumbers(n, want)
			}
			return err
		}
		return p.each(c, b, func(v []byte) bool { return n.m.Leaf(&eval.Leaf{Type: search.Numeric, Text: v}) })
	case segment.Word:
		return p.each(c, b, func(v []byte) bool { return string(v) != "null" && n.m.Boolean(v[0] == 't') })
	case segment.Array:
		return p.each(c, b, func(v []byte) bool {
			p.rec.ParseValue(c.Path(), v)
			return slices.ContainsFunc(p.rec.Leaves, func(l eval.Leaf) bool { return string(l.Path) == n.m.Field && n.m.Leaf(&l) })
		})
	case segment.Text:
		return p.each(c, b, func(v []byte) bool {
			p.rec.Parse(v)
			return slices.ContainsFunc(p.rec.Leaves, func(l eval.Leaf) bool { return string(l.Path) == n.m.Field && n.m.Leaf(&l) })
		})
	}
	if n.m.Kind == search.Text {
		ask := p.wordwise
		if words, ok := n.m.Words(); ok {
			ask = func(n *node, c *segment.Column, b bitmap) (bool, error) { return p.phrase(words, n, c, b) }
		}
		if done, err := ask(n, c, b); done || err != nil {
			return err
		}
	}
	return p.each(c, b, func(v []byte) bool { return n.m.String(p.unescaped(v)) })
}

// unescaped returns the string that JSON writes as raw.
func (p *part) unescaped(raw []byte) []byte {
	for _, c := range raw {
		if c == '\\' {
			p.raw = eval.AppendUnescaped(p.raw[:0], raw)
			return p.raw
		}
	}
	return raw
}

// each adds the rows of a column whose values match: where values have numbers, each is asked once.
func (p *part) each(c *segment.Column, b bitmap, match func(v []byte) bool) error {
	codes, err := c.RowCodes()
	if err != nil {
		return err
	}
	if codes != nil {
		wanted, any := make([]bool, codes.Len()+1), false
		for code := range codes.Len() {
			wanted[code+1] = match(codes.Value(code))
			any = any || wanted[code+1]
		}
		if any {
			b.addCodes(codes, wanted)
		}
		return nil
	}
	rows, err := c.Rows()
	if err != nil {
		return err
	}
	for i, r := range rows {
		if p.buf, err = c.AppendValue(p.buf[:0], i); err != nil {
			return err
		}
		if match(p.buf) {
			b.set(r)
		}
	}
	return nil
}

// inRange returns the rows that match and are in the time range; nil when there are none at first sight.
func (p *part) inRange(n *node, x *eval.Exec) (bitmap, error) {
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	if x.TimeBound {
		from, to = x.From, x.To
	}
	least, most := p.seg.TimeRange()
	if to <= least || from > most {
		return nil, nil
	}
	if _, none := p.certain(n); none {
		return nil, nil
	}
	if from <= least && most < to {
		return p.match(n)
	}
	in := newBitmap(p.rows)
	if err := p.between(from, to, in); err != nil || in.empty() {
		return in, err
	}
	b, err := p.match(n)
	if err != nil {
		return nil, err
	}
	b.and(in)
	return b, nil
}
