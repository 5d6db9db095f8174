package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluicelog/sluice/store"
)

const threeRecords = `{"time":"2026-03-01T12:00:00Z","level":"INFO","msg":"stage completed","stage":"denoise","duration_ms":120,"http":{"status":200}}
{"time":"2026-03-01T12:00:30Z","level":"WARN","msg":"slow stage","stage":"denoise","duration_ms":9000}
{"time":"2026-03-01T12:02:00Z","level":"ERROR","msg":"stage failed","stage":"mix","duration_ms":40,"reason":"disk full"}
`

func TestSearchPrints(t *testing.T) {
	dir := storeOf(t, threeRecords)
	lines := strings.SplitAfter(threeRecords, "\n")
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"level:error"}, "2026-03-01 12:02:00.000 ERROR stage failed stage=mix duration_ms=40 reason=\"disk full\"\n"},
		{[]string{"msg:completed"}, "2026-03-01 12:00:00.000 INFO  stage completed stage=denoise duration_ms=120 http.status=200\n"},
		{[]string{"stage:denoise", "--raw"}, lines[1] + lines[0]},
		{[]string{"stage:denoise", "--raw", "--sort", "oldest"}, lines[0] + lines[1]},
		{[]string{"*", "--raw", "--sort", "duration_ms", "--limit", "2"}, lines[2] + lines[0]},
		{[]string{"--raw", "--since", "2026-03-01T12:00:10Z", "--until", "2026-03-01T12:01:00Z"}, lines[1]},
		{[]string{"level:error", "--json"}, `{"id":"2","record":` + strings.TrimSuffix(lines[2], "\n") + "}\n"},
		{[]string{"level:warn", "--fields", "msg,stage", "--raw"}, `{"msg":"slow stage","stage":"denoise"}` + "\n"},
	} {
		out, stderr, code := sluiceRun(t, "", append([]string{"search", "--store", dir}, tc.args...)...)
		if tc.args[len(tc.args)-1] == "--json" {
			var hit struct {
				ID     string
				Record json.RawMessage
			}
			if err := json.Unmarshal([]byte(out), &hit); err != nil || hit.ID == "" || string(hit.Record) != strings.TrimSuffix(lines[2], "\n") {
				t.Errorf("%v: %v %s", tc.args, err, out)
			}
			continue
		}
		if code != exitOK || out != tc.want {
			t.Errorf("%v: exit %d %s\n%s\nwant\n%s", tc.args, code, stderr, out, tc.want)
		}
	}
	out, stderr, code := sluiceRun(t, "", "search", "--store", dir, "level:error", "--explain")
	if code != exitOK || !strings.Contains(out, "records") || strings.Contains(out, "stage failed") {
		t.Errorf("--explain: exit %d: %s%s", code, out, stderr)
	}
	if out, _, code = sluiceRun(t, "", "search", "--store", dir, "level:error", "--explain", "--json"); code != exitOK || !json.Valid([]byte(out)) {
		t.Errorf("--explain --json: exit %d: %s", code, out)
	}
}

func TestSearchFindsInFilesAsInAStore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.jsonl")
	if err := os.WriteFile(file, []byte(threeRecords), 0o600); err != nil {
		t.Fatal(err)
	}
	inFile, _, _ := sluiceRun(t, "", "search", "duration_ms>100", file)
	inStore, _, _ := sluiceRun(t, "", "search", "duration_ms>100", "--store", storeOf(t, threeRecords))
	if inFile != inStore || strings.Count(inFile, "\n") != 2 {
		t.Errorf("file:\n%s\nstore:\n%s", inFile, inStore)
	}
}

