package scan

import "unicode/utf8"

// Match is a stretch of a text: the bytes from Start up to, not including, End. Score is above 0 and at most 1;
// it says how sure the finding is, and which of two overlapping ones names the kind.
type Match struct {
	Start, End int
	Kind       Kind
	Score      float32
}

// Scanner finds the kinds of a set. It is immutable and may be used by several goroutines at once; the zero
// Scanner finds nothing.
type Scanner struct {
	kinds   Set
	brief   bool // a kind is looked for that isPlain does not know: an address of seven bytes, a date of six digits
	persons bool // a national identifier is looked for
	colonic bool // an address with colons is looked for
	hint    hint
	// password says that a text is one, unless it is a word or a number.
	password bool
}

// New returns a scanner for the kinds.
func New(kinds Set) *Scanner {
	s := &Scanner{kinds: kinds}
	for _, k := range NationalKinds() {
		s.persons = s.persons || kinds.Has(k)
	}
	s.colonic = kinds.Has(IPAddress) || kinds.Has(MAC)
	s.brief = s.persons || kinds.Has(IPAddress) || kinds.Has(DOB)
	return s
}

// Under returns the scanner for the values of an attribute: the words of the key speak for what the text is, so that ten
// bare digits under "phone" are a phone number, and under "offset" are not. It is s itself when the key says nothing.
func (s *Scanner) Under(key string) *Scanner {
	h := hintOf(key)
	_, abroad := foreignKey(key, len(key))
	password := abroad || classify(key) == passwordKey
	if h == (hint{}) && !password {
		return s
	}
	under := *s
	under.hint, under.password = h, password
	return &under
}

// Append appends the matches in text to dst, sorted and without overlaps, and returns the grown slice. Matches
// that dst holds already are left alone. It does not allocate when nothing matches.
func (s *Scanner) Append(dst []Match, text string) []Match {
	if s.isPlain(text) {
		return dst
	}
	return s.scan(dst, text)
}

// Clean reports whether nothing is found in text.
func (s *Scanner) Clean(text string) bool {
	return s.isPlain(text) || len(s.scan(nil, text)) == 0
}

// isPlain reports, at little cost, that a short text holds nothing; false says nothing.
func (s *Scanner) isPlain(text string) bool {
	return len(text) <= maxPlain && !s.brief && !s.password && (s.hint.all == 0 && isLoneWord(text) || isPlain(text))
}

func (s *Scanner) scan(dst []Match, text string) []Match {
	if len(text) < shortest {
		return dst
	}
	var w work
	w.Scanner, w.text, w.dst, w.base = s, text, dst, len(dst)
	if s.password && w.all() {
		return w.dst
	}
	w.pass()
	return w.dst
}

// shortest is the length of the shortest secret with what gives it away: pw=x.
const shortest = 4

// lonely is the length below which a word with nothing before it is no key by its form.
const lonely = 32

// long is the length from which a word may be a key by its form alone.
const long = 16

// hooked holds the lengths of the words without digits that pass looks at: is, values, password.
const hooked = 1<<2 | 1<<6 | 1<<8

// work is one text being scanned.
type work struct {
	*Scanner
	text   string
	dst    []Match
	base   int              // dst[:base] is the caller's
	viewed int              // up to here the text has been looked at through a view
	view   bool             // text is a decoded view of another one
	groups [maxGroups]group // of the number that is looked at
}

// pass is the one pass over the bytes. Plain words cost the inner loop alone; all else goes through word, for
// words that could be more than words, and at, for the bytes that join words into something.
func (w *work) pass() {
	text := w.text
	from, to := 0, -long // the last word
	for i := 0; i < len(text); {
		c := class[text[i]]
		if c&word == 0 {
			if c&sign == 0 {
				i++
				continue
			}
			i = w.at(i, from, to)
			continue
		}
		start, all := i, c
		for i++; i < len(text); i++ {
			if c = class[text[i]]; c&word == 0 {
				break
			}
			all |= c
		}
		if all&(digit|dash) != 0 || i-start >= long {
			end := i
			i = w.word(start, end, all, from, to)
			from, to = start, end
			continue
		}
		if hooked>>(uint(i-start)&63)&1 == 0 {
			from, to = start, i
			continue
		}
		switch {
		case i-start == 2 && text[start] == 'i' && text[i-1] == 's' && to == start-1 && to >= 4 && keyTail(text, to):
			i = w.wordSaid(i, from, to)
		case i-start == 6 && text[start]|0x20 == 'v' && text[i-1]|0x20 == 's':
			i = w.columnValues(start, i)
		case i-start == 8 && text[start]|0x20 == 'p' && text[i-1]|0x20 == 'd':
			i = w.commonAfter(start, i)
		}
		from, to = start, i
	}
}

