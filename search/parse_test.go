package search_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/search"
)

func TestAQueryMeansWhatItsPrecedenceSays(t *testing.T) {
	m := func(field, value string) search.Expr { return search.Match{Field: field, Value: value} }
	for _, tc := range []struct {
		text string
		want search.Expr
	}{
		{"", nil},
		{"  \t", nil},
		{"*", search.All{}},
		{"disk", m("", "disk")},
		{`"disk full"`, m("", "disk full")},
		{"disk full", search.And{m("", "disk"), m("", "full")}},
		{"level:ERROR", m("level", "ERROR")},
		{"level: ERROR", m("level", "ERROR")},
		{"a AND b OR c AND d", search.Or{search.And{m("", "a"), m("", "b")}, search.And{m("", "c"), m("", "d")}}},
		{"a b || c && d", search.Or{search.And{m("", "a"), m("", "b")}, search.And{m("", "c"), m("", "d")}}},
		{"a or b and c", search.Or{m("", "a"), search.And{m("", "b"), m("", "c")}}},
		{"(a OR b) c", search.And{search.Or{m("", "a"), m("", "b")}, m("", "c")}},
		{"((a OR (b OR c)))", search.Or{m("", "a"), m("", "b"), m("", "c")}},
		{"NOT a b", search.And{search.Not{Expr: m("", "a")}, m("", "b")}},
		{"not (a b)", search.Not{Expr: search.And{m("", "a"), m("", "b")}}},
		{"-user_id:u1 !x:y", search.And{search.Not{Expr: m("user_id", "u1")}, search.Not{Expr: m("x", "y")}}},
		{`-"a b" -(c d)`, search.And{search.Not{Expr: m("", "a b")}, search.Not{Expr: search.And{m("", "c"), m("", "d")}}}},
		{"NOT not a", search.Not{Expr: search.Not{Expr: m("", "a")}}},
		{`"and" "or"`, search.And{m("", "and"), m("", "or")}},
		{"order:nothing android", search.And{m("order", "nothing"), m("", "android")}},
		{"not:x", m("not", "x")},
		{"stage:(denoise or NOT store)", search.Or{m("stage", "denoise"), search.Not{Expr: m("stage", "store")}}},
		{"at:(10:30 or a:b)", search.Or{m("at", "10:30"), m("at", "a:b")}},
		{"n:(>5 <=9)", search.And{search.Range{Field: "n", Min: search.Bound{Value: "5", Exclude: true}}, search.Range{Field: "n", Max: search.Bound{Value: "9"}}}},
		{"url:http://x/y?z", search.Wildcard{Field: "url", Pattern: "http://x/y?z"}},
		{"host:web*", search.Wildcard{Field: "host", Pattern: "web*"}},
		{`a:\*x\?`, m("a", "*x?")},
		{`a:\*x*`, search.Wildcard{Field: "a", Pattern: `\*x*`}},
		{`"a*"`, m("", "a*")},
		{"host:*", search.Exists{Field: "host"}},
		{"msg:/re+/", search.Regexp{Field: "msg", Pattern: "re+"}},
		{`/a\/b c/i`, search.Regexp{Pattern: "a/b c", Fold: true}},
		{"path:/v2/audio", m("path", "/v2/audio")},
		{"path:/etc", m("path", "/etc")},
		{"path:/", m("path", "/")},
		{`"a b":c`, m("a b", "c")},
		{`a\:b:c`, m("a:b", "c")},
		{"duration_ms>5000", search.Range{Field: "duration_ms", Min: search.Bound{Value: "5000", Exclude: true}}},
		{"duration_ms >= 5", search.And{m("", "duration_ms"), nil}},
		{"duration_ms:>=5s", search.Range{Field: "duration_ms", Min: search.Bound{Value: "5s"}}},
		{"v<\"1.10\"", search.Range{Field: "v", Max: search.Bound{Value: "1.10", Quoted: true, Exclude: true}}},
		{"n:[1 TO 5]", search.Range{Field: "n", Min: search.Bound{Value: "1"}, Max: search.Bound{Value: "5"}}},
		{"n:{1 to *}", search.Range{Field: "n", Min: search.Bound{Value: "1", Exclude: true}}},
		{"n:[* TO *]", search.Exists{Field: "n"}},
		{"n:[1 TO 5}", search.Range{Field: "n", Min: search.Bound{Value: "1"}, Max: search.Bound{Value: "5", Exclude: true}}},
		{"time:-15m..now", search.Range{Field: "time", Min: search.Bound{Value: "-15m"}, Max: search.Bound{Value: "now"}}},
		{"n:5..", search.Range{Field: "n", Min: search.Bound{Value: "5"}}},
		{"n:..1.5", search.Range{Field: "n", Max: search.Bound{Value: "1.5"}}},
		{"path:../x", m("path", "../x")},
		{"n:-5", m("n", "-5")},
		{"größe:>3", search.Range{Field: "größe", Min: search.Bound{Value: "3", Exclude: true}}},
	} {
		q, err := search.Parse(tc.text)
		if tc.text == "duration_ms >= 5" {
			if err == nil {
				t.Errorf("Parse(%q) = %v, want an error: the field stands apart", tc.text, q)
			}
			continue
		}
		if err != nil {
			t.Errorf("Parse(%q): %v", tc.text, err)
			continue
		}
		if diff := cmp.Diff(tc.want, q.Expr); diff != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", tc.text, diff)
		}
		again, err := search.Parse(q.String())
		if err != nil || !cmp.Equal(q, again) {
			t.Errorf("Parse(%q).String() = %q, which parses to %v, %v", tc.text, q.String(), again, err)
		}
	}
}

