package segment

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// Kind says what the bytes of a field's values are.
type Kind uint8

// The kinds of fields.
const (
	Text   Kind = iota // a whole line that is no JSON object
	String             // between the quotes of a JSON string, escapes as written
	Number             // a JSON number as written
	Word               // true, false or null
	Array              // a JSON array as written
)

// A ref is a piece of the batch's bytes.
type ref struct{ off, n uint32 }

// A shape is what the records of one form share: the bytes between the values, and the fields that the values go to. It
// holds keys, punctuation and white space as they were written, so a record is its shape and its values.
type shape struct {
	lits   [][]byte // one more than fields
	fields []int
}

// maxShapes bounds the shapes of a segment; objects of further shapes are kept as text.
const maxShapes = 1 << 12

// table gathers the values of records by field.
type table struct {
	buf    []byte // the records, one after the other
	shapes []shape
	root   *branch
	fields []*field
	byPath map[fieldKey]int
	codes  []uint32 // shape of each row
	vals   []ref    // scratch: values of the line at hand
	path   []byte
	seen   map[fieldKey]int
	lits   [][]byte
	cols   []int
	litAt  int
	rows   []uint32 // those of all fields
	slab   *slab
}

type fieldKey struct {
	path string
	kind Kind
	nth  int // 0 for the first member of this path in a record
}

// A field is a column: the values of one path and kind, or of a variable in a template.
type field struct {
	id   int
	key  fieldKey
	vals []ref
	rows []uint32
	fieldState
}

// A branch is a place in the tree of shapes: after some values, the literals that may follow.
type branch struct {
	edges []edge
	last  int
}

type edge struct {
	lit   []byte
	field int // value after lit; -1: the line ends
	kind  Kind
	next  *branch
	shape int
}

func newTable(buf []byte, sl *slab) *table {
	t := &table{buf: buf, slab: sl, codes: sl.codes[:0], rows: sl.rows, root: &branch{}, byPath: map[fieldKey]int{}, seen: map[fieldKey]int{}}
	t.field(fieldKey{kind: Text})
	t.shapes = append(t.shapes, shape{lits: [][]byte{nil, nil}, fields: []int{0}})
	return t
}

func (t *table) field(k fieldKey) int {
	if id, ok := t.byPath[k]; ok {
		return id
	}
	id := len(t.fields)
	t.byPath[k] = id
	f := &field{id: id, key: k}
	t.slab.lend(f)
	if k.kind == String || k.kind == Word || k.kind == Number {
		f.num = t.slab.numbering()
	}
	t.fields = append(t.fields, f)
	return id
}

// add reads the record at t.buf[off:end].
func (t *table) add(off, end int) {
	code, ok := t.match(off, end)
	if !ok {
		if code, ok = t.learn(off, end); !ok {
			code = 0
			t.vals = append(t.vals[:0], ref{uint32(off), uint32(end - off)})
		}
	}
	t.codes = append(t.codes, uint32(code))
	for i, id := range t.shapes[code].fields {
		f := t.fields[id]
		f.vals = append(roomFor(f.vals, 1), t.vals[i])
		if num := f.num; num != nil && !num.off && (!num.add(t.buf, t.vals[i]) || num.vain()) {
			num.off = true
		}
	}
}

// match follows the known shapes and leaves the values in t.vals.
func (t *table) match(off, end int) (code int, ok bool) {
	t.vals = t.vals[:0]
	if end == off || t.buf[end-1] != '}' && !isSpace(t.buf[end-1]) {
		return 0, false
	}
	s := t.buf[:end]
	i, b := off, t.root
next:
	for {
		for try := range b.edges {
			k := try // the edge taken last time first
			if try == 0 {
				k = b.last
			} else if try <= b.last {
				k--
			}
			e := &b.edges[k]
			if !bytes.HasPrefix(s[i:], e.lit) {
				continue
			}
			j := i + len(e.lit)
			if e.field < 0 {
				if j == end {
					return e.shape, true
				}
				continue
			}
			n := scanValue(s, j, e.kind)
			if n < 0 {
				continue
			}
			t.vals = append(t.vals, ref{uint32(j), uint32(n - j)})
			b.last = k
			i, b = n, e.next
			continue next
		}
		return 0, false
	}
}

// learn reads an object of a new shape.
func (t *table) learn(off, end int) (code int, ok bool) {
	if len(t.shapes) >= maxShapes {
		return 0, false
	}
	t.vals, t.path, t.lits, t.cols, t.litAt = t.vals[:0], t.path[:0], nil, nil, off
	clear(t.seen)
	s := t.buf[:end]
	i := skipSpace(s, off)
	if i >= end || s[i] != '{' {
		return 0, false
	}
	if i = t.object(s, i, 0); i < 0 || skipSpace(s, i) != end {
		return 0, false
	}
	t.lits = append(t.lits, bytes.Clone(s[t.litAt:end]))
	code = len(t.shapes)
	t.shapes = append(t.shapes, shape{lits: t.lits, fields: t.cols})
	b := t.root
	for i, id := range t.cols {
		b = b.follow(t.lits[i], id, t.fields[id].key.kind)
	}
	b.edges = append(b.edges, edge{lit: t.lits[len(t.cols)], field: -1, shape: code})
	return code, true
}

