package search

import (
	"math"
	"strconv"
	"strings"
)

// A Number is a number of a record or of a query. Integers are exact.
type Number struct {
	kind numberKind
	bits uint64 // int64, uint64 or float64
}

type numberKind uint8

const (
	signed numberKind = iota
	unsigned
	floating
)

// Int returns n as a Number.
func Int(n int64) Number { return Number{signed, uint64(n)} }

// Uint returns n as a Number.
func Uint(n uint64) Number {
	if n <= math.MaxInt64 {
		return Number{signed, n}
	}
	return Number{unsigned, n}
}

// Float returns f as a Number; whole ones become integers, so that equal numbers are equal in Go as well.
func Float(f float64) Number {
	if f == math.Trunc(f) {
		if f >= -1<<63 && f < 1<<63 {
			return Int(int64(f))
		}
		if f >= 1<<63 && f < 1<<64 {
			return Uint(uint64(f))
		}
	}
	return Number{floating, math.Float64bits(f)}
}

// NumberOf reads the digits of a number as JSON writes them.
func NumberOf(digits []byte) (Number, bool) {
	if n, ok := smallInt(digits); ok {
		return Int(n), true
	}
	return parseNumber(string(digits))
}

// smallInt reads up to 18 digits without allocating.
func smallInt(digits []byte) (n int64, ok bool) {
	rest := digits
	if len(rest) > 0 && rest[0] == '-' {
		rest = rest[1:]
	}
	if len(rest) == 0 || len(rest) > 18 {
		return 0, false
	}
	for _, c := range rest {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if len(rest) < len(digits) {
		n = -n
	}
	return n, true
}

func parseNumber(s string) (Number, bool) {
	if s == "" || !(s[0] >= '0' && s[0] <= '9' || s[0] == '-' || s[0] == '+' || s[0] == '.') || strings.ContainsAny(s, "xXpP_iIaA") {
		return Number{}, false
	}
	if !strings.ContainsAny(s, ".eE") {
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return Int(i), true
		}
		if u, err := strconv.ParseUint(s, 10, 64); err == nil {
			return Uint(u), true
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return Number{}, false
	}
	return Float(f), true
}

// Float64 returns the nearest float64.
func (n Number) Float64() float64 {
	switch n.kind {
	case signed:
		return float64(int64(n.bits))
	case unsigned:
		return float64(n.bits)
	}
	return math.Float64frombits(n.bits)
}

// Int64 returns n if it is an integer of that size.
func (n Number) Int64() (int64, bool) { return int64(n.bits), n.kind == signed }

// String writes n in decimal, as briefly as reads back the same.
func (n Number) String() string {
	switch n.kind {
	case signed:
		return strconv.FormatInt(int64(n.bits), 10)
	case unsigned:
		return strconv.FormatUint(n.bits, 10)
	}
	return strconv.FormatFloat(n.Float64(), 'g', -1, 64)
}

// Compare returns -1, 0 or 1 as n is less than, equal to or greater than o, without rounding either.
func (n Number) Compare(o Number) int {
	switch {
	case n.kind == signed && o.kind == signed:
		return cmp3(int64(n.bits), int64(o.bits))
	case n.kind == unsigned && o.kind == unsigned:
		return cmp3(n.bits, o.bits)
	case n.kind == floating && o.kind == floating:
		return cmp3(n.Float64(), o.Float64())
	case n.kind == floating:
		return -o.compareFloat(n.Float64())
	case o.kind == floating:
		return n.compareFloat(o.Float64())
	case n.kind == unsigned:
		return 1
	}
	return -1
}

// compareFloat compares the integer n with f.
func (n Number) compareFloat(f float64) int {
	if g := n.Float64(); g != f || math.Abs(g) < 1<<53 {
		return cmp3(g, f)
	}
	// f is whole and within one unit in the last place of n.
	if n.kind == signed {
		if f >= 1<<63 {
			return -1
		}
		return cmp3(int64(n.bits), int64(f))
	}
	if f >= 1<<64 {
		return -1
	}
	return cmp3(n.bits, uint64(f))
}

func cmp3[T int64 | uint64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
