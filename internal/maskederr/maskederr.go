// Package maskederr is the error that stands for one whose text held a secret.
package maskederr

import "slices"

// Error tells what an error was, without the error: its type's name and the masked texts of it and of all that it wraps.
// It wraps nothing, since what it would give back is not masked. Immutable and safe for concurrent use.
type Error struct {
	typeName string
	chain    []string
}

// New returns an Error for an error of that type whose texts, itself first and then what it wraps, depth first, are
// chain.
func New(typeName string, chain []string) *Error {
	return &Error{typeName: typeName, chain: slices.Clone(chain)}
}

// Error is the masked text.
func (e *Error) Error() string {
	if e == nil || len(e.chain) == 0 {
		return "<nil>"
	}
	return e.chain[0]
}

// TypeName is the name of the type that the error had, as %T prints it.
func (e *Error) TypeName() string {
	if e == nil {
		return ""
	}
	return e.typeName
}

// Chain returns the masked texts: the error's own first, then those that it wraps. The slice is the caller's.
func (e *Error) Chain() []string {
	if e == nil {
		return nil
	}
	return slices.Clone(e.chain)
}
