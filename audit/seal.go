package audit

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Sealed are personal fields, AES-256-GCM under the key of one subject. The entry's ID is authenticated with them.
type Sealed struct {
	// Key identifies the subject's key and nothing else: when it is erased, nothing ties the entry to the subject.
	Key  string `json:"key"`
	Data []byte `json:"data"` // nonce and ciphertext
}

// personal are the fields that are sealed.
type personal struct {
	ActorName  string          `json:"actor_name,omitempty"`
	TargetName string          `json:"target_name,omitempty"`
	IP         string          `json:"ip,omitempty"`
	UserAgent  string          `json:"user_agent,omitempty"`
	Old        json.RawMessage `json:"old,omitempty"`
	New        json.RawMessage `json:"new,omitempty"`
	Changes    []Change        `json:"changes,omitempty"`
	Personal   json.RawMessage `json:"personal,omitempty"`
}

// ErrErased is the error of opening what was sealed for a subject that is erased.
var ErrErased = errors.New("audit: the subject's key is erased")

// vault holds the subjects' keys, each in a file of its own, wrapped under the master key and named by a keyed hash of the
// subject.
type vault struct {
	dir    string
	master cipher.AEAD
	hash   []byte

	mu    sync.RWMutex
	keys  map[string]subjectKey // by file name; a cache
	owner map[string]string     // key to file name
}

type subjectKey struct {
	id   string
	aead cipher.AEAD
}

const masterFile = "master.key"

func openVault(keyDir string, master []byte) (*vault, error) {
	if master == nil {
		path := filepath.Join(keyDir, masterFile)
		var err error
		master, err = os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			master = make([]byte, 32)
			_, _ = rand.Read(master)
			err = writeFile(path, master, 0o600)
		}
		if err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		if len(master) != 32 {
			return nil, fmt.Errorf("audit: %s has %d bytes: want a key of 32", path, len(master))
		}
	}
	derive := func(use string) []byte {
		m := hmac.New(sha256.New, master)
		m.Write([]byte(use))
		return m.Sum(nil)
	}
	v := &vault{dir: filepath.Join(keyDir, "subjects"), hash: derive("names"), keys: map[string]subjectKey{}, owner: map[string]string{}}
	var err error
	if v.master, err = newAEAD(derive("wrap")); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(v.dir, 0o700); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	files, err := os.ReadDir(v.dir)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	for _, f := range files {
		if filepath.Ext(f.Name()) == "" {
			if k, err := v.read(f.Name()); err == nil {
				v.owner[k.id] = f.Name()
			}
		}
	}
	return v, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(b)
}

// pseudonym is a keyed hash of a name.
func (v *vault) pseudonym(name string) string {
	m := hmac.New(sha256.New, v.hash)
	m.Write([]byte(name))
	return hex.EncodeToString(m.Sum(nil)[:16])
}

type wrappedKey struct {
	ID      string `json:"id"`
	Wrapped []byte `json:"wrapped"`
}

func (v *vault) read(name string) (subjectKey, error) {
	b, err := os.ReadFile(filepath.Join(v.dir, name))
	if err != nil {
		return subjectKey{}, err
	}
	var w wrappedKey
	if err := json.Unmarshal(b, &w); err != nil {
		return subjectKey{}, fmt.Errorf("audit: %s: want a subject's key", name)
	}
	key, err := v.master.Open(nil, nil, w.Wrapped, []byte(w.ID))
	if err != nil {
		return subjectKey{}, fmt.Errorf("audit: %s: not wrapped under this master key", name)
	}
	aead, err := newAEAD(key)
	return subjectKey{w.ID, aead}, err
}

