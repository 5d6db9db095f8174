package audit

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"
)

// signingKey is the private half of the current epoch's key, as it lies in the key directory.
type signingKey struct {
	Epoch  int64  `json:"epoch"`
	Start  int64  `json:"start"`
	Secret string `json:"secret"`
	Public string `json:"public"`

	signer note.Signer
}

const (
	keyFile     = "signing.key"
	nextKeyFile = "signing.next"
	// PublicKeyFile holds the public key of epoch 0 in a log's directory. Who verifies should have a copy from elsewhere.
	PublicKeyFile = "audit.pub"
)

func newSigningKey(origin string, epoch, start int64) (*signingKey, error) {
	skey, vkey, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return nil, fmt.Errorf("audit: origin %q: %w", origin, err)
	}
	k := &signingKey{Epoch: epoch, Start: start, Secret: skey, Public: vkey}
	k.signer, err = note.NewSigner(skey)
	return k, err
}

func readSigningKey(path string) (*signingKey, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var k signingKey
	if err := json.Unmarshal(b, &k); err != nil {
		return nil, fmt.Errorf("%s: want a signing key", path) // no part of it in the error
	}
	if k.signer, err = note.NewSigner(k.Secret); err != nil {
		return nil, fmt.Errorf("%s: want a signing key", path)
	}
	return &k, nil
}

func (k *signingKey) write(path string) error {
	b, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return writeFile(path, b, 0o600)
}

// erase overwrites a file and removes it. On file systems that copy on write, and on flash, old blocks may live on.
func erase(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	i, err := f.Stat()
	if err == nil {
		_, err = f.WriteAt(make([]byte, i.Size()), 0)
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close(), os.Remove(path))
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("audit: erase: %w", err)
	}
	return nil
}

// loadKey reads the current signing key, making the first one for an empty log, and finishes a change of keys that a crash
// has interrupted: the announcement of the new key is what decides.
func (t *Trail) loadKey(h *history, empty bool) error {
	path, next := filepath.Join(t.keyDir, keyFile), filepath.Join(t.keyDir, nextKeyFile)
	k, err := readSigningKey(path)
	if errors.Is(err, fs.ErrNotExist) && empty {
		if k, err = newSigningKey(t.opts.Origin, 0, 0); err != nil {
			return err
		}
		if err = k.write(path); err != nil {
			return err
		}
	}
	current := h.lastKey(k)
	if current != "" && (err != nil || k.Public != current) {
		n, nerr := readSigningKey(next)
		if nerr != nil || n.Public != current {
			return errors.Join(fmt.Errorf("audit: %s: the key of epoch %d is not here: the log cannot be continued", t.keyDir, len(h.epochs)-1), err)
		}
		if err := t.replaceKey(n); err != nil {
			return err
		}
		k, err = n, nil
	}
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	t.key = k
	return removeIf(next) // made and never announced
}

// replaceKey erases the current key and puts another in its place.
func (t *Trail) replaceKey(k *signingKey) error {
	path, next := filepath.Join(t.keyDir, keyFile), filepath.Join(t.keyDir, nextKeyFile)
	if err := erase(path); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	t.key = k
	return syncDir(t.keyDir)
}

// lastKey is the public key that the notes say is current; the key at hand when there are no notes.
func (h *history) lastKey(k *signingKey) string {
	if h == nil {
		if k == nil {
			return ""
		}
		return k.Public
	}
	return h.epochs[len(h.epochs)-1].key
}

// turn begins a new epoch: the next key is written, announced under the old one, and then the old one is erased.
func (t *Trail) turn() error {
	n, err := newSigningKey(t.opts.Origin, t.key.Epoch+1, t.last.Size)
	if err != nil {
		return err
	}
	if err := n.write(filepath.Join(t.keyDir, nextKeyFile)); err != nil {
		return err
	}
	msg, err := note.Sign(&note.Note{Text: epochText(t.opts.Origin, epoch{n.Epoch, n.Start, n.Public})}, t.key.signer)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if err := t.appendNote(msg); err != nil {
		return err
	}
	return t.replaceKey(n)
}
