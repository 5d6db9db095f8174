package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// Recovery is what Open found.
type Recovery struct {
	// Segments is the number of files, without those that were acknowledged whole and are removed.
	Segments int
	// Records is the number of intact records in the segments that Open read (see Options.ScanLast).
	Records uint64
	// First and Last are the sequences that the journal spans; Last is First-1 in an empty one.
	First, Last uint64
	// Acked is the acknowledged position, and AckDamaged says that its file could not be read, so that Acked is a guess on the
	// safe side.
	Acked      uint64
	AckDamaged bool
	// Lost is how many records behind the acknowledged position are missing, those of the torn tail included.
	Lost uint64
	// Torn is how many of them were the torn end of the last segment, whose Append may never have returned, as far as that can be
	// seen, and TornBytes is what was cut there.
	Torn      uint64
	TornBytes int64
	// Damage lists the bad ranges.
	Damage []Damage
}

// Damage is a range of a segment that is not what was written.
type Damage struct {
	Segment       string // file name, "" when the whole segment is missing
	Offset, Bytes int64
	Lost          uint64 // records behind the acknowledged position that were in it
	Kept          string // file name of the copy, "" when there is none
	Reason        string
}

func (d Damage) String() string {
	kept := ""
	if d.Kept != "" {
		kept = ", kept in " + d.Kept
	}
	if d.Segment == "" {
		return fmt.Sprintf("%s: %d records lost", d.Reason, d.Lost)
	}
	return fmt.Sprintf("%s: %d bytes at %d: %s: %d records lost%s", d.Segment, d.Bytes, d.Offset, d.Reason, d.Lost, kept)
}

// maxKept bounds the bytes that a journal keeps aside; past it bad ranges are named and not copied.
const maxKept = 64 << 20

