package segment

import (
	"encoding/binary"
	"sync"
)

// Templates is a column whose values are templates with variables. It is not to be written to.
type Templates struct {
	text  []byte // of all templates, one after the other
	ends  []uint32
	holes [][]*Column
	codes *RowCodes
}

// Templates returns the templates of a column, nil when it has none.
func (c *Column) Templates() (out *Templates, err error) {
	defer guard(&err)
	c.slimMu.Lock()
	defer c.slimMu.Unlock()
	c.slimTouched.Store(c.seg.ticks.Load())
	if c.slim.templates != nil || c.slim.notText {
		return c.slim.templates, nil
	}
	codes, err := c.templateCodes()
	if err != nil {
		return nil, err
	}
	if codes == nil {
		c.slim.notText = true
		return nil, nil
	}
	t := &Templates{codes: byRow(c.seg.rows, c.rows, codes, len(c.v.templates))}
	for i := range c.v.templates {
		t.add(c, &c.v.templates[i])
	}
	c.slim.templates = t
	c.seg.changes.Add(1)
	return t, nil
}

// templateCodes returns the template of each entry, nil when there are none.
func (c *Column) templateCodes() ([]uint32, error) {
	if err := c.load(); err != nil {
		return nil, err
	}
	if c.v.codec != strText || c.refIDs == nil {
		return nil, nil
	}
	tf := c.seg.fields[c.tmpl]
	if err := tf.load(); err != nil {
		return nil, err
	}
	return tf.v.codes, nil
}

// add adds a template: its text with a Hole for each variable, and the columns that fill them.
func (t *Templates) add(c *Column, tm *template) {
	var holes []*Column
	slot := func(nth int) *Column {
		if s := tm.slots[nth]; s < len(c.refIDs) {
			return c.seg.fields[c.refIDs[s]]
		}
		return nil
	}
	nth := 0
	for k := 0; k < len(tm.key); k++ {
		switch b := tm.key[k]; b {
		case markVar, markTime:
			if b == markTime {
				k++
			}
			t.text, holes = append(t.text, Hole), append(holes, slot(nth))
			nth++
		case markRef:
			id, n := binary.Uvarint(tm.key[k+1:])
			k += n
			t.text = append(t.text, Hole)
			switch {
			case id < slotRefs: // a variable of the same text once more
				holes = append(holes, slot(int(id)))
			case id-slotRefs < uint64(len(c.seg.fields)):
				holes = append(holes, c.seg.fields[id-slotRefs])
			default:
				holes = append(holes, nil)
			}
		default:
			t.text = append(t.text, b)
		}
	}
	t.ends, t.holes = append(t.ends, uint32(len(t.text))), append(t.holes, holes)
}

// Len returns the number of templates.
func (t *Templates) Len() int { return len(t.ends) }

// ByRow returns the number of each row's template, plus one; 0 where the column has no value.
func (t *Templates) ByRow() *RowCodes { return t.codes }

// Hole stands in a template's text for a variable.
const Hole = 1

// Literal returns the text of a template with a Hole for each variable. A hole may be filled by any text.
func (t *Templates) Literal(code int) []byte {
	from := uint32(0)
	if code > 0 {
		from = t.ends[code-1]
	}
	return t.text[from:t.ends[code]:t.ends[code]]
}

// Hole returns the column whose value fills a hole of a template, nil when there is no such hole.
func (t *Templates) Hole(code, hole int) *Column {
	if hole >= len(t.holes[code]) {
		return nil
	}
	return t.holes[code][hole]
}

// A Form is what all values of a column have in common: Prefix, then Digits hexadecimal digits, then Suffix; or, where Decimal is set, a
// decimal number in a way that has digits and no letters, with Fraction digits behind the point, or, -1, as many as it takes.
type Form struct {
	Decimal        bool
	Fraction       int
	Prefix, Suffix string
	Digits         int
}

// Form returns the form of a column's values, and false when they have none.
func (c *Column) Form() (Form, bool) {
	c.facts.mu.Lock()
	defer c.facts.mu.Unlock()
	if !c.facts.formKnown && len(c.body) > 0 {
		c.facts.form, c.facts.formed = c.seg.formOf(&cursor{b: c.body[1:]}, 0) // behind the order
		c.facts.formKnown = true
	}
	return c.facts.form, c.facts.formed
}

// facts is what stays known of a column when it is forgotten: it is small, and what was decoded is not.
type facts struct {
	mu                sync.Mutex
	formKnown, formed bool
	form              Form
	values            []byte // all of them, when they are few
	asked, objects    bool   // whether a Text may be an object
}

// fewValues bounds the bytes of values that stay known.
const fewValues = 2 << 10

func decimalForm(scale int, style byte) Form {
	if style != decFixed {
		scale = -1
	}
	return Form{Decimal: true, Fraction: scale}
}

