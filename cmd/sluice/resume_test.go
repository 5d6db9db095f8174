package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestResumeGoesOnWhereItStopped(t *testing.T) {
	dir := t.TempDir()
	in, pos, into := filepath.Join(dir, "in.log"), filepath.Join(dir, "pos"), filepath.Join(dir, "store")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(in, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ship := func(want int) {
		t.Helper()
		if _, stderr, code := sluiceRun(t, "", "ship", "--to", "store:"+into, "--resume", pos, in); code != exitOK {
			t.Fatalf("exit %d: %s", code, stderr)
		}
		out, _, _ := sluiceRun(t, "", "search", "--store", into, "--limit", "0", "--raw")
		for i := range want {
			if strings.Count(out, fmt.Sprintf(`"msg":"line %d"`, i)) != 1 {
				t.Errorf("line %d is not there once:\n%s", i, out)
			}
		}
		if n := strings.Count(out, "\n"); n != want {
			t.Errorf("%d lines, want %d", n, want)
		}
	}
	write("line 0\nline 1\r\nlin")
	ship(2) // the last line is not complete
	write("line 0\nline 1\r\nline 2\n")
	ship(3)
	ship(3)
	b, err := os.ReadFile(pos)
	var at places
	if err != nil || json.Unmarshal(b, &at) != nil || at[in] != int64(len("line 0\nline 1\r\nline 2\n")) {
		t.Errorf("places: %s, %v", b, err)
	}
	write("other\n")
	if _, stderr, code := sluiceRun(t, "", "ship", "--to", "store:"+into, "--resume", pos, in); code != exitFail || !strings.Contains(stderr, "another file") {
		t.Errorf("a file that shrank: exit %d: %s", code, stderr)
	}
	if err := os.WriteFile(pos, []byte("{broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := sluiceRun(t, "", "ship", "--to", "null", "--resume", pos, in); code != exitUsage || !strings.Contains(stderr, pos) {
		t.Errorf("a broken file of places: exit %d: %s", code, stderr)
	}
}
