package journal

import (
	"cmp"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Names in the directory of a journal.
const (
	segmentSuffix = ".seg"
	badSuffix     = ".bad"
	lockName      = "lock"
	ackName       = "ack"
	ackTemp       = "ack.new"
)

// segment is one file of frames.
type segment struct {
	name  string
	first uint64 // sequence of its first frame
	last  uint64 // of its last frame; first-1 while it has none
	salt  uint32
	size  int64 // of the file

	created bool
}

func newSegment(first uint64, size int64) *segment {
	salt := rand.Uint32()
	return &segment{name: fmt.Sprintf("%020d-%08x%s", first, salt, segmentSuffix), first: first, last: first - 1, salt: salt, size: size}
}

// parseName returns the segment of that name, nil when it is no segment's name.
func parseName(name string) *segment {
	stem, ok := strings.CutSuffix(name, segmentSuffix)
	if !ok || len(stem) != 29 || stem[20] != '-' {
		return nil
	}
	first, err := strconv.ParseUint(stem[:20], 10, 64)
	if err != nil || first == 0 {
		return nil
	}
	salt, err := strconv.ParseUint(stem[21:], 16, 32)
	if err != nil || strings.ToLower(stem) != stem {
		return nil
	}
	return &segment{name: name, first: first, last: first - 1, salt: uint32(salt), created: true}
}

// listSegments returns the segments of a directory, oldest first, with their present sizes.
func listSegments(fsys FS, dir string) ([]*segment, []fs.DirEntry, error) {
	entries, err := fsys.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	var segs []*segment
	for _, e := range entries {
		if s := parseName(e.Name()); s != nil {
			if i, err := e.Info(); err == nil {
				s.size = i.Size()
			}
			segs = append(segs, s)
		}
	}
	slices.SortFunc(segs, func(a, b *segment) int {
		return cmp.Or(cmp.Compare(a.first, b.first), strings.Compare(a.name, b.name))
	})
	return segs, entries, nil
}

func (j *Journal) at(name string) string { return filepath.Join(j.dir, name) }
