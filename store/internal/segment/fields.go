package segment

import (
	"cmp"
	"slices"
)

const absent = ^uint32(0)

// idsByRow returns the number of f's value at each row, absent where there is none.
func (e *encoder) idsByRow(f *field) []uint32 {
	if f.dense == nil {
		f.dense = spread(f.codes, f.rows, e.rows, absent)
	}
	return f.dense
}

// decides says whether p's values decide those of f, and how many of p's values f sees.
func (e *encoder) decides(p, f *field) (count int, ok bool) {
	seen := grow(&e.seen, p.count())
	for i := range seen {
		seen[i] = absent
	}
	check := func(id, code uint32) bool {
		switch seen[id] {
		case absent:
			seen[id] = code
			count++
		case code:
		default:
			return false
		}
		return true
	}
	if sameRows(p.rows, f.rows) {
		for i, code := range f.codes {
			if !check(p.codes[i], code) {
				return 0, false
			}
		}
		return count, true
	}
	if len(p.rows) < e.rows/20 {
		return 0, false
	}
	ids := e.idsByRow(p)
	for i, code := range f.codes {
		id := ids[f.rows[i]]
		if id == absent || !check(id, code) {
			return 0, false
		}
	}
	return count, true
}

// relate finds for each field another that decides it.
func (e *encoder) relate() {
	var fs []*field
	for _, f := range e.t.fields {
		if f.codes != nil && len(f.rows) >= 16 {
			fs = append(fs, f)
		}
	}
	// A field is decided by one with more values; this order keeps chains from closing.
	slices.SortStableFunc(fs, func(a, b *field) int { return cmp.Compare(a.count(), b.count()) })
	for i, f := range fs {
		if f == e.key || f.count() < 2 || f.key.kind == kindCodes { // which rows a field has depends on codes: these depend on none
			continue
		}
		for _, p := range fs[i+1:] {
			if len(p.rows) < len(f.rows) || p.count() > len(f.rows)*20 {
				continue
			}
			if count, ok := e.decides(p, f); ok && count <= len(f.rows)*7/10 && (count < f.count()*8 || count < len(f.rows)/8) {
				f.parent = p.id
				break
			}
		}
	}
}

// firsts returns the entries of f at which a value of its parent is seen first, in the order given (nil: arrival).
func (e *encoder) firsts(f *field, order []uint32) []uint32 {
	p := e.t.fields[f.parent]
	ids := e.idsByRow(p)
	seen := make([]bool, p.count())
	var out []uint32
	for k := range f.rows {
		i := uint32(k)
		if order != nil {
			i = order[k]
		}
		if id := ids[f.rows[i]]; !seen[id] {
			seen[id] = true
			out = append(out, i)
		}
	}
	return out
}

// same looks for a field whose values f repeats.
func (e *encoder) same(f *field) (*field, bool) {
	for _, p := range e.t.fields[:f.id] {
		if len(p.vals) != len(f.vals) || p.text != nil && f.text == nil || !equalRefs(e.buf, p.vals[0], f.vals[0]) || p.sameAs >= 0 || p.parent >= 0 && p.parent != f.parent {
			continue
		}
		if !sameRows(p.rows, f.rows) {
			continue
		}
		equal := true
		for i, r := range f.vals {
			if !equalRefs(e.buf, r, p.vals[i]) {
				equal = false
				break
			}
		}
		if equal {
			return p, true
		}
	}
	return nil, false
}

const (
	orderArrival = iota
	orderKey
)

// templateCodes writes the codes of a text's templates, or those of shapes.
func (e *encoder) templateCodes(m *meta, f *field) {
	order := e.keyOrder(f)
	codes := f.codes
	most := slices.Max(codes)
	if order != nil {
		sorted := permute(codes, order)
		_, _, a := e.planCodes(codes, most)
		_, _, b := e.planCodes(sorted, most)
		if b < a {
			codes = sorted
		} else {
			order = nil
		}
	}
	m.byte(orderByte(order))
	e.plainCodes(m, codes, true)
}

func orderByte(order []uint32) byte {
	if order == nil {
		return orderArrival
	}
	return orderKey
}

// field writes one field: the order of its entries, then its values.
func (e *encoder) field(m *meta, f *field) {
	switch {
	case f.key.kind == kindCodes:
		e.templateCodes(m, f)
		return
	case len(f.vals) == 0:
		m.byte(orderArrival)
		m.byte(strEmpty)
		return
	case f.text != nil:
		m.byte(orderArrival)
		m.byte(strText)
		m.uint(uint64(f.tmplID))
		e.templateTable(m, f.text, f.textIDs)
		return
	case f == e.key:
		m.byte(orderArrival)
		m.byte(strDict)
		m.uint(uint64(len(f.dict)))
		m.byte(codesKey)
		e.list(m, f.dict, 0, true)
		return
	}
	if e.isConstant(f) {
		m.byte(orderArrival)
		e.constant(m, f.vals)
		return
	}
	if p, ok := e.same(f); ok {
		f.sameAs = p.id
		m.byte(orderArrival)
		m.byte(strSame)
		m.uint(uint64(p.id))
		return
	}
	if f.parent >= 0 {
		order := e.keyOrder(f)
		firsts := e.firsts(f, order)
		m.byte(orderByte(order))
		m.byte(strFunc)
		m.uint(uint64(f.parent))
		m.uint(uint64(len(firsts)))
		e.list(m, permute(f.vals, firsts), 0, len(firsts) == len(f.dict))
		return
	}
	if t, ok := e.detectField(f); ok {
		f.isTime = t.codec == strTime
		if f.isTime && e.timeDiff(m, f, t) {
			return
		}
		if t.codec == strInt || t.codec == strDecimal {
			f.typed = t
		}
		if !e.preferDict(f, t) {
			e.typedField(m, f, t)
			return
		}
	}
	if f.codes != nil {
		e.dictField(m, f)
		return
	}
	order := e.keyOrder(f)
	vals := f.vals
	if order != nil {
		vals = permute(vals, order)
	}
	m.byte(orderByte(order))
	if e.affix(m, vals, 0, false) || e.split(m, vals, 0, false) || e.templates(m, vals, 0) {
		return
	}
	e.blob(m, vals, !f.derived)
}

