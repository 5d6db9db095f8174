package segment

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
)

// Columns returns the columns of paths. It is not to be written to.
func (s *Segment) Columns() []*Column {
	s.columnsOnce.Do(func() {
		for _, f := range s.fields {
			if f.text == nil && f != s.shapeC && f.n > 0 {
				s.columns = append(s.columns, f)
			}
		}
	})
	return s.columns
}

// Find returns the columns of a path, of which there are several when its values are of several kinds.
func (s *Segment) Find(path string) []*Column {
	var out []*Column
	for _, c := range s.Columns() {
		if c.key.path == path {
			out = append(out, c)
		}
	}
	return out
}

// Path returns the keys of a value, whose escapes are resolved, joined by dots; "" for Text.
func (c *Column) Path() string { return c.key.path }

// Kind returns what the values are.
func (c *Column) Kind() Kind { return c.key.kind }

// Nth is 0 except for the further members of an object that has a key several times.
func (c *Column) Nth() int { return c.key.nth }

// Len returns the number of entries: one for each record that has the path.
func (c *Column) Len() int { return c.n }

// Range returns the least and the largest of a Number column without decoding it.
func (c *Column) Range() (least, most float64, ok bool) { return c.least, c.most, c.ranged }

// Rows returns the row of each entry, ascending. It is not to be written to.
func (c *Column) Rows() ([]uint32, error) {
	if err := c.load(); err != nil {
		return nil, err
	}
	return c.rows, nil
}

// Index returns the entry of each row, -1 where there is none. It is not to be written to.
func (c *Column) Index() ([]int32, error) {
	if err := c.load(); err != nil {
		return nil, err
	}
	return c.entries(), nil
}

// AppendValue appends the value of an entry: of a String what stands between the quotes.
func (c *Column) AppendValue(dst []byte, entry int) (out []byte, err error) {
	defer guard(&err)
	if err := c.load(); err != nil {
		return dst, err
	}
	if c.v.codec == strText && c.refIDs != nil {
		return c.appendText(dst, int(c.rows[entry]), entry, 0)
	}
	return c.v.append(dst, c.place(entry)), nil
}

// A Dict is a column whose values have numbers.
type Dict struct {
	Codes []uint32 // of each entry
	vals  *vec
}

// Len returns the number of values.
func (d *Dict) Len() int { return d.vals.n }

// AppendValue appends the value of a code.
func (d *Dict) AppendValue(dst []byte, code int) []byte { return d.vals.append(dst, code) }

// Dict returns the column as codes and values, nil when it is not stored so. Two codes may have equal values.
func (c *Column) Dict() (*Dict, error) {
	if err := c.load(); err != nil {
		return nil, err
	}
	codes, vals := c.v.dict()
	if vals == nil {
		return nil, nil
	}
	return &Dict{codes, vals}, nil
}

func (v *vec) dict() ([]uint32, *vec) {
	switch v.codec {
	case strDict, strFunc:
		if v.inner == nil {
			return nil, nil
		}
		if codes, vals := v.inner.dict(); vals != nil && v.codec == strFunc {
			out := make([]uint32, v.n)
			for i, c := range v.codes {
				out[i] = codes[c]
			}
			return out, vals
		}
		return v.codes, v.inner
	case strConst:
		return make([]uint32, v.n), &vec{codec: strConst, n: 1, value: v.value}
	}
	return nil, nil
}

// Floats returns the number of each entry of a Number column, NaN where the text is none.
func (c *Column) Floats() (out []float64, err error) {
	defer guard(&err)
	if err := c.load(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.floats == nil {
		c.seg.changes.Add(1)
		c.floats = c.v.floats()
		if c.order != nil {
			c.floats = permute(c.floats, c.order)
		}
	}
	return c.floats, nil
}

func (v *vec) floats() []float64 {
	out := make([]float64, v.n)
	switch v.codec {
	case strDict, strFunc:
		inner := v.inner.floats()
		for i, c := range v.codes {
			out[i] = inner[c]
		}
	case strInt:
		for i, x := range v.ints {
			out[i] = float64(x)
		}
	case strDecimal:
		// Division by a power of ten that is exact gives the nearest number, as parsing does, while the digits fit in 53 bits.
		scale := float64(pow10[v.param])
		var b []byte
		for i, x := range v.ints {
			if x > 1<<53 || x < -1<<53 {
				b = v.append(b[:0], i)
				out[i] = parseFloat(b)
				continue
			}
			out[i] = float64(x) / scale
		}
	default:
		var b []byte
		for i := range out {
			b = v.append(b[:0], i)
			out[i] = parseFloat(b)
		}
	}
	return out
}

func parseFloat(b []byte) float64 {
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil && !math.IsInf(f, 0) {
		return math.NaN()
	}
	return f
}

// unescaped returns the string that JSON writes as raw between its quotes; raw itself where nothing is escaped.
func unescaped(raw []byte) []byte {
	at := bytes.IndexByte(raw, '\\')
	if at < 0 {
		return raw
	}
	if bytes.Contains(raw, []byte(`\u`)) {
		var s string
		if err := json.Unmarshal(append(append([]byte{'"'}, raw...), '"'), &s); err != nil {
			return raw
		}
		return []byte(s)
	}
	out := append(make([]byte, 0, len(raw)), raw[:at]...)
	for i := at; i < len(raw); i++ {
		c := raw[i]
		if c == '\\' && i+1 < len(raw) {
			i++
			c = raw[i]
			if k := bytes.IndexByte([]byte("bfnrt"), c); k >= 0 {
				c = "\b\f\n\r\t"[k]
			}
		}
		out = append(out, c)
	}
	return out
}

// AppendAt appends the value at a row that has one.
func (c *Column) AppendAt(dst []byte, row int) (out []byte, err error) {
	defer guard(&err)
	return c.appendRow(dst, row, 0)
}
