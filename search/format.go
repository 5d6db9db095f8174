package search

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// place is what a node stands in, which decides about its parentheses.
type place uint8

const (
	inQuery place = iota
	inOr
	inAnd
	inNot
)

// String writes the query so that [Parse] reads it back.
func (q Query) String() string {
	if q.Expr == nil {
		return ""
	}
	return string(q.Expr.appendText(nil, inQuery))
}

// MarshalText is String.
func (q Query) MarshalText() ([]byte, error) { return []byte(q.String()), nil }

// UnmarshalText is Parse.
func (q *Query) UnmarshalText(text []byte) (err error) {
	*q, err = Parse(string(text))
	return err
}

func (All) appendText(dst []byte, _ place) []byte { return append(dst, '*') }

func (None) appendText(dst []byte, _ place) []byte { return append(dst, "NOT *"...) }

func (e And) appendText(dst []byte, in place) []byte {
	return appendList(dst, e, " AND ", inAnd, in >= inAnd, All{})
}

func (e Or) appendText(dst []byte, in place) []byte {
	return appendList(dst, e, " OR ", inOr, in >= inOr, None{})
}

func appendList(dst []byte, list []Expr, between string, inner place, parentheses bool, empty Expr) []byte {
	if len(list) == 0 {
		return empty.appendText(dst, inner)
	}
	if parentheses {
		dst = append(dst, '(')
	}
	for i, e := range list {
		if i > 0 {
			dst = append(dst, between...)
		}
		dst = e.appendText(dst, inner)
	}
	if parentheses {
		dst = append(dst, ')')
	}
	return dst
}

func (e Not) appendText(dst []byte, _ place) []byte {
	return e.Expr.appendText(append(dst, "NOT "...), inNot)
}

func (e Exists) appendText(dst []byte, _ place) []byte {
	return append(appendField(dst, e.Field), ":*"...)
}

func (e Match) appendText(dst []byte, _ place) []byte {
	if e.Field == "" {
		return appendValue(dst, e.Value, bare)
	}
	return appendValue(append(appendField(dst, e.Field), ':'), e.Value, afterField)
}

func (e Wildcard) appendText(dst []byte, _ place) []byte {
	m := bare
	if e.Field != "" {
		dst, m = append(appendField(dst, e.Field), ':'), afterField
	}
	return appendPattern(dst, e.Pattern, m)
}

func (e Regexp) appendText(dst []byte, _ place) []byte {
	if e.Field != "" {
		dst = append(appendField(dst, e.Field), ':')
	}
	dst = append(dst, '/')
	for i := 0; i < len(e.Pattern); i++ {
		switch c := e.Pattern[i]; {
		case c == '\\' && i+1 < len(e.Pattern):
			i++
			dst = append(dst, c, e.Pattern[i])
		case c == '/':
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, c)
		}
	}
	dst = append(dst, '/')
	if e.Fold {
		dst = append(dst, 'i')
	}
	return dst
}

func (e Range) appendText(dst []byte, _ place) []byte {
	dst = appendField(dst, e.Field)
	if e.Min.Set() && e.Max.Set() {
		dst = append(dst, ':', pick(e.Min.Exclude, '{', '['))
		dst = append(appendBound(dst, e.Min, inInterval), " TO "...)
		return append(appendBound(dst, e.Max, inInterval), pick(e.Max.Exclude, '}', ']'))
	}
	b, op := e.Min, byte('>')
	if !b.Set() {
		b, op = e.Max, '<'
	}
	if dst = append(dst, op); !b.Exclude {
		dst = append(dst, '=')
	}
	return appendBound(dst, b, afterField)
}

func pick(yes bool, a, b byte) byte {
	if yes {
		return a
	}
	return b
}

func appendBound(dst []byte, b Bound, m mode) []byte {
	switch {
	case b.Quoted:
		return appendQuoted(dst, b.Value)
	case strings.EqualFold(b.Value, "to"):
		return append(append(dst, '\\'), b.Value...)
	}
	return appendEscaped(dst, b.Value, m, true)
}

func appendField(dst []byte, name string) []byte { return appendValue(dst, name, bare) }

// appendValue writes a word where that reads back the same, else a phrase.
func appendValue(dst []byte, s string, m mode) []byte {
	if isPlain(s, m) {
		return append(dst, s...)
	}
	return appendQuoted(dst, s)
}

func isPlain(s string, m mode) bool {
	if s == "" || s[0] == '/' || m == bare && s[0] == '-' || strings.Contains(s, "..") {
		return false
	}
	switch strings.ToLower(s) {
	case "and", "or", "not":
		return false
	}
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_.-@#%+~/=,;$", r) && (m != afterField || r != ':') {
			return false
		}
	}
	return true
}

func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}

// appendEscaped writes a word with a backslash before whatever could mean something else.
func appendEscaped(dst []byte, s string, m mode, literal bool) []byte {
	for i, r := range s {
		special := isSpace(r) || strings.ContainsRune(m.ends(), r) || r == '\\' || literal && (r == '*' || r == '?')
		if i == 0 {
			special = special || strings.ContainsRune(`/[{<>=!&|`, r) || m == bare && r == '-'
		}
		if special {
			dst = append(dst, '\\')
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// appendPattern writes a wildcard pattern, whose own escapes stay.
func appendPattern(dst []byte, pattern string, m mode) []byte {
	for i := 0; i < len(pattern); {
		_, size := utf8.DecodeRuneInString(pattern[i:])
		part := pattern[i : i+size]
		i += size
		if part == `\` && i < len(pattern) {
			_, size = utf8.DecodeRuneInString(pattern[i:])
			dst = append(append(dst, '\\'), pattern[i:i+size]...)
			i += size
			continue
		}
		first := appendEscaped(nil, part, m, false)
		if i > size && !isSpace([]rune(part)[0]) && !strings.Contains(m.ends(), part) && part != `\` {
			first = []byte(part) // only at its start is a word anything else
		}
		dst = append(dst, first...)
	}
	return dst
}
