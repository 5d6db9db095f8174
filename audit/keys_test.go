package audit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Wherever a crash comes into a change of keys, the next opening finishes it or forgets it, and the log verifies.
func TestAChangeOfKeysSurvivesACrash(t *testing.T) {
	dir := t.TempDir()
	public := write(t, dir, 5, Options{})
	tr := mustOpen(t, dir, Options{})
	current := filepath.Join(dir, "keys", keyFile)
	oldKey, err := os.ReadFile(current)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.turn(); err != nil { // the committer is idle
		t.Fatal(err)
	}
	newKey, err := os.ReadFile(current)
	if err != nil || string(newKey) == string(oldKey) {
		t.Fatal("the key has not changed", err)
	}
	mustClose(t, tr)
	closed := copyTree(t, dir)
	for name, tc := range map[string]struct {
		current, next []byte
		ok            bool
	}{
		"announced and the old key not erased":      {oldKey, newKey, true},
		"announced and the old key erased":          {nil, newKey, true},
		"announced and the old key half erased":     {make([]byte, len(oldKey)), newKey, true},
		"another next key that was never announced": {newKey, oldKey, true},
		"no key at all":     {nil, nil, false},
		"the old key alone": {oldKey, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := copyTree(t, closed)
			for file, b := range map[string][]byte{keyFile: tc.current, nextKeyFile: tc.next} {
				path := filepath.Join(d, "keys", file)
				if b == nil {
					_ = os.Remove(path)
				} else if err := os.WriteFile(path, b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			tr, err := Open(d, nil)
			if !tc.ok {
				if err == nil || !strings.Contains(err.Error(), "cannot be continued") {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			mustClose(t, tr)
			if r := mustVerify(t, d, &VerifyOptions{PublicKey: public}); !r.Sound || r.Epochs != 2 {
				t.Errorf("%+v", r)
			}
			if _, err := os.Stat(filepath.Join(d, "keys", nextKeyFile)); err == nil {
				t.Error("the next key is left")
			}
		})
	}
}

func TestAPublicKeyHasOneSpelling(t *testing.T) {
	k, err := newSigningKey("log", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newHistory(k.Public); err != nil {
		t.Error(err)
	}
	name, rest, _ := strings.Cut(k.Public, "+")
	hash, rest, _ := strings.Cut(rest, "+")
	if up := strings.ToUpper(hash); up != hash {
		if _, err := newHistory(name + "+" + up + "+" + rest); err == nil {
			t.Error("the hash in upper case passes")
		}
	}
}
