package search

import (
	"cmp"
	"encoding/json"
	"strconv"
	"time"
)

// ValueType is the type of a [Value].
type ValueType uint8

// The types of values, in the order in which values of different types are sorted.
const (
	Missing ValueType = iota
	Boolean
	Numeric
	Instant
	String
)

// A Value is one value of a field. Values are comparable: equal ones are ==. The zero Value is none.
type Value struct {
	typ ValueType
	num Number // of a Numeric; 0 or 1 of a Boolean; nanoseconds since 1970 of an Instant
	str string
}

// StringValue returns s as a Value.
func StringValue(s string) Value { return Value{typ: String, str: s} }

// NumberValue returns n as a Value.
func NumberValue(n Number) Value { return Value{typ: Numeric, num: n} }

// TimeValue returns a point in time, in nanoseconds since 1970, as a Value.
func TimeValue(unixNano int64) Value { return Value{typ: Instant, num: Int(unixNano)} }

// BoolValue returns b as a Value.
func BoolValue(b bool) Value {
	v := Value{typ: Boolean}
	if b {
		v.num = Int(1)
	}
	return v
}

// Type returns the type of v.
func (v Value) Type() ValueType { return v.typ }

// Str returns the string, "" for other types.
func (v Value) Str() string { return v.str }

// Number returns the number, 0 or 1 for a boolean, nanoseconds for an instant.
func (v Value) Number() Number { return v.num }

// Bool returns whether v is true.
func (v Value) Bool() bool { return v.typ == Boolean && v.num == Int(1) }

// Time returns the instant, in UTC, the zero time for other types.
func (v Value) Time() time.Time {
	if v.typ != Instant {
		return time.Time{}
	}
	n, _ := v.num.Int64()
	return time.Unix(0, n).UTC()
}

// String writes the value for people.
func (v Value) String() string {
	switch v.typ {
	case Boolean:
		return strconv.FormatBool(v.Bool())
	case Numeric:
		return v.num.String()
	case Instant:
		return v.Time().Format(time.RFC3339Nano)
	}
	return v.str
}

// MarshalJSON writes the value as JSON, an instant as RFC 3339.
func (v Value) MarshalJSON() ([]byte, error) {
	switch v.typ {
	case Missing:
		return []byte("null"), nil
	case Boolean, Numeric:
		return []byte(v.String()), nil
	}
	return json.Marshal(v.String())
}

// Compare returns -1, 0 or 1 as v sorts before, with or after o: none, booleans, numbers, instants, strings byte by byte.
func (v Value) Compare(o Value) int {
	if v.typ != o.typ {
		return cmp.Compare(v.typ, o.typ)
	}
	if v.typ == String {
		return cmp.Compare(v.str, o.str)
	}
	return v.num.Compare(o.num)
}

// String returns the type's name.
func (t ValueType) String() string {
	return [...]string{"none", "boolean", "number", "time", "string"}[t]
}
