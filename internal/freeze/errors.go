package freeze

import (
	"encoding/json"
	"reflect"
)

// maxChain bounds the errors of a tree that are looked at.
const maxChain = 32

// snapshotError is an error as it was at the log call. It tells what an error expansion asks for, not the original: that
// may change.
type snapshotError struct{ *errorFacts }

type errorFacts struct {
	text, typeName string
	chain          []string
}

// Error returns the text that the error had.
func (e snapshotError) Error() string { return e.text }

// TypeName returns the dynamic type of the original, as %T prints it.
func (e snapshotError) TypeName() string { return e.typeName }

// Chain returns the texts of the errors below the original (Unwrap, depth first); a copy.
func (e snapshotError) Chain() []string { return append([]string(nil), e.chain...) }

// jsonError is a snapshotError of an error that also is a json.Marshaler.
type jsonError struct {
	snapshotError
	json *json.RawMessage
}

// MarshalJSON returns the JSON that the error had.
func (e jsonError) MarshalJSON() ([]byte, error) { return append([]byte(nil), *e.json...), nil }

func snapshotOf(err error, p *plan) any {
	if p.verdict == wrapper && immutableError(err, 0) {
		return err
	}
	s := snapshotError{&errorFacts{text: errorText(err), typeName: reflect.TypeOf(err).String()}}
	func() {
		defer func() { _ = recover() }() // a broken Unwrap costs the chain, not the record
		if own, ok := err.(interface{ TypeName() string }); ok {
			s.typeName = own.TypeName()
		}
		if own, ok := err.(interface{ Chain() []string }); ok {
			s.chain = append(s.chain, own.Chain()...)
			return
		}
		s.chain = appendChain(nil, err)
	}()
	if p.json {
		if raw, ok := render(err, p).(json.RawMessage); ok {
			return jsonError{s, &raw}
		}
	}
	return s
}

// errorText is err.Error(), contained; "<nil>" for a nil pointer whose method cannot stand it.
func errorText(err error) (text string) {
	defer func() {
		if r := recover(); r != nil {
			if v := reflect.ValueOf(err); v.Kind() == reflect.Pointer && v.IsNil() {
				text = "<nil>"
				return
			}
			text = panicText(r)
		}
	}()
	return err.Error()
}

// appendChain appends the texts of the errors below err to texts.
func appendChain(texts []string, err error) []string {
	for _, e := range unwrap(err) {
		if e == nil || len(texts) >= maxChain {
			continue
		}
		texts = appendChain(append(texts, errorText(e)), e)
	}
	return texts
}

func unwrap(err error) []error {
	switch u := err.(type) {
	case interface{ Unwrap() error }:
		if e := u.Unwrap(); e != nil {
			return []error{e}
		}
	case interface{ Unwrap() []error }:
		return u.Unwrap()
	}
	return nil
}

// immutableError says whether err and all that it wraps is immutable. Only wrappers of the standard library are asked
// what they wrap.
func immutableError(err error, depth int) bool {
	if err == nil {
		return true
	}
	if depth >= maxChain {
		return false
	}
	switch p := planOf(reflect.TypeOf(err)); p.verdict {
	case flat:
		return !p.logValuer
	case wrapper:
		if u, ok := err.(interface{ Unwrap() error }); ok {
			return immutableError(u.Unwrap(), depth+1)
		}
		for _, e := range unwrap(err) {
			if !immutableError(e, depth+1) {
				return false
			}
		}
		return true
	}
	return false
}