// at looks at the sign at i; the last word is text[from:to]. It returns where to go on.
func (w *work) at(i, from, to int) int {
	text := w.text
	switch text[i] {
	case '@':
		return w.email(i)
	case ':':
		if to == i && from > 0 && text[from-1] == '[' {
			if end := markEnd(text, from-1); end > 0 {
				return end
			}
		}
		if i+2 < len(text) && text[i+1] == '/' && text[i+2] == '/' {
			return w.url(i)
		}
		if w.colonic {
			if end := w.colons(i); end > 0 {
				return end
			}
		}
		if i+1 < len(text) && is(text[i+1], letter|digit) && to == i && from > 4 && text[from-1] == ' ' && keyTail(text, from-1) {
			if stop := w.userAndPasswordAt(i, from); stop > 0 {
				return stop
			}
		}
		fallthrough
	case '=':
		if i-to <= 8 && to >= 2 && keyTail(text, to) {
			return w.keyed(i, from, to)
		}
		if i >= 4 && beyondASCII(text, i) {
			return w.keyedAbroad(i, i)
		}
	case 0xef: // a colon of full width
		if i+2 < len(text) && text[i+1] == 0xbc && text[i+2] == 0x9a {
			return w.keyedAbroad(i+2, i)
		}
	case '>':
		if to == i && from > 0 && text[from-1] == '<' && keyTail(text, to) {
			return w.keyed(i, from, to)
		}
		if to == i-1 && isQuote(text[to]) {
			return w.tagged(i)
		}
	case '"', '\'':
		if to == i && from > 1 && i+2 < len(text) && isQuote(text[from-1]) && keyTail(text, to) {
			if stop := w.afterQuotedName(i, from); stop > 0 {
				return stop
			}
		}
		if to == i-1 && to >= 2 && text[to] == ' ' && keyTail(text, to) {
			return w.quotedAfterWord(i, from, to)
		}
	case '%':
		return w.percent(i)
	case '\\':
		return w.escape(i)
	}
	return i + 1
}

// all records the whole text as a password, and reports whether it is one: no number, and no word that says something about it.
func (w *work) all() bool {
	if number := classes(w.text)&^uint16(digit|dash) == 0; number || isFiller(w.text) {
		return false
	}
	kind, score := w.keyedKind(passwordKey, "password", value{end: len(w.text), quoted: true})
	return kind != 0 && w.add(0, len(w.text), kind, score)
}

// beyondASCII reports whether one of the four bytes before i, 4 or more, is of a letter that is not in ASCII.
func beyondASCII(text string, i int) bool {
	_ = text[i-4 : i]
	return (uint32(text[i-4])|uint32(text[i-3])<<8|uint32(text[i-2])<<16|uint32(text[i-1])<<24)&0x80808080 != 0
}

