package jsonenc

import "bytes"

// indexFrom is the number of keys in one object over which they are found by hash: an object of a hundred thousand keys
// must not cost its square.
const indexFrom = 48

// An index finds keys of one object by their hash: open addressing with linear probing. It is brought up to date when
// it is asked. A key that was renamed is entered again; its old entry no longer matches its hash.
type index struct {
	object int // its first key
	n      int // keys before this one are entered; 0 for an index that is out of use
	used   int
	slots  []int32 // index of a key + 1; a power of two
}

func (x *index) find(b *Buffer, self int, hash uint32, text []byte) int {
	if x.n == 0 || x.object != b.object.keys {
		x.object, x.n, x.used = b.object.keys, b.object.keys, 0
		clear(x.slots)
	}
	for ; x.n < len(b.keys); x.n++ {
		x.enter(b, x.n)
	}
	mask := uint32(len(x.slots) - 1)
	for s := hash & mask; x.slots[s] != 0; s = (s + 1) & mask {
		i := int(x.slots[s] - 1)
		if b.keys[i].hash == hash && i != self && bytes.Equal(b.text(i), text) {
			return i
		}
	}
	return -1
}

func (x *index) enter(b *Buffer, i int) {
	if 2*(x.used+1) > len(x.slots) {
		old := x.slots
		x.slots, x.used = make([]int32, max(256, 2*len(old))), 0
		for _, s := range old {
			if s != 0 {
				x.enter(b, int(s-1))
			}
		}
	}
	mask := uint32(len(x.slots) - 1)
	s := b.keys[i].hash & mask
	for x.slots[s] != 0 {
		s = (s + 1) & mask
	}
	x.slots[s] = int32(i + 1)
	x.used++
}

// renamed takes note of the new hash of the key at i.
func (x *index) renamed(b *Buffer, i int) {
	if x.object == b.object.keys && i < x.n {
		x.enter(b, i)
	}
}
