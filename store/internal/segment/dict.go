package segment

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// distinct numbers values by their first appearance.
type distinct struct {
	slots []uint64 // half of a value's hash, and its number plus one
	seen  []sighting
}

// A sighting is a value and where it was seen last: what was used lately is in the processor's cache. Values of up to 16 bytes are known by
// their ends.
type sighting struct {
	low, high uint64 // first and last eight bytes, of a shorter value all of them and 0
	ref
}

// number returns for each of vals the number of its value, and the values by number. It gives up, with ok false, when more
// than limit values are found, or when almost every one of the first thousands is new.
func (d *distinct) number(buf []byte, vals []ref, limit int) (codes []uint32, dict []ref, ok bool) {
	n := numbering{distinct: *d, codes: make([]uint32, 0, len(vals))}
	n.clear(2 * min(limit, len(vals)))
	for _, r := range vals {
		if !n.add(buf, r) || len(n.seen) > limit {
			n.off = true
			break
		}
	}
	*d = n.distinct
	return n.codes, n.dict(), !n.off
}

// numbering numbers values as they come.
type numbering struct {
	distinct
	codes []uint32
	off   bool // given up
}

// dict returns the values by number.
func (d *distinct) dict() []ref {
	out := make([]ref, len(d.seen))
	for i := range d.seen {
		out[i] = d.seen[i].ref
	}
	return out
}

// clear makes room for size slots, at least 256, and forgets everything.
func (n *numbering) clear(size int) {
	slots := 256
	for slots < size {
		slots *= 2
	}
	if cap(n.slots) < slots {
		n.slots = make([]uint64, slots)
	}
	n.slots = n.slots[:slots]
	clear(n.slots)
	n.codes, n.seen, n.off = n.codes[:0], n.seen[:0], false
}

// Random, so that nobody can choose values whose hashes collide.
var hashKeys = [3]uint64{rand.Uint64(), rand.Uint64(), rand.Uint64()}

// fold mixes two words into one by a product of 128 bits.
func fold(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}

// endsOf returns the first and the last eight bytes of a value, of a shorter one all of them and 0.
func endsOf(buf []byte, r ref) (low, high uint64) {
	i, n := int(r.off), int(r.n)
	if n >= 8 {
		return binary.LittleEndian.Uint64(buf[i : i+8]), binary.LittleEndian.Uint64(buf[i+n-8 : i+n])
	}
	if i+8 <= len(buf) {
		return binary.LittleEndian.Uint64(buf[i:i+8]) & (1<<(8*r.n) - 1), 0
	}
	for k, c := range buf[i : i+n] {
		low |= uint64(c) << (8 * k)
	}
	return low, 0
}

// add numbers one value. False says that almost every value is new.
func (n *numbering) add(buf []byte, r ref) bool {
	low, high := endsOf(buf, r)
	if k := len(n.codes); k > 0 {
		last := n.codes[k-1]
		if s := &n.seen[last]; s.low == low && s.high == high && s.same(buf, r) {
			n.codes = append(roomFor(n.codes, 1), last)
			s.off = r.off
			return true
		}
	}
	h := fold(low^hashKeys[0], high^hashKeys[1]^uint64(r.n))
	if r.n > 16 {
		s := buf[r.off : r.off+r.n]
		for i := 8; i < len(s)-8; i += 8 {
			h = fold(h^hashKeys[2], binary.LittleEndian.Uint64(s[min(i, len(s)-16):])^hashKeys[0])
		}
	}
	tag := h &^ (1<<32 - 1)
	mask := uint32(len(n.slots) - 1)
	for at := uint32(h>>32) & mask; ; at = (at + 1) & mask {
		slot := n.slots[at]
		if slot == 0 {
			if len(n.codes) >= trialLen && len(n.seen) > len(n.codes)*9/10 {
				return false
			}
			n.codes = append(roomFor(n.codes, 1), uint32(len(n.seen)))
			n.seen = append(n.seen, sighting{low, high, r})
			n.slots[at] = tag | uint64(len(n.seen))
			if 2*len(n.seen) > len(n.slots) {
				n.grow()
			}
			return true
		}
		if slot&^(1<<32-1) != tag {
			continue
		}
		code := uint32(slot) - 1
		if s := &n.seen[code]; s.low == low && s.high == high && s.same(buf, r) {
			s.off = r.off
			n.codes = append(roomFor(n.codes, 1), code)
			return true
		}
	}
}

// same says whether r, which has the same ends, is the same value.
func (s *sighting) same(buf []byte, r ref) bool {
	return s.n == r.n && (r.n <= 16 || bytes.Equal(buf[s.off+8:s.off+s.n-8], buf[r.off+8:r.off+r.n-8]))
}

// grow doubles the slots.
func (n *numbering) grow() {
	slots := n.slots
	size := 2 * len(slots)
	if cap(n.slots) >= size {
		slots = append([]uint64(nil), slots...) // the slice is moved within itself no better than afresh
		n.slots = n.slots[:size]
		clear(n.slots)
	} else {
		n.slots = make([]uint64, size)
	}
	mask := uint32(size - 1)
	for _, slot := range slots {
		if slot == 0 {
			continue
		}
		at := uint32(slot>>32) & mask
		for n.slots[at] != 0 {
			at = (at + 1) & mask
		}
		n.slots[at] = slot
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

// age turns codes that are numbered by first appearance into ages, and says whether they are numbered so.
func age(dst, codes []uint32) (most uint32, ok bool) {
	next := uint32(0)
	for i, c := range codes {
		switch {
		case c < next:
			dst[i] = next - c
			most = max(most, next-c)
		case c == next:
			dst[i] = 0
			next++
		default:
			return 0, false
		}
	}
	return most, true
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
	if codec == codesAge {
		codes = e.ages // planCodes has made them
	}
	m.byte(codec)
	m.byte(byte(w))
	e.raw = appendPlanes(e.raw[:0], codes, w)
	m.stream(e.pack.add(classCodes, e.raw, own))
}

// planCodes chooses between codes and ages, which it leaves in e.ages, and returns what a sample of them costs.
func (e *encoder) planCodes(codes []uint32, most uint32) (codec byte, w width, cost int) {
	sample := sampleOf(codes)
	codec, w = codesPlain, widthOf(uint64(most))
	cost = e.costOf(sample, w)
	if w == 1 || w == 2 || w == 4 { // bytes instead of parts of bytes, where repetitions are worth more
		if c := e.costOf(sample, 8); c < cost {
			w, cost = 8, c
		}
	}
	if most < 3 {
		return codec, w, cost
	}
	mostAge, ok := age(grow(&e.ages, len(codes)), codes)
	if !ok {
		return codec, w, cost
	}
	sample = sampleOf(e.ages)
	wa := widthOf(uint64(mostAge))
	if c := e.costOf(sample, wa); c < cost {
		codec, w, cost = codesAge, wa, c
	}
	if wa < 8 {
		if c := e.costOf(sample, 8); c < cost {
			codec, w, cost = codesAge, 8, c
		}
	}
	return codec, w, cost
}

// costOf is what codes take in a width.
func (e *encoder) costOf(codes []uint32, w width) int {
	e.raw = appendPlanes(e.raw[:0], codes, w)
	return e.trial(e.raw)
}

// vain says that the values are long and so often new that templates will be tried instead.
func (n *numbering) vain() bool {
	k := len(n.codes)
	return k == trialLen/2 && len(n.seen) > k/4 || k >= trialLen && k%trialLen == 0 && len(n.seen) > k*3/4
}
