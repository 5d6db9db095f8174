package jsonenc

import (
	"encoding/binary"
	"unicode/utf8"
)

const (
	ones   = 0x0101010101010101
	highs  = 0x80 * ones
	blanks = ' ' * ones
)

// specials has a high bit set when one of the eight bytes of w cannot stand as it is in a JSON string or needs a closer
// look: a control character, a quote, a backslash, a byte of a multi-byte rune. A byte below 1 borrows when one is
// subtracted; without such a byte nothing is borrowed, so a result without a high bit is exact.
func specials(w uint64) uint64 {
	return (w - blanks) | ((w ^ '"'*ones) - ones) | ((w ^ '\\'*ones) - ones) | w
}

// str writes a string value, cut to the limit of values.
func (b *Buffer) str(s string) {
	n, start := len(s), len(b.B)
	if n > b.maxValue {
		b.Notes.Values++
		s = cutString(s, b.maxValue)
		n = len(s)
	}
	if cap(b.B)-start < n+2 || n <= 16 && cap(b.B)-start < shortText {
		b.grow(n + shortText)
	}
	if n <= 16 {
		if !b.shortStr(s) {
			b.B = appendString(b.B, s)
		}
		return
	}
	if !plain(s) {
		b.B = appendString(b.B, s)
		return
	}
	b.B = b.B[:start+n+2]
	buf := b.B[start:]
	buf[0] = '"'
	buf[len(buf)-1] = '"'
	copy(buf[1:], s)
}

// shortText is the room that shortStr needs.
const shortText = 18

// shortStr writes a plain string of up to 16 bytes, word by word. It returns false if s is not plain.
func (b *Buffer) shortStr(s string) bool {
	n, start := len(s), len(b.B)
	buf := b.B[start : start+shortText]
	var low uint64
	if n < 8 {
		low = loadShort(s)
		if specials(low|blanks<<(8*uint(n)))&highs != 0 {
			return false
		}
	} else {
		low = load(s)
		high := load(s[n-8:])
		if (specials(low)|specials(high))&highs != 0 {
			return false
		}
		binary.LittleEndian.PutUint64(buf[n-7:], high)
	}
	buf[0] = '"'
	binary.LittleEndian.PutUint64(buf[1:], low)
	buf[n+1] = '"'
	b.B = b.B[:start+n+2]
	return true
}

// ends returns the first and the last eight bytes of s, in little-endian order. Of fewer than eight, low has all, and
// high is zero.
func ends(s string) (low, high uint64) {
	if len(s) < 8 {
		return loadShort(s), 0
	}
	return load(s), load(s[len(s)-8:])
}

// plain says whether s can stand in a JSON string as it is.
func plain(s string) bool {
	n := len(s)
	if n < 8 {
		return specials(loadShort(s)|blanks<<(8*uint(n)))&highs == 0
	}
	special := specials(load(s[n-8:]))
	for ; len(s) > 8; s = s[8:] {
		special |= specials(load(s))
	}
	return special&highs == 0
}

// load returns the first eight bytes of s in little-endian order; the compiler makes one load of it.
func load(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// loadShort is load for fewer than eight bytes; the others are zero.
func loadShort(s string) uint64 {
	n := len(s)
	switch {
	case n >= 4:
		t := s[n-4:]
		_ = s[3]
		low := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
		_ = t[3]
		high := uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24
		return low | high<<(8*uint(n-4)&63)
	case n > 0:
		return uint64(s[0]) | uint64(s[n/2])<<(8*uint(n/2)) | uint64(s[n-1])<<(8*uint(n-1))
	}
	return 0
}

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string. Invalid UTF-8 becomes U+FFFD, a rune for each byte. The line and paragraph
// separators are escaped, because they end lines for some readers. Equal strings give equal bytes, and different ones
// different bytes.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			dst = append(dst, s[start:i]...)
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
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(append(dst, s[start:i]...), "\uFFFD"...)
			start = i + 1
		case r == '\u2028', r == '\u2029':
			dst = append(dst, s[start:i]...)
			dst = append(dst, '\\', 'u', '2', '0', '2', hexDigits[r&15])
			start = i + size
		}
		i += size
	}
	return append(append(dst, s[start:]...), '"')
}
