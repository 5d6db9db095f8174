package jsonenc

import (
	"bytes"
	"slices"
	"strconv"
	"unicode/utf8"
)

// minShare is what a member is left at least when an object or array is cut: bytes of its value. Members that find no
// room for that are left out, from the end.
const minShare = 64

// shrink appends src, valid JSON without white space, cut to at most limit bytes, which is at least minShare. Objects
// and arrays are cut where they are widest: every value up to some size stays whole and all others are cut to that size.
func shrink(dst, src []byte, limit int) []byte {
	switch {
	case len(src) <= limit:
		return append(dst, src...)
	case src[0] == '{' || src[0] == '[':
		return shrinkMembers(dst, src, limit)
	case src[0] == '"':
		body := src[1 : len(src)-1]
		return shrinkText(dst, body, fullLength(body), limit)
	}
	return shrinkText(dst, src, len(src), limit)
}

// shrinkText appends a string of the body of a string, or of a number, with a mark that it was full bytes long.
func shrinkText(dst, body []byte, full, limit int) []byte {
	mark := cutMark(full)
	limit -= len(mark) + 2
	n := 0
	for n < len(body) {
		size := 1
		if body[n] == '\\' {
			size = 2
			if body[n+1] == 'u' {
				size = 6
			}
		} else if body[n] >= utf8.RuneSelf {
			_, size = utf8.DecodeRune(body[n:])
		}
		if n+size > limit {
			break
		}
		n += size
	}
	dst = append(append(dst, '"'), body[:n]...)
	return append(append(dst, mark...), '"')
}

// fullLength is the length of a string: what its mark says if it was cut before.
func fullLength(body []byte) int {
	if s, ok := bytes.CutSuffix(body, []byte(" bytes]")); ok {
		if i := bytes.LastIndex(s, []byte("…[")); i >= 0 {
			if n, err := strconv.Atoi(string(s[i+len("…["):])); err == nil && n > len(body) {
				return n
			}
		}
	}
	return len(body)
}

// A member is an element of an array or a key and value of an object, by their places.
type member struct{ start, value, end int }

func (m member) size() int { return m.end - m.value }

// shrinkMembers is shrink for an object or array.
func shrinkMembers(dst, src []byte, limit int) []byte {
	all := members(src)
	mark := leftMark(src, all, len(all))
	// What each member costs beside its value: key, colon, comma.
	room := limit - 2 - len(mark)
	kept, need := 0, 0
	for _, m := range all {
		need += m.value - m.start + 1 + min(m.size(), minShare)
		if need > room {
			break
		}
		kept++
	}
	if kept == len(all) {
		mark = nil
		room = limit - 2
	} else {
		mark = leftMark(src, all, len(all)-kept)
	}
	sizes := make([]int, kept)
	for i, m := range all[:kept] {
		room -= m.value - m.start + 1
		sizes[i] = m.size()
	}
	share := max(waterLevel(sizes, room), minShare)
	dst = append(dst, src[0])
	for i, m := range all[:kept] {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, src[m.start:m.value]...)
		dst = shrink(dst, src[m.value:m.end], share)
	}
	if mark != nil {
		if kept > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, mark...)
	}
	return append(dst, src[len(src)-1])
}

// leftMark is the member that says how many members were left out. Its key is none that the object has.
func leftMark(src []byte, all []member, n int) []byte {
	text := `…[` + strconv.Itoa(n) + ` left out]"`
	if src[0] == '[' {
		return []byte(`"` + text)
	}
	for slices.ContainsFunc(all, func(m member) bool { return string(src[m.start+1:m.value-1]) == text }) {
		text = "…" + text
	}
	return []byte(`"` + text + ":" + strconv.Itoa(n))
}

// waterLevel returns the greatest size to which the values can be cut so that together they take at most room.
func waterLevel(sizes []int, room int) int {
	slices.Sort(sizes)
	for i, size := range sizes {
		rest := len(sizes) - i
		if size*rest > room {
			return room / rest
		}
		room -= size
	}
	return room
}

// members returns the members of an object or array.
func members(src []byte) []member {
	var all []member
	for i := 1; i < len(src)-1; i++ {
		m := member{start: i, value: i}
		if src[0] == '{' {
			m.value = skipString(src, i) + 1
		}
		m.end = skipValue(src, m.value)
		all = append(all, m)
		i = m.end
	}
	return all
}

// cutRecord cuts the record that was just written to the limit of records and says how long it was.
func (b *Buffer) cutRecord() {
	line := bytes.Clone(b.B[b.origin:])
	b.Notes.Records++
	b.Notes.Left += b.left
	mark := cutMark(len(line))
	if b.left > 0 {
		mark = "…[" + strconv.Itoa(len(line)) + " bytes and " + strconv.Itoa(b.left) + " attributes]"
	}
	tail := append(appendString([]byte{','}, b.enc.Names.Cut), ':')
	tail = append(appendString(tail, mark), '}')
	b.B = shrink(b.B[:b.origin], line, b.enc.MaxRecord-len(tail))
	b.B = append(b.B[:len(b.B)-1], tail...)
}