func (e *encoder) isConstant(f *field) bool {
	if f.codes != nil {
		return len(f.dict) == 1
	}
	for _, r := range f.vals[1:] {
		if !equalRefs(e.buf, r, f.vals[0]) {
			return false
		}
	}
	return true
}

// preferDict says whether numbered values take less than the typed ones.
func (e *encoder) preferDict(f *field, t typed) bool {
	if f.codes == nil || len(f.dict) > max(256, len(f.vals)/4) || t.codec == strTime && len(f.dict) > len(f.vals)/50 {
		return false
	}
	if t.codec == strHex {
		return true
	}
	codes, _ := e.bestOrder(f)
	_, _, cost := e.planCodes(codes, slices.Max(codes))
	n := min(len(f.vals), trialLen)
	cost += len(f.dict) * 3 * n / len(f.vals)
	ints, _ := e.intsOrder(f, t.ints)
	return cost < e.intsCost(ints)
}

func (e *encoder) intsCost(vs []int64) int {
	plan, delta := e.planInts(vs)
	if delta {
		vs = deltas(vs)
	}
	return e.trial(plan.append(e.raw[:0], sampleOf(vs), &e.u64))
}

// intsOrder chooses the order in which integers take less.
func (e *encoder) intsOrder(f *field, ints []int64) ([]int64, []uint32) {
	order := e.keyOrder(f)
	if order == nil || len(ints) < 16 {
		return ints, nil
	}
	sorted := permute(ints, order)
	if e.intsCost(sorted) < e.intsCost(ints) {
		return sorted, order
	}
	return ints, nil
}

// bestOrder chooses the order in which codes take less and numbers them by it.
func (e *encoder) bestOrder(f *field) ([]uint32, []uint32) {
	order := e.keyOrder(f)
	if order == nil {
		return f.codes, nil
	}
	sorted := renumbered(permute(f.codes, order), len(f.dict))
	most := uint32(len(f.dict) - 1)
	_, _, a := e.planCodes(f.codes, most)
	_, _, b := e.planCodes(sorted, most)
	if b < a {
		return sorted, order
	}
	return f.codes, nil
}

func renumbered(codes []uint32, count int) []uint32 {
	to := make([]uint32, count)
	next := uint32(0)
	for i, c := range codes {
		if to[c] == 0 {
			next++
			to[c] = next
		}
		codes[i] = to[c] - 1
	}
	return codes
}

func (e *encoder) dictField(m *meta, f *field) {
	codes, order := e.bestOrder(f)
	dict := f.dict
	if order != nil {
		dict = make([]ref, len(f.dict))
		for i, o := range order {
			dict[codes[i]] = f.vals[o]
		}
	}
	m.byte(orderByte(order))
	m.byte(strDict)
	m.uint(uint64(len(dict)))
	e.plainCodes(m, codes, !f.derived)
	e.list(m, dict, 0, true)
}

func (e *encoder) typedField(m *meta, f *field, t typed) {
	if t.codec == strHex {
		m.byte(orderArrival)
		e.typed(m, t, !f.derived)
		return
	}
	ints, order := e.intsOrder(f, t.ints)
	t.ints = ints
	m.byte(orderByte(order))
	e.typed(m, t, !f.derived)
}

// timeDiff writes a time as its difference to the first time of the record, where that takes less.
func (e *encoder) timeDiff(m *meta, f *field, t typed) bool {
	if e.times == nil && len(f.rows) > e.rows/2 {
		e.times, e.timeAt, e.timeL = f, t.ints, t.layout
		return false
	}
	if e.times == nil || e.timeL != t.layout || !sameRows(f.rows, e.times.rows) {
		return false
	}
	diff := make([]int64, len(t.ints))
	for i, v := range t.ints {
		diff[i] = v - e.timeAt[i]
	}
	diff, order := e.intsOrder(f, diff)
	alone, _ := e.intsOrder(f, t.ints)
	if e.intsCost(diff) >= e.intsCost(alone) {
		return false
	}
	m.byte(orderByte(order))
	m.byte(strTimeDiff)
	m.bytes([]byte(t.layout))
	m.uint(uint64(e.times.id))
	e.ints(m, diff, classNumbers, !f.derived)
	return true
}
