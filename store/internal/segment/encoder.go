package segment

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// fieldState is what the encoder learns about a field.
type fieldState struct {
	codes   []uint32 // number of each value, nil: the values are not numbered
	dict    []ref    // value by number
	order   []uint32 // entries in the order of the key; nil: arrival
	text    *templateSet
	textIDs []int // fields of the slots
	tmplID  int   // field of the template codes
	of      int   // of slots and template codes: the text
	slot    int
	isTime  bool
	derived bool // slot or template codes: no path of its own
	rank    int  // texts refer to fields of lower rank
	dense   []uint32
	num     *numbering
	last    []byte // name: last element of the path
	parent  int    // field that decides this one, -1
	sameAs  int    // field of the same values, -1
	typed   typed  // what was detected, of numbers
	codesTo int    // of codes without values: one more than the largest, 0 until it is asked
}

type encoder struct {
	buf    []byte
	t      *table
	pack   *packer
	dict   distinct
	tryer  *zstd.Encoder
	rows   int
	key    *field   // nil: no key
	keyOf  []uint32 // of each row; the count of keys where it is absent
	orders map[*uint32][]uint32
	times  *field // first time field
	timeAt []int64
	timeL  layout

	raw, scratch []byte
	u64          []uint64
	ages         []uint32
	seen         []uint32
	scales       []int8
}

// The compressors are shared: EncodeAll may be called concurrently.
var (
	zipTrial = newZip(zstd.SpeedFastest)
	zipFast  = newZip(zstd.SpeedDefault)
	zipBest  = newZip(zstd.SpeedBestCompression)
)

func newZip(level zstd.EncoderLevel) func() *zstd.Encoder {
	return sync.OnceValue(func() *zstd.Encoder {
		z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderCRC(false), zstd.WithWindowSize(4<<20))
		if err != nil {
			panic(err) // the options are constants
		}
		return z
	})
}

func (e *encoder) trial(b []byte) int {
	e.scratch = e.tryer.EncodeAll(b, e.scratch[:0])
	return min(len(e.scratch), len(b)+8)
}

// texts takes the values of those fields apart that look like messages.
func (e *encoder) texts() {
	t := e.t
	var texts []*field
	lens := map[int]int{}
	for _, f := range t.fields {
		if e.looksLikeText(f) {
			texts = append(texts, f)
			total := 0
			for _, r := range f.vals {
				total += int(r.n)
			}
			lens[f.id] = total / len(f.vals)
		}
	}
	if len(texts) == 0 {
		return
	}
	slices.SortStableFunc(texts, func(a, b *field) int { return cmp.Compare(lens[a.id], lens[b.id]) })
	miners := make([]*miner, len(t.fields))
	for i, f := range texts {
		f.rank = i + 1
		miners[f.id] = newMiner(e.buf)
	}
	cursors := make([]int, len(t.fields))
	referable := make([]bool, len(t.fields))
	for i, f := range t.fields {
		referable[i] = f.key.kind == String || f.key.kind == Number
	}
	refs := &refTable{}
	plans := make([]textPlan, len(t.shapes))
	for i := range plans {
		plans[i].make(t, i, miners, referable)
	}
	for _, code := range t.codes {
		p := &plans[code]
		if len(p.texts) > 0 {
			p.rows++
		}
		ready := false // refs holds this record's values
		for i, id := range p.texts {
			f := t.fields[id]
			mi := miners[id]
			if mi.known(f.vals[cursors[id]]) {
				continue
			}
			if !ready {
				ready = true
				refs.reset()
				p.refer(e, refs, cursors)
				for _, id := range p.texts[:i] {
					if f := t.fields[id]; referable[id] {
						refs.add(e.buf, f.vals[cursors[id]], id, f.name())
					}
				}
			}
			mi.tok.refs = refs
			mi.add(f.vals[cursors[id]])
			if referable[id] {
				refs.add(e.buf, f.vals[cursors[id]], id, f.name())
			}
		}
		if ready {
			p.learn(refs)
		}
		for _, id := range t.shapes[code].fields {
			cursors[id]++
		}
	}
	for _, f := range texts {
		if mi := miners[f.id]; f.key.kind == Text || len(mi.keys) <= len(f.vals)/2 {
			e.adopt(f, mi.finish())
		}
	}
}

// textPlan is what taking the texts of a shape's records apart needs.
type textPlan struct {
	texts  []int // those of lower rank first
	others []int // fields that they may refer to
	used   []bool
	few    []int // of others, those that they did refer to
	rows   int
}

// After learnRefs records of a shape their texts are compared with those fields alone that texts have referred to, but for one record in
// relearnRefs.
const (
	learnRefs   = 256
	relearnRefs = 16
)

func (p *textPlan) make(t *table, code int, miners []*miner, referable []bool) {
	for _, id := range t.shapes[code].fields {
		switch f := t.fields[id]; {
		case miners[id] != nil:
			p.texts = append(p.texts, id)
		case referable[id] && f.rank == 0:
			p.others = append(p.others, id)
		}
	}
	slices.SortStableFunc(p.texts, func(a, b int) int { return cmp.Compare(t.fields[a].rank, t.fields[b].rank) })
	p.used = make([]bool, len(p.others))
}

