package segment

import "sync"

// A rowSet is the rows that columns have. Most columns of a segment share a few sets: what is computed of one is computed once.
type rowSet struct {
	rows []uint32

	mu     sync.Mutex
	index  []int32
	place  []uint32
	sorted []uint32
}

// byKey returns the entries in the order of the key. It is not to be written to.
func (r *rowSet) byKey(keyOf []uint32, keys int) []uint32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sorted == nil {
		r.sorted = countingSort(r.rows, keyOf, keys)
	}
	return r.sorted
}

// places returns the place of each entry in the order of the key, of which byKey has been asked. It is not to be written to.
func (r *rowSet) places() []uint32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.place == nil {
		r.place = make([]uint32, len(r.sorted))
		for p, i := range r.sorted {
			r.place[i] = uint32(p)
		}
	}
	return r.place
}

// entries returns the entry of each row, -1 where there is none. It is not to be written to.
func (r *rowSet) entries(rows int) []int32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.index == nil {
		r.index = make([]int32, rows)
		if len(r.rows) < rows {
			for i := range r.index {
				r.index[i] = -1
			}
		}
		for i, row := range r.rows {
			r.index[row] = int32(i)
		}
	}
	return r.index
}

// rowSets are the sets of a segment, by the shapes that have the column.
type rowSets struct {
	mu   sync.Mutex
	sets map[string]*rowSet
}

// all returns the set of every row.
func (s *rowSets) all(rows int) *rowSet {
	return s.get("", func() []uint32 {
		out := make([]uint32, rows)
		for i := range out {
			out[i] = uint32(i)
		}
		return out
	})
}

// of returns the set of the rows whose shape is one of has; n is how many there are.
func (s *rowSets) of(has []bool, shapes []uint32, n int) *rowSet {
	if n == len(shapes) {
		return s.all(n)
	}
	key := make([]byte, len(has))
	for i, h := range has {
		if h {
			key[i] = 1
		}
	}
	return s.get(string(key), func() []uint32 {
		return rowsIn(shapes, key, n)
	})
}

// rowsIn returns the places of the n codes for which in has a 1, without branches: what comes next is hard to predict.
func rowsIn(codes []uint32, in []byte, n int) []uint32 {
	out := make([]uint32, n+1)
	k := 0
	for i, code := range codes {
		out[k] = uint32(i)
		if k += int(in[code]); k > n {
			break // there are more than there should be: the caller counts
		}
	}
	return out[:k]
}

func (s *rowSets) get(key string, rows func() []uint32) *rowSet {
	s.mu.Lock()
	defer s.mu.Unlock()
	set := s.sets[key]
	if set == nil {
		set = &rowSet{rows: rows()}
		if s.sets == nil {
			s.sets = map[string]*rowSet{}
		}
		s.sets[key] = set
	}
	return set
}

func (s *rowSets) forget() {
	s.mu.Lock()
	s.sets = nil
	s.mu.Unlock()
}

// memory returns the bytes that the sets take.
func (s *rowSets) memory() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.sets {
		r.mu.Lock()
		n += 4 * (len(r.rows) + len(r.index) + len(r.place) + len(r.sorted))
		r.mu.Unlock()
	}
	return n
}
