package eval

import (
	"cmp"
	"slices"

	"github.com/sluicelog/sluice/internal/words"
	"github.com/sluicelog/sluice/search"
)

// maxHighlights bounds those of one record.
const maxHighlights = 100

// Highlights returns what the conditions that are under no negation match in the record: words in texts, other values as a whole. They
// are ordered by field and place, and do not overlap.
func (p *Program) Highlights(r *Record) []search.Highlight {
	var out []search.Highlight
	for _, m := range p.lits {
		index := 0
		r.Values(m.Field, func(l *Leaf) {
			m.spans(l, func(start, end int) {
				if len(out) < maxHighlights {
					out = append(out, search.Highlight{Field: m.Field, Value: index, Start: start, End: end})
				}
			})
			index++
		})
	}
	slices.SortFunc(out, func(a, b search.Highlight) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	merged := out[:0]
	for _, h := range out {
		if n := len(merged); n > 0 && merged[n-1].Field == h.Field && merged[n-1].Value == h.Value && h.Start < merged[n-1].End {
			merged[n-1].End = max(merged[n-1].End, h.End)
			continue
		}
		merged = append(merged, h)
	}
	return slices.Clip(merged)
}

// spans calls visit for every part of the value that matches.
func (m *Matcher) spans(l *Leaf, visit func(start, end int)) {
	if m.Kind != search.Text {
		if m.Leaf(l) {
			visit(0, len(l.Text))
		}
		return
	}
	switch t := m.test.(type) {
	case phrase:
		for start, end := t.find(l.Text, 0); start >= 0; start, end = t.find(l.Text, end) {
			visit(start, end)
		}
	case wordTest:
		var buf [64]byte
		for start, end := words.Next(l.Text, 0); start >= 0; start, end = words.Next(l.Text, end) {
			if t.match(words.AppendFolded(buf[:0], l.Text[start:end])) {
				visit(start, end)
			}
		}
	}
}
