package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"slices"
)

const (
	ackMagic = "SLA1"
	ackBytes = 16
)

var errAckDamaged = errors.New("the acknowledged position is damaged")

// readAck reads the acknowledged position.
func readAck(fsys FS, name string) (uint64, error) {
	f, err := fsys.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var b [ackBytes]byte
	if n, err := f.ReadAt(b[:], 0); n < ackBytes {
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, fmt.Errorf("%w: %w", errAckDamaged, err)
		}
		return 0, errAckDamaged
	}
	if string(b[:4]) != ackMagic || binary.LittleEndian.Uint32(b[4:]) != crc32.Checksum(b[8:], castagnoli) {
		return 0, errAckDamaged
	}
	return binary.LittleEndian.Uint64(b[8:]), nil
}

// writeAck makes the position durable: a new file takes the place of the old, and is there before anything is removed.
func (j *Journal) writeAck(seq uint64) error {
	var b [ackBytes]byte
	copy(b[:], ackMagic)
	binary.LittleEndian.PutUint64(b[8:], seq)
	binary.LittleEndian.PutUint32(b[4:], crc32.Checksum(b[8:], castagnoli))
	f, err := j.fs.OpenFile(j.at(ackTemp), os.O_RDWR|os.O_CREATE|os.O_TRUNC, j.opts.Perm)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b[:], 0)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := j.fs.Rename(j.at(ackTemp), j.at(ackName)); err != nil {
		return err
	}
	return j.fs.SyncDir(j.dir)
}

// Ack says that the records up to seq have been dealt with and need not come again: it makes that durable, then removes the
// segments that hold nothing else. It is ordered with itself and safe for concurrent use; a smaller seq than before does
// nothing, a larger one than the last record is refused. A removal that fails is tried again at the next Ack.
func (j *Journal) Ack(seq uint64) error {
	j.mu.Lock()
	err, last := j.usable(), j.last
	j.mu.Unlock()
	switch {
	case err != nil:
		return err
	case j.opts.Keep:
		return errors.New("journal: Ack: this journal keeps everything (Options.Keep)")
	case seq > last:
		return fmt.Errorf("journal: Ack(%d): the last record is %d", seq, last)
	}
	j.ackMu.Lock()
	defer j.ackMu.Unlock()
	return j.ackLocked(seq)
}

func (j *Journal) ackLocked(seq uint64) error {
	if seq <= j.ackDurable {
		return nil
	}
	if err := j.writeAck(seq); err != nil {
		return fmt.Errorf("journal: acknowledge %d: %w", seq, err)
	}
	j.ackDurable = seq
	j.mu.Lock()
	j.acked = seq
	var gone []*segment
	for j.done.seg != nil && j.segs[0] != j.done.seg && j.segs[0].last <= seq {
		gone = append(gone, j.segs[0])
		j.bytes -= j.segs[0].size
		j.segs = slices.Delete(j.segs, 0, 1)
	}
	j.mu.Unlock()
	j.stale = append(j.stale, gone...)
	var errs []error
	j.stale = slices.DeleteFunc(j.stale, func(s *segment) bool {
		err := j.fs.Remove(j.at(s.name))
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return true
		}
		errs = append(errs, fmt.Errorf("journal: remove acknowledged segment: %w", err))
		return false
	})
	return errors.Join(errs...)
}

// dropOldest makes room for one more segment by giving up the oldest ones.
func (j *Journal) dropOldest() error {
	j.ackMu.Lock()
	defer j.ackMu.Unlock()
	for {
		j.mu.Lock()
		if j.done.seg == nil {
			j.mu.Unlock()
			return nil
		}
		onDisk := j.opts.SegmentBytes
		for _, s := range j.segs {
			if s.first <= j.done.seg.first {
				onDisk += s.size
			}
		}
		oldest := j.segs[0]
		n := lostBehind(j.acked, oldest.first, oldest.last+1)
		j.mu.Unlock()
		if onDisk <= j.opts.MaxBytes || oldest == j.done.seg {
			return nil
		}
		if err := j.ackLocked(max(oldest.last, j.ackDurable+1)); err != nil {
			return err
		}
		j.mu.Lock()
		j.stats.Dropped += n
		j.mu.Unlock()
	}
}
