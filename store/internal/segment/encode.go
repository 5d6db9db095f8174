package segment

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/klauspost/compress/zstd"
)

// kindCodes marks fields that are codes without values: those of shapes and templates.
const kindCodes Kind = 0xff

const (
	magic   = "SLUICSEG"
	version = 1
)

// MaxBytes bounds the bytes of a segment's records.
const MaxBytes = 1 << 30

// Level says how much time compression may take.
type Level int

// Levels of compression.
const (
	Fast Level = iota // when records are written
	Best              // when segments are compacted
)

// Batch gathers the records of a segment.
type Batch struct {
	buf  []byte
	ends []uint32
	seqs []uint64
}

// Append adds a record, whose arrival number is larger than those before.
func (b *Batch) Append(seq uint64, line []byte) {
	b.buf = append(roomFor(b.buf, len(line)), line...)
	b.ends = append(b.ends, uint32(len(b.buf)))
	b.seqs = append(b.seqs, seq)
}

// Like returns an empty batch with room for as much as b has.
func (b *Batch) Like() *Batch {
	return &Batch{buf: make([]byte, 0, cap(b.buf)), ends: make([]uint32, 0, cap(b.ends)), seqs: make([]uint64, 0, cap(b.seqs))}
}

// Len returns the number of records, Size their bytes.
func (b *Batch) Len() int  { return len(b.ends) }
func (b *Batch) Size() int { return len(b.buf) }

// Span returns the first and the last arrival number.
func (b *Batch) Span() (first, last uint64) { return b.seqs[0], b.seqs[len(b.seqs)-1] }

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() { b.buf, b.ends, b.seqs = b.buf[:0], b.ends[:0], b.seqs[:0] }

// Encode returns b's records, of which there is at least one, as the bytes of a segment.
func Encode(b *Batch, level Level) ([]byte, error) {
	if b.Len() == 0 || b.Len() > maxRows || b.Size() > MaxBytes {
		return nil, fmt.Errorf("segment: %d records of %d bytes, want 1 to %d of at most %d", b.Len(), b.Size(), maxRows, MaxBytes)
	}
	if level == Fast {
		out, _, err := encodeBy(b, zipFast(), keyByFew, false)
		return out, err
	}
	// Which key is the better one shows in the end alone.
	out, differ, err := encodeBy(b, zipBest(), keyByAll, true)
	if !differ || err != nil {
		return out, err
	}
	other, _, err := encodeBy(b, zipBest(), keyByFew, false)
	if err == nil && len(other) < len(out) {
		out = other
	}
	return out, err
}

// encodeBy encodes b with a key that is chosen by some of the rows. If compare is set it says whether the other choice is another key.
func encodeBy(b *Batch, zip *zstd.Encoder, by keyChoice, compare bool) (out []byte, differ bool, err error) {
	sl := slabs.Get().(*slab)
	defer slabs.Put(sl)
	e := &encoder{buf: b.buf, tryer: zipTrial(), rows: b.Len(), orders: map[*uint32][]uint32{}, dict: sl.dict, raw: sl.raw, scratch: sl.zip, u64: sl.u64, ages: sl.ages}
	defer sl.take(e)
	e.t = newTable(b.buf, sl)
	from := 0
	for _, end := range b.ends {
		e.t.add(from, int(end))
		from = int(end)
	}
	out = append(make([]byte, 0, len(b.buf)/16), magic...)
	out = append(out, version)
	e.pack = newPacker(zip, out)
	m, differ := e.describe(by, compare)
	// What is known about the records as a whole is what a reader finds.
	s := &Segment{src: source{blocks: e.pack.blocks, shared: map[int][]byte{}, r: e.pack, writer: e.pack}}
	if err := s.describe(&cursor{b: m.b}); err != nil {
		return nil, false, err
	}
	if err := e.describeExtras(m, s, b.seqs); err != nil {
		return nil, false, err
	}
	e.pack.flush()
	return e.finish(m), differ, nil
}

// describe encodes everything and returns the description of it, and what chooseKey says.
func (e *encoder) describe(by keyChoice, compare bool) (m *meta, differ bool) {
	all := e.t.place()
	for _, f := range e.t.fields {
		f.sameAs = -1
	}
	e.texts()
	shapes := &field{id: len(e.t.fields), rows: all}
	shapes.codes, shapes.derived, shapes.key.kind = e.t.codes, true, kindCodes
	e.t.fields = append(e.t.fields, shapes)
	e.number()
	differ = e.chooseKey(by, compare)
	e.relate()

	m = &meta{}
	m.uint(uint64(e.rows))
	if e.key == nil {
		m.byte(0)
	} else {
		m.byte(1)
		m.uint(uint64(e.key.id))
		m.uint(uint64(len(e.key.dict)))
		e.plainCodes(m, e.keyOf, true)
	}
	e.shapeTable(m)
	m.uint(uint64(len(e.t.fields)))
	var bodies meta
	for _, f := range e.t.fields {
		at := len(bodies.b)
		e.field(&bodies, f)
		m.byte(byte(f.key.kind))
		m.uint(uint64(len(f.rows)))
		switch {
		case f == shapes:
			m.byte(3)
		case f.key.kind == kindCodes:
			m.byte(1)
			m.uint(uint64(f.of))
		case f.derived:
			m.byte(2)
			m.uint(uint64(f.of))
			m.uint(uint64(f.slot))
		default:
			m.byte(0)
			m.bytes([]byte(f.key.path))
			m.uint(uint64(f.key.nth))
		}
		m.uint(uint64(len(bodies.b) - at))
	}
	m.b = append(m.b, bodies.b...)
	return m, differ
}

func (e *encoder) shapeTable(m *meta) {
	m.uint(uint64(len(e.t.shapes)))
	var text []byte
	for _, s := range e.t.shapes {
		m.uint(uint64(len(s.fields)))
		for i, lit := range s.lits {
			m.uint(uint64(len(lit)))
			text = append(text, lit...)
			if i < len(s.fields) {
				m.uint(uint64(s.fields[i]))
			}
		}
	}
	m.stream(e.pack.add(classText, text, false))
}

// finish appends the description, the directory of blocks and the footer.
func (e *encoder) finish(m *meta) []byte {
	d := &meta{}
	d.uint(uint64(len(e.pack.blocks)))
	at := int64(len(magic) + 1)
	for _, b := range e.pack.blocks {
		d.int(b.off - at)
		at = b.off + int64(b.stored)
		d.uint(uint64(b.stored))
		d.uint(uint64(b.raw))
		d.b = binary.LittleEndian.AppendUint32(d.b, b.crc)
	}
	d.bytes(m.b)
	z := e.pack.zenc.EncodeAll(d.b, nil)
	out := append(e.pack.out, z...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(d.b)))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(z)))
	out = binary.LittleEndian.AppendUint32(out, crc32.Checksum(z, castagnoli))
	return append(out, magic...)
}
