package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluicelog/sluice"
)

// sluiceRun runs the command with stdin and returns what it wrote and its exit status.
func sluiceRun(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	for _, k := range []string{sluice.EnvEnvironment, sluice.EnvLevel} {
		t.Setenv(k, "")
	}
	var out, errOut bytes.Buffer
	code = run(t.Context(), env{strings.NewReader(stdin), &out, &errOut}, args)
	return out.String(), errOut.String(), code
}

func TestMaskWritesAsManyLinesAsItReadInOrder(t *testing.T) {
	in := "{\"email\":\"ada@example.com\",\"n\":1.50}\n\n\"mail to ada@example.com\"\r\nplain ada@example.com\n" + strings.Repeat("x", 200_000) + "\n{broken \"ada@example.com\"\nlast"
	out, _, code := sluiceRun(t, in, "mask")
	want := []string{`{"email":"[EMAIL_REDACTED]","n":1.50}`, "", "\"mail to [EMAIL_REDACTED]\"\r", "plain [EMAIL_REDACTED]", strings.Repeat("x", 200_000), `{broken "[EMAIL_REDACTED]"`, "last"}
	got := strings.Split(out, "\n")
	if code != exitOK || len(got) != len(want) {
		t.Fatalf("exit %d, %d lines, want %d", code, len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("line %d = %.100q, want %.100q", i, got[i], want[i])
		}
	}
}

func TestShipLosesNoLine(t *testing.T) {
	in := `{"time":"2026-03-02T08:00:00Z","level":"DEBUG","msg":"a","service":"api","email":"ada@example.com"}` + "\nnot json\n" + `{"level":"trace","msg":"b"}` + "\n"
	out, stderr, code := sluiceRun(t, in, "ship", "--stats")
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if code != exitOK || len(lines) != 3 || lines[0] != `{"time":"2026-03-02T08:00:00Z","level":"DEBUG","msg":"a","service":"api","email":"[EMAIL_REDACTED]"}` {
		t.Fatalf("exit %d: %s", code, out)
	}
	var second map[string]any
	if err := json.Unmarshal([]byte(lines[1]), &second); err != nil || second["msg"] != "not json" || second["time"] == nil {
		t.Errorf("second line = %s", lines[1])
	}
	if !strings.Contains(stderr, "accepted 3 = delivered 3") {
		t.Errorf("stats = %s", stderr)
	}
}

func TestShipTellsANodeThatRefusesFromAWrongUse(t *testing.T) {
	node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	defer node.Close()
	words := []string{"ship", "--to", "opensearch", "--ensure-template", "--url"}
	if _, stderr, code := sluiceRun(t, "", append(words, node.URL)...); code != exitFail || !strings.Contains(stderr, "status 401") {
		t.Errorf("a node that refuses: exit %d: %s", code, stderr)
	}
	if _, stderr, code := sluiceRun(t, "", append(words, "gopher://127.0.0.1:1")...); code != exitUsage || !strings.Contains(stderr, "gopher") {
		t.Errorf("a wrong address: exit %d: %s", code, stderr)
	}
}

func TestShipReadsFilesThroughAConfiguredChain(t *testing.T) {
	dir := t.TempDir()
	in, out, conf := filepath.Join(dir, "in.log"), filepath.Join(dir, "out.jsonl"), filepath.Join(dir, "c.yaml")
	var text strings.Builder
	for range 20_000 {
		text.WriteString("{\"level\":\"INFO\",\"msg\":\"m\"}\n")
	}
	for name, content := range map[string]string{in: text.String(), conf: "level: info\nsinks: [{type: json, path: '" + out + "'}]\nqueue: {capacity: 100}\n"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, stderr, code := sluiceRun(t, "", "ship", in, "--config", conf); code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	got, err := os.ReadFile(out)
	if err != nil || bytes.Count(got, []byte("\n")) != 20_000 {
		t.Errorf("%d lines, %v; want all 20,000 though the queue has 100 places", bytes.Count(got, []byte("\n")), err)
	}
}

func TestWrongUseExitsWithTwoAndSaysWhat(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("queue: {overflow: drop}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args []string
		want string
	}{
		{nil, "Usage"}, {[]string{"serch"}, `"serch" is no command`}, {[]string{"ship", "--nope"}, "nope"},
		{[]string{"ship", "--to", "moon"}, `--to "moon": want console, json, store:DIR, opensearch or null`}, {[]string{"ship", "/does/not/exist"}, "/does/not/exist"},
		{[]string{"mask", "--config", bad}, `bad.yaml:1:19: queue.overflow: "drop": want`}, {[]string{"config", "check", bad}, "queue.overflow"},
		{[]string{"config"}, "check FILE"}, {[]string{"completion", "tcsh"}, `"tcsh" is no shell`},
	} {
		if _, stderr, code := sluiceRun(t, "", tc.args...); code != exitUsage || !strings.Contains(stderr, tc.want) {
			t.Errorf("sluice %v: exit %d, %s; want 2 and %s", tc.args, code, stderr, tc.want)
		}
	}
}

func TestHelpNamesEveryCommandAndFlag(t *testing.T) {
	out, _, code := sluiceRun(t, "", "help")
	for _, c := range commands() {
		if !strings.Contains(out, c.name) {
			t.Errorf("help lacks %s", c.name)
		}
		text, _, helpCode := sluiceRun(t, "", c.name, "--help")
		if helpCode != exitOK || !strings.Contains(text, "Usage: sluice "+c.name) || !strings.Contains(text, "  sluice "+c.name) && c.name != "completion" {
			t.Errorf("help of %s: exit %d\n%s", c.name, helpCode, text)
		}
	}
	if code != exitOK {
		t.Errorf("exit %d", code)
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		script, _, code := sluiceRun(t, "", "completion", shell)
		if code != exitOK || !strings.Contains(script, "ship") || !strings.Contains(script, "config") {
			t.Errorf("%s: exit %d\n%s", shell, code, script)
		}
	}
}

func TestConfigShowsWhatIsInEffectWithoutSecrets(t *testing.T) {
	t.Setenv("HASH_KEY", "hunter2hunter2hunter2")
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte("mask: {hash_key: '${HASH_KEY}', actions: {EMAIL: hash}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, stderr, code := sluiceRun(t, "", "config", "show", path)
	if code != exitOK || strings.Contains(out, "hunter2") || !strings.Contains(out, "type: console") || !strings.Contains(out, "[REDACTED]") {
		t.Errorf("exit %d: %s%s", code, out, stderr)
	}
	if out, _, code := sluiceRun(t, "", "config", "schema"); code != exitOK || !json.Valid([]byte(out)) {
		t.Errorf("schema: exit %d", code)
	}
}