func TestSearchExitStatusAndErrors(t *testing.T) {
	dir := storeOf(t, threeRecords)
	for _, tc := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"search", "--store", dir, "level:info"}, exitOK, ""},
		{[]string{"search", "--store", dir, "level:debug"}, exitFail, "nothing found"},
		{[]string{"aggregate", "--store", dir, "level:debug"}, exitFail, "nothing found"},
		{[]string{"search", "--store", dir, "(level:info"}, exitUsage, "^"},
		{[]string{"search", "--store", dir, "--sort", "a:b:c"}, exitUsage, "a:b:c"},
		{[]string{"search", "--store", dir, "--since", "yesterday"}, exitUsage, `--since "yesterday"`},
		{[]string{"search", "--store", filepath.Join(dir, "none"), "x"}, exitUsage, "none"},
		{[]string{"search", "--store", dir, "x", filepath.Join(dir, "none")}, exitUsage, "none"},
		{[]string{"search", "--store", dir, "--url", "http://localhost:1", "x"}, exitUsage, "exclude each other"},
		{[]string{"search", "--store", "", "x"}, exitUsage, "nothing to search"},
		{[]string{"search", "--url", "http://localhost:1", "x"}, exitFail, "localhost:1"},
		{[]string{"search", "--url", "nonsense", "x"}, exitUsage, "nonsense"},
		{[]string{"aggregate", "--store", dir, "--by", "stage", "--size", "-1"}, exitUsage, "size"},
		{[]string{"store", "stats"}, exitUsage, "directory"},
		{[]string{"store", "stats", filepath.Join(dir, "none")}, exitUsage, "none"},
		{[]string{"store", "shrink", dir}, exitUsage, `"shrink"`},
		{[]string{"store", "erase", dir, "user_id"}, exitUsage, "FIELD VALUE"},
		{[]string{"ship", "--verbatim"}, exitUsage, "--to store:DIR"},
		{[]string{"ship", "--to", "store:", "--verbatim"}, exitUsage, "no directory"},
		{[]string{"ship", "--url", "http://localhost:1"}, exitUsage, "--to opensearch"},
		{[]string{"ship", "--to", "null", "--resume", filepath.Join(dir, "pos")}, exitUsage, "standard input"},
		{[]string{"ship", "--to", "store:" + dir, "--verbatim", "--resume", filepath.Join(dir, "pos"), "x"}, exitUsage, "--resume"},
	} {
		if _, stderr, code := sluiceRun(t, "", tc.args...); code != tc.code || !strings.Contains(stderr, tc.want) {
			t.Errorf("sluice %v: exit %d, %s; want %d and %s", tc.args, code, stderr, tc.code, tc.want)
		}
	}
}

func TestLogTextCannotSteerTheTerminal(t *testing.T) {
	dir := storeOf(t, `{"time":"2026-03-01T12:00:00Z","level":"IN\u001b[31mFO","msg":"a\u001b]0;title\u0007b\rc\nd","k\u001b[2J":"\u009b5n\u202e"}`+"\nplain \x1b[31m text\x9b\n")
	for _, args := range [][]string{{"search", "--store", dir, "*"}, {"aggregate", "--store", dir, "--by", "msg"}, {"store", "stats", dir}} {
		out, stderr, code := sluiceRun(t, "", args...)
		if code != exitOK || out == "" {
			t.Errorf("%v: exit %d: %s", args, code, stderr)
		}
		if strings.ContainsAny(strings.ReplaceAll(out, "\n", ""), "\x1b\x07\r\u009b\u202e") {
			t.Errorf("%v: %q", args, out)
		}
	}
}

func TestAggregateDraws(t *testing.T) {
	dir := storeOf(t, threeRecords)
	for _, tc := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"all", "3"}},
		{[]string{"--by", "stage"}, []string{"denoise", "2", strings.Repeat("█", barWidth), "mix", strings.Repeat("█", barWidth/2)}},
		{[]string{"--by", "stage", "--every", "1m"}, []string{"denoise", "█"}},
		{[]string{"--every", "1m"}, []string{"2026-03-01 12:00:00", "2026-03-01 12:02:00"}},
		{[]string{"--stats", "duration_ms"}, []string{"mean", "3053", "40", "9000"}},
		{[]string{"--percentiles", "duration_ms", "--by", "stage"}, []string{"p50", "p95", "p99"}},
		{[]string{"--distinct", "stage"}, []string{"distinct", "2"}},
	} {
		out, stderr, code := sluiceRun(t, "", append([]string{"aggregate", "--store", dir}, tc.args...)...)
		for _, want := range tc.want {
			if code != exitOK || !strings.Contains(out, want) {
				t.Errorf("%v: exit %d %s: no %q in\n%s", tc.args, code, stderr, want, out)
			}
		}
		if out, _, code := sluiceRun(t, "", append([]string{"aggregate", "--store", dir, "--json"}, tc.args...)...); code != exitOK || !json.Valid([]byte(out)) {
			t.Errorf("%v --json: exit %d: %s", tc.args, code, out)
		}
	}
}

