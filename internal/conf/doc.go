// Package conf reads a configuration struct from YAML, strictly, and describes it as a JSON schema.
//
// One set of struct tags serves all three: the decoder, the validator and the schema.
//
//	yaml:"name"        the key
//	enum:"a,b,c"       the allowed values of a string, or of the elements of a []string
//	min:"0" max:"1"    the allowed range of a number, a duration or a size
//	doc:"…"            the description in the schema
//
// Supported types: string, bool, int, int64, float64, time.Duration ("10s"), [Size] ("64MiB"), [Secret], structs, pointers to
// structs, slices and map[string]T of these. A field without a yaml tag, or with yaml:"-", is not configurable.
package conf

import (
	"errors"
	"fmt"
	"strings"
)

// Error says what is wrong with one field.
type Error struct {
	// File, Line and Column say where, as far as known; Line counts from 1, 0 for a value that did not come from a file.
	File         string
	Line, Column int
	// Field is the path, for example sinks[0].type.
	Field string
	// Value is what was found; never that of a [Secret].
	Value string
	// Want says what is allowed.
	Want string
}

// Error reads "file:line:column: field: value "x": want …".
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File + ":")
	}
	if e.Line > 0 {
		fmt.Fprintf(&b, "%d:%d:", e.Line, e.Column)
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	if e.Value != "" {
		fmt.Fprintf(&b, "%.80q: ", e.Value)
	}
	b.WriteString("want " + e.Want)
	return b.String()
}

// Locate puts the place of its field into every *Error of err (as from Decode or Validate).
func Locate(err error, file string, at Positions) error {
	for _, e := range Errors(err) {
		if e.File == "" {
			e.File = file
		}
		if p, ok := at.find(e.Field); ok && e.Line == 0 {
			e.Line, e.Column = p.Line, p.Column
		}
	}
	return err
}

// Errors are the *Error that err is or joins.
func Errors(err error) []*Error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var out []*Error
		for _, e := range joined.Unwrap() {
			out = append(out, Errors(e)...)
		}
		return out
	}
	var e *Error
	if errors.As(err, &e) {
		return []*Error{e}
	}
	return nil
}

// Position is a place in a file, counted from 1.
type Position struct{ Line, Column int }

// Positions are the places of the fields that a file sets, by path.
type Positions map[string]Position

// Has says whether the file sets field, or a field that encloses it.
func (p Positions) Has(field string) bool {
	_, ok := p.find(field)
	return ok
}

// find returns the place of field, or of the nearest enclosing field that the file sets.
func (p Positions) find(field string) (Position, bool) {
	for field != "" {
		if pos, ok := p[field]; ok {
			return pos, true
		}
		i := strings.LastIndexAny(field, ".[")
		field = field[:max(i, 0)]
	}
	return Position{}, false
}
