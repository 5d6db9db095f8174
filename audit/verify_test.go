package audit

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Any changed, missing or added byte in a file that holds entries, tree or checkpoints is found.
func TestRandomEditsAreFound(t *testing.T) {
	rounds := 2000
	if os.Getenv(long) != "" {
		rounds = 50_000
	}
	dir := t.TempDir()
	public := write(t, dir, 120, Options{CheckpointEntries: 30, EpochEntries: 50, SegmentBytes: 20 << 10})
	if r := mustVerify(t, dir, nil); !r.Sound {
		t.Fatalf("%+v", r)
	}
	contents := map[string][]byte{}
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		if err != nil || d.IsDir() || strings.HasPrefix(rel, "keys") || d.Name() == "lock" {
			return err
		}
		names = append(names, path)
		contents[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	kinds := map[string]int{}
	for range rounds {
		name := names[rnd.IntN(len(names))]
		whole := contents[name]
		used := whole
		if strings.HasSuffix(name, ".seg") {
			used = bytes.TrimRight(whole, "\x00") // preallocated zeros aside
		}
		at, n := rnd.IntN(len(used)), 1+rnd.IntN(40)
		var b []byte
		var kind string
		switch rnd.IntN(6) {
		case 0, 1:
			kind, b = "flip", bytes.Clone(whole)
			b[at] ^= 1 << rnd.IntN(8)
		case 2:
			kind, b = "overwrite", bytes.Clone(whole)
			for i := at; i < min(at+n, len(used)); i++ {
				b[i] = byte(rnd.Uint32())
			}
		case 3:
			kind, b = "take away", append(bytes.Clone(whole[:at]), whole[min(at+n, len(whole)):]...)
		case 4:
			add := make([]byte, n)
			for i := range add {
				add[i] = byte(1 + rnd.IntN(255))
			}
			kind, b = "add", append(append(bytes.Clone(whole[:at]), add...), whole[at:]...)
		case 5:
			kind, b = "truncate", bytes.Clone(whole[:at])
		}
		if bytes.Equal(b, whole) || strings.HasSuffix(name, ".seg") && bytes.Equal(bytes.TrimRight(b, "\x00"), used) {
			continue
		}
		kinds[kind]++
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		o := &VerifyOptions{}
		if rnd.IntN(2) == 0 {
			o.PublicKey = public
		}
		r, err := Verify(t.Context(), dir, o)
		if err != nil || r.Sound || len(r.Findings) == 0 {
			t.Fatalf("%s %d bytes at %d of %s: sound %v, %v", kind, n, at, name, r.Sound, err)
		}
		if err := os.WriteFile(name, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r := mustVerify(t, dir, nil); !r.Sound {
		t.Fatalf("restored: %+v", r)
	}
	t.Logf("%v", kinds)
}

func TestAnEditedByteNamesItsEntry(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, 40, small())
	for _, name := range entryFiles(t, dir) {
		whole, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, target := range []string{`"setting-7"`, `"setting-21"`, `"setting-39"`} {
			at := bytes.Index(whole, []byte(target))
			if at < 0 {
				continue
			}
			b := bytes.Clone(whole)
			b[at+1] ^= 1
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
			r := mustVerify(t, dir, nil)
			payload, err := readEntry(dir, uint64(max(r.FirstBad-1, 0)))
			if err != nil || r.FirstBad < 0 || !strings.Contains(r.Findings[0].String(), "cannot be read") {
				t.Errorf("%s: %+v %v", target, r, err)
			}
			var n, want int
			if _, err := settingOf(string(payload), &n); err == nil {
				if _, err := settingOf(target, &want); err == nil && n != want-1 {
					t.Errorf("%s: the entry before the bad one is of setting %d", target, n)
				}
			}
			if err := os.WriteFile(name, whole, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestMaxAge(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, 3, Options{})
	last := mustVerify(t, dir, nil).Last
	for age, sound := range map[time.Duration]bool{time.Minute: true, time.Hour: false} {
		r := mustVerify(t, dir, &VerifyOptions{MaxAge: 10 * time.Minute, Now: last.Add(age)})
		if r.Sound != sound {
			t.Errorf("%v: %+v", age, r)
		}
	}
}
