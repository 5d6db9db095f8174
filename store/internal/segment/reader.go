package segment

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"os"
	"sync"
	"sync/atomic"
)

// maxRows bounds the records of a segment.
const maxRows = 1 << 22

// A Segment is an open segment. It is safe for concurrent use. Columns are decoded when they are first asked for and kept until
// Release.
type Segment struct {
	src    source
	closer io.Closer
	size   int64
	rows   int
	shapes []shape
	fields []*Column
	shapeC *Column

	keyID, keyCount int
	keyBody         *cursor
	keyMu           sync.Mutex
	keyOf           []uint32
	keyErr          error

	extras
	rowSets       rowSets
	liveMu        sync.Mutex    // taken last
	live          []*Column     // those that may hold what is decoded
	ticks         atomic.Uint32 // see Tick
	changes       atomic.Uint64 // see Changes
	columnsOnce   sync.Once
	columns       []*Column
	inUse         sync.RWMutex // see Use
	filterMu      sync.Mutex
	filter        *filter
	filterTouched uint32 // tick at which filter was asked for last
	mu            sync.Mutex
	times         []int64
	levels        []int8
}

// A Column holds the values of one path and kind in a segment's records. It is safe for concurrent use.
type Column struct {
	seg    *Segment
	id     int
	key    fieldKey
	n      int
	least  float64 // of numbers, if ranged
	most   float64
	ranged bool
	sifted bool // its values are in the filter
	body   []byte
	text   *Column // of a slot: the field of the text, whose table tells the rows
	slot   int
	mu     sync.Mutex
	live   bool // among the segment's
	loaded bool
	err    error
	v      *vec
	order  []uint32 // place in v of each entry, nil: the same
	rows   []uint32
	facts  facts
	set    *rowSet // that rows are, shared with other columns; nil before it is asked for
	index  []int32 // of each row, the entry; -1: none
	refIDs []int   // of a text: the fields of its slots
	tmpl   int     // of a text: the field of its template codes
	ids    []uint32
	floats []float64
	used   []stream

	slimMu      sync.Mutex // taken before mu
	slim        slim
	slimTouched atomic.Uint32 // tick at which slim was asked for last
}

// Open opens the segment in a file.
func Open(path string) (*Segment, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		var s *Segment
		if s, err = New(f, info.Size()); err == nil {
			s.closer = f
			return s, nil
		}
	}
	_ = f.Close()
	return nil, err
}

// footer: raw and stored length of the description, its checksum, magic.
const footerLen = 12 + len(magic)

