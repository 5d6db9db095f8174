package template

import (
	"strings"
	"testing"
)

// FuzzMatch takes lines, so that they meet in one miner.
func FuzzMatch(f *testing.F) {
	for _, s := range []string{
		"a 1\na b\na c\n", "stage x failed\nstage y failed\nstage z failed", "\"a b\" 'c' `d`", "::1 1:2 a:b 10.0.0.1:80,10.0.0.2", "C:\\x http://a?b /x?y=%20",
		"2026-01-02T03:04:05Z 1h2m 0x1f -1e9 1.", "<word> 1\n<word> <word>", "\xff\x80 \"", strings.Repeat("1 ", 300),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m := NewMiner(&Options{MaxTemplates: 4, Distinct: 2})
		for msg := range strings.Lines(text) {
			tm, vars := m.Match(msg)
			if got := string(tm.Append(nil, vars)); got != msg {
				t.Fatalf("put together again: %q, want %q", got, msg)
			}
			if len(vars) != len(tm.Kinds()) || len(tm.Literals()) != len(vars)+1 {
				t.Fatalf("%q: %d variables, %d kinds, %d literals", msg, len(vars), len(tm.Kinds()), len(tm.Literals()))
			}
			for _, k := range tm.Kinds() {
				if k == constant || k > Quoted {
					t.Fatalf("%q: kind %d", msg, k)
				}
			}
			if again, _ := m.Match(msg); again != tm {
				t.Fatalf("%q: %q and %q", msg, tm, again)
			}
		}
		n := 0
		for range m.All() {
			n++
		}
		if s := m.Stats(); s.Templates != n || s.Templates > 4 || s.Created != uint64(n)+s.Evicted+s.Merged {
			t.Fatalf("%d templates: %+v", n, s)
		}
	})
}
