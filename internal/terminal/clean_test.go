package terminal_test

import (
	"testing"

	"github.com/sluicelog/sluice/internal/terminal"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "plain text": "plain text", "naïve 日本語 👩‍🚀": "naïve 日本語 👩‍🚀",
		"\x1b[31mred\x1b[0m": "\ufffd[31mred\ufffd[0m", "a\u009b31mb": "a\ufffd31mb", "a\tb\r\nc": "a b\ufffd|c", "nul \x00": "nul \ufffd",
		"turned \u202e txt": "turned \ufffd txt", "bad \xff\xfe utf8": "bad \ufffd\ufffd utf8", "\x7f": "\ufffd", "\ufeff{": "\ufffd{",
	} {
		if got := terminal.Clean(in, "|"); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestACleanTextIsNotCopied(t *testing.T) {
	const s = "stage completed, 漢字"
	if n := testing.AllocsPerRun(100, func() { _ = terminal.Clean(s, "") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
