package audit

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Receipt says that a subject was erased: the tombstone's index and the key that is gone.
type Receipt struct {
	Index uint64 `json:"index"`
	Key   string `json:"key"`
}

// Keys is the ring of the subjects' keys.
func (t *Trail) Keys() *KeyRing { return t.ring }

// Erase makes the personal fields of a subject unreadable for good, and its tokens unlinkable: a tombstone is recorded, then the subject's key is
// destroyed. The entries stay and the log verifies as before. Erasing again, or a subject that nothing was sealed for, is an
// error that wraps ErrErased.
func (t *Trail) Erase(ctx context.Context, subject, reason string) (Receipt, error) {
	name := t.ring.fileName(subject)
	k, err := t.ring.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return Receipt{}, fmt.Errorf("%w, or nothing was sealed for it", ErrErased)
	}
	if err != nil {
		return Receipt{}, err
	}
	if err := t.intend(k.id); err != nil {
		return Receipt{}, err
	}
	r := t.lifecycle(TypeErase, "audit subject erased", map[string]any{"key": k.id, "reason": reason})
	index, err := t.enqueue(ctx, r)
	if err != nil {
		return Receipt{}, err
	}
	if err := t.ring.Destroy(subject); err != nil && !errors.Is(err, ErrErased) {
		return Receipt{index, k.id}, err
	}
	return Receipt{index, k.id}, nil
}

// erasedFile lists the keys that were erased, or were going to be, one a line behind a title: what a key that is found again is held
// against, when a crash came between a tombstone and the end of its key, or a copy of the keys was put back.
const (
	erasedFile  = "erased"
	erasedTitle = "keys of erased subjects\n"
)

// intend puts a key into that list, before its tombstone.
func (t *Trail) intend(id string) error {
	t.erasing.Lock()
	defer t.erasing.Unlock()
	f, err := os.OpenFile(filepath.Join(t.dir, erasedFile), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	_, err = f.WriteString(id + "\n")
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = syncDir(t.dir)
	}
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

// finishErasures destroys keys whose tombstone is in the log. The log is read only when a key of the list is there, or the list is not.
func (t *Trail) finishErasures() error {
	b, err := os.ReadFile(filepath.Join(t.dir, erasedFile))
	switch {
	case errors.Is(err, fs.ErrNotExist): // a new log, or one of an earlier version
	case err != nil:
		return fmt.Errorf("audit: %w", err)
	default:
		again := false
		for id := range strings.Lines(string(b)) {
			_, there := t.ring.owner[strings.TrimSpace(id)]
			again = again || there
		}
		if !again {
			return nil
		}
	}
	r := t.entries.Reader(1)
	defer r.Close()
	ids := []byte(erasedTitle)
	for {
		_, payload, err := r.TryNext()
		if err != nil {
			break
		}
		e, err := parseEntry(payload)
		if err != nil || e.Type != TypeErase {
			continue
		}
		if b, err := e.Event(); err == nil {
			if id, ok := b.Details["key"].(string); ok {
				ids = append(append(ids, id...), '\n')
				if err := t.ring.drop(id); err != nil {
					return err
				}
			}
		}
	}
	return writeFile(filepath.Join(t.dir, erasedFile), ids, 0o600)
}

// checkErased compares the list of erased keys with the tombstones in the log. A list that is not there is made anew at the next opening.
func (v *verifier) checkErased() error {
	b, err := os.ReadFile(filepath.Join(v.dir, erasedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	list, ok := strings.CutPrefix(string(b), erasedTitle)
	listed := map[string]bool{}
	for line := range strings.Lines(list) {
		id, whole := strings.CutSuffix(line, "\n")
		_, err := hex.DecodeString(id)
		ok = ok && whole && err == nil && len(id) == 2*keyIDBytes
		listed[id] = true
	}
	if !ok {
		v.find(-1, "changed", "the file %s is not a list of keys", erasedFile)
	}
	for id, entry := range v.tombstones {
		if ok && !listed[id] {
			v.find(-1, "changed", "the file %s lacks the key of the tombstone in entry %d", erasedFile, entry)
		}
	}
	return nil
}
