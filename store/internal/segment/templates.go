package segment

// templateSet is what taking apart a list of texts gives: a template for each, and the variables in slots.
type templateSet struct {
	keys  [][]byte
	slots [][]int   // of each template, the slot of each variable
	codes []uint32  // template of each text
	vals  [][]ref   // of each slot, the variables
	at    [][]int32 // of each slot, the index of the text
}

// miner builds a templateSet in two passes: the first counts, the second leaves rare templates' texts whole behind their head.
type miner struct {
	tok    *tokenizer
	byKey  map[string]int
	keys   []string
	counts []int
	heads  []int // of each template: bytes of the key up to the end of its last header variable
	nHead  []int // and the number of variables in it
	vars   [][]variable
	codes  []uint32
	flat   []ref
	starts []uint32
	texts  []ref
	fixed  map[string]int // texts that are their own template, and its number
}

func newMiner(buf []byte) *miner {
	return &miner{tok: newTokenizer(buf), byKey: map[string]int{}, fixed: map[string]int{}}
}

// maxFixed bounds what known remembers.
const maxFixed = 1 << 12

// known adds a text that has been seen and has neither variables nor references, and says whether it was one.
func (m *miner) known(r ref) bool {
	id, ok := m.fixed[string(m.tok.buf[r.off:r.off+r.n])]
	if ok {
		m.count(id, r)
	}
	return ok
}

// count adds a text of a known template whose variables are the next of m.flat.
func (m *miner) count(id int, r ref) {
	m.counts[id]++
	m.codes = append(roomFor(m.codes, 1), uint32(id))
	m.starts = append(roomFor(m.starts, 1), uint32(len(m.flat)))
	m.texts = append(roomFor(m.texts, 1), r)
}

// add takes one text apart. The fields that it may refer to are in m.tok.refs.
func (m *miner) add(r ref) {
	m.tok.run(r)
	id, ok := m.byKey[string(m.tok.key)]
	if !ok {
		id = len(m.keys)
		k := string(m.tok.key)
		m.byKey[k] = id
		m.keys = append(m.keys, k)
		m.counts = append(m.counts, 0)
		head, n := 0, 0
		vars := make([]variable, len(m.tok.vars))
		copy(vars, m.tok.vars)
		for i, v := range vars {
			if v.header {
				head, n = v.at+1, i+1
				if k[v.at] == markTime {
					head++
				}
			}
		}
		m.heads, m.nHead, m.vars = append(m.heads, head), append(m.nHead, n), append(m.vars, vars)
		if text := m.tok.buf[r.off : r.off+r.n]; k == string(text) && len(vars) == 0 && len(m.fixed) < maxFixed {
			m.fixed[k] = id
		}
	}
	m.count(id, r)
	for i := range m.tok.vars {
		m.flat = append(m.flat, m.tok.vars[i].ref)
	}
}

// hopeless says that the texts have too little in common for templates.
func (m *miner) hopeless() bool {
	return len(m.codes) >= 2000 && len(m.keys) > len(m.codes)*6/10
}

// minCount is how often a template must occur to be one.
const minCount = 4

func (m *miner) finish() *templateSet {
	s := &templateSet{codes: make([]uint32, len(m.codes))}
	type slotKey struct {
		prefix string
		nth    int
	}
	slotOf := map[slotKey]int{}
	slot := func(k slotKey) int {
		id, ok := slotOf[k]
		if !ok {
			id = len(s.vals)
			slotOf[k] = id
			s.vals, s.at = append(s.vals, nil), append(s.at, nil)
		}
		return id
	}
	final := make([]int, len(m.keys)) // template in s, plus 1
	rest := map[string]int{}
	for i, code := range m.codes {
		k := m.keys[code]
		rare := m.counts[code] < minCount
		nv := len(m.vars[code])
		if rare {
			nv = m.nHead[code]
		}
		id := final[code] - 1
		if id < 0 && rare {
			if at, ok := rest[k[:m.heads[code]]]; ok {
				id = at
			}
		}
		if id < 0 {
			id = len(s.keys)
			slots := make([]int, nv, nv+1)
			for v, va := range m.vars[code][:nv] {
				key := slotKey{k, v}
				if va.header {
					key = slotKey{k[:va.at+1], -1}
				}
				slots[v] = slot(key)
			}
			if rare {
				head := k[:m.heads[code]]
				rest[head] = id
				slots = append(slots, slot(slotKey{"", -2}))
				s.keys = append(s.keys, append([]byte(head), markVar))
			} else {
				s.keys = append(s.keys, []byte(k))
			}
			s.slots = append(s.slots, slots)
		}
		final[code] = id + 1
		s.codes[i] = uint32(id)
		vars := m.flat[m.starts[i]:][:nv]
		for v, r := range vars {
			at := s.slots[id][v]
			s.vals[at], s.at[at] = append(s.vals[at], r), append(s.at[at], int32(i))
		}
		if rare {
			at := s.slots[id][nv]
			t := m.texts[i]
			from := t.off
			if nv > 0 {
				from = vars[nv-1].off + vars[nv-1].n
			}
			s.vals[at], s.at[at] = append(s.vals[at], ref{from, t.off + t.n - from}), append(s.at[at], int32(i))
		}
	}
	return s
}
