package segment

// Changes returns a number that grows whenever what Decoded says may have changed.
func (s *Segment) Changes() uint64 { return s.changes.Load() }

// Decoded returns about how many bytes of memory that takes which Slim leaves, and that which it forgets.
func (s *Segment) Decoded() (small, large int) {
	large = s.rowSets.memory()
	s.src.mu.Lock()
	for _, b := range s.src.shared {
		large += len(b)
	}
	s.src.mu.Unlock()
	for _, f := range s.alive() {
		f.mu.Lock()
		if f.v != nil {
			large += f.v.memory()
		}
		large += 4*len(f.ids) + 8*len(f.floats)
		if f.set == nil {
			large += 4 * (len(f.rows) + len(f.index))
		}
		f.mu.Unlock()
		f.slimMu.Lock()
		small += f.slim.memory()
		f.slimMu.Unlock()
	}
	s.keyMu.Lock()
	large += 4 * len(s.keyOf)
	s.keyMu.Unlock()
	s.filterMu.Lock()
	if s.filter != nil {
		small += len(s.filter.prints)
	}
	s.filterMu.Unlock()
	s.mu.Lock()
	large += 8*len(s.times) + len(s.levels)
	s.mu.Unlock()
	return small, large
}

func (v *vec) memory() int {
	n := 4*(len(v.codes)+len(v.pos)+len(v.ends)+len(v.starts)) + 8*len(v.ints) + len(v.bytes)
	for _, o := range append([]*vec{v.inner, v.other}, v.slots...) {
		if o != nil {
			n += o.memory()
		}
	}
	return n
}
