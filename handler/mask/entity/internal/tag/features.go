package tag

// run is a row of candidates without anything but connecting gaps between them.
type run struct {
	start, end int // tokens
}

// maxRun bounds a run, so that a text of capitals alone stays cheap.
const maxRun = 12

// nextRun returns the first run of toks at or after token i; false when there is none.
func nextRun(toks []Token, i int) (run, bool) {
	for i < len(toks) && !toks[i].cand {
		i++
	}
	if i == len(toks) {
		return run{}, false
	}
	r := run{i, i + 1}
	for r.end < len(toks) && toks[r.end].cand && joined(&toks[r.end]) && r.end-r.start < maxRun {
		r.end++
	}
	return r, true
}

// text is what features are made of, beside the tokens.
type text struct {
	toks   []Token
	key    Key
	titled uint64        // how much of the text is in capitals, 0 to 3
	long   uint64        // how many words it has, 0 to 3
	whole  [maxRun]Class // names of several words, by token of the run
}

func (x *text) measure() {
	x.titled, x.long = 0, 0
	words, caps := 0, 0
	for i := range x.toks {
		switch x.toks[i].Shape {
		case Lower:
			words++
		case Title, Prefix, Hyphen, Camel, Caps:
			words++
			caps++
		}
	}
	switch {
	case words == 0:
	case caps == words:
		x.titled = 3
	case 3*caps >= 2*words:
		x.titled = 2
	case 3*caps >= words:
		x.titled = 1
	}
	switch {
	case words <= 1:
	case words <= 3:
		x.long = 1
	case words <= 6:
		x.long = 2
	default:
		x.long = 3
	}
}

// hashes of what stands outside of a text.
const (
	hashStart = 0x51
	hashEnd   = 0x52
)

func (x *text) hash(i int) uint64 {
	switch {
	case i < 0:
		return hashStart
	case i >= len(x.toks):
		return hashEnd
	case x.toks[i].Shape == Digits, x.toks[i].Shape == Mixed && !x.toks[i].machine:
		return hashEnd + 1 + uint64(min(x.toks[i].End-x.toks[i].Start, 5))
	}
	return x.toks[i].Hash
}

// kind is the class of a token, and how it is written, in one.
func (x *text) kind(i int) uint64 {
	switch {
	case i < 0:
		return 1 << 24
	case i >= len(x.toks):
		return 2 << 24
	}
	t := &x.toks[i]
	k := uint64(t.Class) | uint64(t.Shape)<<16
	if t.machine {
		k |= 4 << 24
	}
	return k
}

// inline is the key that stands before a token in the text (author=Ada), with its kind.
func (x *text) inline(s string, i int) Key {
	if i == 0 || x.toks[i].gap != gapKey {
		return Key{}
	}
	t := &x.toks[i-1]
	if t.Shape == Mark || t.Shape == Digits {
		return Key{}
	}
	return KeyOf("", s[t.Start:t.End])
}

const golden = 0x9e3779b97f4a7c15

func mix(salt, a uint64) uint64 { return (a ^ salt*0xd6e8feb86659fd93) * golden }

func mix2(salt, a, b uint64) uint64 {
	return ((a^salt*0xd6e8feb86659fd93)*golden ^ b) * 0xff51afd7ed558ccd
}

// maxFeatures is how many features a token has at most.
const maxFeatures = 96

