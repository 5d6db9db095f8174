package segment

// A FieldSize says what a path takes in a segment.
type FieldSize struct {
	Path   string
	Kind   Kind
	Values int
	Raw    int64 // bytes of the values as they were written
	Stored int64 // bytes of blocks, shared blocks in proportion
}

// Sizes returns what each path takes, the variables of its templates included. The last entry, without values, is what belongs
// to no path: forms, order, filter, description.
func (s *Segment) Sizes() ([]FieldSize, error) {
	var out []FieldSize
	rest := FieldSize{Stored: s.size}
	stored := map[*Column]float64{}
	for _, f := range s.fields {
		if err := f.load(); err != nil {
			return nil, err
		}
		owner := f
		if f.text != nil {
			owner = f.text
		}
		for _, st := range f.used {
			if st.n > 0 {
				b := s.src.blocks[st.block]
				stored[owner] += float64(b.stored) * float64(st.n) / float64(b.raw)
			}
		}
		stored[owner] += float64(len(f.body)) / 2 // about what zstd makes of it
	}
	var buf []byte
	for _, c := range s.Columns() {
		fs := FieldSize{Path: c.key.path, Kind: c.key.kind, Values: c.n, Stored: int64(stored[c])}
		for i := range c.n {
			var err error
			if buf, err = c.AppendValue(buf[:0], i); err != nil {
				return nil, err
			}
			fs.Raw += int64(len(buf))
		}
		rest.Stored -= fs.Stored
		out = append(out, fs)
	}
	return append(out, rest), nil
}
