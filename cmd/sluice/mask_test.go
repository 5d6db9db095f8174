package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/handler/mask"
)

func TestMaskExplainsItself(t *testing.T) {
	in := `{"user":{"note":"to ada@example.org"},"password":"x"}` + "\n\nclean\ncall +1 415 555 0154\n"
	out, _, code := sluiceRun(t, in, "mask", "--explain")
	want := "1\tEMAIL\tuser.note\tbytes 3-18\tscore 0.90\tredact\n1\tKEY\tpassword\twhole value\tscore 1.00\tredact\n4\tPHONE\t-\tbytes 5-20\tscore 0.85\tredact\n"
	if diff := cmp.Diff(want, out); diff != "" || code != exitOK {
		t.Errorf("exit %d\n%s", code, diff)
	}
	out, _, _ = sluiceRun(t, in, "mask", "--explain", "--json")
	for line := range strings.Lines(out) {
		var h explained
		if err := json.Unmarshal([]byte(line), &h); err != nil || h.Rule == "" || h.Line == 0 {
			t.Errorf("%s: %v", line, err)
		}
	}
	if strings.Contains(out, "ada@") {
		t.Errorf("a secret is in the explanation: %s", out)
	}
}

func TestMaskListsItsRules(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.yaml")
	if err := os.WriteFile(path, []byte("mask: {rules: [{name: TICKET, pattern: 'T-\\d+', literals: [T-], keywords: [ticket], validator: luhn}]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text, _, code := sluiceRun(t, "", "mask", "--rules", "--config", path)
	for _, want := range []string{"EMAIL (on by default)\n", "IP_ADDRESS (off by default)\n", "PL_PESEL (off by default)\n", "    finds   ", "    leaves  ", `TICKET (on by default)`, `behind one of ["ticket"], checked by luhn: redact`} {
		if code != exitOK || !strings.Contains(text, want) {
			t.Errorf("exit %d, no %q", code, want)
		}
	}
	out, _, _ := sluiceRun(t, "", "mask", "--rules", "--json")
	n := 0
	for line := range strings.Lines(out) {
		var r mask.Rule
		if err := json.Unmarshal([]byte(line), &r); err != nil || len(r.Examples) == 0 || len(r.CounterExamples) == 0 {
			t.Errorf("%s: %v", line, err)
		}
		n++
	}
	if n != len(mask.KindNames()) {
		t.Errorf("%d rules of %d", n, len(mask.KindNames()))
	}
}

func TestMaskStatsSayWhere(t *testing.T) {
	_, errs, _ := sluiceRun(t, `{"a":{"note":"to ada@example.org"}}`+"\n"+`{"a":{"note":"to ada@example.org"}}`+"\nada@example.org\n", "mask", "--stats")
	if want := "       2 EMAIL a.note\n       1 EMAIL\n"; errs != want {
		t.Errorf("got %q, want %q", errs, want)
	}
}

func TestMaskTellsTheTokensOfAValue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.yaml")
	config := "mask: {hash_key: this year and no other, former_hash_keys: [last year and no other], actions: {EMAIL: hash}}\n"
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _, code := sluiceRun(t, "", "mask", "--pseudonym", "ada@example.org", "--config", path)
	tokens := strings.Fields(out)
	masked, _, _ := sluiceRun(t, "ada@example.org\n", "mask", "--config", path)
	if code != exitOK || len(tokens) != 2 || strings.Replace(tokens[0], "[HASH", "[EMAIL_HASH", 1) != strings.TrimSpace(masked) {
		t.Errorf("exit %d: %q, masked %q", code, out, masked)
	}
	if _, errs, code := sluiceRun(t, "", "mask", "--pseudonym", "x"); code != exitUsage || !strings.Contains(errs, "mask.hash_key") {
		t.Errorf("without a key: exit %d: %s", code, errs)
	}
}
