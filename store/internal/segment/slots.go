package segment

// Slot returns the slot whose value fills a hole of a template, -1 when it is another field's.
func (t *Templates) Slot(code, hole int) int {
	tm := &t.col.v.templates[code]
	at, nth := 0, 0
	for k := 0; k < len(tm.key); k++ {
		switch c := tm.key[k]; c {
		case markVar, markTime:
			if c == markTime {
				k++
			}
			if at == hole {
				return tm.slots[nth]
			}
			at++
			nth++
		case markRef:
			for k++; tm.key[k] >= 0x80; k++ {
			}
			if at == hole {
				return -1
			}
			at++
		}
	}
	return -1
}

// Numeric says that every value of a slot has a digit and no letter.
func (t *Templates) Numeric(slot int) bool {
	c := t.column(slot)
	if c == nil || c.load() != nil {
		return false
	}
	return c.v.numeric()
}

func (t *Templates) column(slot int) *Column {
	if t.col.refIDs == nil || slot < 0 || slot >= len(t.col.refIDs) {
		return nil
	}
	return t.col.seg.fields[t.col.refIDs[slot]]
}

// numeric says that values are decimal numbers.
func (v *vec) numeric() bool {
	switch v.codec {
	case strInt, strDecimal:
		return true
	case strDict, strFunc:
		return v.inner != nil && v.inner.numeric()
	case strSplit:
		return v.inner.numeric() && v.other.numeric()
	}
	return false
}

// Values returns the different values of a slot, a line break behind each, and whether these are all: not more than most bytes, and none
// that has a line break or an escape itself.
func (t *Templates) Values(slot, most int) ([]byte, bool) {
	c := t.column(slot)
	if c == nil || c.load() != nil {
		return nil, false
	}
	v := c.v
	if _, vals := v.dict(); vals != nil {
		v = vals
	}
	var out []byte
	for i := range v.n {
		from := len(out)
		if v.codec == strText && c.refIDs != nil {
			return nil, false
		}
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
