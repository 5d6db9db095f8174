// Package freeze takes a snapshot of values that their owner could change after the log call, for handlers that keep a
// record longer than the call.
//
// A snapshot keeps the dynamic type where it can: pointers, maps, slices and the exported fields of structs are copied
// deeply. What cannot be copied that way (unexported references, anything of package sync) is rendered at once, as are
// pointers that render themselves (json.Marshaler, encoding.TextMarshaler, fmt.Stringer) and errors that can change.
// Values past depth 10 are cut, cycles too. A panic in a method of the user becomes the text of the value. All
// functions are safe for concurrent use; the values that they are given must not be written to during the call.
package freeze

import (
	"log/slog"
	"reflect"
)

// Limits of a snapshot.
const (
	// maxDepth is how deep groups and values may nest.
	maxDepth = 10
	// depthMark and cycleMark stand for what was cut, where a string may stand; elsewhere it is the zero value.
	depthMark = "[DEPTH_LIMIT_EXCEEDED]"
	cycleMark = "[CYCLE]"
)

// Attrs returns attrs with every value that could change later replaced by a snapshot; attrs itself, without allocation,
// when all are immutable. attrs is not written to. Groups count as mutable: their slice is the caller's.
func Attrs(attrs []slog.Attr) []slog.Attr {
	var c copier
	return c.attrs(attrs, 0)
}

// Value returns a snapshot of v; v itself, without allocation, when it is immutable. The result is never a LogValuer.
func Value(v slog.Value) slog.Value {
	if immutable(v) {
		return v
	}
	var c copier
	return c.value(v, 0)
}

// Record returns r with its attributes frozen; r itself, without allocation, when all are immutable.
func Record(r slog.Record) slog.Record {
	if Frozen(&r) {
		return r
	}
	// 16 attributes fit without an allocation of their own; AddAttrs copies them into the record.
	var few [16]slog.Attr
	attrs := few[:0]
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, slog.Attr{Key: a.Key, Value: Value(a.Value)})
		return true
	})
	nr := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	nr.AddAttrs(attrs...)
	return nr
}

// Frozen says whether all attributes of r are immutable, so that Record would return r itself.
func Frozen(r *slog.Record) bool {
	frozen := true
	r.Attrs(func(a slog.Attr) bool {
		if k := a.Value.Kind(); k >= slog.KindBool && k <= slog.KindUint64 {
			return true // the kinds between the two are scalars: most attributes end here, without a call
		}
		frozen = immutable(a.Value)
		return frozen
	})
	return frozen
}

// immutable says whether v needs no snapshot.
func immutable(v slog.Value) bool {
	switch v.Kind() {
	case slog.KindAny:
		x := v.Any()
		return x == nil || immutableAny(x)
	case slog.KindGroup:
		return len(v.Group()) == 0
	case slog.KindLogValuer:
		return false
	}
	return true
}

func immutableAny(x any) bool {
	switch p := planOf(reflect.TypeOf(x)); p.verdict {
	case flat:
		return !p.logValuer
	case wrapper:
		return immutableError(x.(error), 0)
	}
	return false
}
