package jsonenc

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sluicelog/sluice/internal/chain"
)

// A keyRef is a key of an object that is being written: where it lies, between its quotes, and its hash.
type keyRef struct {
	pos, end uint32
	hash     uint32
	next     uint16 // the number of the next key that this one displaces; 0 means 2
	root     bool   // belongs to a root attribute
}

// An object is the state of an object that is being written.
type object struct {
	filter  filter // of its keys
	keys    int    // its first in Buffer.keys
	segment int    // its first in Buffer.segments
	root    bool   // it is the record itself
	dots    int    // in its key: of a document they make objects too
}

// A segment is a run of members that was encoded before and copied to base.
type segment struct {
	keys []keyRef
	base uint32
	root bool
}

// maxKey is the length, in bytes, over which a key is cut.
const maxKey = 1 << 10

// key writes a key, its colon, and the comma before it.
func (b *Buffer) key(key string) {
	var low, high uint64 // as ends returns them
	if len(key) >= 8 {
		low, high = load(key), load(key[len(key)-8:])
	} else {
		low = loadShort(key)
	}
	pair := known(low, high)
	k := pair[0].Load()
	if !k.is(low, high, key) {
		if k = pair[1].Load(); !k.is(low, high, key) {
			b.newKey(key)
			return
		}
	}
	if k.dots != 0 && int(k.dots) > b.pathRoom() {
		b.newKey(key)
		return
	}
	at := len(b.B)
	if cap(b.B)-at < len(k.text) || len(b.keys) == cap(b.keys) {
		b.grow(len(k.text))
	}
	// All of the text is copied, whatever its length: that takes two moves. After a brace its comma is overwritten.
	if b.B[at-1] == '{' {
		at--
		*(*[len(k.text)]byte)(b.B[at : at+len(k.text)]) = k.text
		b.B[at] = '{'
	} else {
		*(*[len(k.text)]byte)(b.B[at : at+len(k.text)]) = k.text
	}
	b.B = b.B[:at+len(key)+4]
	n := len(b.keys)
	b.keys = b.keys[:n+1]
	ref := &b.keys[n]
	ref.pos = uint32(at + 2)
	ref.end = uint32(at + 2 + len(key))
	ref.hash, ref.next, ref.root = k.hash, 0, b.writesRoot
	if !b.object.filter.add(k.hash) {
		b.settleKey(n)
	}
}

// newKey is key for one that is not known, which it may be from now on.
func (b *Buffer) newKey(key string) {
	name := tidyKey(key)
	if b.enc.Layout != nil {
		name = tidyPath(name, b.pathRoom())
	}
	if b.B[len(b.B)-1] != '{' {
		b.B = append(b.B, ',')
	}
	pos := len(b.B) + 1
	b.B = append(appendString(b.B, name), ':')
	end := len(b.B) - 2
	hash := hashKey(b.B[pos:end])
	if name != key {
		b.Notes.Renamed++
	} else if len(key) <= maxKnown && plain(key) && cleanPath(key) {
		b.remember(key, hash)
	}
	b.keys = append(b.keys, keyRef{pos: uint32(pos), end: uint32(end), hash: hash, root: b.writesRoot})
	if !b.object.filter.add(hash) {
		b.settleKey(len(b.keys) - 1)
	}
}

// pathRoom is how many dots a key may have: of documents each of them makes an object.
func (b *Buffer) pathRoom() int {
	if b.enc.Layout == nil {
		return maxKey
	}
	return max(b.enc.MaxDepth-b.depth, 0)
}

// keyDots counts the dots of the key that was just written, in a document.
func (b *Buffer) keyDots() int {
	if b.enc.Layout == nil || len(b.keys) == 0 || b.B[len(b.B)-1] != ':' {
		return 0
	}
	return bytes.Count(b.text(len(b.keys)-1), []byte("."))
}

// tidyKey returns key without dots at its ends, not empty, and not too long.
func tidyKey(key string) string {
	if key == "" {
		return "_"
	}
	if len(key) > maxKey {
		key = cutString(key, maxKey)
	}
	core := strings.TrimLeft(key, ".")
	lead := len(key) - len(core)
	core = strings.TrimRight(core, ".")
	return strings.Repeat("_", lead) + core + strings.Repeat("_", len(key)-lead-len(core))
}

// settleKey makes the key at index i of b.keys, which no filter vouches for, different from all others of its object.
func (b *Buffer) settleKey(i int) {
	for {
		if b.object.root && b.isReserved(b.text(i)) {
			b.prefixKey(i)
			continue
		}
		j := b.find(i, b.keys[i].hash, b.text(i))
		if j < 0 {
			break
		}
		if b.keys[j].root && !b.keys[i].root {
			b.prefixKey(i)
			continue
		}
		b.displace(j, i)
		break
	}
	b.object.filter.add(b.keys[i].hash)
}

