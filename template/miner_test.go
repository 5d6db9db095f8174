package template

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVariablesAreTypedByTheirSpelling(t *testing.T) {
	for _, tc := range []struct {
		msg, want string
		vars      []string
	}{
		{"took 20ms, then 1m30.5s", "took <duration>, then <duration>", []string{"20ms", "1m30.5s"}},
		{"at 2026-03-02T08:00:00.123Z", "at <timestamp>", []string{"2026-03-02T08:00:00.123Z"}},
		{"at 2026-03-02 08:00:00+01:00.", "at <timestamp> <timestamp>.", []string{"2026-03-02", "08:00:00+01:00"}},
		{"on 17/06/2009 and 2009/6/7", "on <timestamp> and <timestamp>", []string{"17/06/2009", "2009/6/7"}},
		{"x=-3.5e-7 y=+2 z=50%", "x=<number> y=<number> z=<number>%", []string{"-3.5e-7", "+2", "50"}},
		{"at 0xC0ffee and deadbeef01", "at <hex> and <hex>", []string{"0xC0ffee", "deadbeef01"}},
		{"id 01900000-0000-7000-8000-0123456789ab!", "id <uuid>!", []string{"01900000-0000-7000-8000-0123456789ab"}},
		{"from 10.4.2.7:50051 to fe80::1 and 2001:db8:0:0:0:0:0:1", "from <ip> to <ip> and <ip>", []string{"10.4.2.7:50051", "fe80::1", "2001:db8:0:0:0:0:0:1"}},
		{"open /etc/hosts: no", "open <path>: no", []string{"/etc/hosts"}},
		{`open C:\Temp\a.txt now`, "open <path> now", []string{`C:\Temp\a.txt`}},
		{"GET https://example.net/a?b=c&d=%20, done", "GET <path>, done", []string{"https://example.net/a?b=c&d=%20"}},
		{`said "disk is full" twice`, `said "<quoted>" twice`, []string{"disk is full"}},
		{`said "full" twice`, `said "full" twice`, nil},
		{`"GET /x/7 HTTP/1.1" 200`, `"GET <path> <path>" <number>`, []string{"/x/7", "HTTP/1.1", "200"}},
		{"worker-3 can't read/write", "<word> can't read/write", []string{"worker-3"}},
		{"sizes 1,024 and 1,2,3", "sizes <word> and <word>", []string{"1,024", "1,2,3"}},
		{"chosen: a,b", "chosen: a,b", nil},
		{"", "", nil},
		{"  ", "  ", nil},
		{"größe 7 für ä", "größe <number> für ä", []string{"7"}},
		{"job:7 done", "job:<number> done", []string{"7"}},
		{"1.", "<number>.", []string{"1"}},
		{"v1.2.3.4.5 -", "<word> -", []string{"v1.2.3.4.5"}},
		{"addr :: and a:b", "addr :: and a:b", nil},
		{"25:61 1:2:3:4", "<timestamp> <ip>", []string{"25:61", "1:2:3:4"}},
	} {
		m := NewMiner(nil)
		tm, vars := m.Match(tc.msg)
		if tm.String() != tc.want || !slices.Equal(vars, tc.vars) {
			t.Errorf("%q\n got %q %q\nwant %q %q", tc.msg, tm, vars, tc.want, tc.vars)
		}
		if got := string(tm.Append(nil, vars)); got != tc.msg {
			t.Errorf("put together again: %q, want %q", got, tc.msg)
		}
		if len(vars) != len(tm.Kinds()) || len(tm.Literals()) != len(vars)+1 {
			t.Errorf("%q: %d variables, %d kinds, %d literals", tc.msg, len(vars), len(tm.Kinds()), len(tm.Literals()))
		}
	}
}

// forms returns the template after each message.
func forms(m *Miner, messages ...string) (out []string, ids []uint64) {
	for _, msg := range messages {
		tm, _ := m.Match(msg)
		out, ids = append(out, tm.String()), append(ids, tm.ID())
	}
	return out, ids
}

func TestAWordThatVariesBecomesAVariable(t *testing.T) {
	m := NewMiner(nil)
	got, ids := forms(m, "stage decode failed", "stage denoise failed", "stage encode failed", "stage store failed", "stage notify failed", "stage else failed")
	want := []string{"stage decode failed", "stage denoise failed", "stage encode failed", "stage store failed", "stage <word> failed", "stage <word> failed"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, id := range ids {
		if m.Resolve(id) != ids[5] {
			t.Errorf("template %x resolves to %x, want %x", id, m.Resolve(id), ids[5])
		}
	}
	if s := m.Stats(); s != (Stats{Templates: 1, Created: 4, Merged: 3}) {
		t.Errorf("%+v", s)
	}
}

func TestVerbsThatAreFewStayApart(t *testing.T) {
	m := NewMiner(nil)
	got, _ := forms(m, "session opened for root", "session closed for root", "request received", "request failed", "request completed", "request started", "request dropped", "request queued")
	if slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "<") }) {
		t.Errorf("%q", got)
	}
}

