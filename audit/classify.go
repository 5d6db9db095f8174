package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// expected are the leaf hashes that the tiles of a log hold, as long as they can be read.
type expected struct {
	dir  string
	size int64
	n    int64
	row  []byte
	have bool
}

// leaf returns the hash of entry i.
func (e *expected) leaf(i int64) (tlog.Hash, bool) {
	var h tlog.Hash
	if i < 0 || i >= e.size {
		return h, false
	}
	if n := i / tileWidth; !e.have || n != e.n {
		width := min(e.size-n*tileWidth, tileWidth)
		e.row, _ = os.ReadFile(filepath.Join(e.dir, tilePath(0, n, int(width))))
		e.n, e.have = n, true
	}
	at := int(i%tileWidth) * tlog.HashSize
	if len(e.row) < at+tlog.HashSize {
		return h, false
	}
	copy(h[:], e.row[at:])
	return h, true
}

// window is how far classify looks around.
const window = 1024

// classify says what was done to an entry whose leaf is not the one in the tiles.
func (v *verifier) classify(index int64, leaf tlog.Hash, e *Entry) {
	for k := index + 1; k < index+window; k++ {
		h, ok := v.expected.leaf(k)
		if !ok {
			break
		}
		if h != leaf {
			continue
		}
		next := v.peek(index + 1)
		if want, _ := v.expected.leaf(index); next != nil && k == index+1 && *next == want || k > index+1 && v.among(index, k) {
			v.bad(index, "swapped", "entry %d stands in its place", k)
			return
		}
		v.bad(index, "deleted", "entries %d to %d are missing", index, k-1)
		return
	}
	if want, ok := v.expected.leaf(index); ok {
		if next := v.peek(index + 1); next != nil && *next == want {
			v.bad(index, "inserted", "an entry that was not written stands before it")
			return
		}
	}
	if e.Index != uint64(index) {
		v.bad(index, "changed", "another entry stands in its place, which says that it is entry %d", e.Index)
		return
	}
	v.bad(index, "changed", "its hash is not the one in the tree")
}

// among says whether entry k of the log is the one that should be entry index.
func (v *verifier) among(index, k int64) bool {
	want, _ := v.expected.leaf(index)
	h := v.peek(k)
	return h != nil && *h == want
}

// peek returns the leaf hash of an entry that is not read yet, nil when it cannot be had.
func (v *verifier) peek(index int64) *tlog.Hash {
	payload, err := readEntry(v.dir, uint64(index))
	if err != nil {
		return nil
	}
	h := tlog.RecordHash(payload)
	return &h
}

// checkTile compares a tile on disk with the hashes that the entries give.
func (v *verifier) checkTile(level int, n int64, hashes []tlog.Hash) {
	path := tilePath(level, n, len(hashes))
	v.tiles[path] = true
	b, err := os.ReadFile(filepath.Join(v.dir, path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if (n*tileWidth+int64(len(hashes)))<<(8*level) <= v.covered() {
			v.find(-1, "tiles", "%s is missing", path)
		}
	case err != nil:
		v.find(-1, "tiles", "%v", err)
	case v.badEntry < 0 && !bytes.Equal(b, tileBytes(hashes)):
		v.find(-1, "tiles", "%s is not what the entries give", path)
	}
}

// checkFiles compares the partial tiles of the last checkpoint, and looks for files that do not belong to the log.
func (v *verifier) checkFiles() error {
	size := v.covered()
	if v.tree.size == size {
		for level, row := range v.tree.rows {
			if len(row) > 0 {
				v.checkTile(level, v.tree.counts[level], row)
			}
		}
	} else {
		v.partialTiles(size)
	}
	err := filepath.WalkDir(filepath.Join(v.dir, "tile"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(v.dir, path)
		if err == nil && !v.tiles[rel] && !v.leftover(rel) {
			v.find(-1, "tiles", "%s does not belong to the tree", rel)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

// leftover says whether a file is one that a crash between two checkpoints leaves: a partial tile of another size of this very
// log, or a file under its temporary name.
func (v *verifier) leftover(rel string) bool {
	if strings.HasSuffix(rel, ".new") {
		return true
	}
	base, width, ok := strings.Cut(rel, ".p"+string(filepath.Separator))
	if !ok {
		return false
	}
	var whole []byte
	for level, row := range v.tree.rows {
		if tilePath(level, v.tree.counts[level], tileWidth) == base {
			whole = tileBytes(row)
		}
	}
	if whole == nil && v.tiles[base] {
		whole, _ = os.ReadFile(filepath.Join(v.dir, base))
	}
	n, err := strconv.Atoi(width)
	b, rerr := os.ReadFile(filepath.Join(v.dir, rel))
	return err == nil && rerr == nil && len(b) == n*tlog.HashSize && bytes.HasPrefix(whole, b)
}

// partialTiles checks the partial tiles of a tree that is smaller than the log, or larger than what is left of it.
func (v *verifier) partialTiles(size int64) {
	var t tree
	for i := int64(0); i < size; i++ {
		leaf, ok := v.expected.leaf(i)
		if !ok {
			v.find(-1, "tiles", "the tree has no entry %d", i)
			return
		}
		t.add(leaf)
		for _, f := range t.full {
			v.tiles[tilePath(f.level, f.n, tileWidth)] = true
		}
		t.full = nil
	}
	for level, row := range t.rows {
		if len(row) == 0 {
			continue
		}
		path := tilePath(level, t.counts[level], len(row))
		v.tiles[path] = true
		if b, err := os.ReadFile(filepath.Join(v.dir, path)); err != nil || !bytes.Equal(b, tileBytes(row)) {
			v.find(-1, "tiles", "%s is missing or not what the tree gives", path)
		}
	}
	if n := len(v.checkpoints); n > 0 && t.root() != v.checkpoints[n-1].Root {
		v.find(-1, "tiles", "the tree is not the one of the last checkpoint")
	}
}
