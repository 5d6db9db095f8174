package enrich

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
)

func TestTemplateTakesOutWhatVaries(t *testing.T) {
	for _, tt := range []struct{ message, want string }{
		{"", ""},
		{"connection refused", "connection refused"},
		{"dial tcp 10.0.0.1:8080: connect: connection refused", "dial tcp #: connect: connection refused"},
		{"dial tcp [fe80::1]:8080: timeout", "dial tcp [#::#]:#: timeout"},
		{`user "ada" not found`, `user "?" not found`},
		{`open 'a b': denied`, `open "?": denied`},
		{"can't open it, don't ask", "can't open it, don't ask"},
		{`quoted "with \" inside" end`, `quoted "?" end`},
		{"`raw\\` end", `"?" end`},
		{`open "without end`, `open "without end`},
		{"job 550e8400-e29b-41d4-a716-446655440000 failed", "job # failed"},
		{"commit deadbeef, face it", "commit #, face it"},
		{"open /tmp/upload-12/a.wav: no such file", "open /#: no such file"},
		{"read-only file system", "read-only file system"},
		{"größe 12 überschritten", "größe # überschritten"},
		{"took 12.5ms (limit 10ms)", "took # (limit #)"},
		{"trailing 5.", "trailing #."},
	} {
		if got := template(tt.message); got != tt.want {
			t.Errorf("template(%q) = %q, want %q", tt.message, got, tt.want)
		}
	}
	if got := template(strings.Repeat("x", 10*maxTemplate)); len(got) > maxTemplate {
		t.Errorf("template of a long message has %d bytes, want at most %d", len(got), maxTemplate)
	}
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"", "a1 'b2' \"c", `"\"`, "deadbeef", "::1", "é9"} {
		f.Add(s, uint8(3))
	}
	f.Fuzz(func(t *testing.T, message string, shift uint8) {
		got := template(message)
		if strings.ContainsFunc(got, func(r rune) bool { return r < unicode.MaxASCII && unicode.IsDigit(r) }) {
			t.Errorf("template(%q) = %q, want no digit", message, got)
		}
		other := []byte(message)
		for i, c := range other {
			if c >= '0' && c <= '9' {
				other[i] = '0' + (c-'0'+shift%10)%10
			}
		}
		if again := template(string(other)); again != got {
			t.Errorf("template(%q) = %q, template(%q) = %q, want the same: only digits differ", message, got, other, again)
		}
	})
}

func TestFingerprintTellsKindsApartAndNothingElse(t *testing.T) {
	wrap := func(id int, err error) string {
		tr := look(fmt.Errorf("job %d: %w", id, err))
		return fingerprint(tr.types, tr.texts[0], "main.work")
	}
	a := wrap(1, errors.New("disk full"))
	if b := wrap(22, errors.New("disk full")); a != b {
		t.Errorf("fingerprints %s and %s of one kind differ", a, b)
	}
	others := map[string]string{
		"another text":     wrap(1, errors.New("disk slow")),
		"another type":     wrap(1, &PanicError{Value: "disk full"}),
		"another function": fingerprint([]string{"*fmt.wrapError", "*errors.errorString"}, "job 1: disk full", "main.rest"),
		"split elsewhere":  fingerprint([]string{"*fmt.wrapError*errors.errorString"}, "job 1: disk full", "main.work"),
	}
	for name, b := range others {
		if a == b {
			t.Errorf("%s has the same fingerprint %s", name, a)
		}
	}
	// Pinned: stored fingerprints must go on to match.
	if want := fingerprint([]string{"*errors.errorString"}, "x 1", "f"); want != "7d5d89f95f492059" {
		t.Errorf("fingerprint changed: %s", want)
	}
}
