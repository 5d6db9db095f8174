package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluicelog/sluice/audit"
)

func TestVerifyTellsSoundFromBadFromUnreadable(t *testing.T) {
	dir := t.TempDir()
	anchors := filepath.Join(t.TempDir(), "anchors")
	trail, err := audit.Open(dir, &audit.Options{Witnesses: []audit.Witness{audit.NewFileWitness(anchors)}})
	if err != nil {
		t.Fatal(err)
	}
	h, err := audit.NewHandler(nil, nil, trail)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := audit.Log(t.Context(), slog.New(h), "Configuration changed", audit.Event{Action: "config.change", Reason: "ticket"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := trail.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	verify := func(args ...string) (int, string) {
		var out, errOut bytes.Buffer
		code := run(t.Context(), env{strings.NewReader(""), &out, &errOut}, append([]string{"verify"}, args...))
		return code, out.String() + errOut.String()
	}
	for _, tc := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{dir}, exitOK, "is sound: 7 entries"},
		{[]string{"--key", trail.PublicKey(), "--anchor", anchors, "--max-age", "1h", dir}, exitOK, "agrees with 2 anchors"},
		{[]string{"--json", dir}, exitOK, `{"sound":true,"entries":7,`},
		{[]string{"--max-age", "1ns", dir}, exitFail, "stale"},
		{[]string{filepath.Join(dir, "none")}, exitUsage, "no such file"},
		{[]string{"--anchor", filepath.Join(dir, "none"), dir}, exitUsage, "no such file"},
		{nil, exitUsage, "want one directory"},
	} {
		if code, text := verify(tc.args...); code != tc.code || !strings.Contains(text, tc.want) {
			t.Errorf("verify %v: %d %s, want %d %s", tc.args, code, text, tc.code, tc.want)
		}
	}
	names, err := filepath.Glob(filepath.Join(dir, "entries", "*.seg"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	b, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(b, []byte("ticket"))
	b[at] = 'T'
	if err := os.WriteFile(names[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, text := verify(dir); code != exitFail || !strings.Contains(text, "first bad entry 5") {
		t.Errorf("%d %s", code, text)
	}
}
