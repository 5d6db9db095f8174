package mask

import (
	"math/bits"
	"math/rand/v2"
	"sync/atomic"

	"github.com/sluicelog/sluice/handler/mask/internal/scan"
)

// cleanTexts remembers short texts in which a scanner found nothing: the names of stages, models and pods come again with every
// record, a request's identifiers with each of its own. It is a direct-mapped table that is read and written without a lock; a
// slot points to an immutable entry, so that no text is ever taken for clean that was not scanned whole. Only clean texts
// are kept, and only those that came twice in a row: identifiers that never come again cost no allocation.
type cleanTexts struct {
	slots [cleanSlots]atomic.Pointer[cleanText]
	last  [cleanSlots]atomic.Uint64 // hash of the text that came last
}

// cleanText is a text of 8 to 32 bytes as four words, which overlap in texts of other lengths than these two.
type cleanText struct {
	text    textWords
	scanner *scan.Scanner
}

type textWords struct {
	a, b, c, d uint64
	n          int
}

const (
	cleanBits  = 10
	cleanSlots = 1 << cleanBits

	leastRemembered = 8 // shorter ones are scanned in less time
	mostRemembered  = 32
)

func wordsOf(s string) textWords {
	n := len(s)
	w := textWords{a: load8(s), d: load8(s[n-8:]), n: n}
	if n > 16 {
		w.b, w.c = load8(s[8:]), load8(s[n-16:])
	}
	return w
}

func (w *textWords) hash() uint64 {
	h := (w.a ^ bits.RotateLeft64(w.d, 23)) * 0x9e3779b97f4a7c15
	return (h ^ w.b ^ bits.RotateLeft64(w.c, 31) ^ uint64(w.n)) * 0x9e3779b97f4a7c15
}

// clean reports whether the scanner finds nothing in s.
func (t *cleanTexts) clean(scanner *scan.Scanner, s string) bool {
	if len(s) < leastRemembered || len(s) > mostRemembered {
		return scanner.Clean(s)
	}
	w := wordsOf(s)
	h := w.hash()
	i := h >> (64 - cleanBits)
	e := t.slots[i].Load()
	// Field by field: a comparison of the whole is a call.
	if e != nil && e.text.a == w.a && e.text.d == w.d && e.text.n == w.n && e.text.b == w.b && e.text.c == w.c && e.scanner == scanner {
		return true
	}
	if !scanner.Clean(s) {
		return false
	}
	switch {
	case t.last[i].Load() != h:
		t.last[i].Store(h)
	case e == nil || rand.Uint32()%16 == 0: // two that share a slot must not push each other out all the time
		t.slots[i].Store(&cleanText{w, scanner})
	}
	return true
}
