package query

import (
	"bytes"

	"github.com/sluicelog/sluice/internal/words"
	"github.com/sluicelog/sluice/store/internal/segment"
)

// item is a word of a template's text, or a hole whose every value is one word.
type item struct {
	word []byte
	hole *segment.Column
}

// items returns the words and the holes of a template in their order; ok is false where a hole can be anything else than a word of its own.
func (h *holes) items(text []byte, code int) (list []item, ok bool) {
	hole := 0
	between := func(text []byte, from, to int) bool {
		for i := from; i < to; i++ {
			if text[i] != segment.Hole {
				continue
			}
			c := h.t.Hole(code, hole)
			hole++
			if c == nil || i > 0 && !breaks(text[i-1]) || i+1 < len(text) && !breaks(text[i+1]) {
				return false
			}
			if f := h.facts(c); !f.formed || !f.form.Decimal && !oneWord(f.form) {
				return false
			}
			list = append(list, item{hole: c})
		}
		return true
	}
	at := 0
	for start, end := words.Next(text, 0); start >= 0; start, end = words.Next(text, end) {
		if bytes.IndexByte(text[start:end], segment.Hole) >= 0 || !between(text, at, start) {
			return nil, false
		}
		list = append(list, item{word: text[start:end]})
		at = end
	}
	return list, between(text, at, len(text))
}

// aligned returns the rows whose values make the phrase stand somewhere in the text, when that is all there is to it: the phrase is laid
// beside the words at every place, and what lies at a hole its value must be.
func (h *holes) aligned(phrase []string, text []byte, code int) (rows bitmap, ok bool, err error) {
	list, ok := h.items(text, code)
	if !ok {
		return nil, false, nil
	}
	for _, w := range phrase {
		if len(w) > 200 { // long words are cut
			return nil, false, nil
		}
	}
	rows = newBitmap(h.p.rows)
	for ; len(list) >= len(phrase); list = list[1:] {
		here := newBitmap(h.p.rows)
		here.fill(h.p.rows)
		for i, w := range phrase {
			if it := &list[i]; it.hole == nil {
				if !words.Equal(it.word, w) {
					here = nil
					break
				}
				continue
			}
			if !h.formAllows(list[i].hole, w) {
				here = nil
				break
			}
			with, err := h.with(list[i].hole, w)
			if err != nil {
				return nil, false, err
			}
			here.and(with)
		}
		if here != nil {
			rows.or(here)
		}
	}
	return rows, true, nil
}
