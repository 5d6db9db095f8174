package mask

import (
	"strconv"
	"unicode/utf8"
	"unsafe"
)

// view returns b as a string without a copy, for as long as nobody writes to b. What is kept of it is cloned first.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

const hexDigits = "0123456789abcdef"

// appendQuoted appends s as a JSON string, with U+FFFD for what is not UTF-8.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	at := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			switch {
			case r == utf8.RuneError && n == 1:
				dst = append(append(dst, s[at:i]...), `\ufffd`...)
				at = i + n
			case r == '\u2028', r == '\u2029': // end a line in JavaScript
				dst = append(append(dst, s[at:i]...), `\u202`...)
				dst = append(dst, hexDigits[r&15])
				at = i + n
			}
			i += n
			continue
		}
		dst = append(dst, s[at:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		at = i
	}
	return append(append(dst, s[at:]...), '"')
}

// distinct returns name, with a number behind it when it was taken before.
func distinct(taken map[string]int, name string) string {
	taken[name]++
	n := taken[name]
	if n == 1 {
		return name
	}
	for {
		numbered := name + "#" + strconv.Itoa(n)
		if taken[numbered] == 0 {
			taken[numbered], taken[name] = 1, n
			return numbered
		}
		n++
	}
}
