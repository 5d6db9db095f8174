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
		text := t.Literal(code)
		holed := bytes.IndexByte(text, segment.Hole) >= 0
		switch {
		case bytes.IndexByte(text, '\\') < 0:
			verdicts[code] = p.judgeWords(n, t, code, text, could)
		case holed:
			verdicts[code] = maybe // an escape may go on in a hole
		case n.m.String(p.unescaped(text)):
			verdicts[code] = always
		}
	}
	judged := make([]judgement, len(verdicts))
	for code, v := range verdicts {
		judged[code].verdict = v
	}
	return true, p.decide(n, c, t, judged, b)
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

// decide adds the rows of a column of templates as judgements say: those of a template that is always right, those of one that may be and whose
// candidates have the row, and of others those whose text matches.
func (p *part) decide(n *node, c *segment.Column, t *segment.Templates, judged []judgement, b bitmap) error {
	wanted, any := make([]bool, len(judged)+1), false
	for code := range judged {
		wanted[code+1] = judged[code].verdict == always
		any = any || wanted[code+1]
	}
	if any {
		b.addCodes(t.ByRow(), wanted)
	}
	for code := range judged {
		j := &judged[code]
		if j.verdict != maybe {
			continue
		}
		clear(wanted)
		wanted[code+1] = true
		of := newBitmap(p.rows)
		of.addCodes(t.ByRow(), wanted)
		if j.candidates != nil {
			of.and(j.candidates)
		}
		if j.exact {
			b.or(of)
			continue
		}
		for _, row := range of.rows() {
			var err error
			if p.buf, err = c.AppendAt(p.buf[:0], int(row)); err != nil {
				return err
			}
			if n.m.String(p.unescaped(p.buf)) {
				b.set(row)
			}
		}
	}
	return nil
}
