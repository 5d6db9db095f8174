package segment

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// vec is a decoded list of strings. Only the parts that its codec needs are set.
type vec struct {
	codec  byte
	n      int
	value  []byte   // strConst
	codes  []uint32 // strDict, strFunc, strSplit, strText
	inner  *vec     // strDict, strFunc, strAffix
	other  *vec     // strSplit
	pos    []uint32 // strSplit: place in inner or other; strText: places in slots
	ints   []int64
	param  int
	style  byte
	layout layout
	bytes  []byte
	ends   []uint32 // strBlob
	prefix []byte
	suffix []byte

	templates []template
	starts    []uint32 // strText: of each text, its first place in pos
	slots     []*vec
}

// A template is a text with places for variables.
type template struct {
	key   []byte
	slots []int
}

// decoder reads vectors out of the description and the blocks.
type decoder struct {
	src  *source
	used []stream // all that were read
}

// maxList bounds the values of one list.
const maxList = 1 << 28

func (d *decoder) stream(c *cursor, n int) ([]byte, error) {
	st := c.stream()
	if c.err != nil {
		return nil, c.err
	}
	if st.n != n {
		c.fail(fmt.Sprintf("size of a stream %d want %d", st.n, n))
		return nil, c.err
	}
	return d.read(st)
}

// decodePlanes fills vs from a stream of planes.
func decodePlanes[T int64 | uint32](d *decoder, c *cursor, vs []T, w width) error {
	st := c.stream()
	if n := planeBytes(len(vs), w); c.err != nil || st.n != n {
		c.fail(fmt.Sprintf("size of a stream %d want %d", st.n, n))
		return c.err
	}
	b, err := d.read(st)
	if err != nil {
		return err
	}
	readPlanes(vs, b, w)
	d.src.recycle(st, b)
	return nil
}

func (d *decoder) read(st stream) ([]byte, error) {
	d.used = append(d.used, st)
	return d.src.stream(st)
}

// codes reads n codes that are below count.
func (d *decoder) codes(c *cursor, n, count int) ([]uint32, error) {
	codec := c.byte()
	out := make([]uint32, n)
	switch codec {
	case codesConst:
		v := uint32(c.uint())
		for i := range out {
			out[i] = v
		}
	case codesRun:
		for i := range out {
			out[i] = uint32(i)
		}
	case codesPlain, codesAge:
		w := int(c.byte())
		if !validWidth(w) || w > 32 {
			c.fail("width of codes")
			return nil, c.err
		}
		if err := decodePlanes(d, c, out, w); err != nil {
			return nil, err
		}
		if codec == codesAge {
			next := uint32(0)
			for i, v := range out {
				if v = next - v; v == next {
					next++
				}
				out[i] = v
			}
		}
	default:
		c.fail("encoding of codes")
	}
	if c.err != nil {
		return nil, c.err
	}
	for _, v := range out {
		if int(v) >= count {
			return nil, corrupt("code %d of %d", v, count)
		}
	}
	return out, nil
}

