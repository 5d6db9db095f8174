package audit

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/sluicelog/sluice/internal/journal"
	"golang.org/x/mod/sumdb/tlog"
)

// Evidence is what a third party needs, beside the public key of epoch 0, to see that entries are in a log: the notes that
// lead from that key to the checkpoint.
type Evidence struct {
	// Notes are signed notes in order: for each change of keys the last checkpoint before it and the announcement, then the
	// checkpoint that the proofs are against.
	Notes []string `json:"notes"`
}

// Inclusion is an entry with its proof against the last checkpoint of an Evidence.
type Inclusion struct {
	Index int64 `json:"index"`
	// Entry is the leaf, byte for byte.
	Entry string `json:"entry"`
	// Proof is the audit path of RFC 6962, each hash in base64.
	Proof tlog.RecordProof `json:"proof"`
}

// evidence returns the notes and the checkpoint they end in.
func evidence(dir string) (Evidence, Checkpoint, error) {
	var ev Evidence
	key, err := readKey(dir)
	if err != nil {
		return ev, Checkpoint{}, err
	}
	h, err := newHistory(key)
	if err != nil {
		return ev, Checkpoint{}, err
	}
	r, err := journal.OpenReader(filepath.Join(dir, notesDir), 1, nil)
	if err != nil {
		return ev, Checkpoint{}, fmt.Errorf("audit: %w", err)
	}
	defer r.Close()
	for {
		_, msg, err := r.TryNext()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return ev, Checkpoint{}, fmt.Errorf("audit: %w", err)
		}
		before := h.last.Note
		c, err := h.add(msg)
		if err != nil {
			return ev, Checkpoint{}, fmt.Errorf("audit: %w", err)
		}
		if c == nil {
			ev.Notes = append(ev.Notes, string(before), string(msg))
		}
	}
	if h.last.Note == nil {
		return ev, Checkpoint{}, fmt.Errorf("audit: %s has no checkpoint", dir)
	}
	ev.Notes = append(ev.Notes, string(h.last.Note))
	return ev, h.last, nil
}

// Open checks the notes with the public key of epoch 0 and returns the checkpoint.
func (ev Evidence) Open(key string) (Checkpoint, error) {
	h, err := newHistory(strings.TrimSpace(key))
	if err != nil {
		return Checkpoint{}, err
	}
	for _, n := range ev.Notes {
		if _, err := h.add([]byte(n)); err != nil {
			return Checkpoint{}, fmt.Errorf("audit: evidence: %w", err)
		}
	}
	if h.last.Note == nil {
		return Checkpoint{}, errors.New("audit: evidence without a checkpoint")
	}
	return h.last, nil
}

// Prove returns an entry of the log in dir with its proof against the last checkpoint.
func Prove(dir string, index int64) (Evidence, Inclusion, error) {
	ev, c, err := evidence(dir)
	if err != nil {
		return ev, Inclusion{}, err
	}
	in, err := prove(dir, index, c, &hashReader{dir: dir, size: c.Size})
	return ev, in, err
}

func prove(dir string, index int64, c Checkpoint, r tlog.HashReader) (Inclusion, error) {
	if index < 0 || index >= c.Size {
		return Inclusion{}, fmt.Errorf("audit: entry %d: the last checkpoint is of %d entries", index, c.Size)
	}
	payload, err := readEntry(dir, uint64(index))
	if err != nil {
		return Inclusion{}, err
	}
	proof, err := tlog.ProveRecord(c.Size, index, r)
	if err != nil {
		return Inclusion{}, fmt.Errorf("audit: entry %d: %w", index, err)
	}
	return Inclusion{index, string(payload), proof}, nil
}

// Check checks the proof against a checkpoint that Evidence.Open has returned.
func (in Inclusion) Check(c Checkpoint) error {
	if err := tlog.CheckRecord(in.Proof, c.Size, c.Root, in.Index, tlog.RecordHash([]byte(in.Entry))); err != nil {
		return fmt.Errorf("audit: entry %d is not in the log: %w", in.Index, err)
	}
	return nil
}

// ProveConsistency proves that the log of the last checkpoint goes on from its state with old entries.
func ProveConsistency(dir string, old int64) (Evidence, tlog.TreeProof, error) {
	ev, c, err := evidence(dir)
	if err != nil {
		return ev, nil, err
	}
	if old < 1 || old > c.Size {
		return ev, nil, fmt.Errorf("audit: %d entries: want 1 to %d", old, c.Size)
	}
	proof, err := tlog.ProveTree(c.Size, old, &hashReader{dir: dir, size: c.Size})
	if err != nil {
		return ev, nil, fmt.Errorf("audit: %w", err)
	}
	return ev, proof, nil
}

// CheckConsistency checks such a proof between two checkpoints.
func CheckConsistency(proof tlog.TreeProof, old, c Checkpoint) error {
	if err := tlog.CheckTree(proof, c.Size, c.Root, old.Size, old.Root); err != nil {
		return fmt.Errorf("audit: the log of %d entries does not go on from the one of %d: %w", c.Size, old.Size, err)
	}
	return nil
}

// Export writes the entries from to to-1 as evidence: a JSON line with the notes, then one for each entry with its proof.
func Export(w io.Writer, dir string, from, to int64) error {
	ev, c, err := evidence(dir)
	if err != nil {
		return err
	}
	if from < 0 || from >= to || to > c.Size {
		return fmt.Errorf("audit: entries %d to %d: the last checkpoint is of %d entries", from, to-1, c.Size)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(ev); err != nil {
		return err
	}
	r := &hashReader{dir: dir, size: c.Size}
	for i := from; i < to; i++ {
		in, err := prove(dir, i, c, r)
		if err != nil {
			return err
		}
		if err := enc.Encode(in); err != nil {
			return err
		}
	}
	return nil
}

// CheckExport checks what Export has written with the public key of epoch 0 alone, and returns how many entries it holds.
func CheckExport(r io.Reader, key string) (int, error) {
	in := bufio.NewReader(r)
	dec := json.NewDecoder(in)
	var ev Evidence
	if err := dec.Decode(&ev); err != nil {
		return 0, fmt.Errorf("audit: evidence: %w", err)
	}
	c, err := ev.Open(key)
	if err != nil {
		return 0, err
	}
	for n := 0; ; n++ {
		var i Inclusion
		if err := dec.Decode(&i); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, fmt.Errorf("audit: evidence: line %d: %w", n+2, err)
		}
		if err := i.Check(c); err != nil {
			return n, err
		}
	}
}

// readEntry reads the leaf of one entry.
func readEntry(dir string, index uint64) ([]byte, error) {
	r, err := journal.OpenReader(filepath.Join(dir, entriesDir), index+1, nil)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	defer r.Close()
	seq, payload, err := r.TryNext()
	if err != nil || seq != index+1 {
		return nil, fmt.Errorf("audit: entry %d cannot be read: %w", index, errors.Join(err))
	}
	return append([]byte(nil), payload...), nil
}
