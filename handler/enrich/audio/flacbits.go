package audio

import (
	"encoding/binary"
	"io"
	"math/bits"
)

// bitReader reads the bits of a stream, the highest of a byte first. It keeps the bytes of the frame that is being read, for its
// checksum.
type bitReader struct {
	r     io.Reader
	buf   []byte // from the beginning of the frame on
	pos   int    // of the next byte that is not in cache
	cache uint64 // the next bits, the first on top; below the n that count are more of the stream, or zeros
	n     uint
	ended bool  // r has no more
	err   error // of r, other than its end
}

// maxFrame bounds the bytes of a frame: 65,535 samples of eight channels with 32 bits, as they are.
const maxFrame = 4 << 20

// fill puts at least 56 bits into cache, or all that are left.
func (b *bitReader) fill() {
	if b.pos+8 > len(b.buf) {
		b.more()
	}
	if b.pos+8 <= len(b.buf) {
		b.cache |= binary.BigEndian.Uint64(b.buf[b.pos:]) >> b.n
		b.pos += int((63 - b.n) >> 3)
		b.n |= 56
		return
	}
	for b.n <= 56 && b.pos < len(b.buf) {
		b.cache |= uint64(b.buf[b.pos]) << (56 - b.n)
		b.pos++
		b.n += 8
	}
}

// more reads on.
func (b *bitReader) more() {
	const chunk = 64 << 10
	for !b.ended && b.pos+8 > len(b.buf) && len(b.buf) < maxFrame {
		if cap(b.buf)-len(b.buf) < chunk {
			b.buf = append(make([]byte, 0, 2*cap(b.buf)+chunk), b.buf...)
		}
		n, err := b.r.Read(b.buf[len(b.buf) : len(b.buf)+chunk])
		b.buf = b.buf[:len(b.buf)+n]
		if err != nil {
			b.ended = true
			if err != io.EOF {
				b.err = err
			}
		}
	}
}

// bits reads k bits, at most 33; ok is false when the stream has fewer.
func (b *bitReader) bits(k uint) (v uint64, ok bool) {
	if b.n < k {
		if b.fill(); b.n < k {
			return 0, false
		}
	}
	v = b.cache >> (64 - k)
	b.cache <<= k
	b.n -= k
	return v, true
}

// signed reads a number in two's complement.
func (b *bitReader) signed(k uint) (int64, bool) {
	v, ok := b.bits(k)
	return int64(v<<(64-k)) >> (64 - k), ok
}

// unary reads the number of zeros before a one.
func (b *bitReader) unary() (q uint64, ok bool) {
	for {
		if b.n == 0 {
			if b.fill(); b.n == 0 {
				return 0, false
			}
		}
		if z := uint(bits.LeadingZeros64(b.cache)); z < b.n {
			b.cache <<= z + 1
			b.n -= z + 1
			return q + uint64(z), true
		}
		q += uint64(b.n)
		b.cache, b.n = 0, 0
	}
}

// rice reads numbers in Rice's code with parameter k: most of a frame.
func (b *bitReader) rice(dst []int64, k uint) bool {
	for i := range dst {
		if b.n < 32 {
			b.fill()
		}
		var q uint64
		if z := uint(bits.LeadingZeros64(b.cache)); z < b.n {
			b.cache <<= z + 1
			b.n -= z + 1
			q = uint64(z)
		} else {
			var ok bool
			if q, ok = b.unary(); !ok {
				return false
			}
		}
		if b.n < k {
			if b.fill(); b.n < k {
				return false
			}
		}
		v := q<<k | b.cache>>(64-k)
		b.cache <<= k
		b.n -= k
		dst[i] = int64(v>>1) ^ -int64(v&1)
	}
	return true
}

// align goes to the next whole byte, and returns the bytes of the frame up to there.
func (b *bitReader) align() []byte {
	b.cache <<= b.n & 7
	b.n &^= 7
	return b.buf[:b.pos-int(b.n/8)]
}

// next forgets the frame that has been read. It returns false at the end of the stream.
func (b *bitReader) next() bool {
	at := len(b.align())
	b.buf = b.buf[:copy(b.buf, b.buf[at:])]
	b.pos, b.cache, b.n = 0, 0, 0
	b.more()
	return len(b.buf) > 0
}

// crc8 and crc16 are the checksums of a frame's header and of the frame (RFC 9639, section 9.1.8 and 9.3).
var (
	crc8Table  = crcTable(0x07 << 8)
	crc16Table = crcTable(0x8005)
)

func crcTable(poly uint16) (t [256]uint16) {
	for i := range t {
		c := uint16(i) << 8
		for range 8 {
			if c&0x8000 != 0 {
				c = c<<1 ^ poly
			} else {
				c <<= 1
			}
		}
		t[i] = c
	}
	return t
}

// checksum is 0 for bytes that end in their own.
func checksum(t *[256]uint16, data []byte) (c uint16) {
	for _, x := range data {
		c = c<<8 ^ t[byte(c>>8)^x]
	}
	return c
}
