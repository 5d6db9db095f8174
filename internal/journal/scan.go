package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// verdict is what a place in a segment holds.
type verdict int

const (
	intact  verdict = iota
	nothing         // zeros, or the end of what is known
	damaged
)

// frame is an intact frame.
type frame struct {
	seq     uint64
	payload []byte // valid until the next use of the scanner
	next    int64  // where the next frame begins
}

const (
	windowBytes = 4 * blockBytes
	pageBytes   = 4 << 10
)

// scanner reads the frames of one segment through a window. What it returns is a pure function of the bytes: it trusts
// none of them.
type scanner struct {
	f       File
	salt    uint32
	limit   int64 // what is behind is nothing
	align   bool  // read whole blocks, for who looks at their headers too
	win     []byte
	winOff  int64
	head    [frameBytes]byte
	scratch [12]byte
	spill   []byte // payloads that cross a block header
	readErr error  // the first error of reading; its bytes count as zeros
}

// forget drops what was read, so that it is read again.
func (s *scanner) forget() { s.win = s.win[:0] }

// at returns n bytes at off, nil when they are not all before the limit. They are valid until the next at.
func (s *scanner) at(off int64, n int) []byte {
	if off < 0 || off+int64(n) > s.limit {
		return nil
	}
	if i := off - s.winOff; i >= 0 && i+int64(n) <= int64(len(s.win)) {
		return s.win[i : i+int64(n)]
	}
	skip := 0
	if s.align {
		skip = int(off % blockBytes)
	}
	s.winOff = off - int64(skip)
	want := int(min(int64(max(windowBytes, skip+n)), s.limit-s.winOff))
	if cap(s.win) < want {
		s.win = make([]byte, want)
	}
	s.win = s.win[:want]
	got, err := s.f.ReadAt(s.win, s.winOff)
	if err != nil && !errors.Is(err, io.EOF) {
		if s.readErr == nil {
			s.readErr = err
		}
		got = s.readPages(s.winOff)
	}
	s.win = s.win[:got]
	if got < skip+n {
		return nil
	}
	return s.win[skip : skip+n]
}

// readPages fills the window page by page and leaves zeros where a page cannot be read.
func (s *scanner) readPages(off int64) int {
	for i := 0; i < len(s.win); i += pageBytes {
		page := s.win[i:min(i+pageBytes, len(s.win))]
		n, err := s.f.ReadAt(page, off+int64(i))
		if errors.Is(err, io.EOF) {
			return i + n
		}
		if err != nil {
			clear(page)
		}
	}
	return len(s.win)
}

// logicalRead returns n bytes of the frames from off, where no block header begins, and the place behind them; nil when
// they are not all there. into is used when a block header lies between.
func (s *scanner) logicalRead(off int64, n int, into []byte) ([]byte, int64) {
	if off%blockBytes+int64(n) <= blockBytes {
		return s.at(off, n), off + int64(n)
	}
	into = into[:0]
	for n > 0 {
		if off%blockBytes == 0 {
			off += headerBytes
		}
		k := min(n, int(blockBytes-off%blockBytes))
		p := s.at(off, k)
		if p == nil {
			return nil, 0
		}
		into = append(into, p...)
		off, n = off+int64(k), n-k
	}
	return into, off
}

// frame reads the frame at off.
func (s *scanner) frame(off int64) (frame, verdict) {
	if off%blockBytes == 0 {
		off += headerBytes
	}
	h, body := s.logicalRead(off, frameBytes, s.head[:])
	if h == nil {
		return frame{}, s.remainder(off)
	}
	n, crc, seq := binary.LittleEndian.Uint32(h), binary.LittleEndian.Uint32(h[4:]), binary.LittleEndian.Uint64(h[8:])
	if n == 0 && crc == 0 && seq == 0 {
		return frame{}, nothing
	}
	if seq == 0 || int64(n) > s.limit-body {
		return frame{}, damaged
	}
	if n == 0 {
		if checksum(0, seq, s.salt, &s.scratch) != crc {
			return frame{}, damaged
		}
		return frame{seq: seq, next: body}, intact
	}
	if body%blockBytes == 0 {
		body += headerBytes
	}
	if afterFrame(off, int(n)) > s.limit {
		return frame{}, damaged
	}
	if need := int(n); body%blockBytes+int64(n) > blockBytes && cap(s.spill) < need {
		s.spill = make([]byte, 0, need)
	}
	payload, next := s.logicalRead(body, int(n), s.spill)
	if payload == nil || checksum(crc32.Update(0, castagnoli, payload), seq, s.salt, &s.scratch) != crc {
		return frame{}, damaged
	}
	return frame{seq: seq, payload: payload, next: next}, intact
}