// shared is a writer that may be read meanwhile.
type shared struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// await waits until what was written holds text.
func (s *shared) await(t testing.TB, text string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !strings.Contains(s.String(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %q in %q", text, s.String())
		}
	}
}

// background runs a command until stop, which returns its exit status.
func background(t testing.TB, args ...string) (out, errOut *shared, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, errOut = &shared{}, &shared{}
	code := make(chan int, 1)
	go func() { code <- run(ctx, env{strings.NewReader(""), out, errOut}, args) }()
	stop = sync.OnceValue(func() int {
		cancel()
		return <-code
	})
	t.Cleanup(func() { stop() })
	return out, errOut, stop
}

func TestTailFollowsAGrowingStoreAndEndsWithoutError(t *testing.T) {
	for _, words := range [][]string{{"tail", "--limit", "1"}, {"search", "--follow", "--limit", "1"}} {
		dir := t.TempDir()
		s, err := store.Open(dir, &store.Options{SegmentRecords: 50})
		if err != nil {
			t.Fatal(err)
		}
		add := func(from, to int) {
			for i := from; i < to; i++ {
				line, _ := json.Marshal(map[string]any{"time": "2026-03-01T12:00:00Z", "level": "INFO", "msg": "m", "n": i})
				if err := s.Append(line); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		add(0, 10)
		out, errOut, stop := background(t, append(words, "--store", dir, "level:info")...)
		out.await(t, "n=9\n")
		add(10, 200)
		out.await(t, "n=199\n")
		if code := stop(); code != exitOK || strings.Count(out.String(), "\n") != 191 {
			t.Errorf("%v: exit %d %s, %d lines, want 191", words, code, errOut, strings.Count(out.String(), "\n"))
		}
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDamageIsToldAndNotTakenForNothingFound(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	for _, msg := range []string{"first", "second"} { // a segment each
		if _, stderr, code := sluiceRun(t, `{"time":"2026-03-02T08:00:00Z","msg":"`+msg+`"}`, "ship", "--to", "store:"+dir); code != exitOK {
			t.Fatal(stderr)
		}
	}
	segments, err := filepath.Glob(filepath.Join(dir, "*.seg"))
	if err != nil || len(segments) != 2 {
		t.Fatalf("%v, %v", segments, err)
	}
	whole, err := os.ReadFile(segments[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(segments[0], whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(segments[0])
	for _, words := range [][]string{{"search", "--raw"}, {"search", "--raw", "--sort", "arrival"}, {"aggregate"}, {"aggregate", "--json"}} {
		out, stderr, code := sluiceRun(t, "", append(words, "--store", dir)...)
		if code != exitFail || !strings.Contains(stderr, "missing from the result: ") || !strings.Contains(stderr, name) {
			t.Errorf("sluice %v: exit %d, %s", words, code, stderr)
		}
		if words[0] == "search" && !strings.Contains(out, "second") {
			t.Errorf("sluice %v: %s", words, out)
		}
	}
}

func TestJSONHasOneSpelling(t *testing.T) {
	dir := storeOf(t, threeRecords)
	for _, words := range [][]string{
		{"search", "--store", dir, "slow", "--json"}, {"search", "--store", dir, "--explain", "--json"}, {"store", "stats", dir, "--json"}, {"store", "compact", dir, "--json"},
		{"aggregate", "--store", dir, "--by", "stage", "--every", "1m", "--percentiles", "duration_ms", "--stats", "duration_ms", "--distinct", "stage", "--json"},
	} {
		out, stderr, code := sluiceRun(t, "", words...)
		if code != exitOK {
			t.Fatalf("sluice %v: exit %d, %s", words, code, stderr)
		}
		if keys := regexp.MustCompile(`"[^"]*[A-Z][^"]*":`).FindAllString(out, -1); len(keys) > 0 {
			t.Errorf("sluice %v: keys %v in\n%s", words, keys, out)
		}
	}
}
