package audit

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// KeyRing holds a random key for each subject, in a file of its own that is wrapped under a master key and named by a keyed hash of
// the subject. What was made with a subject's key cannot be opened, nor made again, once that key is destroyed: personal fields
// of entries, which a Trail seals, and the tokens that stand for a subject's values. Several KeyRings, of several processes too, may
// have one directory; all see at once that a key is destroyed. Safe for concurrent use.
type KeyRing struct {
	dir    string
	master cipher.AEAD
	hash   []byte

	mu    sync.RWMutex
	keys  map[string]subjectKey // by file name; a cache
	owner map[string]string     // key to file name
}

type subjectKey struct {
	id     string
	aead   cipher.AEAD
	tokens []byte
	file   fs.FileInfo // of the file that it was read from
}

const (
	masterFile  = "master.key"
	subjectsDir = "subjects"
	maxCached   = 10_000
	keyIDBytes  = 12
)

// OpenKeyRing opens the ring in dir, which is made if need be: the KeyDir of a trail ("keys" in its directory by default), or one of its
// own. The master key has 32 bytes; nil means one that is made at first use and kept in dir.
func OpenKeyRing(dir string, master []byte) (*KeyRing, error) {
	if err := os.MkdirAll(filepath.Join(dir, subjectsDir), 0o700); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	if master == nil {
		path := filepath.Join(dir, masterFile)
		var err error
		master, err = os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			master = make([]byte, 32)
			_, _ = rand.Read(master)
			if err = createFile(path, master); errors.Is(err, fs.ErrExist) { // another process was faster
				master, err = os.ReadFile(path)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
	}
	if len(master) != 32 {
		return nil, fmt.Errorf("audit: the master key has %d bytes: want 32", len(master))
	}
	r := &KeyRing{dir: filepath.Join(dir, subjectsDir), hash: derive(master, "names"), keys: map[string]subjectKey{}, owner: map[string]string{}}
	var err error
	if r.master, err = newAEAD(derive(master, "wrap")); err != nil {
		return nil, err
	}
	return r, r.readOwners()
}

// readOwners learns which file holds which key.
func (r *KeyRing) readOwners() error {
	files, err := os.ReadDir(r.dir)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	for _, f := range files {
		if filepath.Ext(f.Name()) == "" {
			if k, err := r.read(f.Name()); err == nil {
				r.owner[k.id] = f.Name()
			}
		}
	}
	return nil
}

func derive(key []byte, use string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(use))
	return m.Sum(nil)
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(b)
}

// Token returns what stands for a value of a subject: 32 hexadecimal digits of an HMAC-SHA-256 under the subject's key, which is made if
// need be. The same value of the same subject has the same token until the key is destroyed; then it gets another one, and nobody can
// tell that both are of one value. It looks at the key's file each time (microseconds), so that a destroyed key is never used.
func (r *KeyRing) Token(subject, value string) (string, error) {
	k, err := r.key(subject)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(derive(k.tokens, value)[:16]), nil
}

// Pseudonym is the token of a value that is its own subject, such as a user's identifier; "" when there is no key to be had. It fits
// mask.Options.Pseudonym. It makes a key for each value, so it is for identifiers of people and not for every text.
func (r *KeyRing) Pseudonym(value string) string {
	token, err := r.Token(value, value)
	if err != nil {
		return ""
	}
	return token
}

// Has says whether there is a key of the subject.
func (r *KeyRing) Has(subject string) (bool, error) {
	_, err := os.Stat(filepath.Join(r.dir, r.fileName(subject)))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("audit: %w", err)
	}
	return true, nil
}

// Destroy overwrites and removes the subject's key. The error is ErrErased when there is none. A subject of whom a trail has entries is
// erased by Trail.Erase, which records that.
func (r *KeyRing) Destroy(subject string) error {
	name := r.fileName(subject)
	r.mu.Lock()
	defer r.mu.Unlock()
	if k, ok := r.keys[name]; ok {
		delete(r.owner, k.id)
		delete(r.keys, name)
	}
	path := filepath.Join(r.dir, name)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return ErrErased
	}
	return erase(path)
}

