package store

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/search"
)

// holding returns the files below dir that hold the text.
func holding(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), text) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestNothingOfASubjectIsLeftThoughRecordsKeepComing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, &Options{Interval: time.Millisecond})
	appendAll(t, s, []string{`{"msg":"login","user_id":"u_planted"}`})
	bad := filepath.Join(dir, tailDir, "00000000000000000001-00000000.24.bad")
	if err := os.WriteFile(bad, []byte("…u_planted…"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(holding(t, filepath.Join(dir, tailDir), "u_planted")) != 2 {
		t.Fatal("the tail does not hold the subject: this test looks at nothing")
	}
	ctx, stop := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	var written int
	writer.Go(func() {
		for ctx.Err() == nil {
			if err := s.Append(fmt.Appendf(nil, `{"msg":"other","n":%d}`, written)); err != nil {
				t.Error(err)
				return
			}
			written++
			time.Sleep(50 * time.Microsecond)
		}
	})
	time.Sleep(5 * time.Millisecond)
	rec, err := s.EraseQuery(t.Context(), search.MustParse("user_id:u_planted"), "t")
	if err != nil || rec.Records != 1 || rec.Damaged != 1 {
		t.Errorf("%+v, %v", rec, err)
	}
	if found := holding(t, dir, "u_planted"); found != nil {
		t.Errorf("%v hold the subject", found)
	}
	stop()
	writer.Wait()
	mustClose(t, s)
	if got := len(contents(t, dir)); got != written {
		t.Errorf("%d records, want %d", got, written)
	}
}

func TestWhatWouldBeErasedIsCountedByAReader(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	for i := range 30 {
		appendAll(t, s, []string{tenant(i)})
	}
	if _, err := PlaceHold(t.Context(), dir, Hold{Query: search.MustParse("n<6"), Reason: "r"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n, held, err := r.Matching(t.Context(), search.MustParse("tenant:acme"))
	if err != nil || n != 20 || held != 4 {
		t.Errorf("%d, %d held, %v", n, held, err)
	}
	rec, err := s.EraseQuery(t.Context(), search.MustParse("tenant:acme"), "t")
	if err != nil || rec.Records != 16 || rec.Held != 4 {
		t.Errorf("%+v, %v", rec, err)
	}
}

// However a JSON writer spells who it is, the records are theirs.
func TestASubjectIsErasedHoweverItIsSpelled(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	var lines []string
	for i := range 1000 { // so many that a filter knows the subjects
		lines = append(lines, fmt.Sprintf(`{"msg":"login","user_id":"u_%03d"}`, i))
	}
	lines = append(lines, `{"msg":"spelled","user_id":"u\u005f777"}`, `{"msg":"spelled","user\u005fid":"u_777"}`)
	appendAll(t, s, lines)
	rec, err := s.Erase(t.Context(), "user_id", "u_777")
	if err != nil || rec.Records != 3 {
		t.Errorf("%d records are gone, want 3: %v", rec.Records, err)
	}
	mustClose(t, s)
	want := append(lines[:777:777], lines[778:1000]...)
	if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
		t.Error(diff)
	}
}