func (b *Buffer) text(i int) []byte { return b.B[b.keys[i].pos:b.keys[i].end] }

func (b *Buffer) isReserved(key []byte) bool {
	for _, name := range b.enc.reserved {
		if string(key) == name {
			return true
		}
	}
	return false
}

// prefixKey renames a user's key that has the name of a field or a root attribute.
func (b *Buffer) prefixKey(i int) {
	pos := b.keys[i].pos
	b.insert(int(pos), chain.CollisionPrefix)
	b.keys[i].pos = pos
	b.rehash(i)
}

// displace renames the key at index j, because the one at i, a later one, has the same name.
func (b *Buffer) displace(j, i int) {
	old := len(b.text(j))
	name := append(bytes.Clone(b.text(j)), '#')
	n := max(int(b.keys[j].next), 2)
	for ; ; n++ {
		name = strconv.AppendInt(name[:old+1], int64(n), 10)
		if b.find(i, hashKey(name), name) < 0 {
			break
		}
	}
	suffix := string(name[old:])
	end := b.keys[j].end
	b.insert(int(end), suffix)
	b.keys[j].end = end + uint32(len(suffix))
	b.rehash(j)
	b.keys[i].next = uint16(min(n+1, 1<<16-1))
}

// rehash takes note that the key at index i has been renamed.
func (b *Buffer) rehash(i int) {
	b.Notes.Renamed++
	k := &b.keys[i]
	k.hash = hashKey(b.B[k.pos:k.end])
	b.object.filter.add(k.hash)
	b.index.renamed(b, i)
}

// insert puts s at pos and moves what follows, and the keys that lie there.
func (b *Buffer) insert(pos int, s string) {
	b.B = append(b.B, s...)
	copy(b.B[pos+len(s):], b.B[pos:len(b.B)-len(s)])
	copy(b.B[pos:], s)
	for i := b.object.keys; i < len(b.keys); i++ {
		if k := &b.keys[i]; int(k.pos) >= pos {
			k.pos += uint32(len(s))
			k.end += uint32(len(s))
		}
	}
}

// find returns the index of the key of the innermost object that has the text, other than the one at self; -1 for none.
func (b *Buffer) find(self int, hash uint32, text []byte) int {
	if b.segmentHas(hash) {
		b.list()
	}
	if len(b.keys)-b.object.keys > indexFrom {
		return b.index.find(b, self, hash, text)
	}
	for i := b.object.keys; i < len(b.keys); i++ {
		if b.keys[i].hash == hash && i != self && bytes.Equal(b.text(i), text) {
			return i
		}
	}
	return -1
}

func (b *Buffer) segmentHas(hash uint32) bool {
	for _, s := range b.segments[b.object.segment:b.nsegments] {
		for i := range s.keys {
			if s.keys[i].hash == hash {
				return true
			}
		}
	}
	return false
}

// list moves the keys of the object's segments to b.keys: their places may change now. Indexes of b.keys stay valid.
func (b *Buffer) list() {
	for _, s := range b.segments[b.object.segment:b.nsegments] {
		b.listKeys(s)
	}
	b.nsegments = b.object.segment
}

func (b *Buffer) listKeys(s segment) {
	for _, k := range s.keys {
		k.pos += s.base
		k.end += s.base
		k.root = s.root
		b.keys = append(b.keys, k)
	}
}

// hashKey is FNV-1a with a last step that makes every bit of use.
func hashKey(key []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range key {
		h = (h ^ uint32(c)) * 16777619
	}
	h ^= h >> 15
	return h * 0x85ebca6b // as in the finaliser of MurmurHash3
}

// A filter says of a key that it is new to an object, or that it may not be.
type filter [4]uint64

// add adds a hash. It returns false when it, or another one that looks alike, was there before.
func (f *filter) add(hash uint32) bool {
	word, bit := &f[hash>>30], uint64(1)<<(hash>>24&63)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}

func (f *filter) has(hash uint32) bool { return f[hash>>30]>>(hash>>24&63)&1 != 0 }

func (f *filter) meets(o *filter) bool {
	return f[0]&o[0]|f[1]&o[1]|f[2]&o[2]|f[3]&o[3] != 0
}

func (f *filter) join(o *filter) {
	for i := range f {
		f[i] |= o[i]
	}
}

// cutString cuts s to at most most bytes, at least MinValue, the mark included.
func cutString(s string, most int) string {
	mark := cutMark(len(s))
	n := most - len(mark)
	for n > 0 && !utf8.RuneStart(s[n]) && n > most-len(mark)-utf8.UTFMax {
		n--
	}
	return s[:n] + mark
}

func cutMark(n int) string { return "…[" + strconv.Itoa(n) + " bytes]" }
