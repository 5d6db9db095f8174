// Package terminal makes text fit to be shown on one.
package terminal

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean returns s with nothing in it that a terminal obeys: control characters, characters that turn the direction of what
// follows, and bytes that are no UTF-8 become U+FFFD, a tab becomes a space, and a line break becomes what newline says, so that no
// text looks like a line of its own. A text without any of them is returned as it is.
func Clean(s, newline string) string {
	if clean(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString(newline)
		case r == '\t':
			b.WriteByte(' ')
		case hidden(r):
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func clean(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f {
			return !strings.ContainsFunc(s[i:], func(r rune) bool { return hidden(r) || r == utf8.RuneError })
		}
	}
	return true
}

// hidden says whether r is a control character or a format character (Unicode's Cc and Cf), but for those that join letters and
// emoji.
func hidden(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != nonJoiner && r != joiner
}
