package audit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// tileWidth is how many hashes a full tile has.
const tileWidth = 256

// tree is a Merkle tree (RFC 6962) that grows. It keeps the last tile of each level; full ones are queued for disk.
type tree struct {
	size   int64
	rows   [][]tlog.Hash // the partial tile of each level
	counts []int64       // and its number
	full   []tile        // completed since they were last taken
}

type tile struct {
	level  int
	n      int64
	hashes []tlog.Hash
}

// add appends a leaf hash.
func (t *tree) add(leaf tlog.Hash) {
	t.size++
	for level := 0; ; level++ {
		if level == len(t.rows) {
			t.rows, t.counts = append(t.rows, nil), append(t.counts, 0)
		}
		t.rows[level] = append(t.rows[level], leaf)
		if len(t.rows[level]) < tileWidth {
			return
		}
		t.full = append(t.full, tile{level, t.counts[level], t.rows[level]})
		leaf = subtree(t.rows[level])
		t.rows[level] = nil
		t.counts[level]++
	}
}

// subtree is the root over a power of two of hashes.
func subtree(h []tlog.Hash) tlog.Hash {
	if len(h) == 1 {
		return h[0]
	}
	return tlog.NodeHash(subtree(h[:len(h)/2]), subtree(h[len(h)/2:]))
}

// root is the root of the tree; for an empty one, SHA-256 of nothing.
func (t *tree) root() tlog.Hash {
	if t.size == 0 {
		h, _ := tlog.TreeHash(0, nil)
		return h
	}
	var acc tlog.Hash
	have := false
	for _, row := range t.rows {
		for rest := row; len(rest) > 0; {
			n := len(rest) & -len(rest) // the smallest whole subtree is the last
			node := subtree(rest[len(rest)-n:])
			if rest = rest[:len(rest)-n]; have {
				acc = tlog.NodeHash(node, acc)
			} else {
				acc, have = node, true
			}
		}
	}
	return acc
}

// tilePath is the place of a tile by the tlog-tiles layout: tile/L/NNN, with .p/W for one of W hashes.
func tilePath(level int, n int64, width int) string {
	name := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		name = fmt.Sprintf("x%03d/%s", n%1000, name)
	}
	if width < tileWidth {
		name += ".p/" + strconv.Itoa(width)
	}
	return filepath.Join("tile", strconv.Itoa(level), filepath.FromSlash(name))
}

func tileBytes(h []tlog.Hash) []byte {
	b := make([]byte, 0, len(h)*tlog.HashSize)
	for i := range h {
		b = append(b, h[i][:]...)
	}
	return b
}

// hashReader reads stored hashes of the tree of a directory for proofs, from the tiles of a tree of size entries.
type hashReader struct {
	dir   string
	size  int64
	tiles map[string][]tlog.Hash
}

// ReadHashes implements tlog.HashReader.
func (r *hashReader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		level, n := tlog.SplitStoredHashIndex(x)
		per := int64(1) << (level % 8) // hashes of the tile's lowest row under this one
		h, err := r.tile(level/8, n*per/tileWidth)
		if err != nil {
			return nil, err
		}
		at := n * per % tileWidth
		if int64(len(h)) < at+per {
			return nil, fmt.Errorf("audit: tile %d/%d has %d hashes: want %d", level/8, n*per/tileWidth, len(h), at+per)
		}
		out[i] = subtree(h[at : at+per])
	}
	return out, nil
}

func (r *hashReader) tile(level int, n int64) ([]tlog.Hash, error) {
	width := min(r.size>>(8*level)-n*tileWidth, tileWidth)
	if width <= 0 {
		return nil, errors.New("audit: a hash beyond the tree")
	}
	path := tilePath(level, n, int(width))
	if h, ok := r.tiles[path]; ok {
		return h, nil
	}
	b, err := os.ReadFile(filepath.Join(r.dir, path))
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	if len(b) != int(width)*tlog.HashSize {
		return nil, fmt.Errorf("audit: %s has %d bytes: want %d", path, len(b), int(width)*tlog.HashSize)
	}
	h := make([]tlog.Hash, width)
	for i := range h {
		copy(h[i][:], b[i*tlog.HashSize:])
	}
	if r.tiles == nil || len(r.tiles) > 64 {
		r.tiles = map[string][]tlog.Hash{}
	}
	r.tiles[path] = h
	return h, nil
}

// writeTiles writes the full tiles that were completed and the partial ones of the present size. Those of the size before stay
// until the checkpoint is on disk; then sweepTiles removes them.
func (t *Trail) writeTiles() error {
	for len(t.tree.full) > 0 {
		f := t.tree.full[0]
		if err := writeFile(filepath.Join(t.dir, tilePath(f.level, f.n, tileWidth)), tileBytes(f.hashes), 0o644); err != nil {
			return err
		}
		t.tree.full = t.tree.full[1:]
		t.stale = append(t.stale, filepath.Join(t.dir, tilePath(f.level, f.n, tileWidth)+".p"))
	}
	for level, row := range t.tree.rows {
		if len(row) == 0 {
			continue
		}
		path := filepath.Join(t.dir, tilePath(level, t.tree.counts[level], len(row)))
		want := tileBytes(row)
		if b, err := os.ReadFile(path); err == nil && bytes.Equal(b, want) {
			continue
		}
		if err := writeFile(path, want, 0o644); err != nil {
			return err
		}
		others, err := os.ReadDir(filepath.Dir(path))
		if err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		for _, o := range others {
			if o.Name() != filepath.Base(path) {
				t.stale = append(t.stale, filepath.Join(filepath.Dir(path), o.Name()))
			}
		}
	}
	return nil
}

// sweepTiles removes the partial tiles of earlier sizes.
func (t *Trail) sweepTiles() error {
	for ; len(t.stale) > 0; t.stale = t.stale[1:] {
		if err := os.RemoveAll(t.stale[0]); err != nil {
			return fmt.Errorf("audit: %w", err)
		}
	}
	return nil
}

// writeFile replaces a file: a new one, fsync, rename, fsync of the directory.
func writeFile(path string, b []byte, perm os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	temp := path + ".new"
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(temp, path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("audit: %w", errors.Join(err, removeIf(temp)))
	}
	return nil
}

func removeIf(path string) error {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
