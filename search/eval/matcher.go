package eval

import (
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/sluicelog/sluice/internal/words"
	"github.com/sluicelog/sluice/level"
	"github.com/sluicelog/sluice/search"
)

// A Matcher is a condition on the values of one field: a [search.Match], [search.Wildcard], [search.Regexp] or [search.Range]. It is
// immutable and safe for concurrent use.
type Matcher struct {
	Field string
	Kind  search.Kind

	test tester
}

// tester is what a condition asks of a value. A string of a level field comes in its canonical spelling.
type tester interface {
	text(s []byte) bool
	number(n search.Number, digits []byte) bool
	boolean(b bool) bool
}

// NewMatcher compiles a condition, whose field is named. Relative times count from now.
func NewMatcher(e search.Expr, now time.Time) (*Matcher, error) {
	switch e := e.(type) {
	case search.Match:
		m := &Matcher{Field: e.Field, Kind: search.KindOf(e.Field)}
		m.test = newEqual(m.Kind, e.Field, e.Value, now)
		return m, nil
	case search.Wildcard:
		m := &Matcher{Field: e.Field, Kind: search.KindOf(e.Field)}
		g := newGlob(foldPattern(m.Kind, e.Pattern))
		m.test = stringTest{g.match}
		if m.Kind == search.Text {
			m.test = wordTest{g.match}
		}
		return m, nil
	case search.Regexp:
		m := &Matcher{Field: e.Field, Kind: search.KindOf(e.Field)}
		re, err := compileRegexp(e, m.Kind)
		if err != nil {
			return nil, err
		}
		m.test = stringTest{re.Match}
		if m.Kind == search.Text {
			m.test = wordTest{re.Match}
		}
		return m, nil
	case search.Range:
		m := &Matcher{Field: e.Field, Kind: search.KindOf(e.Field)}
		m.test = newBetween(m.Kind, e, now)
		return m, nil
	}
	return nil, fmt.Errorf("search: %T is no condition on a value", e)
}

// foldPattern spells a pattern as the strings are that it is held against.
func foldPattern(kind search.Kind, pattern string) string {
	switch kind {
	case search.Text:
		return words.Fold(pattern)
	case search.Level:
		return strings.ToUpper(pattern)
	}
	return pattern
}

// compileRegexp returns the expression for whole strings.
func compileRegexp(e search.Regexp, kind search.Kind) (*regexp.Regexp, error) {
	e.Fold = e.Fold || kind == search.Level
	if _, err := e.Parse(); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	flags := "s"
	if e.Fold {
		flags = "si"
	}
	return regexp.Compile(`\A(?` + flags + `:` + e.Pattern + `)\z`)
}

// String says whether a string matches.
func (m *Matcher) String(s []byte) bool {
	switch m.Kind {
	case search.Level:
		if name, ok := canonicalLevel(s); ok {
			return m.test.text(name)
		}
	case search.Time:
		ns, ok := instant(&Leaf{Type: search.String, Text: s})
		return ok && m.Instant(ns)
	}
	return m.test.text(s)
}

// Instant says whether a point in time matches, in nanoseconds since 1970, where the field is one of times.
func (m *Matcher) Instant(ns int64) bool { return m.test.number(search.Int(ns), nil) }

// Number says whether a number matches, of which digits are the text.
func (m *Matcher) Number(n search.Number, digits []byte) bool {
	switch m.Kind {
	case search.Text:
		return m.test.text(digits)
	case search.Time:
		ns, ok := instant(&Leaf{Type: search.Numeric, Text: digits})
		return ok && m.Instant(ns)
	}
	return m.test.number(n, digits)
}

// Boolean says whether a truth value matches.
func (m *Matcher) Boolean(b bool) bool {
	if m.Kind == search.Text {
		return m.test.text(fmt.Append(nil, b))
	}
	return m.test.boolean(b)
}

// Leaf says whether the value of a leaf matches.
func (m *Matcher) Leaf(l *Leaf) bool {
	switch l.Type {
	case search.String:
		return m.String(l.Text)
	case search.Numeric:
		if m.Kind == search.Text {
			return m.test.text(l.Text)
		}
		n, ok := search.NumberOf(l.Text)
		return ok && m.Number(n, l.Text)
	case search.Boolean:
		return m.Boolean(l.Text[0] == 't')
	}
	return false
}

// canonicalLevel spells a level by its name, if s is one.
func canonicalLevel(s []byte) ([]byte, bool) {
	if _, ok := named(s); ok {
		return s, true
	}
	l, ok := severity(s)
	if !ok {
		return nil, false
	}
	return []byte(level.Name(l)), true
}

// named reads the five names as records have them.
func named(s []byte) (slog.Level, bool) {
	switch string(s) {
	case "DEBUG":
		return slog.LevelDebug, true
	case "INFO":
		return slog.LevelInfo, true
	case "WARN":
		return slog.LevelWarn, true
	case "ERROR":
		return slog.LevelError, true
	case "CRITICAL":
		return level.Critical, true
	}
	return 0, false
}

// severity reads the name of a level; a number alone is none.
func severity(s []byte) (slog.Level, bool) {
	if l, ok := named(s); ok {
		return l, true
	}
	if len(s) == 0 || s[0] >= '0' && s[0] <= '9' || s[0] == '-' || s[0] == '+' {
		return 0, false
	}
	l, err := level.Parse(string(s))
	return l, err == nil
}

// stringTest holds a pattern against whole strings, wordTest against the words of a text.
type (
	stringTest struct{ match func([]byte) bool }
	wordTest   struct{ match func([]byte) bool }
)

func (t stringTest) text(s []byte) bool              { return t.match(s) }
func (stringTest) number(search.Number, []byte) bool { return false }
func (stringTest) boolean(bool) bool                 { return false }
func (wordTest) number(search.Number, []byte) bool   { return false }
func (wordTest) boolean(bool) bool                   { return false }
func (t wordTest) text(s []byte) bool {
	var buf [64]byte
	for start, end := words.Next(s, 0); start >= 0; start, end = words.Next(s, end) {
		if t.match(words.AppendFolded(buf[:0], s[start:end])) {
			return true
		}
	}
	return false
}
