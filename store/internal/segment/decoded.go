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
		f.mu.Unlock()
	}
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

// Tick tells that one more request is done with the segment.
func (s *Segment) Tick() { s.ticks.Add(1) }

// Trim forgets the columns that none of the last requests, as Tick tells of them, has asked for.
func (s *Segment) Trim(requests uint32) {
	now := s.ticks.Load()
	for _, f := range s.fields {
		f.mu.Lock()
		if f != s.shapeC && now-f.touched > requests {
			f.forget()
		}
		f.mu.Unlock()
	}
}
