package segment

// list writes vals, which stand in no known relation to rows: values of a dictionary, parts of others. Unique says that no
// two are equal.
func (e *encoder) list(m *meta, vals []ref, depth int, unique bool) {
	if len(vals) == 0 {
		m.byte(strEmpty)
		return
	}
	if e.constant(m, vals) {
		return
	}
	if t, ok := e.detect(vals); ok {
		e.typed(m, t, false)
		return
	}
	if !unique && len(vals) >= 8 {
		if codes, dict, ok := e.dict.number(e.buf, vals, len(vals)/2); ok {
			m.byte(strDict)
			m.uint(uint64(len(dict)))
			e.plainCodes(m, codes, false)
			e.list(m, dict, depth+1, true)
			return
		}
	}
	if depth < maxNesting {
		if e.affix(m, vals, depth, unique) || e.split(m, vals, depth, unique) || e.templates(m, vals, depth) {
			return
		}
	}
	e.blob(m, vals, false)
}

const maxNesting = 6

func (e *encoder) constant(m *meta, vals []ref) bool {
	for _, r := range vals[1:] {
		if !equalRefs(e.buf, r, vals[0]) {
			return false
		}
	}
	m.byte(strConst)
	m.bytes(e.val(vals[0]))
	return true
}

// typed writes what detect has found.
func (e *encoder) typed(m *meta, t typed, own bool) {
	m.byte(t.codec)
	switch t.codec {
	case strInt:
		m.uint(uint64(t.param))
	case strDecimal:
		m.uint(uint64(t.param))
		m.byte(t.style)
	case strTime:
		m.bytes([]byte(t.layout))
	case strHex:
		m.uint(uint64(t.param))
		m.byte(t.style)
		m.stream(e.pack.add(classText, t.bytes, own))
		return
	}
	e.ints(m, t.ints, classNumbers, own)
}

// affix takes off what all values share at their ends, where that leaves a type or is long.
func (e *encoder) affix(m *meta, vals []ref, depth int, unique bool) bool {
	prefix, suffix := e.affixes(vals)
	for prefix > 0 && isDigit(e.val(vals[0])[prefix-1]) { // a number is not cut in two
		prefix--
	}
	if prefix+suffix == 0 {
		return false
	}
	inner := make([]ref, len(vals))
	for i, r := range vals {
		inner[i] = ref{r.off + uint32(prefix), r.n - uint32(prefix+suffix)}
	}
	first := vals[0]
	m.byte(strAffix)
	m.bytes(e.buf[first.off : first.off+uint32(prefix)])
	m.bytes(e.buf[first.off+first.n-uint32(suffix) : first.off+first.n])
	e.list(m, inner, depth+1, unique)
	return true
}

// split separates the few values that keep the rest from having a type.
func (e *encoder) split(m *meta, vals []ref, depth int, unique bool) bool {
	if len(vals) < 32 {
		return false
	}
	var class func([]byte) bool
	sample := sampleOf(vals)
	for _, c := range valueClasses {
		n := 0
		for _, r := range sample {
			if c(e.val(r)) {
				n++
			}
		}
		if n > len(sample)*2/3 && n < len(sample) || n == len(sample) && len(sample) < len(vals) {
			class = c
			break
		}
	}
	if class == nil {
		return false
	}
	codes := make([]uint32, len(vals))
	var lists [2][]ref
	for i, r := range vals {
		if !class(e.val(r)) {
			codes[i] = 1
		}
		lists[codes[i]] = append(lists[codes[i]], r)
	}
	if len(lists[0]) == 0 || len(lists[1]) == 0 {
		return false
	}
	m.byte(strSplit)
	e.plainCodes(m, codes, false)
	m.uint(uint64(len(lists[1])))
	for _, l := range lists {
		e.list(m, l, depth+1, unique)
	}
	return true
}

// valueClasses are the kinds of values that are worth being alone.
var valueClasses = []func([]byte) bool{
	func(s []byte) bool { _, ok := parseInt(s); return ok },
	func(s []byte) bool { _, scale, ok := parseDecimal(s); return ok && scale > 0 },
	func(s []byte) bool {
		if len(s) != 16 && len(s) != 32 {
			return false
		}
		for _, c := range s {
			if !isDigit(c) && c-'a' > 5 {
				return false
			}
		}
		return true
	},
	isUUID,
}

// templates takes long values apart.
func (e *encoder) templates(m *meta, vals []ref, depth int) bool {
	if len(vals) < 16 {
		return false
	}
	mi := newMiner(e.buf)
	for _, r := range vals {
		mi.add(r)
		if mi.hopeless() {
			return false
		}
	}
	if len(mi.keys) > len(vals)/2 || len(mi.keys) == 1 && (mi.keys[0] == "\x01" || mi.keys[0][0] == markTime && len(mi.keys[0]) == 2) {
		return false
	}
	single := mi.byKey["\x01"]
	if mi.keys[single] == "\x01" && mi.counts[single] > len(vals)/2 {
		return false
	}
	set := mi.finish()
	m.byte(strText)
	e.templateTable(m, set, nil)
	e.plainCodes(m, set.codes, false)
	for _, vals := range set.vals {
		e.list(m, vals, depth+1, false)
	}
	return true
}

// templateTable writes the templates and which slots they have. Of slots with a field its number is written.
func (e *encoder) templateTable(m *meta, set *templateSet, fields []int) {
	m.uint(uint64(len(set.keys)))
	m.uint(uint64(len(set.vals)))
	e.raw = e.raw[:0]
	for _, k := range set.keys {
		e.raw = append(e.raw, k...)
	}
	m.stream(e.pack.add(classText, e.raw, false))
	next := 0
	for i, k := range set.keys {
		m.uint(uint64(len(k)))
		m.uint(uint64(len(set.slots[i])))
		for _, s := range set.slots[i] {
			m.int(int64(s - next))
			next = s + 1
		}
	}
	for _, id := range fields {
		m.uint(uint64(id))
	}
}

func (e *encoder) blob(m *meta, vals []ref, own bool) {
	m.byte(strBlob)
	lens := make([]int64, len(vals))
	var text []byte
	for i, r := range vals {
		lens[i] = int64(r.n)
		text = append(text, e.val(r)...)
	}
	e.ints(m, lens, classCodes, false)
	m.uint(uint64(len(text)))
	m.stream(e.pack.add(classText, text, own))
}
