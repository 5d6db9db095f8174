package segment

import (
	"bytes"
	"encoding/binary"
)

// Marks within a template. Texts that hold one of these bytes are not taken apart.
const (
	markVar  = 1 // a variable: the next value of a slot
	markTime = 2 // a time: then the number of its layout; the next value of a slot
	markRef  = 3 // the value of another field of the record: then the field's number as a varint
	markMost = markRef
)

// headerLetters is how many letters may stand before a variable that belongs to the head of a line: its slot is shared by all
// templates that start alike.
const headerLetters = 12

// A variable is a piece of the text that its template leaves open.
type variable struct {
	ref
	at     int // length of the key before the variable's mark
	header bool
}

// tokenizer takes texts apart: into a key, which is the template, and variables.
type tokenizer struct {
	buf  []byte
	key  []byte
	vars []variable
	refs *refTable
	hint int // layout found last
}

func newTokenizer(buf []byte) *tokenizer { return &tokenizer{buf: buf, hint: -1, refs: &refTable{}} }

// run reads the text at r. What it leaves in key and vars is valid until the next call.
func (t *tokenizer) run(r ref) {
	t.key, t.vars = t.key[:0], t.vars[:0]
	s := t.buf[r.off : r.off+r.n]
	for _, c := range s {
		if c <= markMost && c != 0 {
			t.variable(r.off, 0, len(s), true)
			return
		}
	}
	fields := len(t.refs.entries) // variables of this text are added behind
	defer t.refs.truncate(fields)
	letters := 0
	i := 0
	for i < len(s) {
		c := s[i]
		if i == 0 || !isAlnum(s[i-1]) {
			if id, n := t.refs.find(t.buf, s, i); n > 0 {
				t.key = binary.AppendUvarint(append(t.key, markRef), uint64(id))
				i += n
				continue
			}
		}
		if !isAlnum(c) {
			if c == '[' && letters <= headerLetters {
				if n := bracket(s[i+1:]); n > 0 && !couldBeTime(s[i+1:]) {
					t.key = append(t.key, c)
					i++
					t.variable(r.off, i, i+n, true)
					t.refs.addSlot(t.buf, ref{r.off + uint32(i), uint32(n)}, len(t.vars)-1)
					i += n
					continue
				}
			}
			t.key = append(t.key, c)
			i++
			continue
		}
		if id, n, ok := findTime(s[i:], t.hint); ok {
			t.hint = id
			t.vars = append(t.vars, variable{ref{r.off + uint32(i), uint32(n)}, len(t.key), letters <= headerLetters})
			t.key = append(t.key, markTime, byte(id))
			i += n
			continue
		}
		end, digit := word(s, i)
		if !digit {
			t.key = append(t.key, s[i:end]...)
			letters += end - i
			i = end
			continue
		}
		end = number(s, i, end)
		if i > 0 && s[i-1] == '-' && (i == 1 || !isAlnum(s[i-2]) && s[i-2] != '-') && allDigits(s[i:end]) {
			t.key = t.key[:len(t.key)-1]
			i--
		}
		t.variable(r.off, i, end, letters <= headerLetters)
		i = end
	}
}

func (t *tokenizer) variable(off uint32, i, end int, header bool) {
	t.vars = append(t.vars, variable{ref{off + uint32(i), uint32(end - i)}, len(t.key), header})
	t.key = append(t.key, markVar)
}

var alnum = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= 0x80
	}
	return t
}()

func isAlnum(c byte) bool { return alnum[c] }

// word returns where the letters and digits at s[i] end, and whether there is a digit among them.
func word(s []byte, i int) (end int, digit bool) {
	for end = i; end < len(s) && alnum[s[end]]; end++ {
		digit = digit || isDigit(s[end])
	}
	return end, digit
}

func allDigits(s []byte) bool {
	for _, c := range s {
		if !isDigit(c) && c != '.' {
			return false
		}
	}
	return true
}

