package journal

import (
	"encoding/binary"
	"hash/crc32"
)

// Sizes of the format; see the package comment.
const (
	blockBytes  = 64 << 10
	headerBytes = 24 // at the start of each block
	frameBytes  = 16 // before each payload
	blockMagic  = "SLJ1"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum extends crc by the sequence and the salt.
func checksum(crc uint32, seq uint64, salt uint32, scratch *[12]byte) uint32 {
	binary.LittleEndian.PutUint64(scratch[:8], seq)
	binary.LittleEndian.PutUint32(scratch[8:], salt)
	return crc32.Update(crc, castagnoli, scratch[:])
}

// afterFrame returns where a frame with n bytes of payload ends that starts at off or behind the block header there.
func afterFrame(off int64, n int) int64 {
	if off%blockBytes == 0 {
		off += headerBytes
	}
	last := logical(off) + frameBytes + int64(n) - 1
	return last + headerBytes*(last/(blockBytes-headerBytes)+1) + 1
}

// logical is the place of the byte at off when block headers are not counted.
func logical(off int64) int64 { return off - headerBytes*(off/blockBytes+1) }

// layout appends frames to the image of a piece of a segment.
type layout struct {
	buf     []byte
	scratch [12]byte // fields, so that no frame allocates them
	head    [headerBytes]byte
}

// frame appends the frame of a payload whose place in the segment is off, and returns where it ends.
func (l *layout) frame(off int64, seq uint64, salt uint32, payload []byte) int64 {
	if off%blockBytes == 0 {
		l.blockHeader(off, headerBytes, seq, salt)
		off += headerBytes
	}
	crc := checksum(crc32.Update(0, castagnoli, payload), seq, salt, &l.scratch)
	binary.LittleEndian.PutUint32(l.head[0:], uint32(len(payload)))
	binary.LittleEndian.PutUint32(l.head[4:], crc)
	binary.LittleEndian.PutUint64(l.head[8:], seq)
	var head [frameBytes]byte
	copy(head[:], l.head[:])
	off = l.put(off, seq, salt, len(payload), head[:])
	return l.put(off, seq, salt, 0, payload)
}

// put appends p, a part of frame seq behind which more bytes of that frame follow, with block headers where blocks begin.
func (l *layout) put(off int64, seq uint64, salt uint32, more int, p []byte) int64 {
	for len(p) > 0 {
		if off%blockBytes == 0 {
			first, next := headerBytes+len(p)+more, seq+1
			if first >= blockBytes {
				first, next = 0, seq
			}
			l.blockHeader(off, first, next, salt)
			off += headerBytes
		}
		n := min(len(p), int(blockBytes-off%blockBytes))
		l.buf = append(l.buf, p[:n]...)
		p, off = p[n:], off+int64(n)
	}
	return off
}

// blockHeader appends the header of the block at off: the first frame that begins in it is seq at first, or none if first is 0.
func (l *layout) blockHeader(off int64, first int, seq uint64, salt uint32) {
	h := &l.head
	copy(h[:], blockMagic)
	binary.LittleEndian.PutUint32(h[8:], uint32(first))
	binary.LittleEndian.PutUint32(h[12:], uint32(off/blockBytes))
	binary.LittleEndian.PutUint64(h[16:], seq)
	binary.LittleEndian.PutUint32(h[4:], headerSum(h[:], salt))
	l.buf = append(l.buf, h[:]...)
}

// headerSum is the checksum of a block header.
func headerSum(h []byte, salt uint32) uint32 {
	var s [4]byte
	binary.LittleEndian.PutUint32(s[:], salt)
	return crc32.Update(crc32.Update(0, castagnoli, h[8:headerBytes]), castagnoli, s[:])
}