// New reads the description of a segment of size bytes.
func New(r io.ReaderAt, size int64) (*Segment, error) {
	if size < int64(len(magic)+1+footerLen) {
		return nil, corrupt("%d bytes are too few", size)
	}
	head, foot := make([]byte, len(magic)+1), make([]byte, footerLen)
	if _, err := r.ReadAt(head, 0); err != nil {
		return nil, err
	}
	if _, err := r.ReadAt(foot, size-int64(footerLen)); err != nil {
		return nil, err
	}
	if string(head[:len(magic)]) != magic || string(foot[12:]) != magic {
		return nil, corrupt("no segment: it does not start and end with %s", magic)
	}
	if head[len(magic)] != version {
		return nil, corrupt("format version %d, this program reads %d", head[len(magic)], version)
	}
	raw, stored := int64(binary.LittleEndian.Uint32(foot)), int64(binary.LittleEndian.Uint32(foot[4:]))
	at := size - int64(footerLen) - stored
	if at < int64(len(head)) || raw > maxRaw {
		return nil, corrupt("footer: a description of %d bytes", stored)
	}
	z := make([]byte, stored)
	if _, err := r.ReadAt(z, at); err != nil {
		return nil, err
	}
	if crc32.Checksum(z, castagnoli) != binary.LittleEndian.Uint32(foot[8:]) {
		return nil, corrupt("wrong checksum of the description")
	}
	b, err := unzip().DecodeAll(z, make([]byte, 0, raw))
	if err != nil {
		return nil, corrupt("description cannot be uncompressed: %v", err)
	}
	if int64(len(b)) != raw {
		return nil, corrupt("description has %d bytes, want %d", len(b), raw)
	}
	s := &Segment{src: source{r: r, shared: map[int][]byte{}}, size: size}
	c := &cursor{b: b}
	s.readBlocks(c, at)
	c = &cursor{b: c.bytes(), err: c.err}
	if err := s.describe(c); err != nil {
		return nil, err
	}
	if len(c.b) > 0 { // there are none while the segment is being written
		if err := s.readExtras(c); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Close closes the file that Open has opened.
func (s *Segment) Close() error {
	if s.closer == nil {
		return nil
	}
	return s.closer.Close()
}

// Len returns the number of records.
func (s *Segment) Len() int { return s.rows }

// Size returns the bytes of the segment.
func (s *Segment) Size() int64 { return s.size }

func (s *Segment) readBlocks(c *cursor, end int64) {
	n := c.count(min(maxBlocks, len(c.b)))
	s.src.blocks = make([]block, n)
	at := int64(len(magic) + 1)
	for i := range s.src.blocks {
		b := block{off: at + c.int(), stored: c.count(maxRaw), raw: c.count(maxRaw)}
		if len(c.b) < 4 || b.off < 0 || b.off+int64(b.stored) > end {
			c.fail("place of a block")
			return
		}
		b.crc = binary.LittleEndian.Uint32(c.b)
		c.b = c.b[4:]
		at = b.off + int64(b.stored)
		s.src.blocks[i] = b
	}
}

func (s *Segment) describe(c *cursor) error {
	s.rows = c.count(maxRows)
	s.keyID = -1
	if c.byte() == 1 {
		s.keyID = c.count(maxList)
		s.keyCount = c.count(max(s.rows, 1))
		s.keyBody = &cursor{b: c.b}
		skipCodes(c)
	}
	if err := s.readShapes(c); err != nil {
		return err
	}
	n := c.count(len(c.b))
	s.fields = make([]*Column, n)
	lens := make([]int, n)
	for i := range s.fields {
		f := &Column{seg: s, id: i, tmpl: -1}
		f.key.kind = Kind(c.byte())
		f.n = c.count(s.rows)
		switch c.byte() {
		case 0:
			f.key.path, f.key.nth = string(unescaped(c.bytes())), c.count(maxRows)
		case 1:
			f.slot = -1
			f.text = &Column{id: c.count(n)}
		case 2:
			f.text = &Column{id: c.count(n)}
			f.slot = c.count(maxList)
		case 3:
			s.shapeC = f
		default:
			c.fail("kind of a field")
		}
		lens[i] = c.count(maxRaw)
		s.fields[i] = f
	}
	for i, f := range s.fields {
		if c.err != nil || lens[i] > len(c.b) {
			c.fail("size of a field")
			return c.err
		}
		f.body, c.b = c.b[:lens[i]:lens[i]], c.b[lens[i]:]
		if f.text != nil {
			if f.text.id >= len(s.fields) {
				c.fail("field of a slot")
				return c.err
			}
			f.text = s.fields[f.text.id]
		}
	}
	for _, f := range s.fields {
		if f.text != nil && (f.text.text != nil || f.text == s.shapeC) {
			c.fail("field of a slot")
		}
	}
	if s.shapeC == nil || s.shapeC.n != s.rows {
		c.fail("no codes of shapes")
	}
	for _, sh := range s.shapes {
		for _, id := range sh.fields {
			if id >= len(s.fields) || s.fields[id].text != nil || s.fields[id] == s.shapeC {
				c.fail("field of a shape")
			}
		}
	}
	if c.err != nil {
		return c.err
	}
	return s.checkOrder()
}

// checkOrder makes sure that no field needs itself: a loader would wait for itself.
func (s *Segment) checkOrder() error {
	const unseen, open, done = 0, 1, 2
	state := make([]byte, len(s.fields))
	var visit func(id, depth int) error
	visit = func(id, depth int) error {
		if id < 0 || id >= len(s.fields) || depth > len(s.fields) {
			return corrupt("field %d of %d is needed", id, len(s.fields))
		}
		switch state[id] {
		case open:
			return corrupt("field %d needs itself", id)
		case done:
			return nil
		}
		state[id] = open
		for _, next := range s.fields[id].needs() {
			if err := visit(next, depth+1); err != nil {
				return err
			}
		}
		state[id] = done
		return nil
	}
	for id := range s.fields {
		if err := visit(id, 0); err != nil {
			return err
		}
	}
	return nil
}

// needs returns the fields that are decoded before this one.
func (f *Column) needs() (ids []int) {
	if f.text != nil {
		ids = append(ids, f.text.id)
	}
	if len(f.body) < 3 || f.key.kind == kindCodes {
		return ids
	}
	c := &cursor{b: f.body[2:]}
	switch f.body[1] {
	case strTimeDiff:
		c.bytes()
		ids = append(ids, c.count(maxList))
	case strFunc, strSame:
		ids = append(ids, c.count(maxList))
	}
	return ids
}

// skipCodes passes what encoder.plainCodes has written.
func skipCodes(c *cursor) {
	switch c.byte() {
	case codesConst:
		c.uint()
	case codesPlain, codesAge:
		c.byte()
		c.stream()
	}
}

func (s *Segment) readShapes(c *cursor) error {
	n := c.count(len(c.b))
	type lens struct{ lits []int }
	all := make([]lens, n)
	s.shapes = make([]shape, n)
	for i := range s.shapes {
		k := c.count(len(c.b))
		for j := range k + 1 {
			all[i].lits = append(all[i].lits, c.count(maxRaw))
			if j < k {
				s.shapes[i].fields = append(s.shapes[i].fields, c.count(maxList))
			}
		}
		if c.err != nil {
			return c.err
		}
	}
	st := c.stream()
	if c.err != nil {
		return c.err
	}
	text, err := s.src.stream(st)
	if err != nil {
		return err
	}
	text = bytes.Clone(text) // what is kept of a block keeps all of it
	s.src.release()
	for i, l := range all {
		for _, k := range l.lits {
			if k > len(text) {
				return corrupt("text of shape %d", i)
			}
			s.shapes[i].lits = append(s.shapes[i].lits, text[:k:k])
			text = text[k:]
		}
	}
	return nil
}

// key returns the key's code of each row, which is keyCount where it is absent.
func (s *Segment) key() ([]uint32, error) {
	s.keyMu.Lock()
	defer s.keyMu.Unlock()
	if s.keyOf == nil && s.keyErr == nil {
		if s.keyBody == nil {
			s.keyErr = corrupt("order of a key that is not there")
			return nil, s.keyErr
		}
		d := decoder{src: &s.src}
		c := *s.keyBody
		s.keyOf, s.keyErr = d.codes(&c, s.rows, s.keyCount+1)
	}
	return s.keyOf, s.keyErr
}
