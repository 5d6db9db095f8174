package words

import (
	"unicode"
	"unicode/utf8"
)

// class is a rune's part in a word.
type class uint8

const (
	other         class = iota
	letter              // joins letters and digits
	numeric             // joins letters and digits
	joiner              // ExtendNumLet: joins everything, makes no word alone
	katakana            // joins katakana
	midLetter           // between two letters
	midNumber           // between two digits
	midBoth             // between two letters or two digits
	extender            // marks and formats: belong to what is before them
	ideograph           // a word of its own; hiragana too
	complexScript       // scripts without spaces: a run is one word
	emoji
	flag // regional indicators: two are a word
)

var asciiClass = func() (t [utf8.RuneSelf]class) {
	for c := range t {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			t[c] = letter
		case c >= '0' && c <= '9':
			t[c] = numeric
		}
	}
	t['_'], t[':'], t[','], t[';'], t['.'], t['\''] = joiner, midLetter, midNumber, midNumber, midBoth, midBoth
	return t
}()

// classAt returns the class of the rune at i and its length, other and 0 at the end.
func classAt(text []byte, i int) (class, int) {
	if i >= len(text) {
		return other, 0
	}
	if c := text[i]; c < utf8.RuneSelf {
		return asciiClass[c], 1
	}
	r, size := utf8.DecodeRune(text[i:])
	return classOf(r), size
}

func classOf(r rune) class {
	if r < utf8.RuneSelf {
		return asciiClass[max(r, 0)]
	}
	switch r {
	case 0x00b7, 0x0387, 0x055f, 0x05f4, 0x2027, 0xfe13, 0xfe55, 0xff1a:
		return midLetter
	case 0x2018, 0x2019, 0x2024, 0xfe52, 0xff07, 0xff0e:
		return midBoth
	case 0x037e, 0x0589, 0x060c, 0x060d, 0x066c, 0x07f8, 0x2044, 0xfe10, 0xfe14, 0xfe50, 0xfe54, 0xff0c, 0xff1b:
		return midNumber
	case '\u200b', utf8.RuneError:
		return other
	case '\u202f': // narrow no-break space
		return joiner
	}
	switch {
	case r >= 0x1f1e6 && r <= 0x1f1ff:
		return flag
	case r >= 0x1f300 && r <= 0x1f64f, r >= 0x1f680 && r <= 0x1f6ff, r >= 0x1f900 && r <= 0x1faff:
		return emoji
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc, unicode.Cf) || r >= 0xff9e && r <= 0xff9f:
		if unicode.In(r, complexScripts...) {
			return complexScript
		}
		return extender
	case unicode.Is(unicode.Pc, r):
		return joiner
	case unicode.In(r, complexScripts...) && unicode.In(r, unicode.L, unicode.M):
		return complexScript
	case unicode.Is(unicode.Nd, r):
		return numeric
	case unicode.In(r, unicode.Ideographic, unicode.Hiragana):
		return ideograph
	case unicode.Is(unicode.Katakana, r) || r >= 0x3031 && r <= 0x3035 || r == 0x309b || r == 0x309c || r == 0x30a0 || r == 0x30fc || r == 0xff70:
		return katakana
	case unicode.In(r, unicode.L, unicode.Nl, unicode.Other_Alphabetic):
		return letter
	}
	return other
}

// complexScripts are those that are written without spaces between words.
var complexScripts = []*unicode.RangeTable{unicode.Thai, unicode.Lao, unicode.Myanmar, unicode.Khmer}
