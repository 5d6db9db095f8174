package search

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A SyntaxError says what is wrong with a query, and where.
type SyntaxError struct {
	Query  string
	Column int    // in characters, from 1
	Reason string // what was found and what is expected
}

// Error names the column and what is expected there.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("query, column %d: %s", e.Column, e.Reason)
}

// Pointed is the line of the query around the error with a caret under it and the reason behind that, for people.
func (e *SyntaxError) Pointed() string {
	runes := []rune(e.Query)
	at := min(max(e.Column-1, 0), len(runes))
	const around = 60
	from, to := max(0, at-around), min(len(runes), at+around)
	line := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, string(runes[from:to]))
	return line + "\n" + strings.Repeat(" ", at-from) + "^ " + e.Reason
}

func (p *parser) fail(offset int, format string, args ...any) error {
	return &SyntaxError{Query: p.src, Column: utf8.RuneCountInString(p.src[:offset]) + 1, Reason: fmt.Sprintf(format, args...)}
}

// found describes what stands at the offset.
func (p *parser) found(offset int) string {
	if offset >= len(p.src) {
		return "the query ends"
	}
	rest := p.src[offset:]
	if i := strings.IndexFunc(rest, isSpace); i > 0 {
		rest = rest[:i]
	}
	if r, size := utf8.DecodeRuneInString(rest); strings.ContainsRune("()[]{}:", r) {
		rest = rest[:size]
	}
	return fmt.Sprintf("found %.40q", rest)
}
