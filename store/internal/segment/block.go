package segment

import (
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/zstd"
)

const (
	maxBlocks = 1 << 20
	maxRaw    = 1 << 30 // bytes of one block, uncompressed
	packBytes = 256 << 10
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A stream is a run of bytes within an uncompressed block.
type stream struct{ block, off, n int }

// block is an entry of the directory of blocks.
type block struct {
	off    int64 // in the file
	stored int   // bytes in the file
	raw    int   // bytes when uncompressed; equal to stored: not compressed
	crc    uint32
}

// class says which streams share a block: those of one class are alike, and zstd finds in one what another repeats.
type class int

const (
	classText    class = iota // dictionaries, templates, free text
	classCodes                // codes of small alphabets
	classNumbers              // integers in planes
	classes
)

// packer gathers streams into blocks: a large stream gets its own, small ones of a class share one.
type packer struct {
	out    []byte // the file so far
	blocks []block
	open   [classes]struct {
		id  int // of the block, already reserved
		buf []byte
	}
	zenc    *zstd.Encoder
	scratch []byte
}

func newPacker(zenc *zstd.Encoder, out []byte) *packer {
	p := &packer{zenc: zenc, out: out}
	for i := range p.open {
		p.open[i].id = -1
	}
	return p
}

// add stores b among the streams of its class. Own says that readers want it without its neighbours.
func (p *packer) add(c class, b []byte, own bool) stream {
	if len(b) == 0 {
		return stream{}
	}
	if own && len(b) >= 4<<10 {
		id := p.reserve()
		p.seal(id, b)
		return stream{block: id, n: len(b)}
	}
	o := &p.open[c]
	if o.id >= 0 && len(o.buf)+len(b) > p.limit(c) {
		p.seal(o.id, o.buf)
		o.id, o.buf = -1, o.buf[:0]
	}
	if o.id < 0 {
		o.id = p.reserve()
	}
	s := stream{block: o.id, off: len(o.buf), n: len(b)}
	o.buf = append(o.buf, b...)
	return s
}

func (p *packer) limit(c class) int {
	if c == classCodes {
		return packBytes
	}
	return 4 * packBytes
}

func (p *packer) reserve() int {
	p.blocks = append(p.blocks, block{})
	return len(p.blocks) - 1
}

func (p *packer) seal(id int, raw []byte) {
	p.scratch = p.zenc.EncodeAll(raw, p.scratch[:0])
	stored := p.scratch
	if len(stored) >= len(raw) {
		stored = raw
	}
	p.blocks[id] = block{off: int64(len(p.out)), stored: len(stored), raw: len(raw), crc: crc32.Checksum(stored, castagnoli)}
	p.out = append(p.out, stored...)
}

// ReadAt reads blocks that are sealed.
func (p *packer) ReadAt(b []byte, off int64) (int, error) {
	if n := copy(b, p.out[min(off, int64(len(p.out))):]); n < len(b) {
		return n, io.ErrUnexpectedEOF
	}
	return len(b), nil
}

// unsealed returns what an open block holds so far.
func (p *packer) unsealed(id int) ([]byte, bool) {
	for i := range p.open {
		if p.open[i].id == id {
			return p.open[i].buf, true
		}
	}
	return nil, false
}

// flush seals the blocks that are still open.
func (p *packer) flush() {
	for i := range p.open {
		if o := &p.open[i]; o.id >= 0 {
			p.seal(o.id, o.buf)
			o.id, o.buf = -1, nil
		}
	}
}