// recover reads the directory and makes the journal ready to append.
func (j *Journal) recover() (Recovery, error) {
	var r Recovery
	segs, entries, err := listSegments(j.fs, j.dir)
	if err != nil {
		return r, err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), badSuffix) {
			if i, err := e.Info(); err == nil {
				j.kept += i.Size()
			}
		}
	}
	acked, err := readAck(j.fs, j.at(ackName))
	if r.AckDamaged = errors.Is(err, errAckDamaged); err != nil && !r.AckDamaged && !errors.Is(err, fs.ErrNotExist) {
		return r, err
	}
	if acked == 0 && len(segs) > 0 && segs[0].first > 1 && !j.opts.Keep {
		r.AckDamaged = true // segments have been removed, and they are not before their acknowledgement is on disk
	}
	if r.AckDamaged && len(segs) > 0 {
		acked = segs[0].first - 1
	}
	j.acked, j.ackDurable = acked, acked
	for j.visit == nil && len(segs) > 1 && segs[1].first-1 <= acked && segs[1].size > 0 {
		if err := j.fs.Remove(j.at(segs[0].name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return r, err
		}
		segs = segs[1:]
	}
	next := acked + 1
	if len(segs) > 0 {
		first := segs[0].first
		if first > next {
			j.damaged(&r, Damage{Reason: "segments before " + segs[0].name + " are missing", Lost: first - next})
		}
		next = first
	}
	r.First, j.scanned = next, next
	for i, s := range segs {
		if next, err = j.recoverSegment(&r, segs, i, next); err != nil {
			return r, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	next = max(next, acked+1)
	if next <= j.opts.After {
		next, j.roll = j.opts.After+1, true
	}
	err = nil
	segs = slices.DeleteFunc(segs, func(s *segment) bool {
		if s.size > 0 || err != nil || j.visit != nil {
			return false
		}
		err = j.fs.Remove(j.at(s.name)) // a write that failed, or a file that was cut to nothing
		return err == nil
	})
	if err != nil {
		return r, err
	}
	for _, s := range segs {
		j.bytes += s.size
	}
	if n := len(segs); n > 0 && j.done.seg == nil {
		j.done = position{segs[n-1], segs[n-1].size}
	}
	j.segs, j.next, j.last = segs, next, next-1
	r.Segments, r.Last, r.Acked = len(segs), next-1, acked
	return r, nil
}

// recoverSegment reads segment i, whose first record should be next, and returns the sequence behind its last.
func (j *Journal) recoverSegment(r *Recovery, segs []*segment, i int, next uint64) (uint64, error) {
	s, isLast := segs[i], i == len(segs)-1
	until := uint64(0)
	if !isLast {
		until = segs[i+1].first
	}
	flag := os.O_RDWR
	if j.visit != nil {
		flag = os.O_RDONLY
	}
	f, err := j.fs.OpenFile(j.at(s.name), flag, 0)
	if err != nil {
		return 0, err
	}
	if s.size, err = f.Size(); err != nil {
		return 0, errors.Join(err, f.Close())
	}
	if !isLast && j.opts.ScanLast {
		s.last, j.scanned = until-1, until
		return max(next, until), f.Close()
	}
	if s.first > next { // the end of the one before is known to be missing
		j.damaged(r, Damage{Reason: "records before " + s.name + " are missing", Lost: lostBehind(j.acked, next, s.first)})
		next = s.first
	}
	sc := &scanner{f: f, salt: s.salt, limit: s.size, align: true}
	end, next, err := j.scan(r, sc, s, next, until)
	if err != nil {
		return 0, errors.Join(err, f.Close())
	}
	if j.visit != nil {
		if t := sc.tail(end); t > end {
			j.damaged(r, Damage{Segment: s.name, Offset: end, Bytes: t - end, Reason: "bytes behind the last record"})
		}
		return next, f.Close()
	}
	if !isLast {
		return next, f.Close()
	}
	if torn := sc.tail(end); torn > end {
		if err := j.cut(r, sc, s, end, torn, next); err != nil {
			return 0, errors.Join(err, f.Close())
		}
	}
	if 0 < s.size && s.size < j.opts.SegmentBytes {
		if err := f.Allocate(j.opts.SegmentBytes); err == nil {
			s.size = j.opts.SegmentBytes
		} // else the disk is full: the segment counts as finished
	}
	if s.size == 0 {
		return next, f.Close()
	}
	j.done = position{s, end}
	j.active, j.activeSeg = f, s
	return next, nil
}

// scan reads the frames of s, the first of which should be next. until is the first sequence of the segment behind, 0 when
// there is none. It returns the end of the last intact frame and the sequence behind what is known of.
func (j *Journal) scan(r *Recovery, sc *scanner, s *segment, next, until uint64) (int64, uint64, error) {
	off, block := int64(0), int64(0)
	for {
		fr, v := sc.frame(off)
		if v == intact && fr.seq >= next {
			if fr.seq > next {
				j.damaged(r, Damage{Segment: s.name, Offset: off, Lost: lostBehind(j.acked, next, fr.seq), Reason: "records are missing"})
			}
			r.Records++
			if j.visit != nil {
				if err := j.visit(fr.seq, fr.payload); err != nil {
					return 0, 0, err
				}
			}
			s.last, next, off = fr.seq, fr.seq+1, fr.next
			for ; block*blockBytes < off; block++ {
				if !sc.headerOK(block) {
					j.damaged(r, j.keep(sc, Damage{Segment: s.name, Offset: block * blockBytes, Bytes: headerBytes, Reason: "block header damaged"}))
				}
			}
			continue
		}
		if v == nothing && until != 0 && next >= until {
			return off, next, nil
		}
		if p, ok := sc.resync(off, next); ok {
			fr, _ := sc.frame(p)
			j.damaged(r, j.keep(sc, Damage{Segment: s.name, Offset: off, Bytes: p - off, Lost: lostBehind(j.acked, next, fr.seq), Reason: reason(sc, v)}))
			next, off, block = fr.seq, p, max(block, p/blockBytes+1)
			continue
		}
		if until != 0 && (next < until || v == damaged) {
			j.damaged(r, j.keep(sc, Damage{Segment: s.name, Offset: off, Bytes: sc.tail(off) - off, Lost: lostBehind(j.acked, next, until), Reason: reason(sc, v)}))
			next = max(next, until)
		}
		return off, next, nil
	}
}

// cut removes a torn tail, so that appending goes on behind the last intact frame.
func (j *Journal) cut(r *Recovery, sc *scanner, s *segment, end, torn int64, next uint64) error {
	n := sc.tornFrames(end, torn, next)
	r.Torn, r.TornBytes = n, torn-end
	j.damaged(r, j.keep(sc, Damage{Segment: s.name, Offset: end, Bytes: torn - end, Lost: lostBehind(j.acked, next, next+n), Reason: "torn tail"}))
	if err := sc.f.Truncate(end); err != nil {
		return err
	}
	if err := sc.f.Sync(); err != nil {
		return err
	}
	if err := sc.f.Allocate(s.size); err != nil {
		s.size = end // the disk is full: the segment is finished
	}
	return nil
}

// tornFrames counts the frames in a torn tail: the first, whatever it says that it is, and one more wherever a length leads to the
// next sequence.
func (s *scanner) tornFrames(off, end int64, next uint64) uint64 {
	n := uint64(0)
	for off < end {
		if off%blockBytes == 0 {
			off += headerBytes
		}
		h, _ := s.logicalRead(off, frameBytes, s.head[:])
		if h == nil || n > 0 && binary.LittleEndian.Uint64(h[8:]) != next+n {
			break
		}
		n++
		off = afterFrame(off, int(binary.LittleEndian.Uint32(h)))
	}
	return max(n, 1)
}

func reason(s *scanner, v verdict) string {
	switch {
	case s.readErr != nil:
		return "cannot be read: " + s.readErr.Error()
	case v == nothing:
		return "zeros"
	case v == intact:
		return "sequence goes back"
	}
	return "checksum or length does not match"
}

// lostBehind is how many of the sequences from to to-1 are behind the acknowledged position.
func lostBehind(acked, from, to uint64) uint64 {
	from = max(from, acked+1)
	if to <= from {
		return 0
	}
	return to - from
}

// damaged puts a bad range into the report.
func (*Journal) damaged(r *Recovery, d Damage) {
	r.Lost += d.Lost
	r.Damage = append(r.Damage, d)
}

// keep copies a bad range into a file of its own, once.
func (j *Journal) keep(sc *scanner, d Damage) Damage {
	if j.visit != nil {
		return d
	}
	name := fmt.Sprintf("%s.%d%s", strings.TrimSuffix(d.Segment, segmentSuffix), d.Offset, badSuffix)
	j.keepMu.Lock()
	defer j.keepMu.Unlock()
	f, err := j.fs.OpenFile(j.at(name), os.O_RDWR|os.O_CREATE|os.O_EXCL, j.opts.Perm)
	if errors.Is(err, fs.ErrExist) {
		d.Kept = name
		return d
	}
	if err != nil || j.kept+d.Bytes > maxKept {
		if err == nil {
			_ = f.Close()
			_ = j.fs.Remove(j.at(name))
		}
		return d // it stays in the segment until that is acknowledged
	}
	j.kept += d.Bytes
	for off := int64(0); off < d.Bytes && err == nil; off += pageBytes {
		n := min(pageBytes, d.Bytes-off)
		b := sc.at(d.Offset+off, int(n))
		if b == nil {
			break
		}
		_, err = f.WriteAt(b, off)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		_ = j.fs.Remove(j.at(name))
		return d
	}
	d.Kept = name
	return d
}