// fileName is the name of a subject's file: a keyed hash.
func (r *KeyRing) fileName(subject string) string {
	return hex.EncodeToString(derive(r.hash, subject)[:16])
}

type wrappedKey struct {
	ID      string `json:"id"`
	Wrapped []byte `json:"wrapped"`
}

func (r *KeyRing) read(name string) (subjectKey, error) {
	f, err := os.Open(filepath.Join(r.dir, name))
	if err != nil {
		return subjectKey{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return subjectKey{}, err
	}
	b, err := io.ReadAll(f)
	if err != nil {
		return subjectKey{}, err
	}
	var w wrappedKey
	if err := json.Unmarshal(b, &w); err != nil {
		return subjectKey{}, fmt.Errorf("audit: %s: want a subject's key", name)
	}
	key, err := r.master.Open(nil, nil, w.Wrapped, []byte(w.ID))
	if err != nil {
		return subjectKey{}, fmt.Errorf("audit: %s: not wrapped under this master key", name)
	}
	aead, err := newAEAD(key)
	return subjectKey{w.ID, aead, derive(key, "tokens"), info}, err
}

// key returns the key of a subject, making one if need be. It is on disk before it is used.
func (r *KeyRing) key(subject string) (subjectKey, error) {
	name := r.fileName(subject)
	r.mu.RLock()
	k, ok := r.keys[name]
	r.mu.RUnlock()
	if ok {
		// Another key may have taken the place of one that somebody else has destroyed, in the same inode even.
		now, err := os.Stat(filepath.Join(r.dir, name))
		if err == nil && os.SameFile(k.file, now) && k.file.ModTime().Equal(now.ModTime()) {
			return k, nil
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.keys, name)
	k, err := r.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		if err = r.create(name); err == nil || errors.Is(err, fs.ErrExist) { // made here, or by another process
			k, err = r.read(name)
		}
	}
	if err != nil {
		return k, err
	}
	if len(r.keys) >= maxCached {
		clear(r.keys)
	}
	r.keys[name], r.owner[k.id] = k, name
	return k, nil
}

func (r *KeyRing) create(name string) error {
	var secret [32]byte
	var id [keyIDBytes]byte
	_, _ = rand.Read(secret[:])
	_, _ = rand.Read(id[:])
	w := wrappedKey{ID: hex.EncodeToString(id[:])}
	w.Wrapped = r.master.Seal(nil, nil, secret[:], []byte(w.ID))
	b, err := json.Marshal(w)
	if err != nil {
		return err
	}
	return createFile(filepath.Join(r.dir, name), b)
}

// createFile makes a file that was not there, whole and durable; the error is fs.ErrExist when it is there.
func createFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.new")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Link(f.Name(), path) // unlike a rename it replaces nothing
	}
	if err = errors.Join(err, os.Remove(f.Name())); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// drop erases the key id, if it is there.
func (r *KeyRing) drop(id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	name, ok := r.owner[id]
	if !ok {
		return nil
	}
	delete(r.keys, name)
	delete(r.owner, id)
	return erase(filepath.Join(r.dir, name))
}

// byID returns the key id. The error is ErrErased when it is gone.
func (r *KeyRing) byID(id string) (subjectKey, error) {
	r.mu.RLock()
	name, ok := r.owner[id]
	r.mu.RUnlock()
	if !ok { // another process may have made it
		r.mu.Lock()
		err := r.readOwners()
		name, ok = r.owner[id]
		r.mu.Unlock()
		if err != nil {
			return subjectKey{}, err
		}
	}
	if !ok {
		return subjectKey{}, ErrErased
	}
	k, err := r.read(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && k.id != id {
		return subjectKey{}, ErrErased
	}
	return k, err
}
