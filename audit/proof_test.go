package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func settingOf(s string, n *int) (int, error) {
	i := strings.Index(s, "setting-")
	if i < 0 {
		return 0, fmt.Errorf("no setting")
	}
	return fmt.Sscanf(s[i:], "setting-%d", n)
}

// The tree is that of an independent implementation, at every size.
func TestTheTreeIsRFC6962(t *testing.T) {
	var mine tree
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = stored[x]
		}
		return out, nil
	})
	for n := range int64(2000) {
		data := fmt.Appendf(nil, "entry %d", n)
		hashes, err := tlog.StoredHashes(n, data, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
		mine.add(tlog.RecordHash(data))
		want, err := tlog.TreeHash(n+1, reader)
		if err != nil || mine.root() != want {
			t.Fatalf("size %d: %v, want %v: %v", n+1, mine.root(), want, err)
		}
	}
	for _, f := range mine.full {
		want, err := tlog.ReadTileData(tlog.Tile{H: 8, L: f.level, N: f.n, W: tileWidth}, reader)
		if err != nil || !bytes.Equal(want, tileBytes(f.hashes)) {
			t.Errorf("tile %d/%d: %v", f.level, f.n, err)
		}
	}
	for path, want := range map[string]string{
		tilePath(0, 1234067, 256): "tile/0/x001/x234/067", tilePath(1, 0, 7): "tile/1/000.p/7", tilePath(0, 273, 112): "tile/0/273.p/112",
	} {
		if filepath.ToSlash(path) != want {
			t.Errorf("%s, want %s", path, want)
		}
	}
}

func TestProofsNeedThePublicKeyAlone(t *testing.T) {
	dir := t.TempDir()
	public := write(t, dir, 600, Options{CheckpointEntries: 100, EpochEntries: 200})
	r := mustVerify(t, dir, nil)
	for _, i := range []int64{0, 1, 255, 256, 300, r.Entries - 1} {
		ev, in, err := Prove(dir, i)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal([]any{ev, in}) // it travels
		if err != nil {
			t.Fatal(err)
		}
		var ev2 Evidence
		var in2 Inclusion
		if err := json.Unmarshal(b, &[]any{&ev2, &in2}); err != nil {
			t.Fatal(err)
		}
		c, err := ev2.Open(public)
		if err != nil {
			t.Fatal(err)
		}
		if err := in2.Check(c); err != nil {
			t.Errorf("entry %d: %v", i, err)
		}
		in2.Entry = strings.Replace(in2.Entry, "type", "tyqe", 1)
		if in2.Check(c) == nil {
			t.Errorf("entry %d: a changed one passes", i)
		}
	}
	if _, _, err := Prove(dir, r.Entries); err == nil {
		t.Error("an entry that is not there is proved")
	}
	ev, proof, err := ProveConsistency(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	c, err := ev.Open(public)
	if err != nil {
		t.Fatal(err)
	}
	old, err := ev.Open(public)
	if err != nil {
		t.Fatal(err)
	}
	first, err := readEntry(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	old.Size, old.Root = 1, tlog.RecordHash(first)
	if err := CheckConsistency(proof, old, c); err != nil {
		t.Error(err)
	}
	old.Root[0] ^= 1
	if CheckConsistency(proof, old, c) == nil {
		t.Error("another history passes")
	}
	var out bytes.Buffer
	if err := Export(&out, dir, 10, 300); err != nil {
		t.Fatal(err)
	}
	if n, err := CheckExport(bytes.NewReader(out.Bytes()), public); n != 290 || err != nil {
		t.Errorf("%d entries, %v", n, err)
	}
	bad := bytes.Replace(out.Bytes(), []byte("setting-99"), []byte("setting-98"), 1)
	if _, err := CheckExport(bytes.NewReader(bad), public); err == nil {
		t.Error("changed evidence passes")
	}
	_, other, _ := note.GenerateKey(zeroReader{}, "sluice-audit")
	if _, err := CheckExport(bytes.NewReader(out.Bytes()), other); err == nil {
		t.Error("evidence passes with another key")
	}
}

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) { return len(p), nil }

func TestCheckpointsAreSignedNotes(t *testing.T) {
	dir := t.TempDir()
	public := write(t, dir, 5, Options{Origin: "example.com/log"})
	msg, err := os.ReadFile(filepath.Join(dir, checkpointFile))
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(msg, note.VerifierList(v))
	if err != nil || !strings.HasPrefix(n.Text, "example.com/log\n7\n") {
		t.Errorf("%q %v", msg, err)
	}
}
