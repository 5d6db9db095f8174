package segment

import (
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// unzip is shared: a decoder without streams is safe for concurrent use of DecodeAll.
var unzip = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxRaw))
	if err != nil {
		panic(err) // the options are constants
	}
	return d
})

// A BlockError names the block of a segment that is damaged. The other blocks can be read.
type BlockError struct {
	Block  int
	Offset int64 // in the file
	Size   int
	Reason string
}

// Error implements error.
func (e *BlockError) Error() string {
	return corrupt("block %d (%d bytes at %d): %s", e.Block, e.Size, e.Offset, e.Reason).Error()
}

// Unwrap returns ErrCorrupt.
func (e *BlockError) Unwrap() error { return ErrCorrupt }

// source reads blocks of a segment. It reads them into buffers that are used again, rather than map the file: for all blocks of a segment
// that takes about nine tenths of the CPU time, for a few of them half (BenchmarkReadingBlocks), a file that somebody cuts off gives an error
// instead of a signal, and a removed segment holds no address space.
type source struct {
	r      io.ReaderAt
	blocks []block
	mu     sync.Mutex
	shared map[int][]byte // uncompressed blocks that several streams lie in
	writer *packer        // while the segment is being written
}

// block returns the uncompressed bytes of block id.
func (s *source) block(id int, keep bool) ([]byte, error) {
	if id >= len(s.blocks) {
		return nil, corrupt("block %d of %d", id, len(s.blocks))
	}
	if s.writer != nil {
		if b, ok := s.writer.unsealed(id); ok {
			return b, nil
		}
	}
	if keep {
		s.mu.Lock()
		defer s.mu.Unlock()
		if b, ok := s.shared[id]; ok {
			return b, nil
		}
	}
	b := s.blocks[id]
	stored := buffer(b.stored)
	if _, err := s.r.ReadAt(stored, b.off); err != nil {
		return nil, &BlockError{id, b.off, b.stored, err.Error()}
	}
	if crc32.Checksum(stored, castagnoli) != b.crc {
		return nil, &BlockError{id, b.off, b.stored, "wrong checksum"}
	}
	raw := stored
	if b.raw != b.stored {
		var err error
		if raw, err = unzip().DecodeAll(stored, buffer(b.raw)[:0]); err != nil {
			return nil, &BlockError{id, b.off, b.stored, err.Error()}
		}
		buffers.Put(&stored)
		if len(raw) != b.raw {
			return nil, &BlockError{id, b.off, b.stored, "wrong length"}
		}
	}
	if keep {
		s.shared[id] = raw
	}
	return raw, nil
}

// buffers are those of blocks that nobody holds any more.
var buffers sync.Pool

// buffer returns n bytes, whatever they are.
func buffer(n int) []byte {
	if b, ok := buffers.Get().(*[]byte); ok && cap(*b) >= n {
		return (*b)[:n]
	}
	return make([]byte, n)
}

// recycle gives the bytes of a stream back, which nobody holds any more. It keeps those of blocks that are shared.
func (s *source) recycle(st stream, b []byte) {
	if st.n > 0 && st.off == 0 && st.n == s.raw(st.block) {
		buffers.Put(&b)
	}
}

// stream returns the bytes of a stream.
func (s *source) stream(st stream) ([]byte, error) {
	if st.n == 0 {
		return nil, nil
	}
	if st.block >= len(s.blocks) {
		return nil, corrupt("block %d of %d", st.block, len(s.blocks))
	}
	b, err := s.block(st.block, st.off != 0 || st.n != s.raw(st.block))
	if err != nil {
		return nil, err
	}
	if st.off+st.n > len(b) {
		return nil, corrupt("stream beyond block %d", st.block)
	}
	return b[st.off : st.off+st.n : st.off+st.n], nil
}

// raw returns the length of a block that is complete, -1 otherwise.
func (s *source) raw(id int) int {
	if s.writer != nil {
		return -1
	}
	return s.blocks[id].raw
}

// release forgets uncompressed blocks.
func (s *source) release() {
	s.mu.Lock()
	clear(s.shared)
	s.mu.Unlock()
}
