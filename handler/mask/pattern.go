package mask

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/sluicelog/sluice/handler/mask/internal/scan"
)

// Pattern is a user's rule for text.
type Pattern struct {
	// Name is what the placeholder says, [NAME_REDACTED]: capitals, digits and underscores, beginning with a capital.
	Name string
	// Regexp has the syntax of package regexp. It must not match the empty text.
	Regexp string
	// Literals are texts of which a match must contain at least one, exactly as written: the expression only runs on texts that contain one.
	// Required, since an expression costs a hundred times a literal.
	Literals []string
	// Keywords are words of which one must stand in the 48 bytes before a match, in any case: "customer" for the number in
	// customer no. 4711. Nil: none needs to.
	Keywords []string
	// Validator is the name of a check that a match must pass, one of ValidatorNames. Empty: none.
	Validator string
	// Action is what happens to a match. When the expression has a group, the match is what the first group matched.
	Action Action
}

// PatternError says what is wrong with a Pattern.
type PatternError struct {
	// Field is the field's name in lower case: name, regexp, literals, keywords, validator.
	Field string
	// Value is what stands there, empty for lists.
	Value string
	// Want says what should, and for a regexp where it goes wrong.
	Want string
}

// Error says what stands in the field, and what should.
func (e *PatternError) Error() string {
	if e.Value == "" {
		return e.Field + ": want " + e.Want
	}
	return fmt.Sprintf("%s %q: want %s", e.Field, e.Value, e.Want)
}

// Validate returns a *PatternError for the first thing that is wrong with p, else nil.
func (p *Pattern) Validate() error {
	_, err := p.compile()
	return err
}

// ValidatorNames returns the names of the checks that a Pattern may ask for: luhn (ISO/IEC 7812, of payment cards), mod97 (ISO 7064, of
// IBANs), verhoeff, and random (digits and letters as a generator of keys mixes them).
func ValidatorNames() []string { return []string{"luhn", "mod97", "verhoeff", "random"} }

// keywordBytes is how far before a match a keyword may begin.
const keywordBytes = 48

// pattern is a Pattern made ready.
type pattern struct {
	name     string
	re       *regexp.Regexp
	literals []string
	keywords []string // in lower case
	valid    func(string) bool
	group    int
	action   Action
}

// compile returns an error for all that Validate refuses, and a pattern beside it when the rule can be applied all the same.
func (p *Pattern) compile() (*pattern, error) {
	if !validName(p.Name) {
		return nil, &PatternError{"name", p.Name, "capitals, digits and underscores, beginning with a capital, at most 40"}
	}
	re, err := regexp.Compile(p.Regexp)
	if err != nil {
		want := "a regular expression: " + err.Error()
		var se *syntax.Error
		if errors.As(err, &se) {
			want = fmt.Sprintf("a regular expression: %s at byte %d: %q", se.Code, max(strings.Index(p.Regexp, se.Expr), 0), se.Expr)
		}
		return nil, &PatternError{"regexp", p.Regexp, want}
	}
	if re.MatchString("") {
		return nil, &PatternError{"regexp", p.Regexp, "an expression that does not match the empty text"}
	}
	ready := &pattern{name: p.Name, re: re, literals: slices.Clone(p.Literals), group: min(re.NumSubexp(), 1), action: p.Action}
	for _, k := range p.Keywords {
		ready.keywords = append(ready.keywords, strings.ToLower(k))
	}
	var bad *PatternError
	if slices.Contains(p.Keywords, "") {
		ready.keywords, bad = nil, &PatternError{"keywords", "", "words, none of them empty"}
	}
	if ready.valid = scan.Validator(p.Validator); ready.valid == nil && p.Validator != "" {
		bad = &PatternError{"validator", p.Validator, "one of " + strings.Join(ValidatorNames(), ", ")}
	}
	if len(p.Literals) == 0 || slices.Contains(p.Literals, "") {
		ready.literals = []string{""} // slow, but not open
		bad = &PatternError{"literals", "", "at least one text, none of them empty, that every match contains"}
	}
	if bad != nil {
		return ready, bad
	}
	return ready, nil
}

// holds says whether a match, s[start:end], has the keyword and passes the check that the rule asks for.
func (p *pattern) holds(s string, start, end int) bool {
	if len(p.keywords) > 0 {
		before := strings.ToLower(s[max(0, start-keywordBytes):start])
		if !slices.ContainsFunc(p.keywords, func(k string) bool { return strings.Contains(before, k) }) {
			return false
		}
	}
	return p.valid == nil || p.valid(s[start:end])
}

func validName(s string) bool {
	for i := range len(s) {
		if !upper(s[i]) && (i == 0 || !digit(s[i]) && s[i] != '_') {
			return false
		}
	}
	return s != "" && len(s) <= 40
}
