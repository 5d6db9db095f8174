package audit

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/sluicelog/sluice/internal/journal"
)

// load brings the trail to the end of the log.
func (t *Trail) load() error {
	pub := filepath.Join(t.dir, PublicKeyFile)
	b, err := os.ReadFile(pub)
	if err != nil && t.notes.Stats().Last > 0 {
		return fmt.Errorf("audit: %w", err)
	}
	if err == nil {
		t.public = string(b)
		if err := t.loadNotes(); err != nil {
			return err
		}
	} else if err := t.loadKey(nil, true); err != nil {
		return err
	}
	t.epochAt = time.Now()
	if t.public == "" {
		t.public = t.key.Public
		if err := writeFile(pub, []byte(t.public), 0o644); err != nil {
			return err
		}
	}
	return t.loadTree()
}

// loadNotes finds the last checkpoint and the current key: at the end of the notes where that is a checkpoint of the key at hand, as it is
// but for a crash in a change of keys, and else by all notes from the pinned key on.
func (t *Trail) loadNotes() error {
	h, err := newHistory(t.public)
	if err != nil {
		return err
	}
	if h.origin != t.opts.Origin {
		return fmt.Errorf("audit: %s is the log %q, not %q", t.dir, h.origin, t.opts.Origin)
	}
	if c, k, ok := t.lastNote(); ok {
		t.last, t.key = c, k
		return removeIf(filepath.Join(t.keyDir, nextKeyFile)) // made and never announced
	}
	r := t.notes.Reader(1)
	defer r.Close()
	for {
		_, msg, err := r.TryNext()
		if err != nil {
			break
		}
		if c, err := h.add(msg); err != nil {
			return fmt.Errorf("audit: %s: %w: run sluice verify", t.dir, err)
		} else if c != nil {
			t.last = *c
		}
	}
	return t.loadKey(h, t.notes.Stats().Last == 0)
}

// lastNote reads the last note and says whether it is a checkpoint by the key at hand, inside that key's epoch.
func (t *Trail) lastNote() (c Checkpoint, k *signingKey, ok bool) {
	k, err := readSigningKey(filepath.Join(t.keyDir, keyFile))
	last := t.notes.Stats().Last
	if err != nil || last == 0 {
		return c, nil, false
	}
	msg, err := readOne(t.notes, last)
	if err != nil {
		return c, nil, false
	}
	v, err := note.NewVerifier(k.Public)
	if err != nil {
		return c, nil, false
	}
	n, err := note.Open(msg, note.VerifierList(v))
	if err != nil {
		return c, nil, false
	}
	c, err = parseCheckpoint(n.Text)
	c.Note = msg
	return c, k, err == nil && c.Origin == t.opts.Origin && c.Size >= k.Start
}

// readOne returns a copy of one record of a journal.
func readOne(j *journal.Journal, seq uint64) ([]byte, error) {
	r := j.Reader(seq)
	defer r.Close()
	got, b, err := r.TryNext()
	if err == nil && got != seq {
		err = io.ErrUnexpectedEOF
	}
	return append([]byte(nil), b...), err
}

// loadTree makes the tree of the last checkpoint from its tiles, and adds the entries behind it. Without the tiles all entries are read.
func (t *Trail) loadTree() error {
	disagree := fmt.Errorf("audit: %s: the entries are not those of the last checkpoint: run sluice verify", t.dir)
	size := t.last.Size
	if t.entries.Stats().Last < uint64(size) {
		return disagree
	}
	var last tlog.Hash
	edge, err := readEdge(t.dir, size)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		size = 0
	case err != nil:
		return err
	case t.last.Note != nil && edge.root() != t.last.Root:
		return disagree
	default:
		t.tree = edge
	}
	if size > 0 {
		if last, err = readLeaf(t.dir, size-1, size); err != nil {
			return err
		}
	}
	root := t.tree.root()
	r := t.entries.Reader(uint64(max(size, 1))) // with the last that the checkpoint covers
	defer r.Close()
	for {
		seq, payload, err := r.TryNext()
		if err != nil {
			break
		}
		leaf := tlog.RecordHash(payload)
		switch index := int64(seq) - 1; {
		case index == size-1:
			if leaf != last {
				return disagree
			}
		case index != t.tree.size:
			return disagree
		default:
			t.tree.add(leaf)
		}
		t.prev = base64.StdEncoding.EncodeToString(leaf[:])
		if t.tree.size == t.last.Size {
			root = t.tree.root()
		}
		if entry, err := parseEntry(payload); err == nil {
			t.recorded = entry.Recorded
		}
	}
	if t.last.Note != nil && (root != t.last.Root || t.tree.size < t.last.Size) {
		return disagree
	}
	return nil
}

// readEdge returns the tree of size entries, of which it needs the last tile of each level. The error is fs.ErrNotExist when one is missing.
func readEdge(dir string, size int64) (tree, error) {
	t := tree{size: size}
	r := hashReader{dir: dir, size: size}
	for level := 0; size>>(8*level) > 0; level++ {
		n := size >> (8 * level) / tileWidth
		t.rows, t.counts = append(t.rows, nil), append(t.counts, n)
		if size>>(8*level)%tileWidth == 0 {
			continue
		}
		row, err := r.tile(level, n)
		if err != nil {
			return tree{}, err
		}
		t.rows[level] = append([]tlog.Hash(nil), row...)
	}
	return t, nil
}

// readLeaf returns the hash of an entry, from the tiles of a tree of size entries.
func readLeaf(dir string, index, size int64) (tlog.Hash, error) {
	r := hashReader{dir: dir, size: size}
	row, err := r.tile(0, index/tileWidth)
	if err != nil {
		return tlog.Hash{}, err
	}
	return row[index%tileWidth], nil
}
