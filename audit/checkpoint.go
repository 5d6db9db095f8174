package audit

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is a signed statement of the log: it has Size entries, and their Merkle tree has this root. Its text is a
// C2SP tlog-checkpoint with one extension line, "time RFC3339".
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
	Time   time.Time
	// Note is the signed text, which any reader of signed notes opens.
	Note []byte
}

func checkpointText(origin string, size int64, root tlog.Hash, at time.Time) string {
	return fmt.Sprintf("%s\n%d\n%s\ntime %s\n", origin, size, base64.StdEncoding.EncodeToString(root[:]), at.UTC().Format(time.RFC3339Nano))
}

// parseCheckpoint parses the text of an opened note.
func parseCheckpoint(text string) (Checkpoint, error) {
	var c Checkpoint
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[len(lines)-1] != "" {
		return c, fmt.Errorf("checkpoint of %d lines: want origin, size and root", len(lines)-1)
	}
	c.Origin = lines[0]
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return c, fmt.Errorf("checkpoint size %.20q: want a decimal number", lines[1])
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return c, fmt.Errorf("checkpoint root %.60q: want 32 bytes in base64", lines[2])
	}
	c.Size = size
	copy(c.Root[:], root)
	for _, l := range lines[3 : len(lines)-1] {
		if at, ok := strings.CutPrefix(l, "time "); ok {
			if c.Time, err = time.Parse(time.RFC3339Nano, at); err != nil {
				return c, fmt.Errorf("checkpoint time %.40q: want RFC 3339", at)
			}
		}
	}
	return c, nil
}

// epoch is a stretch of the log whose checkpoints are signed by one key. Each but the first is announced by a note that the
// key before has signed; after that the old key is erased.
type epoch struct {
	number int64
	start  int64 // size of the log when it began
	key    string
}

const epochSuffix = "/epoch"

func epochText(origin string, e epoch) string {
	return fmt.Sprintf("%s%s\n%d\n%d\n%s\n", origin, epochSuffix, e.number, e.start, e.key)
}

func parseEpoch(text string) (epoch, error) {
	var e epoch
	lines := strings.Split(text, "\n")
	if len(lines) != 5 || lines[4] != "" {
		return e, fmt.Errorf("key epoch of %d lines: want 4", len(lines)-1)
	}
	var err error
	if e.number, err = strconv.ParseInt(lines[1], 10, 64); err == nil {
		e.start, err = strconv.ParseInt(lines[2], 10, 64)
	}
	if err != nil || e.number < 1 || e.start < 0 {
		return e, fmt.Errorf("key epoch %.20q from %.20q: want numbers", lines[1], lines[2])
	}
	e.key = lines[3]
	_, err = note.NewVerifier(e.key)
	return e, err
}

// history is what the notes of a log say, checked one after the other from the pinned key on.
type history struct {
	origin  string
	epochs  []epoch
	current note.Verifier
	last    Checkpoint
	notes   int
}

func newHistory(key string) (*history, error) {
	v, err := note.NewVerifier(key)
	if err != nil {
		return nil, fmt.Errorf("audit: public key %.20q: %w", key, err)
	}
	if !strings.HasPrefix(key, fmt.Sprintf("%s+%08x+", v.Name(), v.KeyHash())) { // upper-case digits would pass
		return nil, fmt.Errorf("audit: public key %.20q: want its hash in lower case", key)
	}
	return &history{origin: v.Name(), epochs: []epoch{{key: key}}, current: v}, nil
}

// add checks the next note: signed by the key of the epoch that is current, inside that epoch, and going on from the one
// before. It returns the checkpoint, nil for the announcement of an epoch.
func (h *history) add(msg []byte) (*Checkpoint, error) {
	h.notes++
	n, err := note.Open(msg, note.VerifierList(h.current))
	if err != nil {
		return nil, fmt.Errorf("note %d: %w", h.notes, h.whose(msg, err))
	}
	first, _, _ := strings.Cut(n.Text, "\n")
	switch first {
	case h.origin + epochSuffix:
		e, err := parseEpoch(n.Text)
		switch {
		case err != nil:
			return nil, fmt.Errorf("note %d: %w", h.notes, err)
		case e.number != int64(len(h.epochs)):
			return nil, fmt.Errorf("note %d: key epoch %d follows epoch %d", h.notes, e.number, len(h.epochs)-1)
		case e.start != h.last.Size:
			return nil, fmt.Errorf("note %d: key epoch %d begins at %d, but the last checkpoint is of %d entries", h.notes, e.number, e.start, h.last.Size)
		}
		h.epochs = append(h.epochs, e)
		h.current, _ = note.NewVerifier(e.key)
		return nil, nil
	case h.origin:
		c, err := parseCheckpoint(n.Text)
		switch {
		case err != nil:
			return nil, fmt.Errorf("note %d: %w", h.notes, err)
		case c.Size < h.last.Size:
			return nil, fmt.Errorf("note %d: checkpoint of %d entries follows one of %d", h.notes, c.Size, h.last.Size)
		case c.Size == h.last.Size && h.last.Note != nil && c.Root != h.last.Root:
			return nil, fmt.Errorf("note %d: two checkpoints of %d entries differ", h.notes, c.Size)
		case c.Time.Before(h.last.Time):
			return nil, fmt.Errorf("note %d: the clock goes back from %s to %s", h.notes, h.last.Time.Format(time.RFC3339), c.Time.Format(time.RFC3339))
		case c.Size < h.epochs[len(h.epochs)-1].start:
			return nil, fmt.Errorf("note %d: checkpoint of %d entries is signed by a key of another epoch, which begins at %d", h.notes, c.Size, h.epochs[len(h.epochs)-1].start)
		}
		c.Note = append([]byte(nil), msg...)
		h.last = c
		return &c, nil
	}
	return nil, fmt.Errorf("note %d: it is of %.60q, not of %q", h.notes, first, h.origin)
}

// whose says more about a note that the current key does not open.
func (h *history) whose(msg []byte, err error) error {
	for i, e := range h.epochs[:len(h.epochs)-1] {
		if v, verr := note.NewVerifier(e.key); verr == nil {
			if _, oerr := note.Open(msg, note.VerifierList(v)); oerr == nil {
				return fmt.Errorf("it is signed by a key of another epoch (%d, not %d)", i, len(h.epochs)-1)
			}
		}
	}
	return fmt.Errorf("it is not signed by the key of epoch %d: %w", len(h.epochs)-1, err)
}
