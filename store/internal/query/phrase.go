package query

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/sluicelog/sluice/internal/words"
	"github.com/sluicelog/sluice/store/internal/segment"
)

// A text that is kept as templates with variables is asked by template: a phrase that stands in the text between the holes is in
// every record of it, one that no hole can take part in is in none, and only where a hole could are the records looked at.

// verdict is what a template says of a phrase.
type verdict uint8

const (
	never verdict = iota
	maybe
	always
)

// judgement is what is known of the records of a template.
type judgement struct {
	verdict
	words      []string // for maybe: of which a hole must hold one; none: every record is looked at
	candidates bitmap   // for maybe: which records can match; nil: any
	exact      bool     // the candidates do match
}

// phrase adds the rows of a column of templates, and says whether it is one.
func (p *part) phrase(phrase []string, n *node, c *segment.Column, b bitmap) (bool, error) {
	t, err := c.Templates()
	if t == nil || err != nil {
		return false, err
	}
	if len(phrase) == 0 {
		return true, nil
	}
	judged, holes := make([]judgement, t.Len()), newHoles(p, t)
	for code := range judged {
		j := &judged[code]
		text := t.Literal(code)
		switch {
		case bytes.IndexByte(text, '\\') < 0:
			*j = holes.judge(phrase, text, code)
		case bytes.IndexByte(text, segment.Hole) < 0:
			*j = holes.judge(phrase, p.unescaped(text), code)
		default:
			j.verdict = maybe // an escape may go on in a hole
		}
		if j.verdict != maybe || j.words == nil {
			continue
		}
		if j.candidates, j.exact, err = holes.aligned(phrase, text, code); err == nil && !j.exact {
			j.candidates, err = holes.rowsWith(code, j.words)
		}
		if err != nil {
			return true, err
		}
	}
	return true, p.decide(n, c, t, judged, b)
}

// judge says what a template's text, with holes, means for a phrase.
func (h *holes) judge(phrase []string, text []byte, code int) judgement {
	run, at := 0, 0 // words of the phrase that stand right before
	stands := make([]bool, len(phrase))
	v := judgement{}
	for start, end := words.Next(text, 0); start >= 0; start, end = words.Next(text, end) {
		if bytes.IndexByte(text[at:start], segment.Hole) >= 0 {
			run = 0
		}
		at = end
		// A word at a hole may go on within it, and may not.
		if start > 0 && text[start-1] == segment.Hole || end < len(text) && text[end] == segment.Hole || touchesThrough(text, start, end) {
			run = 0
			if slices.ContainsFunc(phrase, func(w string) bool { return words.Equal(text[start:end], w) }) {
				v.verdict = maybe
			}
			continue
		}
		for i, w := range phrase {
			stands[i] = stands[i] || words.Equal(text[start:end], w)
		}
		if run = extendRun(phrase, text, start, end, run); run == len(phrase) {
			return judgement{verdict: always}
		}
	}
	if v.verdict == maybe {
		return v
	}
	// What stands nowhere in the text must be in a hole; where all of it stands, another order of it could be.
	needed := slices.Clone(phrase)
	for i, w := range phrase {
		if stands[i] {
			needed = slices.DeleteFunc(needed, func(x string) bool { return x == w })
		}
	}
	all := len(needed) == 0
	if all {
		needed = phrase
	}
	held := make([]bool, len(needed))
	hole := 0
	for i := range text {
		if text[i] != segment.Hole {
			continue
		}
		glued := i > 0 && !breaks(text[i-1]) || i+1 < len(text) && !breaks(text[i+1])
		if h.anything(phrase, code, hole, glued) {
			return judgement{verdict: maybe}
		}
		for k, w := range needed {
			held[k] = held[k] || h.mayHold(code, hole, w)
		}
		hole++
	}
	switch {
	case all && slices.Contains(held, true):
		return judgement{verdict: maybe, words: needed}
	case all || slices.Contains(held, false):
		return judgement{}
	}
	return judgement{verdict: maybe, words: needed[:1]}
}

// touchesThrough says whether a mark that joins words stands between the word and a hole.
func touchesThrough(text []byte, start, end int) bool {
	return start > 1 && text[start-2] == segment.Hole && !breaks(text[start-1]) || end+1 < len(text) && text[end+1] == segment.Hole && !breaks(text[end])
}

// extendRun returns how many words of the phrase end with the word at start, when run did before it.
func extendRun(phrase []string, text []byte, start, end, run int) int {
	for run < len(phrase) && run >= 0 {
		if words.Equal(text[start:end], phrase[run]) {
			return run + 1
		}
		if run == 0 {
			return 0
		}
		// The longest shorter beginning of the phrase that the words before are.
		k := run - 1
		for k > 0 && !slices.Equal(phrase[:k], phrase[run-k:run]) {
			k--
		}
		run = k
	}
	return run
}

// breaks says that a character ends every word beside it.
func breaks(c byte) bool {
	switch c {
	case '_', '.', ',', ':', ';', '\'', segment.Hole:
		return false
	}
	return c < 0x80 && !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z')
}

// holes tells about the variables of templates.
type holes struct {
	p     *part
	t     *segment.Templates
	known map[*segment.Column]*holeFacts
	rows  map[wordIn]bitmap
}

type wordIn struct {
	column *segment.Column
	word   string
}

// holeFacts is what values of a hole can be.
type holeFacts struct {
	form     segment.Form
	formed   bool
	listed   bool
	values   []byte // folded, a line break behind each
	whole    bool   // values are all of them
	allWords bool   // each has a word
}