func TestAParseErrorPointsAtItsColumnAndSaysWhatWasExpected(t *testing.T) {
	for _, tc := range []struct {
		text   string
		column int
		want   string
	}{
		{"level:ERROR AND", 16, "the query ends, expected a condition"},
		{"level:", 7, "expected a value of level"},
		{"(a OR b", 8, `expected ")" for the parenthesis at column 1`},
		{"a)", 2, "no parenthesis is open"},
		{"a ()", 4, `found ")", expected a condition`},
		{"OR a", 1, "expected a condition before it"},
		{"a OR OR b", 6, "expected a condition before it"},
		{`x "abc`, 3, "the quote is not closed"},
		{`größe:"x`, 7, "the quote is not closed"},
		{`ab"c"`, 3, "quote within a word"},
		{">5", 1, "expected a field's name before the comparison"},
		{"[1 TO 2]", 1, "expected a field's name and a colon"},
		{"n:[1 2]", 6, "expected TO"},
		{"n:[1 TO 2", 10, `expected "]" or "}" for the interval at column 3`},
		{"n:[1 TO ]", 9, "expected a literal"},
		{"n>", 3, "expected a literal to compare n with"},
		{"n>*", 3, "expected a literal to compare n with"},
		{"n>a*", 3, "found a pattern"},
		{"msg>a", 5, "msg is text"},
		{"level>=loud", 8, "DEBUG, INFO"},
		{"time>yesterday", 6, "is no time"},
		{"time:soon", 6, "is no time"},
		{"time:[2026-01-01 TO x]", 21, "is no time"},
		{"msg:/a(/", 5, "missing closing )"},
		{"msg:/^a/", 5, `"^" and "$" are not needed`},
		{`msg:/a\b/`, 5, "word boundaries"},
		{"ho*t:x", 1, "has a wildcard"},
		{":x", 1, "expected a field's name"},
		{"a - b", 3, "negates it"},
		{`a\`, 2, "ends behind a backslash"},
		{"a \xff", 3, "not UTF-8"},
		{strings.Repeat("(", 200) + "a", 101, "deeper than 100"},
		{strings.Repeat("-", 200) + "a", 101, "deeper than 100"},
	} {
		_, err := search.Parse(tc.text)
		var bad *search.SyntaxError
		if !errors.As(err, &bad) {
			t.Errorf("Parse(%q) = %v, want a SyntaxError", tc.text, err)
			continue
		}
		if bad.Column != tc.column || !strings.Contains(bad.Reason, tc.want) {
			t.Errorf("Parse(%.40q): %v; want column %d and %q", tc.text, err, tc.column, tc.want)
		}
		if lines := strings.Split(bad.Pointed(), "\n"); len(lines) != 2 || !strings.Contains(lines[1], "^ ") {
			t.Errorf("Pointed() = %q", bad.Pointed())
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`level:ERROR AND stage:denoise duration_ms>5000 "disk full" NOT user_id:u1 msg:/re+/ host:web*`, `a:(b or -c d) || !e && {`,
		`time:-15m..now n:[1 TO 5} x:{* TO "a\"b"]`, `\a\ \*b\/c:\-x*\ `, `"" "and":"/x/" -/a\/b/i a:/b/ c:\/d*/`, `n>=\to n:..5 a:..\b`, "a:*\\\\ b:\\[c* ?\\-",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := search.Parse(text)
		if err != nil {
			var bad *search.SyntaxError
			if !errors.As(err, &bad) || bad.Column < 1 || bad.Column > len([]rune(text))+1 {
				t.Fatalf("Parse(%q): %v", text, err)
			}
			_ = bad.Pointed()
			return
		}
		again, err := search.Parse(q.String())
		if err != nil || !cmp.Equal(q, again) {
			t.Fatalf("Parse(%q) = %#v\nString() = %q\nwhich parses to %#v, %v", text, q, q.String(), again, err)
		}
	})
}
