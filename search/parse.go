package search

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is parsed.
const (
	maxQuery = 64 << 10 // bytes
	maxDepth = 100      // parentheses and negations within each other
)

// Parse reads a query. The error is a [*SyntaxError]. For what it returns, Parse(q.String()) equals q.
func Parse(text string) (Query, error) {
	p := &parser{src: text}
	if len(text) > maxQuery {
		return Query{}, p.fail(0, "the query is %d bytes long, at most %d are read", len(text), maxQuery)
	}
	if i := invalidUTF8(text); i >= 0 {
		return Query{}, p.fail(i, "found a byte that is not UTF-8")
	}
	p.space()
	if p.end() {
		return Query{}, nil
	}
	e, err := p.or()
	if err != nil {
		return Query{}, err
	}
	if !p.end() {
		return Query{}, p.fail(p.pos, `%s, expected a condition, AND or OR: no parenthesis is open`, p.found(p.pos))
	}
	return Query{Expr: e}, nil
}

// MustParse is Parse for queries that are constants. It panics on an error.
func MustParse(text string) Query {
	q, err := Parse(text)
	if err != nil {
		panic(err)
	}
	return q
}

func invalidUTF8(s string) int {
	if utf8.ValidString(s) {
		return -1
	}
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return i
			}
		}
	}
	return -1
}

// parser reads src from pos on. Every method leaves pos behind white space.
type parser struct {
	src   string
	pos   int
	field string // within field:( … )
	depth int
}

func (p *parser) end() bool { return p.pos >= len(p.src) }

func (p *parser) peek() byte {
	if p.end() {
		return 0
	}
	return p.src[p.pos]
}

func (p *parser) space() {
	for p.pos < len(p.src) {
		r, size := utf8.DecodeRuneInString(p.src[p.pos:])
		if !isSpace(r) {
			return
		}
		p.pos += size
	}
}

func isSpace(r rune) bool { return unicode.IsSpace(r) }

// keyword takes one of the words, in any case, or the symbol.
func (p *parser) keyword(word, symbol string) bool {
	rest := p.src[p.pos:]
	n := 0
	switch {
	case strings.HasPrefix(rest, symbol):
		n = len(symbol)
	case len(rest) >= len(word) && strings.EqualFold(rest[:len(word)], word) && delimits(rest[len(word):]):
		n = len(word)
	default:
		return false
	}
	p.pos += n
	p.space()
	return true
}

// delimits says whether a word ends before rest.
func delimits(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || isSpace(r) || strings.ContainsRune(`()"`, r)
}

// opens says whether a condition can begin right at rest.
func opens(rest string) bool {
	return !delimits(rest) || strings.HasPrefix(rest, "(") || strings.HasPrefix(rest, `"`)
}

func (p *parser) or() (Expr, error) {
	first, err := p.and()
	if err != nil {
		return nil, err
	}
	list := []Expr{first}
	for p.keyword("or", "||") {
		e, err := p.and()
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return join[Or](list), nil
}

func (p *parser) and() (Expr, error) {
	first, err := p.not()
	if err != nil {
		return nil, err
	}
	list := []Expr{first}
	for !p.end() && p.peek() != ')' {
		if !p.keyword("and", "&&") {
			before := p.pos
			if p.keyword("or", "||") {
				p.pos = before
				break
			}
		}
		e, err := p.not()
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return join[And](list), nil
}

func (p *parser) not() (Expr, error) {
	start := p.pos
	negated := p.keyword("not", "!")
	if !negated && p.peek() == '-' {
		p.pos++
		negated = true
	}
	if !negated {
		return p.primary()
	}
	if sign := p.src[start]; (sign == '-' || sign == '!') && !opens(p.src[start+1:]) {
		return nil, p.fail(start, `expected a condition right behind %q, which negates it; in quotes it is text`, sign)
	}
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail(start, "conditions are nested deeper than %d", maxDepth)
	}
	e, err := p.not()
	p.depth--
	if err != nil {
		return nil, err
	}
	return Not{e}, nil
}

func (p *parser) primary() (Expr, error) {
	start := p.pos
	if p.end() {
		return nil, p.fail(start, `the query ends, expected a condition: field:value, a word, a "phrase" or "("`)
	}
	switch p.peek() {
	case '(':
		return p.parenthesis()
	case ')':
		return nil, p.fail(start, `found ")", expected a condition: field:value, a word, a "phrase" or "("`)
	case ':':
		return nil, p.fail(start, `found ":", expected a field's name before it`)
	}
	for _, op := range [][2]string{{"and", "&&"}, {"or", "||"}} {
		if p.keyword(op[0], op[1]) {
			return nil, p.fail(start, `%s, expected a condition before it; in quotes it is a word`, p.found(start))
		}
	}
	if p.field != "" {
		return p.condition(p.field)
	}
	switch p.peek() {
	case '<', '>':
		return nil, p.fail(start, "%s, expected a field's name before the comparison", p.found(start))
	case '[', '{':
		return nil, p.fail(start, "%s, expected a field's name and a colon before the interval", p.found(start))
	}
	v, err := p.value(bare)
	if err != nil {
		return nil, err
	}
	switch p.peek() {
	case ':':
		if err := p.checkField(v, start); err != nil {
			return nil, err
		}
		p.pos++
		p.space()
		if p.end() {
			return nil, p.fail(p.pos, `the query ends, expected a value of %s`, v.text)
		}
		return p.condition(v.text)
	case '<', '>':
		if err := p.checkField(v, start); err != nil {
			return nil, err
		}
		return p.condition(v.text)
	}
	p.space()
	return v.expr(""), nil
}

func (p *parser) parenthesis() (Expr, error) {
	open := p.pos
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail(open, "conditions are nested deeper than %d", maxDepth)
	}
	p.pos++
	p.space()
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.peek() != ')' {
		return nil, p.fail(p.pos, `%s, expected ")" for the parenthesis at column %d`, p.found(p.pos), utf8.RuneCountInString(p.src[:open])+1)
	}
	p.depth--
	p.pos++
	p.space()
	return e, nil
}

