package mask

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPatternsWithKeywordsAndValidators(t *testing.T) {
	m := New(&Options{Patterns: []Pattern{
		{Name: "CUSTOMER", Regexp: `\b[0-9]{6}\b`, Literals: []string{"0", "1"}, Keywords: []string{"Customer", "client"}},
		{Name: "BADGE", Regexp: `B-([0-9]+)`, Literals: []string{"B-"}, Validator: "luhn"},
	}})
	for in, want := range map[string]string{
		"customer no. 100200 of 100300 rows": "customer no. [CUSTOMER_REDACTED] of [CUSTOMER_REDACTED] rows",
		"took 100200 us":                     "took 100200 us",
		"CLIENT 100200":                      "CLIENT [CUSTOMER_REDACTED]",
		"customer, and after a very long text that says other things: 100200": "customer, and after a very long text that says other things: 100200",
		"B-79927398713 in, B-79927398710 out":                                 "B-[BADGE_REDACTED] in, B-79927398710 out",
	} {
		if got := m.String(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestABadPatternIsRefusedWithItsPlace(t *testing.T) {
	good := Pattern{Name: "A", Regexp: "a+", Literals: []string{"a"}}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		change func(*Pattern)
		want   PatternError
	}{
		{func(p *Pattern) { p.Name = "a" }, PatternError{"name", "a", "capitals, digits and underscores, beginning with a capital, at most 40"}},
		{func(p *Pattern) { p.Regexp = "ab(c" }, PatternError{"regexp", "ab(c", `a regular expression: missing closing ) at byte 0: "ab(c"`}},
		{func(p *Pattern) { p.Regexp = "a[z-b]" }, PatternError{"regexp", "a[z-b]", `a regular expression: invalid character class range at byte 2: "z-b"`}},
		{func(p *Pattern) { p.Regexp = "a*" }, PatternError{"regexp", "a*", "an expression that does not match the empty text"}},
		{func(p *Pattern) { p.Literals = nil }, PatternError{"literals", "", "at least one text, none of them empty, that every match contains"}},
		{func(p *Pattern) { p.Keywords = []string{""} }, PatternError{"keywords", "", "words, none of them empty"}},
		{func(p *Pattern) { p.Validator = "lun" }, PatternError{"validator", "lun", "one of luhn, mod97, verhoeff, random"}},
	} {
		p := good
		tc.change(&p)
		var got *PatternError
		if err := p.Validate(); !errors.As(err, &got) {
			t.Errorf("%+v: %v", p, err)
			continue
		}
		if diff := cmp.Diff(tc.want, *got); diff != "" {
			t.Error(diff)
		}
	}
	for _, name := range ValidatorNames() {
		p := good
		p.Validator = name
		if err := p.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
