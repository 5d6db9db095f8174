package query

import (
	"bytes"

	"github.com/sluicelog/sluice/internal/words"
	"github.com/sluicelog/sluice/store/internal/segment"
)

// wordwise adds the rows of a column of templates of which one word matches a pattern, and says whether it is one: a word between the
// holes of a template decides for all of its records, and a hole is looked at only where a value of it could match.
func (p *part) wordwise(n *node, c *segment.Column, b bitmap) (bool, error) {
	t, err := c.Templates()
	if t == nil || err != nil {
		return false, err
	}
	verdicts, could := make([]verdict, t.Len()), map[*segment.Column]bool{}
	for code := range verdicts {
		p.buf = t.AppendLiteral(p.buf[:0], code)
		holed := bytes.IndexByte(p.buf, segment.Hole) >= 0
		switch {
		case bytes.IndexByte(p.buf, '\\') < 0:
			verdicts[code] = p.judgeWords(n, t, code, p.buf, could)
		case holed:
			verdicts[code] = maybe // an escape may go on in a hole
		case n.m.String(p.unescaped(p.buf)):
			verdicts[code] = always
		}
	}
	return true, p.decide(n, c, t, func(code, _ uint32) verdict { return verdicts[code] }, b)
}

// judgeWords says what a template's text means for a pattern; could remembers which columns have a value that matches.
func (p *part) judgeWords(n *node, t *segment.Templates, code int, text []byte, could map[*segment.Column]bool) verdict {
	for start, end := words.Next(text, 0); start >= 0; start, end = words.Next(text, end) {
		atHole := start > 0 && text[start-1] == segment.Hole || end < len(text) && text[end] == segment.Hole || touchesThrough(text, start, end)
		if !atHole && n.m.String(text[start:end]) {
			return always
		}
	}
	hole := 0
	for i := range text {
		if text[i] != segment.Hole {
			continue
		}
		c := t.Hole(code, hole)
		hole++
		if c == nil || i > 0 && !breaks(text[i-1]) || i+1 < len(text) && !breaks(text[i+1]) {
			return maybe
		}
		is, known := could[c]
		if !known {
			values, whole := c.Values(maxHoleValues)
			is = !whole || n.m.String(values)
			could[c] = is
		}
		if is {
			return maybe
		}
	}
	return never
}

// decide adds the rows of a column of templates as verdicts say; where they say maybe, as their text does.
func (p *part) decide(n *node, c *segment.Column, t *segment.Templates, verdictOf func(code, row uint32) verdict, b bitmap) error {
	rows, err := c.Rows()
	if err != nil {
		return err
	}
	for i, code := range t.Codes {
		switch verdictOf(code, rows[i]) {
		case always:
			b.set(rows[i])
		case maybe:
			if p.buf, err = c.AppendValue(p.buf[:0], i); err != nil {
				return err
			}
			if n.m.String(p.unescaped(p.buf)) {
				b.set(rows[i])
			}
		}
	}
	return nil
}
