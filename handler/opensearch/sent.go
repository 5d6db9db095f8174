package opensearch

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"os"
	"sync"
)

// A sentFile remembers, beside a spool, up to which frame records have been sent, and which index was written to when the
// oldest of those that are not acknowledged was. After a crash these may be stored already, in that index or a later one; all
// others cannot.
//
// It is one block: CRC32C of the rest, the frame, the length of the index's name, the name.
type sentFile struct {
	file *os.File
	sync bool

	mu    sync.Mutex
	frame uint64
	since string
	next  string // takes the place of since when the frame after is acknowledged
	after uint64
}

const sentBytes = 512

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func openSent(path string, forced bool) (*sentFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	s := &sentFile{file: f, sync: forced}
	var b [sentBytes]byte
	n, _ := f.ReadAt(b[:], 0)
	switch {
	case n == 0: // new: nothing has been sent
	case n == sentBytes && binary.LittleEndian.Uint32(b[:]) == crc32.Checksum(b[4:], castagnoli) && int(binary.LittleEndian.Uint16(b[12:])) <= sentBytes-14:
		s.frame = binary.LittleEndian.Uint64(b[4:])
		s.since = string(b[14 : 14+binary.LittleEndian.Uint16(b[12:])])
	default:
		s.frame = math.MaxUint64 // damaged: any of them may have been sent
	}
	return s, nil
}

func (s *sentFile) state() (frame uint64, since string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	frame, since = s.frame, s.since
	if s.frame == math.MaxUint64 {
		s.frame = 0 // from here on it is known
	}
	return frame, since
}

// sending notes that frames up to this one are about to be sent, to the index write; frames up to acked do not come
// again.
func (s *sentFile) sending(frame, acked uint64, write string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := frame > s.frame
	if write != s.since && write != s.next {
		s.next, s.after = write, s.frame
	}
	if s.next != "" && acked >= s.after {
		s.since, s.next, changed = s.next, "", true
	}
	s.frame = max(s.frame, frame)
	if !changed {
		return nil
	}
	var b [sentBytes]byte
	binary.LittleEndian.PutUint64(b[4:], s.frame)
	binary.LittleEndian.PutUint16(b[12:], uint16(copy(b[14:], s.since)))
	binary.LittleEndian.PutUint32(b[:], crc32.Checksum(b[4:], castagnoli))
	if _, err := s.file.WriteAt(b[:], 0); err != nil {
		return err
	}
	if s.sync {
		return s.file.Sync()
	}
	return nil
}

func (s *sentFile) close() error { return s.file.Close() }
