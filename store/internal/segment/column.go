package segment

import "slices"

// load decodes the column. Fields depend on each other without cycles, so holding a lock while others load is safe.
func (f *Column) load() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.loaded {
		f.seg.changes.Add(1)
		f.err = guarded(f.decode)
		f.loaded = true
	}
	return f.err
}

// locate finds the rows of the column, which from now on may hold what is decoded.
func (f *Column) locate() error {
	s := f.seg
	if !f.live {
		f.live = true
		s.liveMu.Lock()
		s.live = append(s.live, f)
		s.liveMu.Unlock()
	}
	switch {
	case f.rows != nil:
		return nil
	case f == s.shapeC:
		f.set = s.rowSets.all(s.rows)
		f.rows = f.set.rows
	case f.text != nil && f.slot < 0:
		f.text.mu.Lock()
		err := f.text.locate()
		f.text.mu.Unlock()
		if err != nil {
			return err
		}
		f.rows, f.set = f.text.rows, f.text.set
	case f.text != nil:
		return f.locateSlot()
	default:
		if err := s.shapeC.load(); err != nil {
			return err
		}
		has := make([]bool, len(s.shapes))
		for i, sh := range s.shapes {
			for _, id := range sh.fields {
				has[i] = has[i] || id == f.id
			}
		}
		f.set = s.rowSets.of(has, s.shapeC.v.codes, f.n)
		f.rows = f.set.rows
	}
	if len(f.rows) != f.n {
		return corrupt("field %d has %d values in %d records", f.id, f.n, len(f.rows))
	}
	return nil
}

// locateSlot finds the rows of a slot: those whose template has it.
func (f *Column) locateSlot() error {
	if err := f.text.load(); err != nil {
		return err
	}
	t := f.text
	if t.tmpl < 0 {
		return corrupt("field %d is a slot of what is no text", f.id)
	}
	tf := f.seg.fields[t.tmpl]
	if err := tf.load(); err != nil {
		return err
	}
	has := make([]byte, len(t.v.templates))
	for i := range has {
		if slices.Contains(t.v.templates[i].slots, f.slot) {
			has[i] = 1
		}
	}
	f.rows = rowsIn(tf.v.codes, has, f.n)
	for i, at := range f.rows {
		f.rows[i] = tf.rows[at]
	}
	if len(f.rows) != f.n {
		return corrupt("slot %d has %d values in %d records", f.id, f.n, len(f.rows))
	}
	return nil
}

// byKey returns the entries in the order of the key.
func (f *Column) byKey() ([]uint32, error) {
	keyOf, err := f.seg.key()
	if err != nil {
		return nil, err
	}
	if f.set == nil {
		f.set = &rowSet{rows: f.rows}
	}
	return f.set.byKey(keyOf, f.seg.keyCount+1), nil
}

func (f *Column) decode() error {
	c := &cursor{b: f.body}
	if err := f.locate(); err != nil {
		return err
	}
	d := decoder{src: &f.seg.src}
	defer func() { f.used = d.used }()
	ordered := c.byte() == orderKey
	var sorted []uint32
	var err error
	if ordered {
		if sorted, err = f.byKey(); err != nil {
			return err
		}
	}
	if f.key.kind == kindCodes {
		return f.decodeCodes(c, &d, sorted)
	}
	if len(c.b) == 0 {
		c.fail("no encoding")
		return c.err
	}
	switch c.b[0] {
	case strText:
		if f.text == nil && !ordered {
			return f.decodeText(c, &d)
		}
	case strSame:
		c.byte()
		return f.decodeSame(c)
	case strFunc:
		c.byte()
		return f.decodeFunc(c, &d, sorted)
	case strTimeDiff:
		c.byte()
		return f.decodeTimeDiff(c, &d, sorted)
	case strDict:
		if f.id == f.seg.keyID {
			return f.decodeKey(c, &d)
		}
	}
	if f.v, err = d.list(c, f.n, 0); err == nil && ordered {
		f.unsort(sorted)
	}
	return err
}

