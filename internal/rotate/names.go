package rotate

import (
	"path/filepath"
	"strings"
	"time"
)

// stampLayout is the time in the name of a rotated file, in UTC.
const stampLayout = "2006-01-02T15-04-05.000"

// tempSuffix marks a compressed file that is not whole yet.
const tempSuffix = ".tmp"

// suffixes are how compressed files end.
var suffixes = map[Compression]string{Zstd: ".zst", Gzip: ".gz"}

// naming makes and reads the names of the rotated files of one active file.
type naming struct{ dir, stem, ext string }

func newNaming(path string) naming {
	dir, name := filepath.Split(path)
	ext := filepath.Ext(name)
	if ext == name { // .hidden
		ext = ""
	}
	return naming{dir: filepath.Clean(dir), stem: strings.TrimSuffix(name, ext), ext: ext}
}

// path returns the path of the plain file that was rotated at stamp.
func (n naming) path(stamp time.Time) string {
	return filepath.Join(n.dir, n.stem+"-"+stamp.UTC().Format(stampLayout)+n.ext)
}

// rotated is a file of a rotation.
type rotated struct {
	stamp time.Time
	name  string
	// compress is how it is compressed, NoCompression for a plain file.
	compress Compression
	// temp says that it is the beginning of a compressed file.
	temp bool
	size int64
}

// parse reads the name of a file in the directory; ok only for names that path and the compression make.
func (n naming) parse(name string) (r rotated, ok bool) {
	rest, ok := strings.CutPrefix(name, n.stem+"-")
	if !ok || len(rest) < len(stampLayout) {
		return r, false
	}
	stamp, tail := rest[:len(stampLayout)], rest[len(stampLayout):]
	t, err := time.Parse(stampLayout, stamp)
	if err != nil || t.Format(stampLayout) != stamp {
		return r, false
	}
	if tail, ok = strings.CutPrefix(tail, n.ext); !ok {
		return r, false
	}
	r = rotated{stamp: t, name: name, compress: NoCompression}
	if tail == "" {
		return r, true
	}
	tail, r.temp = strings.CutSuffix(tail, tempSuffix)
	for c, suffix := range suffixes {
		if tail == suffix {
			r.compress = c
			return r, true
		}
	}
	return r, false
}
