package segment

// What requests ask for again and again is kept in few bytes a row and stays when a segment is slimmed: of columns whose values have
// numbers these, by row; of columns of numbers the numbers alone; of texts the table of templates; and the filter.

// slim is what stays of a column.
type slim struct {
	codes     *RowCodes
	noCodes   bool // the values have no numbers
	numbers   *Numbers
	templates *Templates
	notText   bool // the column has no templates
}

func (s *slim) memory() (n int) {
	if c := s.codes; c != nil {
		n += c.memory()
	}
	if x := s.numbers; x != nil {
		n += 8*(len(x.Has)+len(x.Long)+len(x.Floats)) + 4*len(x.Ints)
	}
	if t := s.templates; t != nil {
		n += len(t.text) + 4*len(t.ends) + 32*len(t.holes) + t.codes.memory()
	}
	return n
}

// RowCodes numbers the values of a column by row: 0 where there is none, else one more than the number of the value. One of Narrow, Wide and
// Long is set, whichever is the narrowest that fits. Two numbers may have equal values. It is not to be written to.
type RowCodes struct {
	Narrow []uint8
	Wide   []uint16
	Long   []uint32
	text   []byte // the values, one after the other
	ends   []uint32
}

// At returns the number at a row.
func (r *RowCodes) At(row uint32) uint32 {
	switch {
	case r.Narrow != nil:
		return uint32(r.Narrow[row])
	case r.Wide != nil:
		return uint32(r.Wide[row])
	}
	return r.Long[row]
}

// Len returns how many values have numbers.
func (r *RowCodes) Len() int { return len(r.ends) }

// Value returns the value of the number code+1. It is not to be written to.
func (r *RowCodes) Value(code int) []byte {
	from := uint32(0)
	if code > 0 {
		from = r.ends[code-1]
	}
	return r.text[from:r.ends[code]:r.ends[code]]
}

func (r *RowCodes) memory() int {
	return len(r.Narrow) + 2*len(r.Wide) + 4*len(r.Long) + len(r.text) + 4*len(r.ends)
}

// byRow puts codes below count at their rows.
func byRow(all int, rows, codes []uint32, count int) *RowCodes {
	r := &RowCodes{}
	switch {
	case count < 1<<8:
		r.Narrow = scatter[uint8](all, rows, codes)
	case count < 1<<16:
		r.Wide = scatter[uint16](all, rows, codes)
	default:
		r.Long = scatter[uint32](all, rows, codes)
	}
	return r
}

func scatter[T uint8 | uint16 | uint32](all int, rows, codes []uint32) []T {
	out := make([]T, all)
	for i, row := range rows {
		out[row] = T(codes[i] + 1)
	}
	return out
}

// RowCodes returns the numbers of a column's values by row, nil when they have none.
func (c *Column) RowCodes() (out *RowCodes, err error) {
	defer guard(&err)
	c.slimMu.Lock()
	defer c.slimMu.Unlock()
	c.slimTouched.Store(c.seg.ticks.Load())
	if c.slim.codes != nil || c.slim.noCodes {
		return c.slim.codes, nil
	}
	d, err := c.Dict()
	if err != nil {
		return nil, err
	}
	rows, err := c.Rows()
	if err != nil {
		return nil, err
	}
	if d == nil {
		if c.n <= fewEntries {
			out, err = c.numbered(rows)
		}
		c.slim.codes, c.slim.noCodes = out, out == nil
		c.seg.changes.Add(1)
		return out, err
	}
	r := byRow(c.seg.rows, rows, d.Codes, d.Len())
	r.ends = make([]uint32, d.Len())
	for code := range r.ends {
		r.text = d.AppendValue(r.text, code)
		r.ends[code] = uint32(len(r.text))
	}
	c.slim.codes = r
	c.seg.changes.Add(1)
	return r, nil
}

// fewEntries is how many entries a column has at most whose values get numbers though it is stored without them.
const fewEntries = 1 << 11

// numbered numbers the values of a column.
func (c *Column) numbered(rows []uint32) (*RowCodes, error) {
	codes, known := make([]uint32, c.n), map[string]uint32{}
	var ends []uint32
	var text []byte
	for i := range codes {
		from := len(text)
		var err error
		if text, err = c.AppendValue(text, i); err != nil {
			return nil, err
		}
		code, ok := known[string(text[from:])]
		if ok {
			text = text[:from]
		} else {
			code = uint32(len(ends))
			known[string(text[from:])] = code
			ends = append(ends, uint32(len(text)))
		}
		codes[i] = code
	}
	r := byRow(c.seg.rows, rows, codes, len(ends))
	r.text, r.ends = text, ends
	return r, nil
}

// Numbers are the entries of a column of numbers, in the order of their rows. One of Ints, Long and Floats is set; Ints and Long are whole
// numbers of which the last Scale digits are the fraction. It is not to be written to.
type Numbers struct {
	Has    []uint64 // a bit for each row that has one; nil: every row has
	Ints   []int32
	Long   []int64
	Floats []float64 // NaN where the text is no number
	Scale  int

	codec, style byte
	width        int
}

