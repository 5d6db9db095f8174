package tag

import "sync"

// Span is a name that was found: s[Start:End].
type Span struct {
	Start, End int
	Label      int // BeginPerson, BeginLocation or BeginOrganization
	Margin     int // how much better it is than no name
	from, to   int // tokens
}

type scratch struct {
	x     text
	feats []uint64
}

var scratches = sync.Pool{New: func() any { return &scratch{feats: make([]uint64, 0, maxFeatures)} }}

// maxKept bounds what the pool keeps, in tokens.
const maxKept = 4 << 10

// Append appends the names in s, which stands under key, to dst: in order and apart.
func (m *Model) Append(dst []Span, s string, key Key) []Span {
	sc := scratches.Get().(*scratch)
	x := &sc.x
	x.toks, x.key = m.tokenize(x.toks[:0], s), key
	if candidates(x.toks, key) {
		x.measure()
		first := len(dst)
		for r, ok := nextRun(x.toks, 0); ok; r, ok = nextRun(x.toks, r.end) {
			dst = m.label(dst, sc, s, r)
		}
		dst = lists(dst, first, x.toks, s)
	}
	if cap(x.toks) > maxKept {
		x.toks = nil
	}
	scratches.Put(sc)
	return dst
}

// scores are what each label gets from the features of each token of a run.
type scores [maxRun][Labels]int32

func (m *Model) score(out *scores, sc *scratch, s string, r run) {
	x := &sc.x
	x.findWholes(m, r)
	for i := r.start; i < r.end; i++ {
		sc.feats = x.appendFeatures(sc.feats[:0], s, r, i)
		out[i-r.start] = m.sum(sc.feats)
		out[i-r.start][O] += m.bias
	}
}

// sum adds the rows of the features up, four labels in a word at a time: the weights are kept with 128 added to them, so that none
// is below 0, and no sum of maxFeatures of them overflows 16 bits. A row whose check is another one is not the feature's.
func (m *Model) sum(feats []uint64) (out [Labels]int32) {
	const bytes = 0x00ff00ff00ff00ff
	var even, odd uint64
	base := int32(0)
features:
	for _, f := range feats {
		at := int(f >> (64 - m.rowBits))
		row := load64(m.rows, at*8)
		for k := 1; uint8(row>>56) != Check(f); k++ {
			if k == ways {
				continue features
			}
			row = load64(m.rows, (at^k)*8)
		}
		base += 128
		even += row & bytes
		odd += row >> 8 & bytes
	}
	for l := range Labels {
		half := even
		if l&1 == 1 {
			half = odd
		}
		out[l] = int32(half>>(16*(l/2))&0xffff) - base
	}
	return out
}

// Check is what tells a feature from others that fall on its row; never 0.
func Check(f uint64) uint8 { return uint8(f>>8) | 1 }

const never = -1 << 28

// follows says whether label b may come after label a: nothing is continued that was not begun.
func follows(a, b int) bool {
	return b == O || b&1 == 1 || b == a || b == a+1 && a&1 == 1
}

// decode returns the labels of the best labelling.
func decode(n int, sc *scores, trans *[Labels][Labels]int32) (path [maxRun]uint8) {
	var best [Labels]int32
	var back [maxRun][Labels]uint8
	for b := range Labels {
		best[b] = never
		if follows(O, b) {
			best[b] = sc[0][b] + trans[O][b]
		}
	}
	for i := 1; i < n; i++ {
		var next [Labels]int32
		for b := range Labels {
			next[b] = never
			for a := range Labels {
				if v := best[a] + trans[a][b]; follows(a, b) && v > next[b] {
					next[b], back[i][b] = v, uint8(a)
				}
			}
			next[b] += sc[i][b]
		}
		best = next
	}
	last := O
	for b := range Labels {
		if best[b]+trans[b][O] > best[last]+trans[last][O] {
			last = b
		}
	}
	for i := n - 1; i >= 0; i-- {
		path[i] = uint8(last)
		last = int(back[i][last])
	}
	return path
}

// label appends the names in a run.
func (m *Model) label(dst []Span, sc *scratch, s string, r run) []Span {
	var scs scores
	m.score(&scs, sc, s, r)
	path := decode(r.end-r.start, &scs, &m.trans)
	return appendSpans(dst, &sc.x, s, r, &path, &scs)
}

func appendSpans(dst []Span, x *text, s string, r run, path *[maxRun]uint8, scs *scores) []Span {
	n := r.end - r.start
	for i := 0; i < n; i++ {
		if path[i] == O {
			continue
		}
		begin := (int(path[i]) - 1) | 1
		j := i + 1
		margin := int(scs[i][path[i]] - scs[i][O])
		for ; j < n && int(path[j]) == begin+1; j++ {
			margin += int(scs[j][path[j]] - scs[j][O])
		}
		sp := Span{x.toks[r.start+i].Start, x.toks[r.start+j-1].End, begin, margin, r.start + i, r.start + j}
		if last := &x.toks[sp.to-1]; sp.End < len(s) && s[sp.End] == '.' && last.Shape == Title &&
			(last.Class&OrgEnd != 0 && sp.End-last.Start <= 4 || s[last.Start:last.End] == "Jr" || s[last.Start:last.End] == "Sr") {
			sp.End++ // the full stop of Inc.
		}
		dst = append(dst, sp)
		i = j - 1
	}
	return dst
}