func (b *branch) follow(lit []byte, id int, kind Kind) *branch {
	for i := range b.edges {
		if e := &b.edges[i]; e.field == id && bytes.Equal(e.lit, lit) {
			return e.next
		}
	}
	e := edge{lit: lit, field: id, kind: kind, next: &branch{}}
	b.edges = append(b.edges, e)
	return e.next
}

// maxDepth is how deep objects are taken apart.
const maxDepth = 64

// object reads the object that starts at s[i] and returns where it ends, -1 if it is none.
func (t *table) object(s []byte, i, depth int) int {
	if depth > maxDepth {
		return -1
	}
	i = skipSpace(s, i+1)
	if i < len(s) && s[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(s) || s[i] != '"' {
			return -1
		}
		j := scanString(s, i+1)
		if j < 0 {
			return -1
		}
		mark := len(t.path)
		if mark > 0 {
			t.path = append(t.path, '.')
		}
		t.path = append(t.path, s[i+1:j]...)
		i = skipSpace(s, j+1)
		if i >= len(s) || s[i] != ':' {
			return -1
		}
		if i = skipSpace(s, i+1); i >= len(s) {
			return -1
		}
		if s[i] == '{' {
			i = t.object(s, i, depth+1)
		} else {
			i = t.member(s, i)
		}
		if i < 0 {
			return -1
		}
		t.path = t.path[:mark]
		i = skipSpace(s, i)
		if i >= len(s) {
			return -1
		}
		if s[i] == '}' {
			return i + 1
		}
		if s[i] != ',' {
			return -1
		}
		i = skipSpace(s, i+1)
	}
}

// member reads a value that is no object.
func (t *table) member(s []byte, i int) int {
	kind := Number
	switch s[i] {
	case '"':
		kind = String
		i++
	case '[':
		kind = Array
	case 't', 'f', 'n':
		kind = Word
	}
	end := scanValue(s, i, kind)
	if end < 0 {
		return -1
	}
	k := fieldKey{path: string(t.path), kind: kind}
	t.seen[k]++
	k.nth = t.seen[k] - 1
	t.lits = append(t.lits, bytes.Clone(s[t.litAt:i]))
	t.cols = append(t.cols, t.field(k))
	t.vals = append(t.vals, ref{uint32(i), uint32(end - i)})
	t.litAt = end
	if kind == String {
		end++
	}
	return end
}

// place finds the rows of all fields and returns all rows. Fields that are in the same shapes share the slice of their rows.
func (t *table) place() (all []uint32) {
	n := len(t.codes)
	counts := make([]int, len(t.shapes))
	for _, code := range t.codes {
		counts[code]++
	}
	in := make([][]byte, len(t.fields)) // the shapes that a field is in
	for code, s := range t.shapes {
		if counts[code] == 0 {
			continue
		}
		for _, id := range s.fields {
			in[id] = binary.LittleEndian.AppendUint16(in[id], uint16(code))
		}
	}
	groups := map[string]int{}
	var sizes []int
	var first []int // field of each group
	of := make([]int, len(t.fields))
	for id, shapes := range in {
		g, ok := groups[string(shapes)]
		if !ok {
			g = len(sizes)
			groups[string(shapes)] = g
			first = append(first, id)
			size := 0
			for i := 0; i < len(shapes); i += 2 {
				size += counts[binary.LittleEndian.Uint16(shapes[i:])]
			}
			sizes = append(sizes, size)
		}
		of[id] = g
	}
	total := n
	for _, size := range sizes {
		if size < n {
			total += size
		}
	}
	room := grow(&t.rows, total)
	take := func(size int) []uint32 {
		s := room[:0:size]
		room = room[size:]
		return s
	}
	all = take(n)[:n]
	for i := range all {
		all[i] = uint32(i)
	}
	rows := make([][]uint32, len(sizes))
	filled := make([][]int, len(t.shapes)) // the groups that a row of the shape is in
	for g, size := range sizes {
		if size == n {
			rows[g] = all
			continue
		}
		rows[g] = take(size)
		shapes := in[first[g]]
		for i := 0; i < len(shapes); i += 2 {
			code := binary.LittleEndian.Uint16(shapes[i:])
			filled[code] = append(filled[code], g)
		}
	}
	for row, code := range t.codes {
		for _, g := range filled[code] {
			rows[g] = append(rows[g], uint32(row))
		}
	}
	for id, f := range t.fields {
		f.rows = rows[of[id]]
	}
	return all
}

// sameRows says whether a and b are equal.
func sameRows(a, b []uint32) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || a[0] == b[0] && slices.Equal(a, b))
}