// key returns the key of a subject, making one if need be. It is on disk before it is used.
func (v *vault) key(subject string) (subjectKey, error) {
	name := v.pseudonym(subject)
	v.mu.RLock()
	k, ok := v.keys[name]
	v.mu.RUnlock()
	if ok {
		return k, nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if k, ok := v.keys[name]; ok {
		return k, nil
	}
	k, err := v.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		k, err = v.create(name)
	}
	if err != nil {
		return k, err
	}
	if len(v.keys) >= 10_000 {
		clear(v.keys)
	}
	v.keys[name], v.owner[k.id] = k, name
	return k, nil
}

func (v *vault) create(name string) (subjectKey, error) {
	var secret [32]byte
	var id [12]byte
	_, _ = rand.Read(secret[:])
	_, _ = rand.Read(id[:])
	w := wrappedKey{ID: hex.EncodeToString(id[:])}
	w.Wrapped = v.master.Seal(nil, nil, secret[:], []byte(w.ID))
	b, err := json.Marshal(w)
	if err != nil {
		return subjectKey{}, err
	}
	if err := writeFile(filepath.Join(v.dir, name), b, 0o600); err != nil {
		return subjectKey{}, err
	}
	aead, err := newAEAD(secret[:])
	return subjectKey{w.ID, aead}, err
}

// drop erases the key id, if it is there.
func (v *vault) drop(id string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	name, ok := v.owner[id]
	if !ok {
		return nil
	}
	delete(v.keys, name)
	delete(v.owner, id)
	return erase(filepath.Join(v.dir, name))
}

// Seal moves the personal fields of b under the key of subject. Nothing of subject itself stays.
func (t *Trail) Seal(subject string, b *Body) error {
	p := personal{b.Actor.Name, b.Target.Name, b.Origin.IP, b.Origin.UserAgent, b.Old, b.New, b.Changes, b.Personal}
	plain, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	k, err := t.vault.key(subject)
	if err != nil {
		return err
	}
	b.Sealed = &Sealed{k.id, k.aead.Seal(nil, nil, plain, []byte(b.ID))}
	b.Actor.Name, b.Target.Name, b.Origin.IP, b.Origin.UserAgent = "", "", "", ""
	b.Old, b.New, b.Changes, b.Personal = nil, nil, nil, nil
	return nil
}

// Unseal puts the personal fields of b back in their places. The error is ErrErased when the subject's key is gone.
func (t *Trail) Unseal(b *Body) error {
	if b.Sealed == nil {
		return nil
	}
	t.vault.mu.RLock()
	name, ok := t.vault.owner[b.Sealed.Key]
	t.vault.mu.RUnlock()
	if !ok {
		return ErrErased
	}
	k, err := t.vault.read(name)
	if err != nil {
		return err
	}
	plain, err := k.aead.Open(nil, nil, b.Sealed.Data, []byte(b.ID))
	if err != nil {
		return fmt.Errorf("audit: entry %s: its sealed fields were changed: %w", b.ID, err)
	}
	var p personal
	if err := json.Unmarshal(plain, &p); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	b.Actor.Name, b.Target.Name, b.Origin.IP, b.Origin.UserAgent = p.ActorName, p.TargetName, p.IP, p.UserAgent
	b.Old, b.New, b.Changes, b.Personal, b.Sealed = p.Old, p.New, p.Changes, p.Personal, nil
	return nil
}

// Receipt says that a subject was erased: the tombstone's index and the key that is gone.
type Receipt struct {
	Index uint64 `json:"index"`
	Key   string `json:"key"`
}

// Erase makes the personal fields of a subject unreadable for good: a tombstone is recorded, then the subject's key is
// destroyed. The entries stay and the log verifies as before. Erasing again, or a subject that nothing was sealed for, is an
// error that wraps ErrErased.
func (t *Trail) Erase(ctx context.Context, subject, reason string) (Receipt, error) {
	name := t.vault.pseudonym(subject)
	k, err := t.vault.read(name)
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
	return Receipt{index, k.id}, t.vault.drop(k.id)
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
				if err := t.vault.drop(id); err != nil {
					return err
				}
			}
		}
	}
}
