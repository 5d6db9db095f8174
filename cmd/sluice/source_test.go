package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluicelog/sluice/store"
)

func TestWhatIsNamedAsAStoreHasToBeOne(t *testing.T) {
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "app.log"), []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	missing, trail := filepath.Join(other, "missing"), []string{"--audit", "a", "--reason", "r"}
	for _, words := range [][]string{
		{"search", "--store", "DIR"}, {"aggregate", "--store", "DIR"}, {"tail", "--store", "DIR"}, {"serve", "--store", "DIR", "--listen", "127.0.0.1:0"},
		{"store", "stats", "DIR"}, {"store", "compact", "DIR"}, {"store", "erase", "DIR", "a", "b"}, {"hold", "list", "--store", "DIR"},
		append([]string{"hold", "place", "--store", "DIR", "a:b"}, trail...), {"erase", "--dry-run", "--store", "DIR", "a:b"}, {"report", "--store", "DIR"},
	} {
		for dir, want := range map[string]string{other: "holds no store, but app.log", missing: "no such file", filepath.Join(other, "app.log"): "not a directory"} {
			args := make([]string, len(words))
			for i, w := range words {
				args[i] = strings.ReplaceAll(w, "DIR", dir)
			}
			if _, stderr, code := sluiceRun(t, "", args...); code != exitUsage || !strings.Contains(stderr, want) {
				t.Errorf("sluice %v: exit %d, %s; want 2 and %s", words, code, stderr, want)
			}
		}
	}
}

func TestTheStoreOfTheEnvironmentYieldsToWhatIsNamed(t *testing.T) {
	dir, file := filepath.Join(t.TempDir(), "logs"), filepath.Join(t.TempDir(), "a.jsonl")
	if _, stderr, code := sluiceRun(t, `{"time":"2026-03-02T08:00:00Z","msg":"stored"}`, "ship", "--to", "store:"+dir); code != exitOK {
		t.Fatal(stderr)
	}
	if err := os.WriteFile(file, []byte(`{"msg":"in a file"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SLUICE_STORE", dir)
	if out, stderr, code := sluiceRun(t, "", "search", "*"); code != exitOK || !strings.Contains(out, "stored") {
		t.Errorf("the environment's: exit %d, %s%s", code, out, stderr)
	}
	if out, stderr, code := sluiceRun(t, "", "search", "*", file); code != exitOK || !strings.Contains(out, "in a file") {
		t.Errorf("a file: exit %d, %s%s", code, out, stderr)
	}
	if _, stderr, code := sluiceRun(t, "", "search", "--url", "http://127.0.0.1:1", "*"); code != exitFail || !strings.Contains(stderr, "nothing listens there") {
		t.Errorf("OpenSearch: exit %d, %s", code, stderr)
	}
	if out, stderr, code := sluiceRun(t, "", "erase", "--dry-run", "msg:stored"); code != exitOK || !strings.Contains(out, `"matched": 1`) {
		t.Errorf("erase: exit %d, %s%s", code, out, stderr)
	}
	if _, stderr, code := sluiceRun(t, "", "search", "--store", dir, "msg:stored", "level:info"); code != exitUsage || !strings.Contains(stderr, "quote a query of several words") {
		t.Errorf("a query without quotes: exit %d, %s", code, stderr)
	}
}

func TestALineThatIsTooLongForAStoreIsLeftOutAndTold(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	_, stderr, code := sluiceRun(t, "before\n"+strings.Repeat("x", store.MaxRecord+1)+"\nafter\n", "ship", "--to", "store:"+dir, "--verbatim")
	if code != exitFail || !strings.Contains(stderr, "line 2 of the input has 8388609 bytes") || !strings.Contains(stderr, "1 of 3 lines are not in the store") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if out, _, _ := sluiceRun(t, "", "search", "--store", dir, "--raw", "--sort", "arrival"); out != "before\nafter\n" {
		t.Errorf("stored: %q", out)
	}
}

func TestATimeAsItIsShownIsRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	in := `{"time":"2026-03-02T08:00:00.25Z","msg":"a"}` + "\n" + `{"time":"2026-03-02T08:00:01Z","msg":"b"}` + "\n"
	if _, stderr, code := sluiceRun(t, in, "ship", "--to", "store:"+dir); code != exitOK {
		t.Fatal(stderr)
	}
	for since, want := range map[string]string{"2026-03-02 08:00:00.250": "b a ", "2026-03-02 08:00:00.251": "b ", "2026-03-02T08:00:01": "b ", "2026-03-02 08:00": "b a ", "2026-03-02T13:30:01+05:30": "b "} {
		out, stderr, _ := sluiceRun(t, "", "search", "--store", dir, "--since", since)
		got := ""
		for line := range strings.Lines(out) {
			got += line[len(line)-2:len(line)-1] + " "
		}
		if got != want {
			t.Errorf("--since %s: %q, want %q %s", since, got, want, stderr)
		}
	}
	if _, stderr, code := sluiceRun(t, "", "search", "--store", dir, "--since", "1h", "--until", "2h"); code != exitUsage || !strings.Contains(stderr, `--until "2h" is before --since "1h"`) {
		t.Errorf("exit %d, %s", code, stderr)
	}
}
