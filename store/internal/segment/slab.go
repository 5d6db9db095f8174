package segment

import (
	"slices"
	"sync"
)

// A slab keeps the memory of one encoding for the next.
type slab struct {
	codes []uint32
	vals  [][]ref
	rows  []uint32
	dict  distinct
	nums  []*numbering
	raw   []byte
	zip   []byte
	u64   []uint64
	ages  []uint32
}

// slabs are few: encodings are large and rarely concurrent.
var slabs = sync.Pool{New: func() any { return &slab{} }}

// lend gives a field the memory of another that was.
func (s *slab) lend(f *field) {
	if n := len(s.vals); n > 0 {
		f.vals = s.vals[n-1][:0]
		s.vals = s.vals[:n-1]
	}
}

// numbering returns an empty one.
func (s *slab) numbering() *numbering {
	n := &numbering{}
	if k := len(s.nums); k > 0 {
		n = s.nums[k-1]
		s.nums = s.nums[:k-1]
	}
	n.clear(0)
	return n
}

// roomFor makes room for n more by doubling: append grows what is long by a quarter, and moves it four times as often.
func roomFor[T any](s []T, n int) []T {
	if len(s)+n > cap(s) {
		s = slices.Grow(s, max(len(s), n, 1024))
	}
	return s
}

// keepAtLeast is the number of values from which a field's memory is worth keeping.
const keepAtLeast = 1024

// take keeps what the encoder has used. Fields come back in reverse, so that the first get what the first had.
func (s *slab) take(e *encoder) {
	s.vals = s.vals[:0]
	for i := len(e.t.fields) - 1; i >= 0; i-- {
		if f := e.t.fields[i]; !f.derived && cap(f.vals) >= keepAtLeast {
			s.vals = append(s.vals, f.vals)
		}
	}
	s.rows = e.t.rows
	s.nums = s.nums[:0]
	for i := len(e.t.fields) - 1; i >= 0; i-- {
		if n := e.t.fields[i].num; n != nil {
			s.nums = append(s.nums, n)
		}
	}
	s.codes, s.dict, s.raw, s.zip, s.u64, s.ages = e.t.codes, e.dict, e.raw, e.scratch, e.u64, e.ages
}