func (p *textPlan) learning() bool { return p.rows <= learnRefs || p.rows%relearnRefs == 0 }

// refer puts the values of this record into refs that its texts may refer to.
func (p *textPlan) refer(e *encoder, refs *refTable, cursors []int) {
	ids := p.few
	if p.learning() {
		ids = p.others
	}
	for _, id := range ids {
		f := e.t.fields[id]
		refs.add(e.buf, f.vals[cursors[id]], id, f.name())
	}
}

// learn keeps in mind what the texts of a record have referred to.
func (p *textPlan) learn(refs *refTable) {
	if !p.learning() {
		return
	}
	for i, id := range p.others {
		if !p.used[i] && refs.found(id) {
			p.used[i] = true
			p.few = append(p.few, id)
		}
	}
}

// name is the last element of the path.
func (f *field) name() []byte {
	if f.last == nil {
		f.last = []byte(f.key.path[strings.LastIndexByte(f.key.path, '.')+1:])
	}
	return f.last
}

// adopt makes fields of the slots of a text.
func (e *encoder) adopt(f *field, set *templateSet) {
	f.text = set
	tf := &field{id: len(e.t.fields), rows: f.rows}
	tf.derived, tf.codes, tf.key.kind, tf.of = true, set.codes, kindCodes, f.id
	e.t.fields = append(e.t.fields, tf)
	f.tmplID = tf.id
	for s, vals := range set.vals {
		sf := &field{id: len(e.t.fields), vals: vals}
		sf.derived, sf.of, sf.slot = true, f.id, s
		sf.rows = make([]uint32, len(vals))
		for i, at := range set.at[s] {
			sf.rows[i] = f.rows[at]
		}
		e.t.fields = append(e.t.fields, sf)
		f.textIDs = append(f.textIDs, sf.id)
	}
}

// looksLikeText says whether templates may fit: values of several words, most of them different.
func (e *encoder) looksLikeText(f *field) bool {
	if len(f.vals) == 0 || f.key.kind == Number || f.key.kind == Word {
		return false
	}
	if f.key.kind == Text {
		return true
	}
	if len(f.vals) < 32 {
		return false
	}
	sample := f.vals
	if len(sample) > 2*trialLen {
		sample = sampleOf(f.vals)
	}
	_, dict, ok := e.dict.number(e.buf, sample, len(sample))
	if ok && len(dict) < len(sample)/16 {
		return false
	}
	if !ok {
		dict = sample
	}
	if len(dict) > 256 {
		dict = dict[:256]
	}
	if _, ok := e.detect(dict); ok {
		return false
	}
	tok := newTokenizer(e.buf)
	several := 0
	for _, r := range dict {
		tok.run(r)
		if len(tok.key) > 8 || len(tok.vars) > 1 {
			several++
		}
	}
	return several > len(dict)/2
}

// number gives the values of all fields numbers.
func (e *encoder) number() {
	for _, f := range e.t.fields {
		f.parent, f.sameAs = -1, -1
		if f.codes != nil || f.text != nil || len(f.vals) < 2 {
			continue
		}
		limit := max(len(f.vals)*3/4, 64)
		if f.num != nil && !f.num.off {
			if len(f.num.seen) <= limit {
				f.codes, f.dict = f.num.codes, f.num.dict()
			}
			continue
		}
		if codes, dict, ok := e.dict.number(e.buf, f.vals, limit); ok {
			f.codes, f.dict = codes, dict
		}
	}
}

func (f *field) count() int {
	if f.key.kind != kindCodes {
		return len(f.dict)
	}
	if f.codesTo == 0 {
		f.codesTo = int(slices.Max(f.codes)) + 1
	}
	return f.codesTo
}

// spread puts codes at their rows and absent at the others.
func spread(codes, rows []uint32, n int, absent uint32) []uint32 {
	out := make([]uint32, n)
	if len(rows) < n && absent != 0 {
		for i := range out {
			out[i] = absent
		}
	}
	for i, r := range rows {
		out[r] = codes[i]
	}
	return out
}

// countingSort returns the indices of rows in the order of keyOf, equal ones as they come.
func countingSort(rows, keyOf []uint32, keys int) []uint32 {
	start := make([]uint32, keys+1)
	for _, r := range rows {
		start[keyOf[r]+1]++
	}
	for k := range keys {
		start[k+1] += start[k]
	}
	out := make([]uint32, len(rows))
	for i, r := range rows {
		k := keyOf[r]
		out[start[k]] = uint32(i)
		start[k]++
	}
	return out
}

// keyOrder returns the entries of f in the order of the key, nil if there is no key.
func (e *encoder) keyOrder(f *field) []uint32 {
	if e.key == nil || len(f.rows) < 2 {
		return nil
	}
	if f.order == nil {
		if o, ok := e.orders[&f.rows[0]]; ok {
			f.order = o
		} else {
			f.order = countingSort(f.rows, e.keyOf, len(e.key.dict)+1)
			e.orders[&f.rows[0]] = f.order
		}
	}
	return f.order
}

func permute[T any](vs []T, order []uint32) []T {
	out := make([]T, len(order))
	for i, o := range order {
		out[i] = vs[o]
	}
	return out
}