// unsort brings a list, which stands in the order of the key, into that of the rows where that is but numbers; others keep their order.
func (f *Column) unsort(sorted []uint32) {
	switch v := f.v; v.codec {
	case strDict:
		v.codes = scattered(v.codes, sorted)
	case strInt, strDecimal, strTime:
		v.ints = scattered(v.ints, sorted)
	default:
		f.order = f.set.places()
	}
}

// scattered is the inverse of permute.
func scattered[T any](vs []T, order []uint32) []T {
	out := make([]T, len(vs))
	for i, o := range order {
		out[o] = vs[i]
	}
	return out
}

func (f *Column) decodeCodes(c *cursor, d *decoder, sorted []uint32) error {
	count := len(f.seg.shapes)
	if f.text != nil {
		// The templates' table is read with the text, which does not need the codes.
		if err := f.text.load(); err != nil {
			return err
		}
		count = len(f.text.v.templates)
	}
	codes, err := d.codes(c, f.n, count)
	if err != nil {
		return err
	}
	if sorted != nil {
		codes = scattered(codes, sorted)
	}
	f.v = &vec{codec: strDict, n: f.n, codes: codes}
	return nil
}

func (f *Column) decodeText(c *cursor, d *decoder) error {
	c.byte()
	f.tmpl = c.count(len(f.seg.fields) - 1)
	v := &vec{codec: strText, n: f.n}
	if err := d.templates(c, v, &f.refIDs); err != nil {
		return err
	}
	if tf := f.seg.fields[f.tmpl]; tf.text != f || tf.slot >= 0 {
		return corrupt("field %d holds no codes of templates", f.tmpl)
	}
	for slot, id := range f.refIDs {
		if id >= len(f.seg.fields) || f.seg.fields[id].text != f || f.seg.fields[id].slot != slot {
			return corrupt("field %d is no slot", id)
		}
	}
	f.v = v
	return nil
}

func (f *Column) decodeSame(c *cursor) error {
	id := c.count(len(f.seg.fields) - 1)
	if c.err != nil || id >= f.id {
		return corrupt("field %d repeats field %d", f.id, id)
	}
	p := f.seg.fields[id]
	if err := p.load(); err != nil {
		return err
	}
	if p.n != f.n || p.key.kind == kindCodes {
		return corrupt("field %d repeats field %d", f.id, id)
	}
	f.v, f.order, f.refIDs, f.tmpl = p.v, p.order, p.refIDs, p.tmpl
	return nil
}

func (f *Column) decodeFunc(c *cursor, d *decoder, sorted []uint32) error {
	id, count := c.count(len(f.seg.fields)-1), c.count(f.n)
	if c.err != nil {
		return c.err
	}
	if id == f.id {
		return corrupt("field %d decides itself", id)
	}
	ids, err := f.seg.fields[id].idsByRow()
	if err != nil {
		return err
	}
	inner, err := d.list(c, count, 0)
	if err != nil {
		return err
	}
	most := uint32(0)
	for _, id := range ids {
		if id != absent {
			most = max(most, id)
		}
	}
	first := make([]uint32, most+1)
	codes := make([]uint32, f.n)
	next := uint32(0)
	for k := range f.rows {
		i := uint32(k)
		if sorted != nil {
			i = sorted[k]
		}
		id := ids[f.rows[i]]
		if id == absent {
			return corrupt("field %d is decided by one that is absent", f.id)
		}
		if first[id] == 0 {
			next++
			first[id] = next
		}
		codes[i] = first[id] - 1
	}
	if int(next) != count {
		return corrupt("field %d has %d values for %d", f.id, count, next)
	}
	f.v = &vec{codec: strFunc, n: f.n, codes: codes, inner: inner}
	return nil
}

