package segment

import (
	"cmp"
	"slices"
)

// keyTrial is the number of rows that the key is chosen by when records are written.
const keyTrial = 1 << 14

// keyChoice says which rows the key is chosen by.
type keyChoice int

const (
	keyByFew keyChoice = iota // a run of keyTrial rows
	keyByAll                  // all of them
)

// chooseKey looks for the field by which records hang together, such as a request or a process: in its order the forms of
// records follow each other more regularly than as they arrived. It says whether the other choice is another field.
func (e *encoder) chooseKey(by keyChoice, compare bool) (differ bool) {
	t := newKeyTrials(e)
	if t == nil {
		return false
	}
	runs := [...]int{keyByFew: min(e.rows, keyTrial), keyByAll: e.rows}
	e.key = t.choose(runs[by])
	if e.key != nil {
		e.keyOf = t.keyOf(e.key)
	}
	return compare && t.choose(runs[1-by]) != e.key
}

// keyTrials tries fields as keys.
type keyTrials struct {
	e          *encoder
	forms      [][]uint32 // by row: codes of shapes, and of the templates of texts
	candidates []*field
}

// newKeyTrials returns nil when there are too few records for a key.
func newKeyTrials(e *encoder) *keyTrials {
	n := e.rows
	if n < 256 {
		return nil
	}
	t := &keyTrials{e: e, forms: [][]uint32{e.t.codes}}
	for _, f := range e.t.fields {
		if f.text != nil && len(f.rows) > n/2 {
			t.forms = append(t.forms, spread(f.text.codes, f.rows, n, 0))
		}
	}
	for _, f := range e.t.fields {
		if f.dict != nil && len(f.rows) >= n/2 && len(f.dict) >= 2 && len(f.dict) <= n/3 && f.vals != nil {
			t.candidates = append(t.candidates, f)
		}
	}
	slices.SortStableFunc(t.candidates, func(a, b *field) int { return cmp.Compare(len(b.dict), len(a.dict)) })
	t.candidates = t.candidates[:min(len(t.candidates), 24)]
	return t
}

// keyOf returns the code of f's value at each row.
func (t *keyTrials) keyOf(f *field) []uint32 {
	return spread(f.codes, f.rows, t.e.rows, uint32(len(f.dict)))
}

// choose returns the best key by a run of n rows in the middle, nil for none.
func (t *keyTrials) choose(n int) (key *field) {
	first := (t.e.rows - n) / 2
	rows := make([]uint32, n)
	for i := range rows {
		rows[i] = uint32(first + i)
	}
	best := t.cost(rows)
	best -= best/8 + 64
	for _, f := range t.candidates {
		order := countingSort(rows, t.keyOf(f), len(f.dict)+1)
		for i, at := range order {
			order[i] = rows[at]
		}
		if c := t.cost(order); c < best {
			best, key = c, f
		}
	}
	return key
}

// cost is what the forms take in an order of rows.
func (t *keyTrials) cost(order []uint32) (sum int) {
	raw := grow(&t.e.raw, len(order))
	for _, codes := range t.forms {
		for i, r := range order {
			raw[i] = byte(codes[r])
		}
		sum += t.e.trial(raw)
	}
	return sum
}
