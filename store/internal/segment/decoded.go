package segment

// Decoded returns about how many bytes of memory the decoded columns take.
func (s *Segment) Decoded() int {
	n := s.rowSets.memory()
	s.src.mu.Lock()
	for _, b := range s.src.shared {
		n += len(b)
	}
	s.src.mu.Unlock()
	for _, f := range s.fields {
		f.mu.Lock()
		if f.v != nil {
			n += f.v.memory()
		}
		n += 4*(len(f.ids)+len(f.sorted)) + 8*len(f.floats)
		if f.set == nil {
			n += 4 * (len(f.rows) + len(f.index))
		}
		f.mu.Unlock()
		f.slimMu.Lock()
		n += f.slim.memory()
		f.slimMu.Unlock()
	}
	s.keyMu.Lock()
	n += 4 * len(s.keyOf)
	s.keyMu.Unlock()
	s.filterMu.Lock()
	if s.filter != nil {
		n += len(s.filter.prints)
	}
	s.filterMu.Unlock()
	s.mu.Lock()
	n += 8*len(s.times) + len(s.levels)
	s.mu.Unlock()
	return n
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
