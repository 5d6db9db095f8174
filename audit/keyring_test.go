package audit

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func mustRing(t testing.TB, dir string, master []byte) *KeyRing {
	t.Helper()
	r, err := OpenKeyRing(dir, master)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustToken(t testing.TB, r *KeyRing, subject, value string) string {
	t.Helper()
	token, err := r.Token(subject, value)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestTokensAreLinkableUntilTheSubjectsKeyIsDestroyed(t *testing.T) {
	dir := t.TempDir()
	r, other := mustRing(t, dir, nil), mustRing(t, dir, nil)
	mail, phone := mustToken(t, r, "u_1", "ada@example.com"), mustToken(t, r, "u_1", "555-0100")
	if mail == phone || mail != mustToken(t, other, "u_1", "ada@example.com") || mail != mustToken(t, mustRing(t, dir, nil), "u_1", "ada@example.com") {
		t.Error("a value has not one token of its own")
	}
	if mail == mustToken(t, r, "u_2", "ada@example.com") {
		t.Error("two subjects share a token")
	}
	stays := mustToken(t, r, "u_2", "x")
	kept := map[string][]byte{} // all that an attacker who comes later finds, and more: the master key is there
	if err := r.Destroy("u_1"); err != nil {
		t.Fatal(err)
	}
	if err := r.Destroy("u_1"); !errors.Is(err, ErrErased) {
		t.Error(err)
	}
	if has, err := r.Has("u_1"); has || err != nil {
		t.Error(has, err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		kept[path], err = os.ReadFile(path)
		return err
	})
	if err != nil || len(kept) != 2 { // the master key and u_2's
		t.Fatal(len(kept), err)
	}
	// From what is left nobody makes the token again: not with any key that is left, nor by a ring that is made of it.
	for path, b := range kept {
		if strings.Contains(path, mail) || strings.Contains(string(b), mail) {
			t.Errorf("%s holds the token", path)
		}
	}
	for _, ring := range []*KeyRing{r, other, mustRing(t, dir, nil)} { // other had the key in memory
		if mustToken(t, ring, "u_1", "ada@example.com") == mail || mustToken(t, ring, "u_2", "x") != stays {
			t.Error("the token is made again")
		}
	}
	for _, subject := range []string{"u_1", "u_2", ""} {
		if mustToken(t, mustRing(t, dir, nil), subject, "ada@example.com") == mail {
			t.Errorf("the token is made again under the key of %q", subject)
		}
	}
}

func TestRingsOfOneDirectoryAgreeOnEveryKey(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	var mu sync.Mutex
	tokens := map[string]bool{}
	for range 8 {
		wg.Go(func() {
			r, err := OpenKeyRing(dir, nil)
			if err != nil {
				t.Error(err)
				return
			}
			token, err := r.Token("u", "v")
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			tokens[token] = true
			mu.Unlock()
		})
	}
	wg.Wait()
	if len(tokens) != 1 {
		t.Errorf("%d tokens of one value", len(tokens))
	}
	left, err := filepath.Glob(filepath.Join(dir, "*", "*.new"))
	if err != nil || left != nil {
		t.Error(left, err)
	}
}

func TestErasingDestroysAKeyThatAnotherProcessHasMade(t *testing.T) {
	dir, keys := t.TempDir(), t.TempDir()
	tr := mustOpen(t, dir, Options{KeyDir: keys})
	other := mustRing(t, keys, nil)
	token := mustToken(t, other, "bob", "x")
	if _, err := tr.Erase(t.Context(), "bob", "request 7"); err != nil {
		t.Fatal(err)
	}
	if has, err := tr.Keys().Has("bob"); has || err != nil {
		t.Errorf("the key is still there (%v)", err)
	}
	if mustToken(t, other, "bob", "x") == token {
		t.Error("the token is the one before the erasure")
	}
}

func TestAWrongMasterKeyIsSaid(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenKeyRing(dir, make([]byte, 16)); err == nil || !strings.Contains(err.Error(), "16 bytes: want 32") {
		t.Error(err)
	}
	mustToken(t, mustRing(t, dir, make([]byte, 32)), "u", "v")
	r := mustRing(t, dir, append([]byte{1}, make([]byte, 31)...))
	name := mustRing(t, dir, make([]byte, 32)).fileName("u")
	if _, err := r.read(name); err == nil || !strings.Contains(err.Error(), "not wrapped under this master key") {
		t.Error(err)
	}
}

func TestErasingAnActorMakesItsEntriesUnlinkable(t *testing.T) {
	dir := t.TempDir()
	tr := mustOpen(t, dir, Options{})
	l := mustHandler(t, &HandlerOptions{PseudonymiseActors: true}, tr)
	actor := func() string {
		t.Helper()
		if err := Log(t.Context(), l, "x", Event{Actor: Actor{ID: "u_1"}}); err != nil {
			t.Fatal(err)
		}
		payload, err := readEntry(dir, uint64(tr.Stats().Entries-1))
		if err != nil {
			t.Fatal(err)
		}
		var e Entry
		if err := json.Unmarshal(payload, &e); err != nil {
			t.Fatal(err)
		}
		b, err := e.Event()
		if err != nil {
			t.Fatal(err)
		}
		return b.Actor.ID
	}
	before := actor()
	if before == "u_1" || before != actor() {
		t.Fatal("the actor has no pseudonym")
	}
	if _, err := tr.Erase(t.Context(), "u_1", "asked"); err != nil {
		t.Fatal(err)
	}
	if actor() == before {
		t.Error("the pseudonym is the same")
	}
	mustClose(t, tr)
	if r := mustVerify(t, dir, nil); !r.Sound {
		t.Error(r.Findings)
	}
}

func BenchmarkToken(b *testing.B) {
	r := mustRing(b, b.TempDir(), nil)
	mustToken(b, r, "u", "v")
	for b.Loop() {
		if _, err := r.Token("u", "v"); err != nil {
			b.Fatal(err)
		}
	}
}
