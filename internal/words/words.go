// Package words cuts text into the words that a text field is searched by. The rules are those of Lucene's standard
// tokenizer and lower-case filter, which OpenSearch applies to a text field by default: Unicode word boundaries (UAX #29,
// rules WB3 to WB13), of which only what holds a letter, a digit or an emoji is a word, compared without case. So a search
// finds the same records in a local store and in OpenSearch.
package words

import (
	"unicode"
	"unicode/utf8"
)

// maxLength is the number of UTF-16 units after which a word is cut, and goes on as another.
const maxLength = 255

// Next returns the bounds of the first word of text at or after from. Without one, start is -1.
func Next(text []byte, from int) (start, end int) {
	for i := from; i < len(text); {
		c, size := classAt(text, i)
		switch c {
		case letter, numeric, joiner, katakana:
			end, isWord := run(text, i, c, size)
			if isWord {
				return i, end
			}
			i = end
		case ideograph:
			return i, extend(text, i+size)
		case complexScript:
			for j := i + size; ; {
				c, size := classAt(text, j)
				if c != complexScript && c != extender {
					return i, j
				}
				j += size
			}
		case emoji:
			return i, emojiEnd(text, i+size)
		case flag:
			if c, second := classAt(text, i+size); c == flag {
				return i, extend(text, i+size+second)
			}
			i += size
		default:
			i += size
		}
	}
	return -1, -1
}

// run returns the end of what letters, digits, joiners (underscores) and marks between them make from i on. It is a word when it
// is more than joiners.
func run(text []byte, i int, first class, size int) (end int, isWord bool) {
	last, units := first, size
	if size == utf8.UTFMax {
		units = 2
	} else if size > 1 {
		units = 1
	}
	isWord = first != joiner
	j := i + size
	for j < len(text) {
		if units >= maxLength {
			return j, isWord
		}
		c, n := classAt(text, j)
		switch c {
		case extender:
		case joiner:
			last = joiner
		case letter, numeric:
			if last == katakana {
				return j, isWord
			}
			last, isWord = c, true
		case katakana:
			if last != katakana && last != joiner {
				return j, isWord
			}
			last, isWord = c, true
		case midLetter, midNumber, midBoth:
			wanted := last
			if last == letter && c == midNumber || last == numeric && c == midLetter || last != letter && last != numeric {
				return j, isWord
			}
			if next, _ := classAt(text, extend(text, j+n)); next != wanted {
				return j, isWord
			}
		default:
			return j, isWord
		}
		j += n
		switch {
		case n == utf8.UTFMax:
			units += 2
		default:
			units++
		}
	}
	return j, isWord
}

// extend returns where marks and formats end that stand at i.
func extend(text []byte, i int) int {
	for {
		c, size := classAt(text, i)
		if c != extender {
			return i
		}
		i += size
	}
}

// emojiEnd returns the end of an emoji whose first rune ends at i: modifiers, and further runes joined to it.
func emojiEnd(text []byte, i int) int {
	const zeroWidthJoiner = '\u200d'
	for {
		r, size := utf8.DecodeRune(text[min(i, len(text)):])
		c := classOf(r)
		switch {
		case size == 0:
			return i
		case r >= 0x1f3fb && r <= 0x1f3ff, c == extender && r != zeroWidthJoiner:
			i += size
		case r == zeroWidthJoiner:
			i += size
			if next, n := classAt(text, i); next == emoji {
				i += n
			}
		default:
			return i
		}
	}
}

// AppendFolded appends the word in the case in which words are compared.
func AppendFolded(dst, word []byte) []byte {
	for i := 0; i < len(word); {
		c := word[i]
		if c < utf8.RuneSelf {
			dst = append(dst, lowerASCII[c])
			i++
			continue
		}
		r, size := utf8.DecodeRune(word[i:])
		dst = utf8.AppendRune(dst, unicode.ToLower(r))
		i += size
	}
	return dst
}

// Fold returns s in the case in which words are compared.
func Fold(s string) string { return string(AppendFolded(make([]byte, 0, len(s)), []byte(s))) }

// Equal says whether word, folded, is folded.
func Equal(word []byte, folded string) bool {
	if len(word) == len(folded) {
		for i := 0; i < len(word); i++ {
			c := word[i]
			if c >= utf8.RuneSelf {
				return equalSlow(word, folded)
			}
			if lowerASCII[c] != folded[i] {
				return false
			}
		}
		return true
	}
	for _, c := range word {
		if c >= utf8.RuneSelf {
			return equalSlow(word, folded) // folding can change the length
		}
	}
	return false
}

func equalSlow(word []byte, folded string) bool {
	var buf [64]byte
	return string(AppendFolded(buf[:0], word)) == folded
}

// Split returns the words of text, folded.
func Split(text string) []string {
	b := []byte(text)
	var out []string
	for start, end := Next(b, 0); start >= 0; start, end = Next(b, end) {
		out = append(out, string(AppendFolded(nil, b[start:end])))
	}
	return out
}

var lowerASCII = func() (t [utf8.RuneSelf]byte) {
	for i := range t {
		t[i] = byte(unicode.ToLower(rune(i)))
	}
	return t
}()
