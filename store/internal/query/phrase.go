package query

import (
	"bytes"
	"slices"
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

// phrase adds the rows of a column of templates, and says whether it is one.
func (p *part) phrase(phrase []string, n *node, c *segment.Column, b bitmap) (bool, error) {
	t, err := c.Templates()
	if t == nil || err != nil {
		return false, err
	}
	if len(phrase) == 0 {
		return true, nil
	}
	rows, err := c.Rows()
	if err != nil {
		return true, err
	}
	verdicts, holes := make([]verdict, t.Len()), newHoles(t)
	any := false
	for code := range verdicts {
		p.buf = t.AppendLiteral(p.buf[:0], code)
		switch {
		case bytes.IndexByte(p.buf, '\\') < 0:
			verdicts[code] = judge(phrase, p.buf, func(i int, glued bool) verdict { return holes.involved(phrase, code, i, glued) })
		case bytes.IndexByte(p.buf, segment.Hole) < 0:
			verdicts[code] = judge(phrase, p.unescaped(p.buf), nil)
		default:
			verdicts[code] = maybe // an escape may go on in a hole
		}
		any = any || verdicts[code] != never
	}
	if !any {
		return true, nil
	}
	for i, code := range t.Codes {
		switch verdicts[code] {
		case always:
			b.set(rows[i])
		case maybe:
			if p.buf, err = c.AppendValue(p.buf[:0], i); err != nil {
				return true, err
			}
			if n.m.String(p.unescaped(p.buf)) {
				b.set(rows[i])
			}
		}
	}
	return true, nil
}

// judge says what a template's text, with holes, means for a phrase; involved says whether a hole could take part in it.
func judge(phrase []string, text []byte, involved func(hole int, glued bool) verdict) verdict {
	run := 0 // words of the phrase that stand right before
	v := never
	hole := 0
	at := 0
	for start, end := words.Next(text, 0); start >= 0; start, end = words.Next(text, end) {
		between := bytes.Count(text[at:start], []byte{segment.Hole})
		if between > 0 {
			run = 0
		}
		at = end
		// A word at a hole may go on within it, and may not.
		if start > 0 && text[start-1] == segment.Hole || end < len(text) && text[end] == segment.Hole || touchesThrough(text, start, end) {
			run = 0
			if slices.ContainsFunc(phrase, func(w string) bool { return words.Equal(text[start:end], w) }) {
				v = maybe
			}
			continue
		}
		// The words before that could begin the phrase: it is short, so it is compared anew.
		run = extendRun(phrase, text, start, end, run)
		if run == len(phrase) {
			return always
		}
	}
	if v == maybe {
		return v
	}
	for i := range text {
		if text[i] != segment.Hole {
			continue
		}
		glued := i > 0 && !breaks(text[i-1]) || i+1 < len(text) && !breaks(text[i+1])
		v = max(v, involved(hole, glued))
		hole++
	}
	return v
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
	t     *segment.Templates
	known map[int]holeFacts // by slot
}

// holeFacts is what values of a slot can be.
type holeFacts struct {
	digits bool // each has a digit, and no letter
	values []byte
	whole  bool // values are all of them, folded and apart
}

func newHoles(t *segment.Templates) *holes { return &holes{t, map[int]holeFacts{}} }

// involved says whether a hole could take part in a phrase.
func (h *holes) involved(phrase []string, code, hole int, glued bool) verdict {
	slot := h.t.Slot(code, hole)
	if slot < 0 {
		return maybe
	}
	f, ok := h.known[slot]
	if !ok {
		f.digits = h.t.Numeric(slot)
		if f.values, f.whole = h.t.Values(slot, maxHoleValues); f.whole {
			f.values = words.AppendFolded(nil, f.values)
		}
		h.known[slot] = f
	}
	for _, w := range phrase {
		switch {
		case f.digits && !strings.ContainsAny(w, "0123456789"):
		case glued || !f.whole:
			return maybe
		case bytes.Contains(f.values, []byte(w)):
			return maybe
		}
	}
	if !f.digits && len(phrase) > 1 && !allWords(f.values) {
		return maybe // words on both sides of a hole without one are side by side
	}
	return never
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