// number extends a token with digits, s[i:end], to a decimal, an address or a UUID.
func number(s []byte, i, end int) int {
	if end >= len(s) {
		return end
	}
	switch s[end] {
	case '-':
		if end-i == 8 && isUUID(s[i:]) {
			return i + 36
		}
	case '.':
		if !allDigits(s[i:end]) {
			return end
		}
		e, dots := end, 0
		for e+1 < len(s) && s[e] == '.' && isDigit(s[e+1]) {
			dots++
			for e++; e < len(s) && isDigit(s[e]); e++ {
			}
		}
		if (dots == 1 || dots == 3) && (e == len(s) || !isAlnum(s[e])) {
			return e
		}
	}
	return end
}

// isUUID says whether s starts with 36 bytes in the form of a UUID in lower or upper case.
func isUUID(s []byte) bool {
	if len(s) < 36 || len(s) > 36 && isAlnum(s[36]) {
		return false
	}
	for i, c := range s[:36] {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !isHex(c) {
				return false
			}
		}
	}
	return true
}

func isHex(c byte) bool { return isDigit(c) || (c|0x20)-'a' <= 5 }

// bracket returns the length of what stands before the closing bracket, 0 if there is nothing or it is far.
func bracket(s []byte) int {
	n := bytes.IndexByte(s[:min(len(s), 80)], ']')
	if n <= 0 || bytes.IndexByte(s[:n], '[') >= 0 {
		return 0
	}
	return n
}

// A refTable finds the values of a record's other fields within a text.
type refTable struct {
	head    [256]uint8
	entries []refEntry
}

type refEntry struct {
	val  ref
	id   int
	name []byte
	next uint8
	hash uint8

	found bool
}

// slotRefs is how many numbers of a reference mean a variable of the same text; fields are numbered from here.
const slotRefs = 8

func refHash(s []byte) uint8 { return s[0]*31 ^ s[1]*7 ^ s[2]*13 ^ s[3] }

func (t *refTable) reset() {
	for i := range t.entries {
		t.head[t.entries[i].hash] = 0
	}
	t.entries = t.entries[:0]
}

// truncate forgets all but the first n.
func (t *refTable) truncate(n int) {
	for i := len(t.entries) - 1; i >= n; i-- {
		t.head[t.entries[i].hash] = t.entries[i].next
	}
	t.entries = t.entries[:n]
}

const minRef = 4

func (t *refTable) add(buf []byte, val ref, id int, name []byte) {
	if val.n < minRef || len(t.entries) >= 120 {
		return
	}
	h := refHash(buf[val.off:])
	t.entries = append(t.entries, refEntry{val: val, id: id + slotRefs, name: name, next: t.head[h], hash: h})
	t.head[h] = uint8(len(t.entries))
}

// addSlot makes the nth variable, one of the head, known to the rest of the text.
func (t *refTable) addSlot(buf []byte, val ref, nth int) {
	if nth >= slotRefs || val.n < minRef || len(t.entries) >= 120 || allDigits(buf[val.off:val.off+val.n]) {
		return
	}
	h := refHash(buf[val.off:])
	t.entries = append(t.entries, refEntry{val: val, id: nth, next: t.head[h], hash: h})
	t.head[h] = uint8(len(t.entries))
}

// find returns the field whose value stands at s[i] as a whole token: the longest, and of these the one that is named before it.
func (t *refTable) find(buf, s []byte, i int) (id, n int) {
	if len(s)-i < minRef {
		return 0, 0
	}
	named := false
	var hit *refEntry
	for k := t.head[refHash(s[i:])]; k != 0; {
		e := &t.entries[k-1]
		k = e.next
		l := int(e.val.n)
		if l < n || l > len(s)-i || i+l < len(s) && isAlnum(s[i+l]) && isAlnum(s[i+l-1]) || !bytes.Equal(buf[e.val.off:e.val.off+e.val.n], s[i:i+l]) {
			continue
		}
		isNamed := l > n && len(e.name) > 0 || l == n && !named && len(e.name) > 0
		if isNamed {
			before := s[max(0, i-len(e.name)-3):i]
			isNamed = bytes.Contains(before, e.name)
		}
		if l > n || isNamed {
			id, n, named = e.id, l, isNamed
			hit = e
		}
	}
	if hit != nil {
		hit.found = true
	}
	return id, n
}

// found says whether a field's value has been found since the last reset.
func (t *refTable) found(id int) bool {
	for i := range t.entries {
		if e := &t.entries[i]; e.found && e.id == id+slotRefs {
			return true
		}
	}
	return false
}