// remainder judges less than a frame's header before the limit.
func (s *scanner) remainder(off int64) verdict {
	for ; off < s.limit; off++ {
		if b := s.at(off, 1); b == nil {
			return nothing
		} else if b[0] != 0 && off%blockBytes >= headerBytes {
			return damaged
		}
	}
	return nothing
}

var zeros [blockBytes]byte

// resync returns the first intact frame behind off whose sequence is at least from and no larger than the bytes between allow.
func (s *scanner) resync(off int64, from uint64) (int64, bool) {
	if off%blockBytes < headerBytes {
		off += headerBytes - off%blockBytes - 1
	}
	for start := off + 1; start < s.limit; {
		end := min(start-start%blockBytes+blockBytes, s.limit)
		block := s.at(start, int(end-start))
		if block == nil { // the file is shorter than it was
			return 0, false
		}
		if !bytes.Equal(block, zeros[:len(block)]) {
			for p := start; p < end; p++ {
				if s.candidate(p, from, uint64(p-off)/frameBytes+1) {
					if _, v := s.frame(p); v == intact {
						return p, true
					}
				}
			}
		}
		if end%blockBytes != 0 {
			break
		}
		start = end + headerBytes
	}
	return 0, false
}

// candidate says whether the sequence at p could be one of a frame: a cheap look before a checksum.
func (s *scanner) candidate(p int64, from, room uint64) bool {
	h, _ := s.logicalRead(p, frameBytes, s.head[:])
	if h == nil {
		return false
	}
	seq := binary.LittleEndian.Uint64(h[8:])
	return seq >= from && seq-from <= room
}

// blockFirst returns the first frame that begins in a block, by its header.
func (s *scanner) blockFirst(block int64) (off int64, seq uint64, ok bool) {
	h := s.at(block*blockBytes, headerBytes)
	if h == nil || string(h[:4]) != blockMagic || binary.LittleEndian.Uint32(h[4:]) != headerSum(h, s.salt) {
		return 0, 0, false
	}
	first := int64(binary.LittleEndian.Uint32(h[8:]))
	if first < headerBytes || first >= blockBytes || int64(binary.LittleEndian.Uint32(h[12:])) != block {
		return 0, 0, false
	}
	return block*blockBytes + first, binary.LittleEndian.Uint64(h[16:]), true
}

// seek returns a place at or before the frame seq, by the block headers.
func (s *scanner) seek(seq uint64) int64 {
	lo, hi, at := int64(0), s.limit/blockBytes+1, int64(0) // lo is good, hi is not
	for lo+1 < hi {
		mid := lo + (hi-lo)/2
		if off, first, ok := s.blockFirst(mid); ok && first <= seq {
			lo, at = mid, off
		} else {
			hi = mid
		}
	}
	return at
}

// headerOK says whether a block's header is intact.
func (s *scanner) headerOK(block int64) bool {
	h := s.at(block*blockBytes, headerBytes)
	return h == nil || string(h[:4]) == blockMagic && binary.LittleEndian.Uint32(h[4:]) == headerSum(h, s.salt)
}

// tail returns the end of what is not zero behind off: the end of a torn write.
func (s *scanner) tail(off int64) int64 {
	end := off
	for off < s.limit {
		n := min(blockBytes-off%blockBytes, s.limit-off)
		b := s.at(off, int(n))
		if b == nil {
			break
		}
		if !bytes.Equal(b, zeros[:len(b)]) {
			end = off + int64(len(bytes.TrimRight(b, "\x00")))
		}
		off += n
	}
	return end
}
