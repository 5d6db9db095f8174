package search

import "github.com/sluicelog/sluice/internal/fields"

// Kind is how the values of a field are compared.
type Kind uint8

// The kinds of fields.
const (
	Plain Kind = iota // strings, numbers and booleans, each compared with its like
	Text              // searched by its words
	Time              // points in time
	Level             // severities
)

// String returns the kind's name.
func (k Kind) String() string { return [...]string{"plain", "text", "time", "level"}[k] }

// KindOf returns the kind of the field, which its name decides: one table says it for every record.
func KindOf(field string) Kind {
	if field == "level" {
		return Level
	}
	if f := fields.ByKey(field); f != nil {
		switch f.Type {
		case fields.Text:
			return Text
		case fields.DateNanos:
			return Time
		}
	}
	return Plain
}
