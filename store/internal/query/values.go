package query

import (
	"math"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
	"github.com/sluicelog/sluice/store/internal/segment"
)

// reader gives the values of a field at rows, whatever the columns that they are in.
type reader struct {
	p       *part
	field   string
	kind    search.Kind
	columns []readColumn
	times   []int64 // of the field time
}

type readColumn struct {
	*segment.Column
	codes *segment.RowCodes         // nil: the values have no numbers
	cache map[uint32][]search.Value // of codes
	index []int32                   // of each row, the entry, without codes
}

func (p *part) reader(field string) (*reader, error) {
	r := &reader{p: p, field: field, kind: search.KindOf(field)}
	if field == "time" {
		var err error
		r.times, err = p.seg.Times()
		return r, p.damage(field, err)
	}
	for _, c := range p.columnsOf(field) {
		codes, err := c.RowCodes()
		var index []int32
		if err == nil && codes == nil {
			index, err = c.Index()
		}
		if err != nil {
			if err = p.damage(field, err); err != nil {
				return nil, err
			}
			continue
		}
		r.columns = append(r.columns, readColumn{c, codes, map[uint32][]search.Value{}, index})
	}
	return r, nil
}

// append appends the values at a row.
func (r *reader) append(dst []search.Value, row uint32) ([]search.Value, error) {
	if r.times != nil {
		return append(dst, search.TimeValue(r.times[row])), nil
	}
	for i := range r.columns {
		c := &r.columns[i]
		if c.codes == nil {
			at := c.index[row]
			if at < 0 {
				continue
			}
			var err error
			if r.p.buf, err = c.AppendValue(r.p.buf[:0], int(at)); err != nil {
				return dst, err
			}
			dst = r.p.valuesOf(dst, r.field, c.Column, r.p.buf)
			continue
		}
		code := c.codes.At(row)
		if code == 0 {
			continue
		}
		known, ok := c.cache[code]
		if !ok {
			known = r.p.valuesOf(nil, r.field, c.Column, c.codes.Value(int(code-1)))
			c.cache[code] = known
		}
		dst = append(dst, known...)
	}
	return dst, nil
}

// valuesOf appends the values that an entry of a column is.
func (p *part) valuesOf(dst []search.Value, field string, c *segment.Column, text []byte) []search.Value {
	kind := search.KindOf(field)
	leaf := eval.Leaf{Text: text}
	switch c.Kind() {
	case segment.String:
		leaf.Type, leaf.Text = search.String, p.unescaped(text)
	case segment.Text:
		p.rec.Parse(text)
		return p.rec.AppendValues(dst, field)
	case segment.Number:
		leaf.Type = search.Numeric
	case segment.Word:
		if string(text) == "null" {
			return dst
		}
		leaf.Type = search.Boolean
	case segment.Array:
		p.rec.ParseValue(c.Path(), text)
		for i := range p.rec.Leaves {
			if l := &p.rec.Leaves[i]; string(l.Path) == field {
				if v, ok := l.Value(kind); ok {
					dst = append(dst, v)
				}
			}
		}
		return dst
	}
	if v, ok := leaf.Value(kind); ok {
		dst = append(dst, v)
	}
	return dst
}

// vector returns a field as a column of rows, and false when a record may have several values of it, or they are too many to number.
func (p *part) vector(field string, numeric bool) (v eval.Vector, ok bool, err error) {
	if field == "time" {
		v.Times, err = p.seg.Times()
		return v, err == nil, err
	}
	columns := p.columnsOf(field)
	switch {
	case len(columns) == 0:
		return v, true, nil
	case len(columns) > 1 || columns[0].Kind() == segment.Array || columns[0].Kind() == segment.Text:
		return v, false, nil
	}
	c := columns[0]
	if numeric && c.Kind() == segment.Number {
		return p.numberVector(c)
	}
	codes, err := c.RowCodes()
	if err != nil {
		return v, false, err
	}
	if codes == nil {
		if c.Kind() == segment.Number {
			return p.exactNumbers(c)
		}
		return v, false, nil
	}
	v.Values = make([]search.Value, codes.Len())
	for code := range v.Values {
		if one := p.valuesOf(nil, field, c, codes.Value(code)); len(one) == 1 {
			v.Values[code] = one[0]
		}
	}
	if codes.Narrow != nil {
		v.Narrow = codes.Narrow
		return v, true, nil
	}
	v.Codes = make([]int32, p.rows)
	switch {
	case codes.Wide != nil:
		expand(v.Codes, codes.Wide)
	default:
		expand(v.Codes, codes.Long)
	}
	return v, true, nil
}

// expand makes numbers that begin with 1 such that begin with 0.
func expand[T uint16 | uint32](dst []int32, codes []T) {
	for i, code := range codes {
		dst[i] = int32(code) - 1
	}
}

// exactNumbers returns a column of numbers that float64 tells apart.
func (p *part) exactNumbers(c *segment.Column) (v eval.Vector, ok bool, err error) {
	least, most, ranged := c.Range()
	if !ranged || !(least > -1<<53 && most < 1<<53) {
		return v, false, nil
	}
	return p.numberVector(c)
}

func (p *part) numberVector(c *segment.Column) (v eval.Vector, ok bool, err error) {
	n, err := c.Numbers()
	if err != nil {
		return v, false, err
	}
	return eval.Vector{Numbers: floats(n), Has: n.Has}, true, nil
}

// floats returns all numbers of a column.
func floats(n *segment.Numbers) []float64 {
	if n.Floats != nil {
		return n.Floats
	}
	// Division by a power of ten that is exact gives the nearest number, as parsing does, while the digits fit in 53 bits.
	unit := n.Unit()
	out := make([]float64, len(n.Ints)+len(n.Long))
	for i, x := range n.Ints {
		out[i] = float64(x) / unit
	}
	for i, x := range n.Long {
		out[i] = float64(x) / unit
	}
	return out
}

// weights returns what each row stands for, nil when all count once.
func (p *part) weights() ([]float64, error) {
	counts, err := p.least("count")
	if err != nil {
		return nil, err
	}
	rates, err := p.least("sample_rate")
	if err != nil || counts == nil && rates == nil {
		return nil, err
	}
	at := func(list []float64, row int) float64 {
		if list == nil {
			return math.NaN()
		}
		return list[row]
	}
	out := make([]float64, p.rows)
	for i := range out {
		out[i] = eval.WeightOf(at(counts, i), at(rates, i))
	}
	return out, nil
}

// least returns the least number that each row has of a field, NaN for none, nil when no row has one.
func (p *part) least(field string) ([]float64, error) {
	var out []float64
	note := func(row uint32, f float64) {
		if !(f >= out[row]) {
			out[row] = f
		}
	}
	for _, c := range p.columnsOf(field) {
		if c.Kind() != segment.Number && c.Kind() != segment.Array && c.Kind() != segment.Text {
			continue
		}
		if out == nil {
			out = make([]float64, p.rows)
			for i := range out {
				out[i] = math.NaN()
			}
		}
		if err := p.damage(field, p.leastOf(c, field, note)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (p *part) leastOf(c *segment.Column, field string, note func(row uint32, f float64)) error {
	if c.Kind() == segment.Number {
		n, err := c.Numbers()
		if err != nil {
			return err
		}
		all := floats(n)
		eachRow(n, p.rows, func(row uint32, at int) { note(row, all[at]) })
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
		for _, v := range p.valuesOf(nil, field, c, p.buf) {
			if v.Type() == search.Numeric {
				note(r, v.Number().Float64())
			}
		}
	}
	return nil
}
