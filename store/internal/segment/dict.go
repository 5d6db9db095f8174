package segment

import "hash/maphash"

// distinct numbers values by their first appearance.
type distinct struct {
	seed  maphash.Seed
	slots []uint32 // number plus one
	tags  []uint32
}

func newDistinct() distinct { return distinct{seed: maphash.MakeSeed()} }

// number returns for each of vals the number of its value, and the values by number. It gives up, with ok false, when more
// than limit values are found, or when almost every one of the first thousands is new.
func (d *distinct) number(buf []byte, vals []ref, limit int) (codes []uint32, dict []ref, ok bool) {
	n := numbering{distinct: *d, codes: make([]uint32, 0, len(vals))}
	n.clear(2 * min(limit, len(vals)))
	for _, r := range vals {
		if !n.add(buf, r) || len(n.dict) > limit {
			n.off = true
			break
		}
	}
	*d = n.distinct
	return n.codes, n.dict, !n.off
}

// numbering numbers values as they come.
type numbering struct {
	distinct
	codes  []uint32
	dict   []ref
	recent []ref // where each value was seen last: what was used lately is in the processor's cache
	off    bool  // given up
}

// clear makes room for size slots, at least 256, and forgets everything.
func (n *numbering) clear(size int) {
	slots := 256
	for slots < size {
		slots *= 2
	}
	if cap(n.slots) < slots {
		n.slots, n.tags = make([]uint32, slots), make([]uint32, slots)
	}
	n.slots, n.tags = n.slots[:slots], n.tags[:slots]
	clear(n.slots)
	n.codes, n.dict, n.recent, n.off = n.codes[:0], n.dict[:0], n.recent[:0], false
}

// add numbers one value. False says that almost every value is new.
func (n *numbering) add(buf []byte, r ref) bool {
	s := buf[r.off : r.off+r.n]
	if k := len(n.codes); k > 0 {
		if last := n.codes[k-1]; equalRefs(buf, r, n.recent[last]) {
			n.codes = append(roomFor(n.codes, 1), last)
			n.recent[last] = r
			return true
		}
	}
	h := uint32(maphash.Bytes(n.seed, s))
	mask := uint32(len(n.slots) - 1)
	for at := h & mask; ; at = (at + 1) & mask {
		code := n.slots[at]
		if code == 0 {
			if len(n.codes) >= trialLen && len(n.dict) > len(n.codes)*9/10 {
				return false
			}
			n.dict, n.recent = append(n.dict, r), append(n.recent, r)
			n.slots[at], n.tags[at] = uint32(len(n.dict)), h
			n.codes = append(roomFor(n.codes, 1), uint32(len(n.dict)-1))
			if 2*len(n.dict) > len(n.slots) {
				n.grow()
			}
			return true
		}
		if n.tags[at] == h && equalRefs(buf, r, n.recent[code-1]) {
			n.recent[code-1] = r
			n.codes = append(roomFor(n.codes, 1), code-1)
			return true
		}
	}
}

// grow doubles the slots.
func (n *numbering) grow() {
	slots, tags := n.slots, n.tags
	size := 2 * len(slots)
	if cap(n.slots) >= size {
		// The slice is moved within itself no better than afresh.
		slots, tags = append([]uint32(nil), slots...), append([]uint32(nil), tags...)
		n.slots, n.tags = n.slots[:size], n.tags[:size]
		clear(n.slots)
	} else {
		n.slots, n.tags = make([]uint32, size), make([]uint32, size)
	}
	mask := uint32(size - 1)
	for i, code := range slots {
		if code == 0 {
			continue
		}
		at := tags[i] & mask
		for n.slots[at] != 0 {
			at = (at + 1) & mask
		}
		n.slots[at], n.tags[at] = code, tags[i]
	}
}

// How a list of codes, numbers below a known count, is written.
const (
	codesConst = iota // the code
	codesRun          // 0, 1, 2, …
	codesPlain        // width, planes
	codesAge          // width, planes of: 0 the lowest code that has not been, else how far below it
	codesFunc         // field whose code decides; the codes for each of its codes, in their order
	codesKey          // those of the key, where it is present
)

// age turns codes that are numbered by first appearance into ages.
func age(dst []uint64, codes []uint32) {
	next := uint32(0)
	for i, c := range codes {
		if c >= next {
			dst[i] = 0
			next = c + 1
		} else {
			dst[i] = uint64(next - c)
		}
	}
}

// ordered says that codes are numbered by first appearance.
func ordered(codes []uint32) bool {
	next := uint32(0)
	for _, c := range codes {
		if c > next {
			return false
		}
		if c == next {
			next++
		}
	}
	return true
}

// plainCodes writes codes that are below count.
func (e *encoder) plainCodes(m *meta, codes []uint32, own bool) {
	if len(codes) == 0 {
		m.byte(codesConst)
		m.uint(0)
		return
	}
	same, run := true, true
	most := uint32(0)
	for i, c := range codes {
		same = same && c == codes[0]
		run = run && c == uint32(i)
		most = max(most, c)
	}
	switch {
	case same:
		m.byte(codesConst)
		m.uint(uint64(codes[0]))
		return
	case run:
		m.byte(codesRun)
		return
	}
	codec, w, _ := e.planCodes(codes, most)
	us := grow(&e.u64, len(codes))
	if codec == codesAge {
		age(us, codes)
	} else {
		for i, c := range codes {
			us[i] = uint64(c)
		}
	}
	m.byte(codec)
	m.byte(byte(w))
	e.raw = appendPlanes(e.raw[:0], us, w)
	m.stream(e.pack.add(classCodes, e.raw, own))
}

// planCodes chooses between codes and ages and returns what a sample of them costs.
func (e *encoder) planCodes(codes []uint32, most uint32) (codec byte, w width, cost int) {
	us := grow(&e.u64, len(codes))
	for i, c := range codes {
		us[i] = uint64(c)
	}
	codec, w = codesPlain, widthOf(uint64(most))
	e.raw = appendPlanes(e.raw[:0], sampleOf(us), w)
	cost = e.trial(e.raw)
	if w == 1 || w == 2 || w == 4 { // bytes instead of parts of bytes, where repetitions are worth more
		e.raw = appendPlanes(e.raw[:0], sampleOf(us), 8)
		if c := e.trial(e.raw); c < cost {
			w, cost = 8, c
		}
	}
	if most < 3 || !ordered(codes) {
		return codec, w, cost
	}
	age(us, codes)
	mostAge := uint64(0)
	for _, u := range us {
		mostAge = max(mostAge, u)
	}
	for _, wa := range []width{widthOf(mostAge), 8} {
		if wa < widthOf(mostAge) {
			continue
		}
		e.raw = appendPlanes(e.raw[:0], sampleOf(us), wa)
		if c := e.trial(e.raw); c < cost {
			codec, w, cost = codesAge, wa, c
		}
	}
	return codec, w, cost
}

// vain says that the values are long and so often new that templates will be tried instead.
func (n *numbering) vain() bool {
	k := len(n.codes)
	return k == trialLen/2 && len(n.dict) > k/4 || k >= trialLen && k%trialLen == 0 && len(n.dict) > k*3/4
}
