package main

import (
	"strings"
	"testing"
)

func TestAMistypedWordIsToldWithWhatWasMeant(t *testing.T) {
	for _, tc := range []struct{ line, want string }{
		{"serch", `"serch" is no command, did you mean search?`},
		{"nonsense", `"nonsense" is no command; want one of`},
		{"search --stroe logs", "there is no flag --stroe, did you mean --store? (see sluice search --help)"},
		{"search --zzzzzz", "there is no flag --zzzzzz (see sluice search --help)"},
		{"search -level:info", "-level:info is no flag; want -- before a query that begins with a dash"},
		{"search --limit", "--limit: want a value behind it (see sluice search --help)"},
		{"search --limit x", `--limit "x": want a whole number`},
		{"search --json=perhaps", `--json "perhaps": want no value, true or false`},
		{"verify --max-age soon x", `--max-age "soon": want a duration such as 90s or 2h`},
		{"verify --anchor nofile x", "nofile"},
		{"aggregate --every soon x", `--every "soon": want a duration such as 5m, 1h or 1d`},
		{"aggregate --every 0 x", `--every "0": want`}, {"aggregate --every -1h x", `--every "-1h": want`},
	} {
		_, stderr, code := sluiceRun(t, "", strings.Fields(tc.line)...)
		if code != exitUsage || !strings.Contains(stderr, tc.want) {
			t.Errorf("sluice %s: exit %d, %s; want 2 and %s", tc.line, code, stderr, tc.want)
		}
	}
}

func TestHelpTellsDefaults(t *testing.T) {
	out, _, _ := sluiceRun(t, "", "search", "--help")
	for _, want := range []string{"0 for all (default 100)", "(default newest)", "(default logs-otel-v1-*)"} {
		if !strings.Contains(out, want) {
			t.Errorf("help of search lacks %s", want)
		}
	}
}