// Append appends the number x, of those that the column has in Ints or Long, as it is spelled.
func (n *Numbers) Append(dst []byte, x int64) []byte {
	if n.codec == strInt {
		return appendWidth(dst, x, n.width)
	}
	return appendDecimal(dst, x, n.Scale, n.style)
}

// Unit is what Ints and Long are divided by.
func (n *Numbers) Unit() float64 { return float64(pow10[n.Scale]) }

// Numbers returns a column of numbers, or of decimal numbers in strings; nil for others.
func (c *Column) Numbers() (out *Numbers, err error) {
	defer guard(&err)
	c.slimMu.Lock()
	defer c.slimMu.Unlock()
	c.slimTouched.Store(c.seg.ticks.Load())
	if c.slim.numbers != nil {
		return c.slim.numbers, nil
	}
	n := &Numbers{}
	ints, scale, err := c.Decimals()
	switch {
	case err != nil:
		return nil, err
	case ints == nil && c.n > 0:
		if c.key.kind != Number {
			return nil, nil
		}
		if n.Floats, err = c.Floats(); err != nil {
			return nil, err
		}
	default:
		n.codec, n.style, n.width, n.Scale = c.v.codec, c.v.style, c.v.param, scale
		n.setInts(ints, c.key.kind == Number)
	}
	if len(c.rows) < c.seg.rows {
		n.Has = make([]uint64, (c.seg.rows+63)/64)
		for _, r := range c.rows {
			n.Has[r/64] |= 1 << (r % 64)
		}
	}
	c.slim.numbers = n
	c.seg.changes.Add(1)
	return n, nil
}

// setInts keeps whole numbers as narrow as they are. Numbers that float64 does not hold are made floats as their text would be.
func (n *Numbers) setInts(ints []int64, isNumber bool) {
	narrow, exact := true, true
	for _, x := range ints {
		narrow = narrow && int64(int32(x)) == x
		exact = exact && x <= 1<<53 && x >= -1<<53
	}
	switch {
	case narrow:
		n.Ints = make([]int32, len(ints))
		for i, x := range ints {
			n.Ints[i] = int32(x)
		}
	case exact || !isNumber:
		n.Long = append([]int64(nil), ints...)
	default:
		var b []byte
		n.Floats = make([]float64, len(ints))
		for i, x := range ints {
			b = n.Append(b[:0], x)
			n.Floats[i] = parseFloat(b)
		}
	}
}

// Slim forgets what has been decoded but for what is small, unless somebody uses the segment.
func (s *Segment) Slim() {
	if !s.inUse.TryLock() {
		return
	}
	defer s.inUse.Unlock()
	s.forget()
}

// SlimColumns is Slim, but the times and levels of the records stay.
func (s *Segment) SlimColumns() {
	if !s.inUse.TryLock() {
		return
	}
	defer s.inUse.Unlock()
	s.forgetColumns()
}

func (s *Segment) forget() {
	s.forgetColumns()
	s.mu.Lock()
	s.times, s.levels = nil, nil
	s.mu.Unlock()
}

func (s *Segment) forgetColumns() {
	s.changes.Add(1)
	s.src.release()
	for _, f := range s.alive() {
		f.mu.Lock()
		f.forget()
		f.mu.Unlock()
	}
	s.keyMu.Lock()
	s.keyOf, s.keyErr = nil, nil
	s.keyMu.Unlock()
	s.rowSets.forget()
}

// Use keeps what is decoded from being forgotten until Done: several requests may use a segment at once.
func (s *Segment) Use() { s.inUse.RLock() }

// Done ends a Use.
func (s *Segment) Done() { s.inUse.RUnlock() }

// Release forgets what has been decoded, unless somebody uses the segment. Slices that were handed out stay valid.
func (s *Segment) Release() {
	if !s.inUse.TryLock() {
		return
	}
	defer s.inUse.Unlock()
	s.forget()
	for _, f := range s.alive() {
		f.slimMu.Lock()
		f.slim = slim{}
		f.slimMu.Unlock()
	}
	s.filterMu.Lock()
	s.filter = nil
	s.filterMu.Unlock()
}

// alive returns the columns that may hold what is decoded. It is not to be written to.
func (s *Segment) alive() []*Column {
	s.liveMu.Lock()
	defer s.liveMu.Unlock()
	return s.live
}

// forget drops what load and its likes have made.
func (f *Column) forget() {
	f.set = nil
	f.loaded, f.err, f.v, f.order, f.rows, f.index, f.ids, f.floats = false, nil, nil, nil, nil, nil, nil, nil
}

// Tick tells that one more request is done with the segment.
func (s *Segment) Tick() { s.ticks.Add(1) }

// Trim forgets also what is small of columns that none of the last requests, as Tick tells of them, has asked for.
func (s *Segment) Trim(requests uint32) {
	if !s.inUse.TryLock() {
		return
	}
	defer s.inUse.Unlock()
	s.changes.Add(1)
	now := s.ticks.Load()
	for _, f := range s.alive() {
		f.slimMu.Lock()
		if now-f.slimTouched.Load() > requests {
			f.slim = slim{}
		}
		f.slimMu.Unlock()
	}
	s.filterMu.Lock()
	if now-s.filterTouched > requests {
		s.filter = nil
	}
	s.filterMu.Unlock()
}
