package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sluicelog/sluice/search/searchtest"
	"github.com/sluicelog/sluice/store"
)

// storeOf writes lines to a store of several segments and a tail.
func storeOf(t *testing.T, lines [][]byte) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "logs")
	s, err := store.Open(dir, &store.Options{SegmentRecords: 400, CompactAfter: -1})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if err := s.Append(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestAStoresLinesComeBackByteForByteInTheirOrder(t *testing.T) {
	lines := searchtest.Records(1500)
	for i := 0; i < len(lines); i += 100 {
		lines[i] = []byte(fmt.Sprintf("panic: \x1b[31mtext\x1b[0m %d, { \"no\": json", i))
	}
	dir := storeOf(t, lines)
	out, stderr, code := sluiceRun(t, "", "search", "--sort", "arrival", "--limit", "0", "--raw", "*", "--store", dir)
	want := append(bytes.Join(lines, []byte("\n")), '\n')
	if code != exitOK || out != string(want) {
		t.Errorf("exit %d: %d bytes, want %d; %s", code, len(out), len(want), stderr)
	}
}

func TestSearchFindsTheSameInAStoreAndInAFile(t *testing.T) {
	lines := searchtest.Records(1000)
	dir, file := storeOf(t, lines), filepath.Join(t.TempDir(), "app.log")
	if err := os.WriteFile(file, bytes.Join(lines, []byte("\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"level:ERROR"}, {"level>=warn -disk", "--limit", "7"}, {"stage:denoise", "--sort", "duration_ms:desc", "--json", "--fields", "n,duration_ms"},
		{"*", "--since", "2026-03-02T09:30", "--until", "2026-03-02T09:40", "--raw"},
	} {
		a, _, codeA := sluiceRun(t, "", append([]string{"search", "--store", dir}, args...)...)
		b, _, codeB := sluiceRun(t, "", append(append([]string{"search"}, args...), file)...)
		if strings.Contains(strings.Join(args, " "), "--json") { // IDs count from 0 and from 1
			a, b = withoutIDs(t, a), withoutIDs(t, b)
		}
		if codeA != exitOK || codeB != exitOK || a != b || a == "" {
			t.Errorf("sluice search %v: exit %d and %d:\n%s\n%s", args, codeA, codeB, a, b)
		}
	}
	for _, args := range [][]string{{"--by", "level,time:10m"}, {"level>=warn", "--by", "service", "--percentiles", "duration_ms", "--stats", "duration_ms", "--distinct", "host"}, {"--by", "http.status:100", "--weigh"}} {
		a, _, codeA := sluiceRun(t, "", append([]string{"aggregate", "--store", dir}, args...)...)
		query := []string{"*"}
		if !strings.HasPrefix(args[0], "-") {
			query, args = args[:1], args[1:]
		}
		b, _, codeB := sluiceRun(t, "", slices.Concat([]string{"aggregate"}, query, []string{file}, args)...)
		if codeA != exitOK || codeB != exitOK || a != b || !strings.Contains(a, "█") {
			t.Errorf("sluice aggregate %v: exit %d and %d:\n%s\n%s", args, codeA, codeB, a, b)
		}
	}
}

func withoutIDs(t *testing.T, text string) string {
	t.Helper()
	var out strings.Builder
	for line := range strings.Lines(text) {
		var h struct{ Record json.RawMessage }
		if err := json.Unmarshal([]byte(line), &h); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%s\n", h.Record)
	}
	return out.String()
}

func TestSearchSaysNothingWhenNothingIsFoundAndWhatIsWrong(t *testing.T) {
	dir := storeOf(t, searchtest.Records(50))
	for _, tc := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"search", "missing_field:*", "--store", dir}, exitFail, ""},
		{[]string{"aggregate", "missing_field:*", "--store", dir}, exitFail, ""},
		{[]string{"search", "level:(", "--store", dir}, exitUsage, "column 8"},
		{[]string{"search", "*"}, exitUsage, "nothing to search"},
		{[]string{"search", "--store", dir}, exitUsage, "want a query"},
		{[]string{"search", "*", "--store", dir, "--since", "soon"}, exitUsage, `--since "soon"`},
		{[]string{"search", "*", "--store", filepath.Join(dir, "none")}, exitUsage, "none"},
		{[]string{"search", "*", "--store", dir, "--sort", "x:up"}, exitUsage, "want newest"},
		{[]string{"search", "*", "--store", dir, "--raw", "--json"}, exitUsage, "one of --json and --raw"},
		{[]string{"search", "*", "--url", "ftp://x"}, exitUsage, "ftp"},
		{[]string{"aggregate", "--by", "time:often", "--store", dir}, exitUsage, "time:1m"},
	} {
		if _, stderr, code := sluiceRun(t, "", tc.args...); code != tc.code || !strings.Contains(stderr, tc.want) || tc.want == "" && stderr != "" {
			t.Errorf("sluice %v: exit %d, %s; want %d, %s", tc.args, code, stderr, tc.code, tc.want)
		}
	}
	out, _, code := sluiceRun(t, "", "search", "level:ERROR", "--store", dir, "--explain")
	if code != exitOK || !strings.Contains(out, "match level:ERROR") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestLogTextCannotDriveATerminal(t *testing.T) {
	hostile := "a\x1b]0;title\x07\u202eb\u009b31m\r"
	if got := printable(hostile); strings.ContainsAny(got, "\x1b\x07\r\u202e\u009b") || !strings.Contains(got, `\u001b`) {
		t.Errorf("printable = %q", got)
	}
}