// formOf reads how the values of a list are written, and decodes none of them.
func (s *Segment) formOf(c *cursor, depth int) (f Form, ok bool) {
	if len(c.b) == 0 || depth > maxNesting+4 {
		return Form{}, false
	}
	switch c.byte() {
	case strInt:
		f, ok = decimalForm(0, decFixed), true
	case strDecimal:
		scale := c.count(18)
		f, ok = decimalForm(scale, c.byte()), true
	case strHex:
		f.Digits = 2 * c.count(maxHex)
		ok = c.byte() < uuidLower
	case strDict:
		c.uint()
		skipCodes(c)
		return s.formOf(c, depth+1)
	case strFunc:
		c.uint()
		c.uint()
		return s.formOf(c, depth+1)
	case strSame:
		if p := s.fields[c.count(len(s.fields)-1)]; c.err == nil && len(p.body) > 0 {
			return s.formOf(&cursor{b: p.body[1:]}, depth+1)
		}
	case strAffix:
		prefix, suffix := c.bytes(), c.bytes()
		f, ok = s.formOf(c, depth+1)
		f.Prefix, f.Suffix = string(prefix)+f.Prefix, f.Suffix+string(suffix)
		ok = ok && !f.Decimal
	}
	return f, ok && c.err == nil
}

// Values returns the values of a column, each at least once, a line break behind each, and whether these are all: not more than most bytes, and
// none that has a line break or an escape itself. They are not to be written to.
func (c *Column) Values(most int) ([]byte, bool) {
	c.facts.mu.Lock()
	defer c.facts.mu.Unlock()
	if c.facts.values != nil {
		return c.facts.values, true
	}
	out, all := c.listValues(most)
	if all && len(out) <= fewValues {
		c.facts.values = out
	}
	return out, all
}

func (c *Column) listValues(most int) (out []byte, all bool) {
	var err error
	defer guard(&err)
	v, err := c.seg.valuesOf(c, most)
	if v == nil || err != nil {
		return nil, false
	}
	for i := range v.n {
		from := len(out)
		out = v.append(out, i)
		for _, b := range out[from:] {
			if b == '\n' || b == '\\' {
				return nil, false
			}
		}
		if out = append(out, '\n'); len(out) > most {
			return nil, false
		}
	}
	return out, true
}

// valuesOf decodes the different values of a column and not which rows have them; nil when they may be more than most.
func (s *Segment) valuesOf(f *Column, most int) (*vec, error) {
	if len(f.body) < 2 || f.key.kind == kindCodes {
		return nil, nil
	}
	c, d, n := &cursor{b: f.body[1:]}, decoder{src: &s.src}, f.n
	switch c.b[0] {
	case strDict:
		c.byte()
		if n = c.count(f.n); n <= most {
			skipCodes(c)
		}
	case strFunc:
		c.byte()
		c.uint()
		n = c.count(f.n)
	case strSame:
		c.byte()
		if id := c.count(len(s.fields) - 1); c.err == nil && id < f.id {
			return s.valuesOf(s.fields[id], most)
		}
		return nil, c.err
	case strTimeDiff:
		return nil, nil
	case strText:
		if f.text == nil && f.body[0] == orderArrival { // its variables are columns
			return nil, nil
		}
	}
	if n > most || c.err != nil {
		return nil, c.err
	}
	v, err := d.list(c, n, 0)
	if err != nil {
		return nil, err
	}
	if _, vals := v.dict(); vals != nil {
		v = vals
	}
	return v, nil
}

// Decimals returns the entries of a column that are decimal numbers, as whole numbers of which the last scale digits are the fraction. It
// is nil for others.
func (c *Column) Decimals() (ints []int64, scale int, err error) {
	if err := c.load(); err != nil {
		return nil, 0, err
	}
	switch c.v.codec {
	case strInt:
	case strDecimal:
		scale = c.v.param
	default:
		return nil, 0, nil
	}
	return c.v.ints, scale, nil
}

// MayHoldObjects says whether a value of a Text column may be a JSON object: objects of a form that a segment has no room for are kept
// as text.
func (c *Column) MayHoldObjects() bool {
	c.facts.mu.Lock()
	defer c.facts.mu.Unlock()
	if !c.facts.asked {
		c.facts.objects = c.beginsLikeObject()
		c.facts.asked = true
	}
	return c.facts.objects
}

func (c *Column) beginsLikeObject() bool {
	could := func(b []byte) bool {
		return len(b) > 0 && (b[0] == '{' || b[0] == Hole || isSpace(b[0]))
	}
	if t, err := c.Templates(); err != nil || t != nil {
		for code := 0; err == nil && code < t.Len(); code++ {
			if could(t.Literal(code)) {
				return true
			}
		}
		return err != nil
	}
	var b []byte
	for i := range c.n {
		var err error
		if b, err = c.AppendValue(b[:0], i); err != nil || could(b) {
			return true
		}
	}
	return false
}