// list reads n strings that encoder.list has written.
func (d *decoder) list(c *cursor, n, depth int) (*vec, error) {
	if depth > maxNesting+4 || n > maxList {
		c.fail("lists too deep or too long")
		return nil, c.err
	}
	v := &vec{codec: c.byte(), n: n}
	var err error
	switch v.codec {
	case strEmpty:
		if n != 0 {
			c.fail("no values where some are expected")
		}
	case strConst:
		v.value = c.bytes()
	case strDict:
		count := c.count(max(n, 1))
		if v.codes, err = d.codes(c, n, count); err == nil {
			v.inner, err = d.list(c, count, depth+1)
		}
	case strInt:
		v.param = c.count(18)
		v.ints, err = d.readInts(c, n)
	case strDecimal:
		v.param, v.style = c.count(18), c.byte()
		v.ints, err = d.readInts(c, n)
	case strTime:
		if v.layout, err = readLayout(c); err == nil {
			v.ints, err = d.readInts(c, n)
		}
	case strHex:
		v.param, v.style = c.count(maxHex), c.byte()
		if v.style > uuidUpper || v.style >= uuidLower && v.param != 16 {
			c.fail("style of a hexadecimal number")
			return nil, c.err
		}
		v.bytes, err = d.stream(c, n*v.param)
	case strAffix:
		v.prefix, v.suffix = c.bytes(), c.bytes()
		v.inner, err = d.list(c, n, depth+1)
	case strSplit:
		err = d.split(c, v, depth)
	case strText:
		if err = d.templates(c, v, nil); err == nil {
			err = d.textSlots(c, v, depth)
		}
	case strBlob:
		err = d.blob(c, v)
	default:
		c.fail("encoding of a list")
	}
	if err == nil {
		err = c.err
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

func readLayout(c *cursor) (layout, error) {
	l := layout(c.bytes())
	if c.err == nil && (len(l) == 0 || len(l) > 64) {
		c.fail("layout of a time")
	}
	return l, c.err
}

func (d *decoder) split(c *cursor, v *vec, depth int) (err error) {
	if v.codes, err = d.codes(c, v.n, 2); err != nil {
		return err
	}
	v.pos = make([]uint32, v.n)
	var counts [2]uint32
	for i, k := range v.codes {
		v.pos[i] = counts[k]
		counts[k]++
	}
	if c.count(v.n) != int(counts[1]) {
		c.fail("sizes of two lists")
		return c.err
	}
	if v.inner, err = d.list(c, int(counts[0]), depth+1); err != nil {
		return err
	}
	v.other, err = d.list(c, int(counts[1]), depth+1)
	return err
}

// templates reads a table of templates. Where fields is not nil the numbers of the slots' fields are put there.
func (d *decoder) templates(c *cursor, v *vec, fields *[]int) error {
	count, slots := c.count(maxList), c.count(maxList)
	st := c.stream()
	if c.err != nil || count > len(c.b)+1 || slots > 8*len(c.b)+8 {
		c.fail("count of templates")
		return c.err
	}
	text, err := d.read(st)
	if err != nil {
		return err
	}
	v.templates = make([]template, count)
	next := 0
	for i := range v.templates {
		n, k := c.count(len(text)), c.count(len(text))
		if c.err != nil {
			return c.err
		}
		t := template{key: text[:n:n], slots: make([]int, k)}
		text = text[n:]
		for j := range t.slots {
			s := next + int(c.int())
			if s < 0 || s >= slots {
				c.fail("slot of a template")
				return c.err
			}
			t.slots[j] = s
			next = s + 1
		}
		if marks(t.key) != k {
			return corrupt("template %d does not have %d variables", i, k)
		}
		v.templates[i] = t
	}
	if fields != nil {
		*fields = make([]int, slots)
		for i := range *fields {
			(*fields)[i] = c.count(maxList)
		}
	} else {
		v.slots = make([]*vec, slots)
	}
	return c.err
}

// marks counts the variables of a template, -1 if a mark is cut off.
func marks(key []byte) int {
	n := 0
	for i := 0; i < len(key); i++ {
		switch key[i] {
		case markVar:
			n++
		case markTime:
			if i++; i >= len(key) || int(key[i]) >= len(layouts) {
				return -1
			}
			n++
		case markRef:
			_, k := binary.Uvarint(key[i+1:])
			if k <= 0 {
				return -1
			}
			i += k
		}
	}
	return n
}

func (d *decoder) textSlots(c *cursor, v *vec, depth int) (err error) {
	if v.codes, err = d.codes(c, v.n, len(v.templates)); err != nil {
		return err
	}
	counts := make([]uint32, len(v.slots))
	v.starts = make([]uint32, v.n)
	for i, code := range v.codes {
		v.starts[i] = uint32(len(v.pos))
		for _, s := range v.templates[code].slots {
			v.pos = append(v.pos, counts[s])
			counts[s]++
		}
	}
	for i := range v.slots {
		if v.slots[i], err = d.list(c, int(counts[i]), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) blob(c *cursor, v *vec) error {
	lens, err := d.readInts(c, v.n)
	if err != nil {
		return err
	}
	total := c.count(maxRaw)
	if v.bytes, err = d.stream(c, total); err != nil {
		return err
	}
	v.ends = make([]uint32, v.n)
	sum := int64(0)
	for i, l := range lens {
		if sum += l; l < 0 || sum > int64(total) {
			return corrupt("lengths of texts")
		}
		v.ends[i] = uint32(sum)
	}
	if sum != int64(total) {
		return corrupt("lengths of texts")
	}
	return nil
}

// append appends value i.
func (v *vec) append(dst []byte, i int) []byte {
	switch v.codec {
	case strConst:
		return append(dst, v.value...)
	case strDict, strFunc:
		return v.inner.append(dst, int(v.codes[i]))
	case strInt:
		return appendWidth(dst, v.ints[i], v.param)
	case strDecimal:
		return appendDecimal(dst, v.ints[i], v.param, v.style)
	case strTime, strTimeDiff:
		return v.layout.format(dst, v.ints[i])
	case strHex:
		return appendHex(dst, v.bytes[i*v.param:(i+1)*v.param], v.style)
	case strAffix:
		dst = append(dst, v.prefix...)
		dst = v.inner.append(dst, i)
		return append(dst, v.suffix...)
	case strSplit:
		if v.codes[i] == 0 {
			return v.inner.append(dst, int(v.pos[i]))
		}
		return v.other.append(dst, int(v.pos[i]))
	case strText:
		return v.appendText(dst, i)
	case strBlob:
		from := uint32(0)
		if i > 0 {
			from = v.ends[i-1]
		}
		return append(dst, v.bytes[from:v.ends[i]]...)
	}
	return dst
}

// appendText fills the template of text i.
func (v *vec) appendText(dst []byte, i int) []byte {
	t := &v.templates[v.codes[i]]
	pos := v.pos[v.starts[i]:]
	nth := 0
	var from, to [slotRefs]int // of the first variables, for references
	for k := 0; k < len(t.key); k++ {
		switch c := t.key[k]; c {
		case markVar, markTime:
			if c == markTime {
				k++
			}
			at := len(dst)
			dst = v.slots[t.slots[nth]].append(dst, int(pos[nth]))
			if nth < slotRefs {
				from[nth], to[nth] = at, len(dst)
			}
			nth++
		case markRef:
			id, n := binary.Uvarint(t.key[k+1:])
			k += n
			if id < slotRefs {
				dst = append(dst, dst[from[id]:to[id]]...)
			}
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

func appendWidth(dst []byte, v int64, w int) []byte {
	if w == 0 {
		return strconv.AppendInt(dst, v, 10)
	}
	return appendFraction(dst, v, w)
}

func appendDecimal(dst []byte, v int64, scale int, style byte) []byte {
	if v < 0 {
		dst = append(dst, '-')
		v = -v
	}
	dst = strconv.AppendInt(dst, v/pow10[scale], 10)
	if scale == 0 {
		return dst
	}
	dst = append(dst, '.')
	dst = appendFraction(dst, v%pow10[scale], scale)
	if style == decFixed {
		return dst
	}
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	if dst[len(dst)-1] == '.' {
		if style == decPoint {
			return append(dst, '0')
		}
		dst = dst[:len(dst)-1]
	}
	return dst
}

func appendHex(dst, b []byte, style byte) []byte {
	digits := "0123456789abcdef"
	if style == hexUpper || style == uuidUpper {
		digits = "0123456789ABCDEF"
	}
	for i, c := range b {
		if style >= uuidLower && (i == 4 || i == 6 || i == 8 || i == 10) {
			dst = append(dst, '-')
		}
		dst = append(dst, digits[c>>4], digits[c&15])
	}
	return dst
}
