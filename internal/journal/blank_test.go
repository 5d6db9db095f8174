package journal

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// filesHolding returns the files in dir that hold the text.
func filesHolding(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(text)) {
			found = append(found, filepath.Base(name))
		}
	}
	return found
}

func TestBlankedRecordsAreGoneAndTheOthersAsTheyWere(t *testing.T) {
	dir := t.TempDir()
	opts := &Options{SegmentBytes: 300 << 10}
	j, _, err := Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var want [][]byte
	for i := range 400 {
		p := bytes.Repeat([]byte{'a' + byte(i%26)}, r.IntN(3000)) // some cross block headers
		if i%50 == 0 {
			p = bytes.Repeat(p, 30)
		}
		if i%7 == 0 {
			p = append(append([]byte("planted"), p...), "planted"...)
		}
		if _, err := j.Append(context.Background(), p); err != nil {
			t.Fatal(err)
		}
		want = append(want, p)
	}
	if err := j.Ack(20); err != nil {
		t.Fatal(err)
	}
	if _, err := Blank(dir, nil, false, func([]byte) bool { return true }); err == nil {
		t.Error("it is blanked under its writer's hands")
	}
	if err := j.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "00000000000000000001-00000000.24.bad"), []byte("planted"), 0o600); err != nil {
		t.Fatal(err)
	}
	match := func(p []byte) bool { return bytes.Contains(p, []byte("planted")) }
	before := filesHolding(t, dir, "planted")
	dry, err := Blank(dir, nil, true, match)
	if err != nil || len(before) < 3 || fmt.Sprint(filesHolding(t, dir, "planted")) != fmt.Sprint(before) {
		t.Fatal(dry, before, err)
	}
	b, err := Blank(dir, nil, false, match)
	if err != nil || b != dry || b.Records != 58 || b.Damaged != 1 {
		t.Errorf("%+v, dry %+v, %v", b, dry, err)
	}
	if found := filesHolding(t, dir, "planted"); found != nil {
		t.Errorf("%v", found)
	}
	if again, err := Blank(dir, nil, false, match); err != nil || again != (Blanked{}) {
		t.Errorf("again: %+v, %v", again, err)
	}
	j, rec, err := Open(dir, opts)
	if err != nil || rec.Lost != 0 || len(rec.Damage) != 0 || rec.Acked != 20 {
		t.Fatal(rec, err)
	}
	defer j.Close(context.Background())
	reader := j.Reader(21)
	defer reader.Close()
	for i := 20; i < 400; i++ {
		seq, p, err := reader.TryNext()
		if err != nil || seq != uint64(i+1) || IsBlank(p) != (i%7 == 0) || i%7 != 0 && !bytes.Equal(p, want[i]) || len(p) != len(want[i]) {
			t.Fatalf("record %d: %d, %d bytes, blank %v, %v", i, seq, len(p), IsBlank(p), err)
		}
	}
}

// A damaged range is blanked wherever it lies, and nothing else is lost by that.
func TestDamagedRangesAreBlankedToo(t *testing.T) {
	dir := t.TempDir()
	j, _, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if _, err := j.Append(context.Background(), fmt.Appendf(nil, "record %d planted", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.seg"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	whole, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"record 3 ", "record 0 ", "record 19 "} {
		b := bytes.Clone(whole)
		b[bytes.Index(b, []byte(at))] = 'X'
		if err := os.WriteFile(names[0], b, 0o600); err != nil {
			t.Fatal(err)
		}
		done, err := Blank(dir, nil, false, func(p []byte) bool { return bytes.HasPrefix(p, []byte("record 5 ")) })
		if err != nil || done.Records != 1 || done.Damaged != 1 {
			t.Errorf("%s: %+v, %v", at, done, err)
		}
		left, err := os.ReadFile(names[0])
		if err != nil || bytes.Contains(left, []byte("Xecord")) || bytes.Count(left, []byte("planted")) != 18 {
			t.Errorf("%s: %d of 18 records are left, %v", at, bytes.Count(left, []byte("planted")), err)
		}
	}
}

func FuzzBlankNeverPanics(f *testing.F) {
	f.Add([]byte("SLJ1"), uint16(3))
	f.Add(bytes.Repeat([]byte{1}, 100), uint16(24))
	f.Fuzz(func(t *testing.T, junk []byte, at uint16) {
		dir := t.TempDir()
		j, _, err := Open(dir, &Options{SegmentBytes: 4096})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.Append(context.Background(), []byte("planted"), []byte("other")); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		names, _ := filepath.Glob(filepath.Join(dir, "*.seg"))
		b, err := os.ReadFile(names[0])
		if err != nil {
			t.Fatal(err)
		}
		copy(b[int(at)%len(b):], junk)
		if err := os.WriteFile(names[0], b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Blank(dir, nil, false, func(p []byte) bool { return string(p) == "planted" }); err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(junk, []byte("planted")) && len(filesHolding(t, dir, "planted")) > 0 {
			t.Error("the record is left")
		}
	})
}
