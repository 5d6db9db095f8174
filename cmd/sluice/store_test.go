package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// storeOf puts text into a new store, verbatim, and returns its directory.
func storeOf(t testing.TB, text string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "store")
	if stderr, code := shipTo(t, dir, text); code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	return dir
}

func shipTo(t testing.TB, dir, text string, files ...string) (stderr string, code int) {
	t.Helper()
	var errOut bytes.Buffer
	code = run(t.Context(), env{strings.NewReader(text), &errOut, &errOut}, append([]string{"ship", "--to", "store:" + dir, "--verbatim"}, files...))
	return errOut.String(), code
}

func TestVerbatimLinesComeBackByteForByte(t *testing.T) {
	for name, text := range map[string]string{
		"JSON lines":        "{\"time\":\"2026-03-01T12:00:00.000000001Z\",\"level\":\"INFO\",\"msg\":\"a\",\"n\":1.50}\n{\"msg\": \"b\" , \"n\":1e2}\n",
		"plain text":        "Jan  2 03:04:05 host sshd[12]: accepted\nsecond\n",
		"empty lines":       "\n\na\n\n\n",
		"CR LF":             "a\r\n{\"msg\":\"b\"}\r\n\r\nc\n",
		"CR inside":         "a\rb\r\r\nc\n",
		"invalid UTF-8":     "\xff\xfe\x80\n{\"msg\":\"\xc3\"}\n\x00\x01\n",
		"duplicate keys":    "{\"a\":1,\"a\":2}\n{\"a\":1}{\"b\":2}\n",
		"no end, with more": "a\nb",
		"long":              strings.Repeat("x", 300_000) + "\n" + strings.Repeat("{\"msg\":\"y\"}\n", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			dir := storeOf(t, text)
			out, stderr, code := sluiceRun(t, "", "search", "--store", dir, "--sort", "arrival", "--limit", "0", "--raw", "*")
			want := text
			if !strings.HasSuffix(want, "\n") {
				want += "\n" // a store holds lines: the last one's missing end is not among them
			}
			if code != exitOK || out != want {
				t.Errorf("exit %d %s: %.300q, want %.300q", code, stderr, out, want)
			}
		})
	}
}

func TestVerbatimFilesAreKeptApart(t *testing.T) {
	dir := t.TempDir()
	first, second, into := filepath.Join(dir, "1"), filepath.Join(dir, "2"), filepath.Join(dir, "store")
	for name, text := range map[string]string{first: "a\nno end", second: "b\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if stderr, code := shipTo(t, into, "", first, second); code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	if out, _, _ := sluiceRun(t, "", "search", "--store", into, "--sort", "arrival", "--limit", "0", "--raw", "*"); out != "a\nno end\nb\n" {
		t.Errorf("%q", out)
	}
}

func TestAStoreFilledThroughTheChainIsMasked(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	in := `{"time":"2026-03-01T12:00:00Z","level":"INFO","msg":"mail to ada@example.com","n":7}` + "\nplain\n"
	if _, stderr, code := sluiceRun(t, in, "ship", "--to", "store:"+dir); code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	out, _, code := sluiceRun(t, "", "search", "--store", dir, "--sort", "arrival", "--raw", "*")
	lines := strings.Split(out, "\n")
	if want := `{"time":"2026-03-01T12:00:00Z","level":"INFO","msg":"mail to [EMAIL_REDACTED]","n":7}`; code != exitOK || len(lines) != 3 || lines[0] != want || !strings.Contains(lines[1], `"msg":"plain"`) {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestStoreStatsCompactAndErase(t *testing.T) {
	dir := storeOf(t, strings.Repeat(`{"time":"2026-03-01T12:00:00Z","level":"INFO","msg":"user 12 logged in","user_id":"u1"}`+"\n", 50)+
		strings.Repeat(`{"time":"2026-03-01T12:00:01Z","level":"INFO","msg":"user 13 logged in","user_id":"u2"}`+"\n", 20)+"no json\n")
	out, stderr, code := sluiceRun(t, "", "store", "stats", dir)
	for _, want := range []string{"71 records in 1 segment,", "user_id", "(lines that are no JSON)", "records  template"} {
		if code != exitOK || !strings.Contains(out, want) {
			t.Errorf("exit %d, no %q in\n%s%s", code, want, out, stderr)
		}
	}
	out, _, code = sluiceRun(t, "", "store", "stats", "--json", dir)
	var report struct{ Records int }
	if err := json.Unmarshal([]byte(out), &report); code != exitOK || err != nil || report.Records != 71 {
		t.Errorf("exit %d: %v %s", code, err, out)
	}
	if out, stderr, code = sluiceRun(t, "", "store", "erase", dir, "user_id", "u1"); code != exitOK || !strings.Contains(out, `"records":50`) || strings.Contains(out, "u1") {
		t.Errorf("erase: exit %d: %s%s", code, out, stderr)
	}
	if out, stderr, code = sluiceRun(t, "", "store", "compact", dir); code != exitOK || !strings.Contains(out, "became") {
		t.Errorf("compact: exit %d: %s%s", code, out, stderr)
	}
	if out, _, _ = sluiceRun(t, "", "search", "--store", dir, "--limit", "0", "--raw"); strings.Count(out, "\n") != 21 || strings.Contains(out, "u1") {
		t.Errorf("after the erasure: %s", out)
	}
}