func (f *Column) decodeTimeDiff(c *cursor, d *decoder, sorted []uint32) error {
	l, err := readLayout(c)
	if err != nil {
		return err
	}
	id := c.count(len(f.seg.fields) - 1)
	if c.err != nil || id >= f.id {
		return corrupt("field %d differs from field %d", f.id, id)
	}
	p := f.seg.fields[id]
	if err := p.load(); err != nil {
		return err
	}
	base, ok := p.v.instants()
	if !ok || p.n != f.n {
		return corrupt("field %d differs from what is no time", f.id)
	}
	ints, err := d.readInts(c, f.n)
	if err != nil {
		return err
	}
	if sorted != nil {
		ints = scattered(ints, sorted)
	}
	out := make([]int64, f.n)
	for i := range out {
		out[i] = ints[i] + base[p.place(i)]
	}
	f.v = &vec{codec: strTimeDiff, n: f.n, ints: out, layout: l}
	return nil
}

func (f *Column) decodeKey(c *cursor, d *decoder) error {
	c.byte()
	count := c.count(f.seg.keyCount)
	if c.byte() != codesKey || count != f.seg.keyCount {
		c.fail("values of the key")
		return c.err
	}
	keyOf, err := f.seg.key()
	if err != nil {
		return err
	}
	v := &vec{codec: strDict, n: f.n, codes: make([]uint32, f.n)}
	for i, r := range f.rows {
		if int(keyOf[r]) >= count {
			return corrupt("key absent where its field is present")
		}
		v.codes[i] = keyOf[r]
	}
	v.inner, err = d.list(c, count, 0)
	f.v = v
	return err
}

// place returns where entry i stands in the vector.
func (f *Column) place(i int) int {
	if f.order == nil {
		return i
	}
	return int(f.order[i])
}

// entries returns the entry of each row, -1 where the column has none.
func (f *Column) entries() []int32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.index == nil {
		f.seg.changes.Add(1)
		if f.set == nil {
			f.set = &rowSet{rows: f.rows}
		}
		f.index = f.set.entries(f.seg.rows)
	}
	return f.index
}

// idsByRow returns at each row a number that stands for the value there, absent where there is none.
func (f *Column) idsByRow() ([]uint32, error) {
	if err := f.load(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refIDs != nil {
		return nil, corrupt("field %d, a text, decides another", f.id)
	}
	if f.ids == nil {
		f.seg.changes.Add(1)
		ids := f.v.numbers()
		out := make([]uint32, f.seg.rows)
		if len(f.rows) < len(out) {
			for i := range out {
				out[i] = absent
			}
		}
		for i, r := range f.rows {
			out[r] = ids[f.place(i)]
		}
		f.ids = out
	}
	return f.ids, nil
}

// numbers returns for each value a number that equal values share.
func (v *vec) numbers() []uint32 {
	out := make([]uint32, v.n)
	switch v.codec {
	case strEmpty, strConst:
	case strDict:
		copy(out, v.codes)
	case strFunc:
		inner := v.inner.numbers()
		for i, c := range v.codes {
			out[i] = inner[c]
		}
	case strAffix:
		return v.inner.numbers()
	case strInt, strDecimal, strTime, strTimeDiff:
		seen := make(map[int64]uint32, v.n/4)
		for i, x := range v.ints {
			id, ok := seen[x]
			if !ok {
				id = uint32(len(seen))
				seen[x] = id
			}
			out[i] = id
		}
	default:
		seen := make(map[string]uint32, v.n/4)
		var b []byte
		for i := range out {
			b = v.append(b[:0], i)
			id, ok := seen[string(b)]
			if !ok {
				id = uint32(len(seen))
				seen[string(b)] = id
			}
			out[i] = id
		}
	}
	return out
}

// instants returns the values of a list of times in one layout.
func (v *vec) instants() ([]int64, bool) {
	switch v.codec {
	case strTime, strTimeDiff:
		return v.ints, true
	case strDict, strFunc:
		if v.inner == nil {
			return nil, false
		}
		inner, ok := v.inner.instants()
		if !ok {
			return nil, false
		}
		out := make([]int64, v.n)
		for i, c := range v.codes {
			out[i] = inner[c]
		}
		return out, true
	}
	return nil, false
}

// timeLayout is the layout of instants.
func (v *vec) timeLayout() layout {
	for v.inner != nil {
		v = v.inner
	}
	return v.layout
}
