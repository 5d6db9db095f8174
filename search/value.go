package search

import (
	"strings"
	"unicode/utf8"
)

// mode is where a value stands, which decides where a word ends.
type mode uint8

const (
	bare       mode = iota // before a colon, or without a field
	afterField             // after field: and in field:( … )
	inInterval             // between brackets
)

// ends returns the characters at which a word ends, beside white space.
func (m mode) ends() string {
	switch m {
	case bare:
		return `()":<>`
	case inInterval:
		return `()"]}`
	}
	return `()"`
}

type valueKind uint8

const (
	wordValue valueKind = iota
	wildcardValue
	phraseValue
	regexpValue
)

// value is one value as it was written.
type value struct {
	kind valueKind
	text string // unescaped; of a wildcard with the escapes of [Wildcard]
	raw  string // of a word
	fold bool   // of a regular expression
}

// expr returns the condition that a value is on a field.
func (v value) expr(field string) Expr {
	switch {
	case v.kind == regexpValue:
		return Regexp{Field: field, Pattern: v.text, Fold: v.fold}
	case v.kind == wildcardValue && v.text == "*" && field == "":
		return All{}
	case v.kind == wildcardValue && v.text == "*":
		return Exists{Field: field}
	case v.kind == wildcardValue:
		return Wildcard{field, v.text}
	}
	return Match{field, v.text}
}

// dots returns the ends of from..to, where one of them at least is set and those that are set are numbers or times.
func (v value) dots() (from, to string, ok bool) {
	if v.kind != wordValue || v.raw != v.text {
		return "", "", false
	}
	from, to, ok = strings.Cut(v.text, "..")
	return from, to, ok && from+to != "" && (from == "" || isLiteral(from)) && (to == "" || isLiteral(to))
}

// value reads a phrase, a regular expression or a word. It leaves pos right behind it.
func (p *parser) value(m mode) (value, error) {
	switch p.peek() {
	case '"':
		text, err := p.quoted()
		return value{kind: phraseValue, text: text}, err
	case '/':
		if v, ok := p.slashes(m); ok {
			if _, err := (Regexp{Pattern: v.text, Fold: v.fold}).Parse(); err != nil {
				return v, p.fail(p.pos, "%v", err)
			}
			p.pos += len(v.raw)
			return v, nil
		}
	}
	return p.word(m)
}

func (p *parser) quoted() (string, error) {
	open := p.pos
	var b strings.Builder
	for i := open + 1; i < len(p.src); i++ {
		switch c := p.src[i]; c {
		case '"':
			p.pos = i + 1
			return b.String(), nil
		case '\\':
			if i++; i < len(p.src) {
				b.WriteByte(p.src[i]) // the first byte of a longer rune: the others follow
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", p.fail(open, `the quote is not closed, expected another '"'`)
}

// slashes reads /expression/ or /expression/i when what follows ends a word. It moves nothing.
func (p *parser) slashes(m mode) (value, bool) {
	rest := p.src[p.pos:]
	var b strings.Builder
	for i := 1; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '\\' && i+1 < len(rest):
			if i++; rest[i] != '/' {
				b.WriteByte('\\')
			}
			b.WriteByte(rest[i])
		case c == '/':
			v := value{kind: regexpValue, text: b.String()}
			if v.fold = strings.HasPrefix(rest[i+1:], "i"); v.fold {
				i++
			}
			v.raw = rest[:i+1]
			return v, i > 1 && delimits(rest[i+1:]) && v.text != ""
		default:
			b.WriteByte(c)
		}
	}
	return value{}, false
}

// word reads up to what ends a word.
func (p *parser) word(m mode) (value, error) {
	start, ends := p.pos, m.ends()
	var plain, pattern strings.Builder
	wildcard := false
	i := start
scan:
	for i < len(p.src) {
		r, size := utf8.DecodeRuneInString(p.src[i:])
		switch {
		case isSpace(r) || strings.ContainsRune(ends, r):
			break scan
		case r == '\\':
			i++
			if i >= len(p.src) {
				return value{}, p.fail(i-1, `the query ends behind a backslash, expected the character whose meaning it takes`)
			}
			r, size = utf8.DecodeRuneInString(p.src[i:])
			plain.WriteRune(r)
			if r == '*' || r == '?' || r == '\\' {
				pattern.WriteByte('\\')
			}
			pattern.WriteRune(r)
		case r == '*' || r == '?':
			wildcard = true
			pattern.WriteRune(r)
		default:
			plain.WriteRune(r)
			pattern.WriteRune(r)
		}
		i += size
	}
	if i == start {
		return value{}, p.fail(start, `%s, expected a value`, p.found(start))
	}
	if i < len(p.src) && p.src[i] == '"' {
		return value{}, p.fail(i, `found a quote within a word, expected a space before it or a backslash`)
	}
	p.pos = i
	v := value{kind: wordValue, text: plain.String(), raw: p.src[start:i]}
	if wildcard {
		v.kind, v.text = wildcardValue, pattern.String()
	}
	return v, nil
}
