package scan

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of RFC 5321: 64 octets before the at sign, 255 after it.
const (
	maxLocal  = 64
	maxDomain = 255
)

// email looks at the at sign at i.
func (w *work) email(i int) int {
	text := w.text
	start := localStart(text, i)
	if start == i && i > 2 && text[i-1] == '"' {
		start = quotedLocal(text, i)
	}
	if start == i {
		return i + 1
	}
	if end := w.userInfo(start, i); end > 0 {
		return end
	}
	if start > 1 && text[start-1] == '/' && is(text[start-2], word) && strings.Contains(text[max(0, start-wordBack):start], "jdbc:oracle:") {
		if w.add(start, i, URLCredentials, 0.9) {
			return i + 1
		}
	}
	end := domainEnd(text, i+1)
	if end == 0 {
		return i + 1
	}
	if w.add(start, end, Email, 0.9) {
		return end
	}
	return i + 1
}

// localStart returns where the local part that ends at i begins, and i when there is none.
func localStart(text string, i int) int {
	start := i
	for start > 0 && i-start < maxLocal {
		c := text[start-1]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeLastRuneInString(text[:start])
			if !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) {
				break
			}
			start -= size
			continue
		}
		if !is(c, word) && !isAtext(c) {
			break
		}
		start--
	}
	// The letter after a backslash belongs to an escape: \nuser@, \u003cuser@.
	start = skipEscape(text, start, i)
	if i-start >= 4 && text[start:start+3] == "***" {
		return i // a mask that keeps the last characters
	}
	for start < i && (text[start] == '.' || text[start] == '-' || text[start] == '\'' || isAtext(text[start]) && text[start] != '+' && text[start] != '#') {
		start++ // quotes and list marks, not a name
	}
	if start < i && text[i-1] == '.' {
		return i
	}
	// key=user@host: the key is not part of the address, though = may stand in one.
	for j := i - 1; j > start; j-- {
		if c := text[j]; c == '=' || c == '&' || c == '?' || c == '/' || c == '|' || c == '`' || c == '\'' {
			return j + 1
		}
	}
	return start
}

// quotedLocal returns where the local part in quotes that ends at i begins, as in "john doe"@example.com, and i when there is none.
func quotedLocal(text string, i int) int {
	for j := i - 2; j >= 0 && i-j < maxLocal; j-- {
		switch c := text[j]; {
		case c == '"':
			if j == 0 || isSpace(text[j-1]) || text[j-1] == '<' || text[j-1] == ',' || text[j-1] == '=' {
				return j
			}
			return i
		case c < ' ' || c == '\\' || c == '@':
			return i
		}
	}
	return i
}

// isAtext reports whether c may stand in an unquoted local part beside a word's bytes.
func isAtext(c byte) bool {
	switch c {
	case '.', '+', '!', '#', '$', '%', '&', '\'', '*', '/', '=', '?', '^', '`', '{', '|', '}', '~':
		return true
	}
	return false
}

// skipEscape returns start, moved past the escape of a JSON string that a backslash before it begins.
func skipEscape(text string, start, end int) int {
	if start == 0 || start >= end || text[start-1] != '\\' {
		return start
	}
	switch text[start] {
	case 'n', 'r', 't', 'b', 'f', '/', '\'', '0':
		return start + 1
	case 'u':
		if n := hexRun(text, start+1, 4); n == 4 && start+5 <= end {
			return start + 5
		}
	case 'x':
		if n := hexRun(text, start+1, 2); n == 2 && start+3 <= end {
			return start + 3
		}
	}
	return start
}

// hexRun returns how many of the n bytes at i are hexadecimal digits, counted up to the first that is not.
func hexRun(text string, i, n int) int {
	k := 0
	for k < n && i+k < len(text) && isHex(text[i+k]) {
		k++
	}
	return k
}

// domainEnd returns the end of the domain name that begins at i, and 0 when there is none: labels parted by dots,
// of which the last is letters, two or more (or xn--), or an address in brackets.
func domainEnd(text string, i int) int {
	if i < len(text) && text[i] == '[' {
		j := i + 1
		for j < len(text) && j-i < 48 && (isHex(text[j]) || text[j] == '.' || text[j] == ':' || text[j] == 'I' || text[j] == 'P' || text[j] == 'v') {
			j++
		}
		if j > i+7 && j < len(text) && text[j] == ']' && is(text[j-1], digit) {
			return j + 1
		}
		return 0
	}
	end := 0
	label, dots, letters, wide := i, 0, true, false
	for j := i; ; {
		c := byte('.')
		if j < len(text) && j-i <= maxDomain {
			c = text[j]
		}
		size := 1
		switch {
		case is(c, letter):
		case is(c, digit|dash|under):
			letters = false
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(text[j:])
			if unicode.IsLetter(r) || unicode.Is(unicode.Mn, r) {
				size, wide = n, true
				break
			}
			c = '.'
			fallthrough
		default:
			if j-label == 0 {
				return end
			}
			stop := j
			for stop > label && text[stop-1] == '-' {
				stop--
			}
			puny := j-label > 4 && equalFold(text[label:label+4], "xn--")
			if dots > 0 && (letters && (j-label >= 2 || wide) || puny) && text[label] != '-' {
				end = stop
			}
			if c != '.' || j >= len(text) || j-i > maxDomain || text[j] != '.' {
				return end
			}
			label, letters, wide = j+1, true, false
			dots++
		}
		j += size
	}
}
