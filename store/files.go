package store

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/sluicelog/sluice/internal/journal"
)

const (
	tailDir   = "tail"
	segSuffix = ".seg"
	tmpSuffix = ".tmp"
	receipts  = "erasures.jsonl"
	holdsName = "holds.json"
	holdsLock = "holds.lock"
	badSuffix = ".bad" // of the journal
)

// A span names a segment's file: the arrival numbers that it answers for and how often they have been rewritten. Of two that
// overlap the one with the higher generation holds.
type span struct {
	first, last uint64
	gen         uint32
	size        int64
}

func (s span) name() string {
	b := appendHex(make([]byte, 0, 48), s.first)
	b = appendHex(append(b, '-'), s.last)
	b = strconv.AppendUint(append(b, '.'), uint64(s.gen), 10)
	return string(append(b, segSuffix...))
}

// appendHex appends 16 hexadecimal digits.
func appendHex(b []byte, n uint64) []byte {
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, "0123456789abcdef"[n>>shift&15])
	}
	return b
}

// parseName is the inverse of name.
func parseName(name string) (s span, ok bool) {
	base, ok := strings.CutSuffix(name, segSuffix)
	if !ok || len(base) < 16+1+16+1+1 || base[16] != '-' || base[33] != '.' {
		return span{}, false
	}
	first, err1 := strconv.ParseUint(base[:16], 16, 64)
	last, err2 := strconv.ParseUint(base[17:33], 16, 64)
	gen, err3 := strconv.ParseUint(base[34:], 10, 32)
	s = span{first: first, last: last, gen: uint32(gen)}
	return s, err1 == nil && err2 == nil && err3 == nil && first <= last && s.name() == name
}

// listSpans returns the segments that hold, by arrival, and the files that are left over from work that was cut short:
// temporary ones and segments that others replace.
func listSpans(fsys journal.FS, dir string) (spans []span, left []string, err error) {
	entries, err := fsys.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), tmpSuffix) {
			left = append(left, e.Name())
			continue
		}
		s, ok := parseName(e.Name())
		if !ok {
			continue
		}
		info, err := e.Info()
		if err != nil {
			if os.IsNotExist(err) { // replaced since the directory was read
				continue
			}
			return nil, nil, err
		}
		s.size = info.Size()
		spans = append(spans, s)
	}
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(b.gen, a.gen), cmp.Compare(a.first, b.first))
	})
	var held []span
	for _, s := range spans {
		if slices.ContainsFunc(held, func(h span) bool { return h.first <= s.last && s.first <= h.last }) {
			left = append(left, s.name())
			continue
		}
		held = append(held, s)
	}
	slices.SortFunc(held, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	return held, left, nil
}

// writeFile makes a file of data appear under its name at once, durably.
func writeFile(fsys journal.FS, dir, name string, data []byte) error {
	tmp := filepath.Join(dir, name+tmpSuffix)
	f, err := fsys.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(data, 0)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = fsys.Rename(tmp, filepath.Join(dir, name))
	}
	if err != nil {
		_ = fsys.Remove(tmp) // the next Open tries again
		return err
	}
	return fsys.SyncDir(dir)
}

func remove(fsys journal.FS, dir, name string) error {
	if err := fsys.Remove(filepath.Join(dir, name)); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}
