package lines_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/lines"
)

// writeTo appends to a file, which is made when it is missing.
func writeTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTailFollowsFilesOverRotation(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.log"), filepath.Join(dir, "b.log")
	writeTo(t, a, "{\"msg\":\"old 1\"}\n{\"msg\":\"old 2\"}\n{\"msg\":\"old")
	writeTo(t, b, "")
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	s := lines.NewFiles([]string{a, b}, &lines.Options{Poll: time.Millisecond})
	var got []string
	// Each step is done when the line before has come, so that it is seen what becomes of a file in that state.
	steps := map[string]func(){
		"old 2": func() { writeTo(t, a, " 3\"}\n") },
		"old 3": func() { writeTo(t, b, "{\"msg\":\"other\"}\r\n") },
		"other": func() {
			must(t, os.Rename(a, a+".1"))
			writeTo(t, a+".1", "{\"msg\":\"late\"}\n")
		},
		"late": func() { writeTo(t, a, "{\"msg\":\"new\"}\n") },
		"new":  func() { must(t, os.Truncate(b, 0)); writeTo(t, b, "{\"msg\":\"cut\"}\n") },
		"cut": func() {
			must(t, os.Remove(a))
			writeTo(t, a, strings.Repeat("x", 600_000)+"\n{\"msg\":\"long\"}\n")
		},
	}
	for h, err := range s.Tail(ctx, &search.Request{Query: search.MustParse("msg:*"), Limit: 1}) {
		if err != nil {
			t.Fatalf("after %v: %v", got, err)
		}
		msg := strings.TrimSuffix(strings.TrimPrefix(string(h.Line), `{"msg":"`), `"}`)
		got = append(got, msg[:min(len(msg), 8)])
		if step := steps[msg]; step != nil {
			step()
		}
		if msg == "long" {
			break
		}
	}
	if want := "[old 2 old 3 other late new cut xxxxxxxx long]"; fmt.Sprint(got) != want {
		t.Errorf("followed %v, want %v", got, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTailOfFilesEndsWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.log")
	writeTo(t, path, "{\"msg\":\"a\"}\n")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	n := 0
	for _, err := range lines.NewFiles([]string{path}, &lines.Options{Poll: time.Millisecond}).Tail(ctx, &search.Request{Query: search.MustParse("*")}) {
		if last = err; err == nil {
			n++
			cancel()
		}
	}
	if n != 1 || last != context.Canceled {
		t.Errorf("%d records, then %v", n, last)
	}
	for _, err := range lines.NewFiles([]string{path + ".missing"}, nil).Tail(t.Context(), &search.Request{}) {
		if !os.IsNotExist(err) {
			t.Errorf("a missing file: %v", err)
		}
	}
}
