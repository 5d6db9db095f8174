package audit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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
	r := t.lifecycle(TypeErase, "audit subject erased", map[string]any{"key": k.id, "reason": reason})
	index, err := t.enqueue(ctx, r)
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{index, k.id}, t.ring.drop(k.id)
}

// finishErasures destroys keys whose tombstone is in the log: a crash may have come between.
func (t *Trail) finishErasures() error {
	r := t.entries.Reader(1)
	defer r.Close()
	for {
		_, payload, err := r.TryNext()
		if err != nil {
			return nil
		}
		e, err := parseEntry(payload)
		if err != nil || e.Type != TypeErase {
			continue
		}
		if b, err := e.Event(); err == nil {
			if id, ok := b.Details["key"].(string); ok {
				if err := t.ring.drop(id); err != nil {
					return err
				}
			}
		}
	}
}