func newHoles(p *part, t *segment.Templates) *holes {
	return &holes{p: p, t: t, known: map[*segment.Column]*holeFacts{}, rows: map[wordIn]bitmap{}}
}

func (h *holes) facts(c *segment.Column) *holeFacts {
	f := h.known[c]
	if f == nil {
		f = &holeFacts{}
		f.form, f.formed = c.Form()
		h.known[c] = f
	}
	return f
}

// list gathers the values.
func (f *holeFacts) list(c *segment.Column) {
	if f.listed {
		return
	}
	f.listed = true
	if f.values, f.whole = c.Values(maxHoleValues); f.whole {
		f.values = words.AppendFolded(nil, f.values)
		f.allWords = allWords(f.values)
	}
}

// anything says whether a hole could take part in a phrase otherwise than by holding words of it: what is glued to it belongs to a word
// of its own, and where it has no word, those on both sides of it are side by side.
func (h *holes) anything(phrase []string, code, hole int, glued bool) bool {
	c := h.t.Hole(code, hole)
	if c == nil {
		return true
	}
	f := h.facts(c)
	switch {
	case f.formed && f.form.Decimal:
		return glued && slices.ContainsFunc(phrase, func(w string) bool { return strings.ContainsAny(w, "0123456789") })
	case glued:
		return true
	case f.formed:
		return false
	}
	f.list(c)
	return len(phrase) > 1 && !f.allWords
}

// mayHold says whether a value of a hole may hold a word.
func (h *holes) mayHold(code, hole int, w string) bool {
	c := h.t.Hole(code, hole)
	f := h.facts(c)
	if f.formed {
		return h.formAllows(c, w)
	}
	f.list(c)
	return !f.whole || bytes.Contains(f.values, []byte(w))
}

// formAllows says whether a value of the form that a column's values have may hold a word.
func (h *holes) formAllows(c *segment.Column, w string) bool {
	f := h.facts(c).form
	if !f.Decimal {
		return canBe(f, w)
	}
	if _, fraction, _ := strings.Cut(w, "."); f.Fraction >= 0 && len(fraction) != f.Fraction {
		return false
	}
	return strings.ContainsAny(w, "0123456789")
}

// canBe says whether a word may be in a value of a form. Where prefix and suffix are of letters and digits, the value is one word.
func canBe(f segment.Form, w string) bool {
	if !oneWord(f) {
		return true
	}
	if len(w) != len(f.Prefix)+f.Digits+len(f.Suffix) {
		return len(w) > 200 // long words are cut
	}
	return strings.EqualFold(w[:len(f.Prefix)], f.Prefix)
}

// oneWord says whether every value of a form is one word.
func oneWord(f segment.Form) bool {
	for _, s := range []string{f.Prefix, f.Suffix} {
		for i := range len(s) {
			if breaks(s[i]) || strings.IndexByte(".,:;'", s[i]) >= 0 || s[i] >= 0x80 {
				return false
			}
		}
	}
	return true
}

// rowsWith returns the rows in which a hole of the template may hold one of the words.
func (h *holes) rowsWith(code int, list []string) (bitmap, error) {
	out := newBitmap(h.p.rows)
	for hole := 0; ; hole++ {
		c := h.t.Hole(code, hole)
		if c == nil {
			return out, nil
		}
		f := h.facts(c)
		for _, w := range list {
			if f.formed && !h.mayHold(code, hole, w) {
				continue
			}
			b, err := h.with(c, w)
			if err != nil {
				return nil, err
			}
			out.or(b)
		}
	}
}

// with returns the rows of a column whose value holds a word. It is not to be written to.
func (h *holes) with(c *segment.Column, w string) (bitmap, error) {
	key := wordIn{c, w}
	b, ok := h.rows[key]
	if !ok {
		b = newBitmap(h.p.rows)
		if err := h.p.holding(c, w, b); err != nil {
			return nil, err
		}
		h.rows[key] = b
	}
	return b, nil
}

// holding adds the rows of a slot whose values have the word, folded, in them.
func (p *part) holding(c *segment.Column, word string, b bitmap) error {
	numbers, err := c.Numbers()
	if err != nil {
		return err
	}
	if numbers == nil || numbers.Floats != nil {
		var folded []byte
		return p.each(c, b, func(v []byte) bool {
			folded = words.AppendFolded(folded[:0], v)
			return bytes.Contains(folded, []byte(word))
		})
	}
	// A number is one word, of its digits and its point.
	whole, fraction, _ := strings.Cut(word, ".")
	if len(fraction) > numbers.Scale {
		return nil
	}
	n, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", numbers.Scale-len(fraction)), 10, 64)
	if err != nil || string(numbers.Append(nil, n)) != word {
		return nil // no number, or none that is spelled so
	}
	if numbers.Ints != nil {
		addIf(b, numbers.Has, numbers.Ints, func(x int32) bool { return int64(x) == n || int64(x) == -n })
	} else {
		addIf(b, numbers.Has, numbers.Long, func(x int64) bool { return x == n || x == -n })
	}
	return nil
}

// maxHoleValues bounds the bytes of a slot's values that are looked through.
const maxHoleValues = 1 << 20

// allWords says whether each value, ended by a line break, has a word.
func allWords(values []byte) bool {
	for v := range bytes.Lines(values) {
		if start, _ := words.Next(v, 0); start < 0 {
			return false
		}
	}
	return true
}
