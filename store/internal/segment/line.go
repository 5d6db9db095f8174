package segment

import "encoding/binary"

// AppendLine appends record row as it was written.
func (s *Segment) AppendLine(dst []byte, row int) (out []byte, err error) {
	defer guard(&err)
	if row < 0 || row >= s.rows {
		return dst, corrupt("record %d of %d", row, s.rows)
	}
	if err := s.shapeC.load(); err != nil {
		return dst, err
	}
	sh := &s.shapes[s.shapeC.v.codes[row]]
	for i, id := range sh.fields {
		dst = append(dst, sh.lits[i]...)
		if dst, err = s.fields[id].appendRow(dst, row, 0); err != nil {
			return dst, err
		}
	}
	return append(dst, sh.lits[len(sh.fields)]...), nil
}

// maxRefs bounds how texts refer to texts.
const maxRefs = 100

// appendRow appends the column's value at a row of which it is known to have one.
func (f *Column) appendRow(dst []byte, row, depth int) ([]byte, error) {
	if depth > maxRefs {
		return dst, corrupt("field %d refers to itself", f.id)
	}
	if err := f.load(); err != nil {
		return dst, err
	}
	i := int(f.entries()[row])
	if i < 0 {
		return dst, corrupt("field %d has no value in record %d", f.id, row)
	}
	if f.v.codec == strText && f.refIDs != nil {
		return f.appendText(dst, row, i, depth)
	}
	return f.v.append(dst, f.place(i)), nil
}

// appendText fills the template of a text whose slots are fields.
func (f *Column) appendText(dst []byte, row, i, depth int) ([]byte, error) {
	tf := f.seg.fields[f.tmpl]
	if err := tf.load(); err != nil {
		return dst, err
	}
	t := &f.v.templates[tf.v.codes[i]]
	var err error
	nth := 0
	var from, to [slotRefs]int
	for k := 0; k < len(t.key); k++ {
		switch c := t.key[k]; c {
		case markVar, markTime:
			if c == markTime {
				k++
			}
			at := len(dst)
			if dst, err = f.seg.fields[f.refIDs[t.slots[nth]]].appendRow(dst, row, depth+1); err != nil {
				return dst, err
			}
			if nth < slotRefs {
				from[nth], to[nth] = at, len(dst)
			}
			nth++
		case markRef:
			id, n := binary.Uvarint(t.key[k+1:])
			k += n
			switch {
			case id < slotRefs:
				dst = append(dst, dst[from[id]:to[id]]...)
			case id-slotRefs >= uint64(len(f.seg.fields)) || int(id-slotRefs) == f.id:
				return dst, corrupt("field %d refers to field %d", f.id, id-slotRefs)
			default:
				if dst, err = f.seg.fields[id-slotRefs].appendRow(dst, row, depth+1); err != nil {
					return dst, err
				}
			}
		default:
			dst = append(dst, c)
		}
	}
	return dst, nil
}