// appendFeatures appends the hashes of the features of token i in r; their high bits are a row of the table.
func (x *text) appendFeatures(dst []uint64, s string, r run, i int) []uint64 {
	t := &x.toks[i]
	n := uint64(r.end - r.start)
	size := min(n, 4)
	place := uint64(0) // in the run: alone, first, in the middle, last
	switch {
	case n == 1:
	case i == r.start:
		place = 1
	case i == r.end-1:
		place = 3
	default:
		place = 2
	}
	w, cls := t.Hash, uint64(t.Class)
	kind, kindPrev, kindNext := x.kind(i), x.kind(i-1), x.kind(i+1)
	prev, next := x.hash(i-1), x.hash(i+1)
	before, after := x.hash(r.start-1), x.hash(r.end)
	before2, after2 := x.hash(r.start-2), x.hash(r.end+1)
	kindBefore, kindAfter := x.kind(r.start-1), x.kind(r.end)
	gap, gapAfter := uint64(x.toks[r.start].gap), uint64(gapOther)
	if r.end < len(x.toks) {
		gapAfter = uint64(x.toks[r.end].gap)
	}
	touchBefore, touchAfter := uint64(x.toks[r.start].before), uint64(x.toks[r.end-1].after)
	startsText := uint64(0)
	if r.start == 0 {
		startsText = 1
	}
	firstKind, lastKind := x.kind(r.start), x.kind(r.end-1)

	// The word itself.
	dst = append(dst,
		mix(1, place),
		mix(2, w),
		mix2(3, w, place),
		mix2(4, kind, place),
		mix2(5, kind, size<<2|startsText<<1),
		mix2(6, kind, kindNext),
		mix2(7, kindPrev, kind),
		mix2(8, kindPrev, mix2(8, kind, kindNext)),
		mix2(9, cls, place<<8|x.titled<<4|x.long),
	)
	dst = affixes(dst, s[t.Start:t.End], place, cls&^uint64(Common|Log|Product|Role|Particle) == 0)

	// Its neighbours, and those of the run.
	var pattern uint64
	for k := r.start; k < r.end; k++ {
		pattern = mix2(10, pattern, x.kind(k))
	}
	dst = append(dst,
		mix(11, prev), mix(12, next),
		mix2(13, prev, kind), mix2(14, next, kind),
		mix2(15, prev, w), mix2(16, next, w),
		mix2(17, before, place), mix2(18, after, place),
		mix2(19, before, size), mix2(20, after, size<<4|startsText),
		mix2(21, before2, before), mix2(22, after, after2),
		mix2(23, before, mix2(23, firstKind, lastKind)), mix2(24, after, mix2(24, firstKind, lastKind)),
		mix2(25, before, after),
		mix2(26, kindBefore, mix2(26, kindAfter, place)),
		mix2(27, pattern, place),
		mix2(28, pattern, uint64(i-r.start)),
		mix2(29, pattern, before),
		mix2(30, pattern, after),
		mix2(31, x.toks[r.end-1].Hash, place), mix2(32, x.toks[r.start].Hash, place),
		mix2(33, lastKind, mix2(33, place, size)), mix2(34, firstKind, mix2(34, place, size)),
		mix2(35, touchBefore<<8|touchAfter, place<<8|size),
		mix2(36, gap<<8|gapAfter, kind),
		mix2(37, startsText<<8|x.titled<<4|x.long, mix2(37, size, place)),
		mix2(38, startsText<<8|x.titled<<4|x.long, kind),
		mix2(39, mix2(39, before2, before), lastKind),
		mix2(40, x.kind(r.start-2), mix2(40, kindBefore, lastKind)),
		mix2(41, mix(41, after), mix2(41, kindBefore, startsText<<4|size)),
		mix2(42, uint64(t.gap), kind),
	)

	// Keys.
	if x.key.Kind != NoKind || x.key.hash != 0 {
		whole := uint64(0)
		if r.start == 0 && r.end == len(x.toks) {
			whole = 1
		}
		k := uint64(x.key.Kind)<<8 | whole
		dst = append(dst, mix2(50, k, place), mix2(51, k, kind), mix2(52, k, size<<4|x.titled), mix2(53, x.key.hash, whole), mix2(54, k, mix2(54, pattern, place)))
	}
	if in := x.inline(s, r.start); in.hash != 0 {
		k := uint64(in.Kind)
		dst = append(dst, mix2(60, k, place), mix2(61, k, kind), mix2(62, k, size), mix2(63, in.hash, place), mix2(64, k, mix2(64, pattern, place)))
	}
	// Names of several words that the lexicon has whole.
	return append(dst, mix2(70, uint64(x.wholes(r, i)), place))
}