func (p *parser) checkField(v value, start int) error {
	switch {
	case v.kind == wildcardValue:
		return p.fail(start, "the field %.40q has a wildcard: a field is named in full", v.text)
	case v.text == "":
		return p.fail(start, "the field's name is empty")
	}
	return nil
}

// condition reads what follows the name of a field and its colon.
func (p *parser) condition(field string) (Expr, error) {
	start := p.pos
	switch p.peek() {
	case '(':
		outer := p.field
		p.field = field
		e, err := p.parenthesis()
		p.field = outer
		return e, err
	case ')':
		return nil, p.fail(start, `found ")", expected a value of %s`, field)
	case '[', '{':
		return p.interval(field)
	case '<', '>':
		return p.comparison(field)
	}
	v, err := p.value(afterField)
	if err != nil {
		return nil, err
	}
	p.space()
	if from, to, ok := v.dots(); ok {
		r := Range{Field: field, Min: Bound{Value: from}, Max: Bound{Value: to}}
		return r, p.checkRange(r, start, start+len(from)+2)
	}
	if KindOf(field) == Time {
		if _, _, ok := ParseTime(v.text, time.Unix(0, 0)); !ok && v.text != "*" {
			return nil, p.fail(start, "%.40q is no time: expected 2026-03-02T08:00:00Z, 2026-03-02, now or -15m", v.text)
		}
	}
	return v.expr(field), nil
}

func (p *parser) comparison(field string) (Expr, error) {
	op := p.src[p.pos : p.pos+1]
	p.pos++
	if p.peek() == '=' {
		op += "="
		p.pos++
	}
	p.space()
	start := p.pos
	b, err := p.bound(afterField, field)
	if err != nil {
		return nil, err
	}
	if !b.Set() {
		return nil, p.fail(start, `found "*", expected a literal to compare %s with`, field)
	}
	b.Exclude = len(op) == 1
	r := Range{Field: field, Min: b}
	if op[0] == '<' {
		r = Range{Field: field, Max: b}
	}
	return r, p.checkRange(r, start, start)
}

func (p *parser) interval(field string) (Expr, error) {
	var r = Range{Field: field}
	open := p.pos
	excludeMin := p.peek() == '{'
	p.pos++
	p.space()
	minAt := p.pos
	var err error
	if r.Min, err = p.bound(inInterval, field); err != nil {
		return nil, err
	}
	if !p.keyword("to", "TO ") {
		return nil, p.fail(p.pos, `%s, expected TO in the interval: %s:[from TO to]`, p.found(p.pos), field)
	}
	maxAt := p.pos
	if r.Max, err = p.bound(inInterval, field); err != nil {
		return nil, err
	}
	closing := p.peek()
	if closing != ']' && closing != '}' {
		return nil, p.fail(p.pos, `%s, expected "]" or "}" for the interval at column %d`, p.found(p.pos), utf8.RuneCountInString(p.src[:open])+1)
	}
	p.pos++
	p.space()
	r.Min.Exclude = excludeMin && r.Min.Set()
	r.Max.Exclude = closing == '}' && r.Max.Set()
	if !r.Min.Set() && !r.Max.Set() {
		return Exists{Field: field}, nil
	}
	return r, p.checkRange(r, minAt, maxAt)
}

// bound reads a literal; "*" is no bound.
func (p *parser) bound(m mode, field string) (Bound, error) {
	start := p.pos
	if p.end() || m == inInterval && (p.peek() == ']' || p.peek() == '}') || p.peek() == ')' {
		return Bound{}, p.fail(start, "%s, expected a literal to compare %s with", p.found(start), field)
	}
	v, err := p.value(m)
	if err != nil {
		return Bound{}, err
	}
	p.space()
	switch {
	case v.kind == phraseValue:
		return Bound{Value: v.text, Quoted: true}, nil
	case v.kind == wordValue:
		return Bound{Value: v.text}, nil
	case v.kind == wildcardValue && v.text == "*":
		return Bound{}, nil
	}
	return Bound{}, p.fail(start, "found a pattern, expected a literal to compare %s with", field)
}
