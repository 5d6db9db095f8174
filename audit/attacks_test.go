package audit

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/journal"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// forger is somebody who can write the directory and knows the format.
type forger struct {
	t       *testing.T
	dir     string
	entries [][]byte
	notes   [][]byte
	key     *signingKey // stolen, or nil
	origin  string
}

func newForger(t *testing.T, dir string, stolen bool) *forger {
	f := &forger{t: t, dir: dir, origin: "sluice-audit"}
	f.entries, f.notes = f.read(entriesDir), f.read(notesDir)
	if stolen {
		k, err := readSigningKey(filepath.Join(dir, "keys", keyFile))
		if err != nil {
			t.Fatal(err)
		}
		f.key = k
	}
	return f
}

func (f *forger) read(sub string) (out [][]byte) {
	_, err := journal.Check(filepath.Join(f.dir, sub), nil, func(_ uint64, p []byte) error {
		out = append(out, append([]byte(nil), p...))
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return out
}

func (f *forger) replace(sub string, records [][]byte) {
	if err := os.RemoveAll(filepath.Join(f.dir, sub)); err != nil {
		f.t.Fatal(err)
	}
	j, _, err := journal.Open(filepath.Join(f.dir, sub), &journal.Options{Keep: true, SegmentBytes: 1 << 20})
	if err == nil && len(records) > 0 {
		_, err = j.Append(context.Background(), records...)
	}
	if err == nil {
		err = j.Close(context.Background())
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

// edit changes the fields of an entry.
func edit(entry []byte, change func(map[string]any)) []byte {
	var m map[string]any
	if err := json.Unmarshal(entry, &m); err != nil {
		panic(err)
	}
	change(m)
	b, _ := json.Marshal(m)
	return b
}

func reason(text string) func(map[string]any) {
	return func(m map[string]any) { m["body"].(map[string]any)["reason"] = text }
}

// rechain recomputes indexes and the chain from entry i on.
func (f *forger) rechain(i int) {
	prev := ""
	if i > 0 {
		h := tlog.RecordHash(f.entries[i-1])
		prev = base64.StdEncoding.EncodeToString(h[:])
	}
	for ; i < len(f.entries); i++ {
		f.entries[i] = edit(f.entries[i], func(m map[string]any) { m["index"], m["prev"] = i, prev })
		h := tlog.RecordHash(f.entries[i])
		prev = base64.StdEncoding.EncodeToString(h[:])
	}
}

// rebuild writes tiles that fit the entries.
func (f *forger) rebuild() tree {
	var t tree
	for _, e := range f.entries {
		t.add(tlog.RecordHash(e))
	}
	if err := os.RemoveAll(filepath.Join(f.dir, "tile")); err != nil {
		f.t.Fatal(err)
	}
	keep := tree{size: t.size, rows: t.rows, counts: t.counts}
	if err := (&Trail{dir: f.dir, tree: t}).writeTiles(); err != nil {
		f.t.Fatal(err)
	}
	return keep
}

// resign signs the checkpoints again for which want returns true, and one for the end.
func (f *forger) resign(want func(size int64) bool) {
	var out [][]byte
	roots := f.roots()
	for _, n := range f.notes {
		body, _, _ := strings.Cut(string(n), "\n\n")
		c, err := parseCheckpoint(body + "\n")
		if err != nil || c.Origin != f.origin || !want(c.Size) {
			out = append(out, n)
			continue
		}
		out = append(out, f.sign(c.Size, roots[min(c.Size, int64(len(f.entries)))], c.Time))
	}
	f.notes = out
}

func (f *forger) roots() []tlog.Hash {
	var t tree
	roots := []tlog.Hash{t.root()}
	for _, e := range f.entries {
		t.add(tlog.RecordHash(e))
		roots = append(roots, t.root())
	}
	return roots
}

func (f *forger) sign(size int64, root tlog.Hash, at time.Time) []byte {
	msg, err := note.Sign(&note.Note{Text: checkpointText(f.origin, size, root, at)}, f.key.signer)
	if err != nil {
		f.t.Fatal(err)
	}
	return msg
}

// finish writes everything back, the best that the forger can.
func (f *forger) finish(tiles bool) {
	f.replace(entriesDir, f.entries)
	f.replace(notesDir, f.notes)
	if tiles {
		f.rebuild()
	}
	last := f.notes[len(f.notes)-1]
	if err := os.WriteFile(filepath.Join(f.dir, checkpointFile), last, 0o644); err != nil {
		f.t.Fatal(err)
	}
}

func (f *forger) checkpoints(keep func(c Checkpoint) bool) {
	var out [][]byte
	for _, n := range f.notes {
		body, _, _ := strings.Cut(string(n), "\n\n")
		c, err := parseCheckpoint(body + "\n")
		if err != nil || keep(c) {
			out = append(out, n)
		}
	}
	f.notes = out
}

const attackEntries = 55

// TestAttacks tries what somebody can do who writes the directory, without a key and with the current one, and says what
// Verify finds without an anchor and with one. Those that need an anchor are listed in the package's documentation.
func TestAttacks(t *testing.T) {
	base, otherDir := t.TempDir(), t.TempDir()
	anchors := filepath.Join(t.TempDir(), "anchors")
	o := small()
	o.Witnesses = []Witness{NewFileWitness(anchors)}
	public := write(t, base, attackEntries, o)
	write(t, otherDir, attackEntries, small())
	file, err := os.Open(anchors)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	anchored, err := ReadAnchors(file)
	if err != nil || len(anchored) < 5 {
		t.Fatalf("%d anchors: %v", len(anchored), err)
	}
	clean := mustVerify(t, base, &VerifyOptions{PublicKey: public, Anchors: anchored})
	if !clean.Sound || clean.Epochs < 3 || clean.Checkpoints < 6 {
		t.Fatalf("a clean log: %+v", clean)
	}
	total := clean.Entries
	f := newForger(t, base, true)
	epochStart := f.key.Start // the key that is stolen vouches from here on
	old, current := 12, int(epochStart)+2

	type attack struct {
		name string
		do   func(f *forger)
		// What is found without an anchor: the first bad entry (-1: something is wrong and no entry is named; -2: nothing) and a
		// word of the finding. stolen says for which attacker.
		stolen bool
		first  int64
		want   string
	}
	drop := func(i int) func(*forger) {
		return func(f *forger) { f.entries = append(f.entries[:i:i], f.entries[i+1:]...) }
	}
	change := func(i int) func(*forger) {
		return func(f *forger) { f.entries[i] = edit(f.entries[i], reason("nothing happened")) }
	}
	all := func(int64) bool { return true }
	inEpoch := func(size int64) bool { return size > epochStart }
	attacks := []attack{
		// Without a key.
		{"edit an entry", func(f *forger) { change(old)(f); f.finish(false) }, false, 12, "changed"},
		{"edit the first entry", func(f *forger) { change(0)(f); f.finish(false) }, false, 0, "changed"},
		{"edit the last entry", func(f *forger) { change(int(total) - 1)(f); f.finish(false) }, false, total - 1, "changed"},
		{"edit, chain recomputed", func(f *forger) { change(old)(f); f.rechain(old); f.finish(false) }, false, 12, "changed"},
		{"edit, chain and tree recomputed", func(f *forger) { change(old)(f); f.rechain(old); f.finish(true) }, false, 11, "one of the entries 11 to"},
		{"delete an entry", func(f *forger) { drop(old)(f); f.finish(false) }, false, 12, "deleted"},
		{"delete, chain recomputed", func(f *forger) { drop(old)(f); f.rechain(old); f.finish(false) }, false, 12, "changed"},
		{"delete, chain and tree recomputed", func(f *forger) { drop(old)(f); f.rechain(old); f.finish(true) }, false, 11, "one of the entries"},
		{"swap two entries", func(f *forger) {
			f.entries[old], f.entries[old+1] = f.entries[old+1], f.entries[old]
			f.finish(false)
		}, false, 12, "swapped"},
		{"swap, chain and tree recomputed", func(f *forger) {
			f.entries[old], f.entries[old+1] = f.entries[old+1], f.entries[old]
			a, b := f.entries[old], f.entries[old+1]
			at := func(e []byte) (out any) { edit(e, func(m map[string]any) { out = m["recorded_at"] }); return out }
			early, late := at(b), at(a)
			f.entries[old] = edit(a, func(m map[string]any) { m["recorded_at"] = early })
			f.entries[old+1] = edit(b, func(m map[string]any) { m["recorded_at"] = late })
			f.rechain(old)
			f.finish(true)
		}, false, 11, "one of the entries"},
		{"insert an entry", func(f *forger) {
			f.entries = append(f.entries[:old:old], append([][]byte{edit(f.entries[3], reason("planted"))}, f.entries[old:]...)...)
			f.finish(false)
		}, false, 12, "inserted"},
		{"duplicate an entry", func(f *forger) {
			f.entries = append(f.entries[:old:old], append([][]byte{f.entries[old-1]}, f.entries[old:]...)...)
			f.finish(false)
		}, false, 12, "inserted"},
		{"duplicate a sequence", func(f *forger) {
			f.entries[old+1] = edit(f.entries[old+1], func(m map[string]any) { m["index"] = old })
			f.finish(false)
		}, false, 13, "changed"},
		{"append entries to a closed log", func(f *forger) {
			f.entries = append(f.entries, edit(f.entries[len(f.entries)-1], reason("planted")))
			f.rechain(len(f.entries) - 1)
			f.replace(entriesDir, f.entries)
		}, false, total, "inserted"},
		{"cut the entries", func(f *forger) { f.entries = f.entries[:50]; f.replace(entriesDir, f.entries) }, false, 50, "cut"},
		{"cut the entries and the tree", func(f *forger) { f.entries = f.entries[:50]; f.finish(true) }, false, 50, "cut"},
		{"cut the checkpoints too", func(f *forger) {
			f.entries = f.entries[:30]
			f.checkpoints(func(c Checkpoint) bool { return c.Size <= 30 })
			for i, n := range f.notes { // and the announcements of later keys
				if body, _, _ := strings.Cut(string(n), "\n\n"); strings.HasPrefix(body, f.origin+epochSuffix+"\n2\n") {
					f.notes = f.notes[:i]
					break
				}
			}
			body, _, _ := strings.Cut(string(f.notes[len(f.notes)-1]), "\n\n")
			c, _ := parseCheckpoint(body + "\n")
			f.entries = f.entries[:c.Size]
			f.finish(true)
		}, false, -2, ""},
		{"remove all checkpoints", func(f *forger) { f.notes = nil; f.replace(notesDir, nil) }, false, 0, "no checkpoint"},
		{"remove the entries", func(f *forger) { f.replace(entriesDir, nil) }, false, 0, "cut"},
		{"entries of another log", func(f *forger) { f.entries = newForger(f.t, otherDir, false).entries; f.finish(false) }, false, 0, "changed"},
		{"segments of two logs mixed", func(f *forger) {
			theirs, ours := entryFiles(f.t, otherDir), entryFiles(f.t, f.dir)
			b, err := os.ReadFile(theirs[1])
			if err == nil {
				err = os.Remove(ours[1])
			}
			if err == nil {
				err = os.WriteFile(filepath.Join(f.dir, entriesDir, filepath.Base(theirs[1])), b, 0o600)
			}
			if err != nil {
				f.t.Fatal(err)
			}
		}, false, -3, ""},
		{"swap two segments", func(f *forger) {
			n := entryFiles(f.t, f.dir)
			a, aerr := os.ReadFile(n[0])
			b, berr := os.ReadFile(n[1])
			if aerr != nil || berr != nil || os.WriteFile(n[0], b, 0o600) != nil || os.WriteFile(n[1], a, 0o600) != nil {
				f.t.Fatal(aerr, berr)
			}
		}, false, 0, "damaged"},
		{"remove a segment", func(f *forger) {
			if err := os.Remove(entryFiles(f.t, f.dir)[1]); err != nil {
				f.t.Fatal(err)
			}
		}, false, -3, "damaged"},
		{"checkpoint of another log", func(f *forger) {
			f.notes[2] = newForger(f.t, otherDir, false).notes[2]
			f.finish(false)
		}, false, -1, "not signed by the key"},
		{"public key replaced", func(f *forger) {
			b, err := os.ReadFile(filepath.Join(otherDir, PublicKeyFile))
			if err != nil || os.WriteFile(filepath.Join(f.dir, PublicKeyFile), b, 0o644) != nil {
				f.t.Fatal(err)
			}
		}, false, -1, "foreign"},
		{"everything replaced by another log", func(f *forger) {
			if os.RemoveAll(f.dir) != nil || os.CopyFS(f.dir, os.DirFS(otherDir)) != nil {
				f.t.Fatal("copy")
			}
		}, false, 0, ""},
		{"a tile changed", func(f *forger) {
			n, err := filepath.Glob(filepath.Join(f.dir, "tile/0/000.p/*"))
			if err != nil || len(n) != 1 {
				f.t.Fatal(n, err)
			}
			b, _ := os.ReadFile(n[0])
			b[5*32] ^= 1
			_ = os.WriteFile(n[0], b, 0o644)
		}, false, -3, ""},
		{"a file planted in the tree", func(f *forger) {
			_ = os.MkdirAll(filepath.Join(f.dir, "tile/3"), 0o755)
			_ = os.WriteFile(filepath.Join(f.dir, "tile/3/000"), []byte("x"), 0o644)
		}, false, -1, "tiles"},
		{"a checkpoint deleted", func(f *forger) {
			f.notes = append(f.notes[:4:4], f.notes[5:]...)
			f.replace(notesDir, f.notes)
		}, false, -4, ""},
		{"old checkpoint put in the file", func(f *forger) {
			_ = os.WriteFile(filepath.Join(f.dir, checkpointFile), f.notes[1], 0o644)
		}, false, -1, "checkpoint"},
		{"checkpoint time changed", func(f *forger) {
			f.notes[2] = []byte(strings.Replace(string(f.notes[2]), "time 2", "time 3", 1))
			f.finish(false)
		}, false, -1, "not signed"},
		{"rewrite by the order of recording", func(f *forger) {
			f.entries[old] = edit(f.entries[old], func(m map[string]any) { m["recorded_at"] = "2001-01-01T00:00:00Z" })
			f.rechain(old)
			f.finish(false)
		}, false, 12, "changed"},
		// With the current key.
		{"edit an old entry, sign everything again", func(f *forger) {
			change(old)(f)
			f.rechain(old)
			f.resign(all)
			f.finish(true)
		}, true, 0, "not signed by the key of epoch 0"},
		{"edit an old entry, sign the current epoch again", func(f *forger) {
			change(old)(f)
			f.rechain(old)
			f.resign(inEpoch)
			f.finish(true)
		}, true, 11, "one of the entries"},
		{"old checkpoints relabelled to the current epoch", func(f *forger) {
			change(old)(f)
			f.rechain(old)
			f.notes = append(f.notes, f.sign(20, f.roots()[20], time.Now()))
			f.finish(true)
		}, true, 11, "checkpoint of 20 entries follows"},
		{"old epochs dropped, history signed by the current key", func(f *forger) {
			change(old)(f)
			f.rechain(old)
			f.notes = [][]byte{f.sign(int64(len(f.entries)), f.roots()[len(f.entries)], time.Now())}
			f.finish(true)
		}, true, 0, "not signed by the key of epoch 0"},
		{"current checkpoint placed in an old epoch", func(f *forger) {
			n := f.sign(12, f.roots()[12], time.Now())
			f.notes = append(f.notes[:2:2], append([][]byte{n}, f.notes[2:]...)...)
			f.finish(true)
		}, true, -1, "not signed by the key of epoch 0"},
		{"epoch announced to begin earlier", func(f *forger) {
			msg, _ := note.Sign(&note.Note{Text: epochText(f.origin, epoch{f.key.Epoch + 1, 5, f.key.Public})}, f.key.signer)
			f.notes = append(f.notes, msg)
			f.finish(true)
		}, true, -1, "begins at 5"},
		{"clock set back", func(f *forger) {
			f.notes = append(f.notes, f.sign(total, f.roots()[total], time.Now().Add(-24*time.Hour)))
			f.finish(true)
		}, true, -1, "the clock goes back"},
		{"two checkpoints of one size", func(f *forger) {
			f.notes = append(f.notes, f.sign(total, tlog.RecordHash([]byte("x")), time.Now()))
			f.finish(true)
		}, true, -1, "differ"},
		{"checkpoint of another origin, same key", func(f *forger) {
			origin := f.origin
			f.origin = "elsewhere"
			n := f.sign(total, f.roots()[total], time.Now())
			f.origin = origin
			f.notes = append(f.notes, n)
			f.finish(true)
		}, true, -1, "not of"},
		// What needs an anchor.
		{"cut and sign the shorter log", func(f *forger) {
			f.entries = f.entries[:current+1]
			f.checkpoints(func(c Checkpoint) bool { return c.Size <= int64(current) })
			f.notes = append(f.notes, f.sign(int64(current+1), f.roots()[current+1], time.Now()))
			f.finish(true)
		}, true, -2, ""},
		{"edit an entry of the current epoch, sign again", func(f *forger) {
			change(current)(f)
			f.rechain(current)
			f.resign(inEpoch)
			f.finish(true)
		}, true, -2, ""},
		{"delete an entry of the current epoch, sign again", func(f *forger) {
			drop(current)(f)
			f.rechain(current)
			f.resign(func(size int64) bool { return size > epochStart })
			f.checkpoints(func(c Checkpoint) bool { return c.Size <= epochStart })
			f.notes = append(f.notes, f.sign(int64(len(f.entries)), f.roots()[len(f.entries)], time.Now()))
			f.finish(true)
		}, true, -2, ""},
	}
	if len(attacks) < 20 {
		t.Fatalf("%d attacks", len(attacks))
	}
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			dir := copyTree(t, base)
			a.do(newForger(t, dir, a.stolen))
			r, err := Verify(t.Context(), dir, &VerifyOptions{PublicKey: public})
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case a.first == -4: // removing a checkpoint between two others takes nothing away but where one could look
			case a.first == -2 && !r.Sound:
				t.Errorf("found without an anchor: %v", r.Findings)
			case a.first != -2 && r.Sound:
				t.Errorf("not found")
			case a.first >= -1 && r.FirstBad != a.first:
				t.Errorf("first bad entry %d, want %d: %v", r.FirstBad, a.first, r.Findings)
			case a.want != "" && !strings.Contains(fmt.Sprint(r.Findings), a.want):
				t.Errorf("%v: want %q", r.Findings, a.want)
			}
			withAnchor, err := Verify(t.Context(), dir, &VerifyOptions{PublicKey: public, Anchors: anchored})
			if err != nil {
				t.Fatal(err)
			}
			if withAnchor.Sound && a.first != -4 {
				t.Errorf("not found with an anchor either")
			}
			if a.first == -2 {
				t.Logf("with the anchor: %v", withAnchor.Findings)
			} else {
				t.Logf("%v", r.Findings)
			}
		})
	}
}
