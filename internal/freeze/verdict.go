package freeze

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"time"
)

// verdict says what a snapshot of a type takes.
type verdict uint8

const (
	flat    verdict = iota // immutable: passes as it is
	wrapper                // an error of the standard library, immutable when what it wraps is
	deep                   // copied, keeping its type
	opaque                 // can only be rendered
)

// plan is the verdict on a type with what its methods offer.
type plan struct {
	verdict                                verdict
	logValuer, error, json, text, stringer bool
}

// renders says whether a value of the type is taken by its own methods rather than copied: a pointer may reach, in
// them, what a copy of its pointee does not have.
func (p *plan) renders() bool { return p.json || p.text || p.stringer }

// plans maps reflect.Type to *plan. A program has as many types as it has, so it is not bounded.
var plans sync.Map

func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p := &plan{
		verdict:   judge(t),
		logValuer: t.Implements(reflect.TypeFor[slog.LogValuer]()),
		error:     t.Implements(reflect.TypeFor[error]()),
		json:      t.Implements(reflect.TypeFor[json.Marshaler]()),
		text:      t.Implements(reflect.TypeFor[encoding.TextMarshaler]()),
		stringer:  t.Implements(reflect.TypeFor[fmt.Stringer]()),
	}
	plans.Store(t, p)
	return p
}

// wrappers are the error types of the standard library that nobody can write to, but whose wrapped errors might change.
var wrappers = map[reflect.Type]bool{
	reflect.TypeOf(fmt.Errorf("%w", errors.ErrUnsupported)):                          true,
	reflect.TypeOf(fmt.Errorf("%w%w", errors.ErrUnsupported, errors.ErrUnsupported)): true,
	reflect.TypeOf(errors.Join(errors.ErrUnsupported)):                               true,
}

// constants are the types with references inside that nobody can write through.
var constants = map[reflect.Type]bool{
	reflect.TypeFor[time.Time]():            true,
	reflect.TypeFor[*time.Location]():       true,
	reflect.TypeFor[netip.Addr]():           true,
	reflect.TypeFor[netip.AddrPort]():       true,
	reflect.TypeFor[netip.Prefix]():         true,
	reflect.TypeFor[snapshotError]():        true,
	reflect.TypeFor[jsonError]():            true,
	reflect.TypeOf(errors.ErrUnsupported):   true,
	reflect.TypeOf(fmt.Errorf("text")):      true,
	reflect.TypeOf(reflect.TypeFor[bool]()): true, // *reflect.rtype
}

func judge(t reflect.Type) verdict {
	switch {
	case wrappers[t]:
		return wrapper
	case isFlat(t):
		return flat
	case copyable(t, make(map[reflect.Type]bool)):
		return deep
	}
	return opaque
}

// isFlat says whether a value of type t, once copied, shares nothing that can be written to. Channels and functions are:
// only their identity can be logged. It ends because a type contains itself only through a reference.
func isFlat(t reflect.Type) bool {
	if constants[t] {
		return true
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		return false
	case reflect.Array:
		return t.Len() == 0 || isFlat(t.Elem())
	case reflect.Struct:
		if guarded(t) {
			return false
		}
		for i := range t.NumField() {
			if !isFlat(t.Field(i).Type) {
				return false
			}
		}
	}
	return true
}

// copyable says whether a value of type t can be copied field by field without copying a lock and without sharing an
// unexported reference. seen holds the types being judged: a recursive type is as copyable as the rest of it.
func copyable(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] || isFlat(t) {
		return true
	}
	seen[t] = true
	switch t {
	case reflect.TypeFor[slog.Value](), reflect.TypeFor[slog.Attr]():
		return true
	}
	switch t.Kind() {
	case reflect.Interface:
		return true // judged by what is in it
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return copyable(t.Elem(), seen)
	case reflect.Map:
		return (t.Key().Kind() == reflect.Interface || isFlat(t.Key())) && copyable(t.Elem(), seen)
	case reflect.Struct:
		if guarded(t) {
			return false
		}
		for i := range t.NumField() {
			f := t.Field(i)
			if !isFlat(f.Type) && (!f.IsExported() || !copyable(f.Type, seen)) {
				return false
			}
		}
		return true
	}
	return false
}

// guarded says whether t is a lock or an atomic, which must not be copied.
func guarded(t reflect.Type) bool {
	path := t.PkgPath()
	return path == "sync" || strings.HasPrefix(path, "sync/") || strings.HasPrefix(path, "internal/sync")
}
