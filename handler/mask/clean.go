package mask

import (
	"math/bits"
	"math/rand/v2"
	"sync/atomic"
)

// cleanTexts remembers short texts under short keys in which nothing was found: the names of stages, models and pods come again
// with every record, a request's identifiers with each of its own. One look-up tells of key and text. It is a direct-mapped table
// that is read and written without a lock; a slot points to an immutable entry, so that no text is ever taken for clean that was not scanned
// whole, as its key wants it. Only those are kept that came twice in a row: identifiers that never come again cost no allocation.
type cleanTexts struct {
	slots [cleanSlots]atomic.Pointer[cleanText]
	last  [cleanSlots]atomic.Uint64 // hash of what came last
}

// cleanText is a text of up to 32 bytes as four words, and its key as two; they overlap where these are shorter.
type cleanText struct {
	key   keySum
	ends  keySum // of the text
	inner keySum // its second eight bytes and the eight that end there from behind, if it has more than 16
	size  int    // of the key, in 256ths, and of the text
}

const (
	cleanBits  = 11
	cleanSlots = 1 << cleanBits

	mostRemembered = 32 // bytes of a text
	mostKeyed      = 16 // bytes of a key
)

const (
	phi      = 0x9e3779b97f4a7c15
	turn     = 23
	slotBits = 64 - cleanBits
)

// has reports whether the text is remembered as one that is clean under the key. It is describe and a comparison, with variables of
// their own: together in a struct they would be written to memory and read again.
func (t *cleanTexts) has(key, s string) bool {
	n := len(s)
	if n > mostRemembered || len(key) > mostKeyed {
		return false
	}
	k, w := sumOf(key), sumOf(s)
	size := len(key)<<8 | n
	h := (k.a ^ bits.RotateLeft64(k.b, turn) ^ uint64(size)) * phi
	h = (h ^ w.a ^ bits.RotateLeft64(w.b, turn)) * phi
	if n <= 16 {
		e := t.slots[h>>slotBits].Load()
		return e != nil && e.ends.a == w.a && e.ends.b == w.b && e.key.a == k.a && e.key.b == k.b && e.size == size
	}
	a, b := load8(s[8:]), load8(s[n-16:])
	h = (h ^ a ^ bits.RotateLeft64(b, turn)) * phi
	e := t.slots[h>>slotBits].Load()
	return e != nil && e.ends.a == w.a && e.ends.b == w.b && e.key.a == k.a && e.key.b == k.b && e.size == size && e.inner.a == a && e.inner.b == b
}

// describe returns what key and text are remembered by, which is all of them, and a hash. ok is false when they are too long.
func describe(key, s string) (t cleanText, h uint64, ok bool) {
	n := len(s)
	if n > mostRemembered || len(key) > mostKeyed {
		return t, 0, false
	}
	t = cleanText{key: sumOf(key), ends: sumOf(s), size: len(key)<<8 | n}
	h = (t.key.a ^ bits.RotateLeft64(t.key.b, turn) ^ uint64(t.size)) * phi
	h = (h ^ t.ends.a ^ bits.RotateLeft64(t.ends.b, turn)) * phi
	if n > 16 {
		t.inner = keySum{load8(s[8:]), load8(s[n-16:])}
		h = (h ^ t.inner.a ^ bits.RotateLeft64(t.inner.b, turn)) * phi
	}
	return t, h, true
}

// keep remembers a text that is clean under the key and came twice in a row.
func (t *cleanTexts) keep(key, s string) {
	text, h, ok := describe(key, s)
	if !ok {
		return
	}
	i := h >> slotBits
	switch {
	case t.last[i].Load() != h:
		t.last[i].Store(h)
	case t.slots[i].Load() == nil || rand.Uint32()%16 == 0: // two that share a slot must not push each other out all the time
		kept := text
		t.slots[i].Store(&kept)
	}
}
