package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"strings"

	"github.com/sluicelog/sluice/internal/onerror"
)

// Blanked is what Blank did, or would do.
type Blanked struct {
	Records uint64 // that matched
	Damaged int    // ranges that could not be read, and copies of such: they are blanked too, for nobody knows what is in them
}

// Blank overwrites the payload of every record that matches, acknowledged or not, with zeros where it lies, and damaged ranges with
// it; copies of damaged ranges are removed. Sequences and lengths stay, so nothing else changes, and IsBlank tells such a payload. It
// takes the writer's lock. With dry it counts and changes nothing. A crash in the middle leaves records blanked, one at most
// damaged, and the others as they were.
func Blank(dir string, opts *Options, dry bool, match func(payload []byte) bool) (Blanked, error) {
	var b Blanked
	o := opts.resolved()
	j := &Journal{dir: dir, opts: o, fs: o.FS, errs: onerror.Sink{Component: "journal", Func: o.OnError}}
	if _, err := o.FS.ReadDir(dir); err != nil { // Lock would say less
		return b, fmt.Errorf("journal: %w", err)
	}
	lock, err := o.FS.Lock(j.at(lockName), o.Perm)
	if err != nil {
		return b, fmt.Errorf("journal: %s: %w", dir, err)
	}
	err = j.blank(&b, dry, match)
	if err = errors.Join(err, lock.Close()); err != nil {
		return b, fmt.Errorf("journal: %s: %w", dir, err)
	}
	return b, nil
}

// IsBlank says whether a payload is that of a record which Blank has overwritten.
func IsBlank(payload []byte) bool {
	return len(payload) > 0 && len(bytes.TrimLeft(payload, "\x00")) == 0
}

func (j *Journal) blank(b *Blanked, dry bool, match func([]byte) bool) error {
	segs, entries, err := listSegments(j.fs, j.dir)
	if err != nil {
		return err
	}
	for _, s := range segs {
		if err := j.blankSegment(b, s, dry, match); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), badSuffix) {
			continue
		}
		b.Damaged++
		if dry {
			continue
		}
		if err := j.fs.Remove(j.at(e.Name())); err != nil {
			return err
		}
	}
	return j.fs.SyncDir(j.dir)
}

func (j *Journal) blankSegment(b *Blanked, s *segment, dry bool, match func([]byte) bool) error {
	flag := os.O_RDWR
	if dry {
		flag = os.O_RDONLY
	}
	f, err := j.fs.OpenFile(j.at(s.name), flag, 0)
	if err != nil {
		return err
	}
	size, err := f.Size()
	if err == nil {
		w := blanker{f: f, salt: s.salt, dry: dry}
		w.run(&scanner{f: f, salt: s.salt, limit: size, align: true}, s.first, b, match)
		err = w.err
	}
	if err == nil && !dry {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// blanker writes zeros into a segment.
type blanker struct {
	f       File
	salt    uint32
	dry     bool
	err     error
	scratch [12]byte
}

func (w *blanker) run(sc *scanner, next uint64, b *Blanked, match func([]byte) bool) {
	for off := int64(0); w.err == nil; {
		fr, v := sc.frame(off)
		if v == intact {
			if !IsBlank(fr.payload) && match(fr.payload) {
				b.Records++
				w.frame(off, fr.seq, len(fr.payload))
			}
			off, next = fr.next, fr.seq+1
			continue
		}
		if p, ok := sc.resync(off, next); ok {
			if w.dirty(sc, off, p) {
				b.Damaged++
				w.zero(off, p)
			}
			off = p
			continue
		}
		if sc.readErr != nil {
			w.err = sc.readErr
		} else if end := sc.tail(off); end > off {
			b.Damaged++
			for ; off < end; off += blockBytes { // a torn write: its block headers go too
				w.put(off, zeros[:min(end-off, blockBytes)])
			}
		}
		return
	}
}

// dirty says whether there is anything but zeros and block headers from off to end.
func (*blanker) dirty(sc *scanner, off, end int64) bool {
	for ; off < end; off++ {
		if off%blockBytes < headerBytes {
			continue
		}
		if b := sc.at(off, 1); b == nil || b[0] != 0 {
			return true
		}
	}
	return false
}

// frame overwrites the payload of the frame at off and gives it the checksum of zeros.
func (w *blanker) frame(off int64, seq uint64, n int) {
	if off%blockBytes == 0 {
		off += headerBytes
	}
	crc := uint32(0)
	for left := n; left > 0; left -= blockBytes {
		crc = crc32.Update(crc, castagnoli, zeros[:min(left, blockBytes)])
	}
	var sum [4]byte
	binary.LittleEndian.PutUint32(sum[:], checksum(crc, seq, w.salt, &w.scratch))
	place := func(k int) int64 { // of byte k of the frame
		at := logical(off) + int64(k)
		return at + headerBytes*(at/(blockBytes-headerBytes)+1)
	}
	w.zero(place(frameBytes), place(frameBytes+n-1)+1)
	for i := range sum {
		w.put(place(4+i), sum[i:i+1])
	}
}

// zero writes zeros from off to end, block headers aside.
func (w *blanker) zero(off, end int64) {
	for off < end {
		if at := off % blockBytes; at < headerBytes {
			off += headerBytes - at
			continue
		}
		n := min(end-off, blockBytes-off%blockBytes)
		w.put(off, zeros[:n])
		off += n
	}
}

func (w *blanker) put(off int64, b []byte) {
	if w.err != nil || w.dry || len(b) == 0 {
		return
	}
	_, w.err = w.f.WriteAt(b, off)
}
