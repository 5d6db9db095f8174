package scan

import "unicode/utf8"

// group is a run of digits inside a number that is written in groups.
type group struct {
	start, end int
	sep        byte // what stands before it: 0 for the first
}

const maxGroups = 8

// number looks at the number that begins with the word text[i:end], digits and dashes alone.
func (w *work) number(i, end int) int {
	text := w.text
	if text[i] == '-' || text[i] == '_' {
		return tightEnd(text, i+1, end)
	}
	if !startsNumber(text, i) {
		return tightEnd(text, i, end)
	}
	groups := &w.groups
	n, digits := 0, 0
	for p, sep := i, byte(0); n < maxGroups; n++ {
		q := span(text, p, digit)
		groups[n] = group{p, q, sep}
		digits += q - p
		next, s := nextGroup(text, q)
		if next == 0 {
			n++
			break
		}
		p, sep = next, s
	}
	gs := groups[:n]
	if n >= 4 && groups[1].sep == '.' && w.kinds.Has(IPAddress) {
		if stop := w.quad(gs); stop > 0 {
			return stop
		}
	}
	// A number that runs on into a word or a deeper decimal is none of ours; drop the group that does.
	for n > 0 && !endsNumber(text, gs[n-1].end) {
		n--
		gs = gs[:n]
		if n > 0 && groups[n].sep != ' ' && groups[n].sep != ')' {
			// The groups before hang together with it.
			for n > 0 && groups[n].sep != ' ' {
				n--
			}
			gs = gs[:n]
		}
	}
	if n > 0 {
		if stop := w.grouped(gs, digits); stop > 0 {
			return stop
		}
	}
	return tightEnd(text, i, end)
}

// grouped tries what a number can be, the most certain first.
func (w *work) grouped(gs []group, digits int) int {
	text := w.text
	first := gs[0]
	size := first.end - first.start
	if size >= 8 && size <= 10 && len(gs) == 1 && first.end+36 <= len(text) && text[first.end] == ':' {
		if end := telegramEnd(text, first.end); end > 0 && w.add(first.start, end, Telegram, 0.95) {
			return end
		}
	}
	if w.kinds.Has(DOB) {
		if end := w.birth(gs); end > 0 {
			return end
		}
	}
	if w.persons {
		if end := w.spacedNino(gs); end > 0 {
			return end
		}
	}
	if digits < 7 {
		return 0
	}
	if isDate(text, gs) && (first.start == 0 || text[first.start-1] != '+') {
		return 0
	}
	if w.persons {
		if end := w.national(gs); end > 0 {
			return end
		}
	}
	if digits >= 12 {
		if end := w.card(gs); end > 0 {
			return end
		}
	}
	if end := w.ssn(gs); end > 0 {
		return end
	}
	return w.phone(gs)
}

// startsNumber reports whether a number may begin at i: not inside a word, a decimal, a date, or another number.
func startsNumber(text string, i int) bool {
	if i == 0 {
		return true
	}
	switch c := text[i-1]; c {
	case ',':
		return i < 2 || !is(text[i-2], digit) || !thousands(text, i)
	case '.', '/', ':':
		return i < 2 || !is(text[i-2], digit)
	default:
		return !is(c, letter|digit|under)
	}
}

// endsNumber reports whether a number may end at i.
func endsNumber(text string, i int) bool {
	if i >= len(text) {
		return true
	}
	switch c := text[i]; c {
	case ',':
		return !thousands(text, i+1)
	case '.', '/':
		return i+1 >= len(text) || !is(text[i+1], digit)
	case '-':
		return i+1 >= len(text) || !is(text[i+1], letter|under|digit)
	case ':':
		return i+2 >= len(text) || !is(text[i+1], digit) || !is(text[i+2], digit)
	default:
		return !is(c, letter|digit|under)
	}
}

// thousands reports whether three digits stand at i, as after the comma of 1,234.
func thousands(text string, i int) bool {
	end := span(text, i, digit)
	return end-i == 3 && (end >= len(text) || text[end] != '-')
}

// nextGroup returns where the group after the one that ends at i begins, and what stands between; 0 for none.
func nextGroup(text string, i int) (start int, sep byte) {
	for n := 0; n < 2 && i < len(text); n++ {
		c := text[i]
		switch {
		case is(c, digit):
			return i, sep
		case c >= utf8.RuneSelf:
			s, size := dashRune(text, i)
			if size == 0 {
				return 0, 0
			}
			c, i = s, i+size
		case is(c, gap) || c == '-':
			i++
		default:
			return 0, 0
		}
		// ") " and " (" count as the parenthesis; anything else is one sign.
		switch {
		case sep == 0 || sep == ' ' && c == '(' || sep == '-' && c == '(':
			sep = c
		case sep == ')' && (c == ' ' || c == '-' || c == '.'):
		case sep == ' ' && c == ' ':
			return 0, 0
		default:
			return 0, 0
		}
	}
	if sep == 0 || i >= len(text) || !is(text[i], digit) {
		return 0, 0
	}
	return i, sep
}

// dashRune returns what the no-break space, hyphen or dash at i counts as, and its size.
func dashRune(text string, i int) (sep byte, size int) {
	switch r, n := utf8.DecodeRuneInString(text[i:]); r {
	case '\u00a0', '\u2009', '\u202f', '\u2007':
		return ' ', n
	case '\u2010', '\u2011', '\u2012', '\u2013':
		return '-', n
	}
	return 0, 0
}

// tightEnd returns the end of the digits that hang together without blanks from end on: the rest of a timestamp,
// an address, a decimal.
func tightEnd(text string, i, end int) int {
	for end+1 < len(text) && is(text[end+1], digit) {
		switch text[end] {
		case ',':
			if !thousands(text, end+1) {
				return end // the next column
			}
			fallthrough
		case '.', '/', ':':
			end = span(text, end+1, digit|dash)
		default:
			return end
		}
	}
	return max(i, end)
}

// isISODate reports whether a date as 2006-01-02, 2006/01/02 or 2006.01.02 begins at i, where a number may begin that is not
// a telephone number's.
func isISODate(text string, i int) bool {
	if i+10 > len(text) || text[i] != '1' && text[i] != '2' || text[i+4] != text[i+7] || i > 0 && text[i-1] == '+' {
		return false
	}
	if c := text[i+4]; c != '-' && c != '.' && c != '/' {
		return false
	}
	for _, j := range [...]int{1, 2, 3, 5, 6, 8, 9} {
		if !is(text[i+j], digit) {
			return false
		}
	}
	return i+10 == len(text) || !is(text[i+10], digit)
}

// isDate reports whether the number begins as a date: 2006-01-02, 02/01/2006, 2006.01.02.
func isDate(text string, gs []group) bool {
	if len(gs) < 3 || gs[1].sep != gs[2].sep || gs[1].sep == ' ' || gs[1].sep == ')' {
		return false
	}
	a, b, c := gs[0].end-gs[0].start, gs[1].end-gs[1].start, gs[2].end-gs[2].start
	return a == 4 && b == 2 && c == 2 || a <= 2 && b <= 2 && c == 4
}

// digitsOf appends the digits of text to dst.
func digitsOf(dst []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		if is(text[i], digit) {
			dst = append(dst, text[i])
		}
	}
	return dst
}
