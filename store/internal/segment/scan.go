package segment

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

func isDigit(c byte) bool { return c-'0' <= 9 }
func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func skipSpace(s []byte, i int) int {
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	return i
}

// scanValue returns where the value of this kind that starts at s[i] ends, -1 if there is none. A string starts behind its
// quote and ends before the other.
func scanValue(s []byte, i int, kind Kind) int {
	switch kind {
	case String:
		return scanString(s, i)
	case Number:
		return scanNumber(s, i)
	case Word:
		return scanWord(s, i)
	case Array:
		if i >= len(s) || s[i] != '[' {
			return -1
		}
		return scanAny(s, i, 0)
	}
	return -1
}

const ones = 0x0101010101010101

// special marks, by its high bit, the lowest byte of w that needs a second look within a JSON string: a control character, a quote, a
// backslash, what is not ASCII. Bytes above it may be marked for nothing.
func special(w uint64) uint64 {
	return ((w - ' '*ones) | ((w ^ '"'*ones) - ones) | ((w ^ '\\'*ones) - ones) | w) & (0x80 * ones)
}

// scanString returns the place of the closing quote.
func scanString(s []byte, i int) int {
	start, high := i, false
	for i < len(s) {
		if len(s)-i >= 8 {
			found := special(binary.LittleEndian.Uint64(s[i:]))
			if found == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(found) / 8
		}
		switch c := s[i]; {
		case c == '"':
			if high && !utf8.Valid(s[start:i]) {
				return -1
			}
			return i
		case c >= 0x80:
			high = true
			for i < len(s) && s[i] >= 0x80 {
				i++
			}
		case c == '\\':
			if i+1 >= len(s) {
				return -1
			}
			switch s[i+1] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
				i += 2
			case 'u':
				if i+6 > len(s) {
					return -1
				}
				for _, h := range s[i+2 : i+6] {
					if !isDigit(h) && (h|0x20)-'a' > 5 {
						return -1
					}
				}
				i += 6
			default:
				return -1
			}
		case c < ' ':
			return -1
		default:
			i++
		}
	}
	return -1
}

func scanNumber(s []byte, i int) int {
	if i < len(s) && s[i] == '-' {
		i++
	}
	if i >= len(s) {
		return -1
	}
	switch {
	case s[i] == '0':
		i++
	case s[i]-'1' <= 8:
		for i < len(s) && isDigit(s[i]) {
			i++
		}
	default:
		return -1
	}
	if i < len(s) && s[i] == '.' {
		if i = scanDigits(s, i+1); i < 0 {
			return -1
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		return scanDigits(s, i)
	}
	return i
}

// scanDigits passes at least one digit.
func scanDigits(s []byte, i int) int {
	start := i
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

var words = [][]byte{[]byte("true"), []byte("false"), []byte("null")}

func scanWord(s []byte, i int) int {
	for _, w := range words {
		if bytes.HasPrefix(s[i:], w) {
			return i + len(w)
		}
	}
	return -1
}

// scanAny passes any JSON value.
func scanAny(s []byte, i, depth int) int {
	if i >= len(s) || depth > 1000 {
		return -1
	}
	switch s[i] {
	case '"':
		if i = scanString(s, i+1); i < 0 {
			return -1
		}
		return i + 1
	case '{', '[':
		return scanNested(s, i, depth)
	case 't', 'f', 'n':
		return scanWord(s, i)
	}
	return scanNumber(s, i)
}

func scanNested(s []byte, i, depth int) int {
	object, closing := s[i] == '{', s[i]+2
	i = skipSpace(s, i+1)
	if i < len(s) && s[i] == closing {
		return i + 1
	}
	for {
		if object {
			if i >= len(s) || s[i] != '"' {
				return -1
			}
			if i = scanString(s, i+1); i < 0 {
				return -1
			}
			if i = skipSpace(s, i+1); i >= len(s) || s[i] != ':' {
				return -1
			}
			i = skipSpace(s, i+1)
		}
		if i = scanAny(s, i, depth+1); i < 0 {
			return -1
		}
		i = skipSpace(s, i)
		switch {
		case i >= len(s):
			return -1
		case s[i] == closing:
			return i + 1
		case s[i] != ',':
			return -1
		}
		i = skipSpace(s, i+1)
	}
}