// word looks at the word text[start:end], of the classes all, that holds a digit or a dash or is long; the word
// before it is text[from:to]. It returns where to go on.
func (w *work) word(start, end int, all uint16, from, to int) int {
	text := w.text
	if all&(letter|under) == 0 {
		if all&digit == 0 { // dashes alone
			if end-start >= 5 {
				return w.pem(start, end)
			}
			return end
		}
		if end-start < 7 && (end+1 >= len(text) || !is(text[end], gap) || text[end] < utf8.RuneSelf && !is(text[end+1], digit|gap|dash) || !groupFollows(text, end)) {
			if end-start >= 3 && to >= 3 && to == start-1 && text[to] == ' ' && keyTail(text, to) {
				return w.codeAfterWord(start, end, from, to)
			}
			if !w.brief || end-start > 2 || end == len(text) || text[end] != ' ' && text[end] != '.' && text[end] != ',' {
				return end
			}
		}
		if end-start >= 4 && !w.brief && isISODate(text, start) {
			return tightEnd(text, start, max(end, start+10))
		}
		return w.number(start, end)
	}
	if text[start] == '-' {
		if stop := w.flag(start, end); stop > 0 {
			return stop
		}
		if start+5 < end && text[start+4] == '-' {
			return w.pem(start, end)
		}
	}
	if all&digit == 0 && end-start < long {
		return end
	}
	if text[start] == 'b' && end < len(text) && text[end] == ':' && end-start >= 11 && text[start:start+3] == "bot" {
		if stop := telegramEnd(text, end); stop > 0 && w.add(start+3, stop, Telegram, 0.95) { // in the path of a URL
			return stop
		}
	}
	if all&digit != 0 && isSaid(text, start) {
		if stop := w.said(start, end); stop > 0 {
			return stop
		}
	}
	if w.persons && end-start >= 6 && end-start <= 18 {
		if stop := w.document(start, end, all); stop > 0 {
			return stop
		}
	}
	if all&(beyond|under) == 0 && (all&upper == 0 || all&lower != 0 || !is(text[start+1], upper)) {
		return w.hex(start, end, all)
	}
	if to == start-1 && to >= 2 && text[to] == ' ' && all&digit != 0 && keyTail(text, to) {
		if stop := w.passwordAfterWord(start, end, from, to); stop > 0 {
			return stop
		}
	}
	if end-start >= long {
		return w.token(start, end, all, from, to)
	}
	switch {
	case (end-start == 4 || end-start == 15) && is(text[start], upper) && is(text[start+1], upper) && is(text[start+2], digit) && is(text[start+3], digit):
		return w.iban(start, end)
	case end-start >= 8 && all&(letter|digit) == letter|digit,
		end-start >= 6 && end < len(text) && is(text[end], base64) && all&letter == letter:
		return w.token(start, end, all, from, to)
	}
	return end
}

// groupFollows reports whether what stands at i, a gap, leads to another group of digits.
func groupFollows(text string, i int) bool {
	for n := 0; n < 3 && i < len(text); n++ {
		c := text[i]
		switch {
		case is(c, digit):
			return true
		case c >= 0x80:
			_, size := dashRune(text, i)
			if size == 0 {
				return false
			}
			i += size
		case !is(c, gap) && c != '-':
			return false
		default:
			i++
		}
	}
	return i < len(text) && is(text[i], digit)
}

// outsideMarks returns the stretch without the part of a mark of earlier masking that it begins or ends inside of.
func outsideMarks(text string, start, end int) (int, int) {
	for i := max(0, start-maxMark); i < start; i++ {
		if text[i] == '[' {
			if stop := markEnd(text, i); stop > start {
				start = stop
				break
			}
		}
	}
	for i := max(start, end-maxMark); i < end; i++ {
		if text[i] == '[' && markEnd(text, i) > end {
			return start, i
		}
	}
	return start, end
}

// add records a match, in order. Of overlapping ones a single one stays that covers them all, with the kind of
// the best score or else of the longer one: what belongs to two secrets is no less secret.
func (w *work) add(start, end int, kind Kind, score float32) bool {
	if start, end = outsideMarks(w.text, start, end); start >= end || !w.kinds.Has(kind) {
		return false
	}
	m := Match{start, end, kind, score}
	at := len(w.dst)
	for at > w.base && w.dst[at-1].Start >= m.End {
		at--
	}
	low := at
	for low > w.base && w.dst[low-1].End > m.Start {
		low--
		o := w.dst[low]
		if o.Score > m.Score || o.Score == m.Score && o.End-o.Start > m.End-m.Start {
			m.Kind, m.Score = o.Kind, o.Score
		}
		m.Start, m.End = min(m.Start, o.Start), max(m.End, o.End)
	}
	if low == at {
		w.dst = append(w.dst, Match{})
		copy(w.dst[at+1:], w.dst[at:])
	} else {
		w.dst = append(w.dst[:low+1], w.dst[at:]...)
	}
	w.dst[low] = m
	return true
}
