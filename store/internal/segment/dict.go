package segment

import (
	"bytes"
	"hash/maphash"
)

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
	size := 256
	for size < 2*min(limit, len(vals)) {
		size *= 2
	}
	if cap(d.slots) < size {
		d.slots, d.tags = make([]uint32, size), make([]uint32, size)
	}
	d.slots, d.tags = d.slots[:size], d.tags[:size]
	clear(d.slots)
	mask := uint32(size - 1)
	codes = make([]uint32, len(vals))
	var last ref
	lastCode := uint32(0)
	for i, r := range vals {
		if i > 0 && equalRefs(buf, r, last) {
			codes[i] = lastCode
			continue
		}
		s := buf[r.off : r.off+r.n]
		h := uint32(maphash.Bytes(d.seed, s))
		at := h & mask
		for {
			code := d.slots[at]
			if code == 0 {
				if len(dict) >= limit || i >= trialLen && len(dict) > i*9/10 {
					return nil, nil, false
				}
				dict = append(dict, r)
				d.slots[at], d.tags[at] = uint32(len(dict)), h
				lastCode = uint32(len(dict) - 1)
				break
			}
			if o := dict[code-1]; d.tags[at] == h && bytes.Equal(buf[o.off:o.off+o.n], s) {
				lastCode = code - 1
				break
			}
			at = (at + 1) & mask
		}
		last = r
		codes[i] = lastCode
	}
	return codes, dict, true
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