func TestAVariableInAWordsPlaceIsSeenAtOnce(t *testing.T) {
	for _, pair := range [][2]string{{"user root has logged in", "user u17 has logged in"}, {"user u17 has logged in", "user root has logged in"}} {
		m := NewMiner(nil)
		got, ids := forms(m, pair[0], pair[1])
		if got[1] != "user <word> has logged in" || ids[0] != ids[1] {
			t.Errorf("%q: %q %x", pair, got, ids)
		}
	}
	m := NewMiner(nil)
	got, ids := forms(m, "free 17 of all", "free 0xff of all", "free 17 of all", "free 1s of all")
	if d := cmp.Diff([]string{"free <number> of all", "free <hex> of all", "free <hex> of all", "free <word> of all"}, got); d != "" || ids[0] != ids[3] {
		t.Error(d, ids)
	}
}

func TestQuotedWordsStayQuoted(t *testing.T) {
	m := NewMiner(&Options{Distinct: 2})
	got, _ := forms(m, "state 'Active' of icon now set", "state 'Inactive' of icon now set", "state 'not known' of icon now set")
	if got[1] != "state '<quoted>' of icon now set" || got[2] != got[1] {
		t.Errorf("%q", got)
	}
}

func TestTheTemplateUsedLongestAgoMakesRoom(t *testing.T) {
	m := NewMiner(&Options{MaxTemplates: 3})
	_, ids := forms(m, "a", "a b", "a b c", "a", "a b c d")
	var kept []string
	for tm := range m.All() {
		kept = append(kept, tm.String())
	}
	if d := cmp.Diff([]string{"a b c d", "a", "a b c"}, kept); d != "" {
		t.Error(d)
	}
	if s := m.Stats(); s != (Stats{Templates: 3, Created: 4, Evicted: 1}) {
		t.Errorf("%+v", s)
	}
	if _, again := forms(m, "a b"); again[0] != ids[1] {
		t.Error("a template that comes back has another identifier")
	}
}

func TestMemoryIsBoundedWhateverComes(t *testing.T) {
	m := NewMiner(&Options{MaxTemplates: 50})
	for i := range 20_000 {
		word := strings.Map(func(r rune) rune { return r - '0' + 'a' }, fmt.Sprint(i))
		m.Match(strings.Repeat(word+" ", i%9+1))
		if n := len(m.aliases.of); n > 50 {
			t.Fatalf("%d aliases", n)
		}
	}
	siblings := 0
	for _, c := range m.buckets {
		for ; c != nil; c = c.sibling {
			siblings++
		}
	}
	if s := m.Stats(); s.Templates > 50 || siblings != s.Templates || s.Created != uint64(s.Templates)+s.Evicted+s.Merged {
		t.Errorf("%d in buckets: %+v", siblings, s)
	}
}

func TestALongMessageEndsInOneVariable(t *testing.T) {
	for _, msg := range []string{strings.Repeat("x ", 5000), strings.Repeat("1 ", 300), strings.Repeat("y", 20_000), strings.Repeat("z ", 256) + `"q q"`, strings.Repeat(`"q q" `, 300)} {
		m := NewMiner(nil)
		tm, vars := m.Match(msg)
		if len(vars) > maxTokens+1 || string(tm.Append(nil, vars)) != msg {
			t.Errorf("%.20q…: %d variables", msg, len(vars))
		}
	}
}

func TestDistinctTemplatesThatReadAlikeHaveDistinctIDs(t *testing.T) {
	m := NewMiner(nil)
	a, ia := forms(m, "took <word>")
	b, ib := forms(m, "took x1")
	if a[0] != "took <word>" || b[0] != a[0] || ia[0] == ib[0] {
		t.Errorf("%q %x, %q %x", a, ia, b, ib)
	}
}

func TestOptionsOutOfRange(t *testing.T) {
	for _, tc := range []struct {
		o    Options
		want string
	}{
		{Options{}, ""}, {Options{MaxTemplates: 1, Distinct: 2}, ""},
		{Options{MaxTemplates: -1}, "MaxTemplates is -1: want 1 to 1000000"}, {Options{Distinct: 1}, "Distinct is 1: want 2 to 16"},
	} {
		err := tc.o.Validate()
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%+v: %v", tc.o, err)
		}
		NewMiner(&tc.o).Match("a 1")
	}
	if (*Options)(nil).Validate() != nil {
		t.Error("nil options are valid")
	}
}
