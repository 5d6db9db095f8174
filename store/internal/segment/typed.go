package segment

import "bytes"

// How a list of strings is written.
const (
	strEmpty    = iota // no values
	strConst           // the value
	strDict            // count of distinct values, codes, the distinct values as a list
	strInt             // width (0: without leading zeros), integers
	strDecimal         // digits of the fraction, style, integers
	strTime            // layout, integers
	strHex             // bytes, style; the bytes
	strAffix           // prefix, suffix, what stands between as a list
	strSplit           // codes 0 and 1, then the two lists
	strText            // templates and slots
	strBlob            // lengths as integers, the bytes
	strSame            // field whose values these are
	strTimeDiff        // layout, field of the same layout, the differences to it
	strBinary          // binary digits of the fraction, integers: floats in their shortest spelling
	strFunc            // field that decides, count; the values where a value of that field is first seen, as a list
)

// Styles of decimals.
const (
	decFixed   = iota // always all digits of the fraction
	decTrimmed        // no zeros at the end, no point without digits
	decPoint          // no zeros at the end but one after the point
)

// Styles of hexadecimal numbers.
const (
	hexLower = iota
	hexUpper
	uuidLower
	uuidUpper
)

// typed is what detect found: the values as integers or bytes.
type typed struct {
	codec  byte
	param  int // width, digits, layout (of the table), bytes
	style  byte
	layout layout
	ints   []int64
	bytes  []byte
}

// parseInt reads a decimal integer in its canonical spelling.
func parseInt(s []byte) (v int64, ok bool) {
	neg := len(s) > 0 && s[0] == '-'
	if neg {
		s = s[1:]
	}
	if len(s) == 0 || len(s) > 18 || s[0] == '0' && (len(s) > 1 || neg) {
		return 0, false
	}
	for _, c := range s {
		if c -= '0'; c > 9 {
			return 0, false
		}
		v = v*10 + int64(c)
	}
	if neg {
		v = -v
	}
	return v, true
}

// parseFixed reads digits with leading zeros.
func parseFixed(s []byte) (v int64, ok bool) {
	if len(s) == 0 || len(s) > 18 {
		return 0, false
	}
	for _, c := range s {
		if c -= '0'; c > 9 {
			return 0, false
		}
		v = v*10 + int64(c)
	}
	return v, true
}

// decimal is a number with a point: its digits and how many stand behind the point (-1: there is none).
func parseDecimal(s []byte) (v int64, scale int, ok bool) {
	neg := len(s) > 0 && s[0] == '-'
	if neg {
		s = s[1:]
	}
	scale = -1
	if len(s) == 0 || len(s) > 19 || s[0] == '0' && len(s) > 1 && s[1] != '.' || s[0] == '.' {
		return 0, 0, false
	}
	for i, c := range s {
		if c == '.' && scale < 0 {
			scale = len(s) - 1 - i
			continue
		}
		if c -= '0'; c > 9 {
			return 0, 0, false
		}
		v = v*10 + int64(c)
	}
	if scale == 0 || neg && v == 0 || scale < 0 && len(s) > 18 {
		return 0, 0, false
	}
	if neg {
		v = -v
	}
	return v, scale, true
}

func (e *encoder) val(r ref) []byte { return e.buf[r.off : r.off+r.n] }

// detect looks for a type that all values have. What it returns is valid until the next call.
func (e *encoder) detect(vals []ref) (typed, bool) {
	first := e.val(vals[0])
	if len(first) == 0 {
		return typed{}, false
	}
	ints := make([]int64, 0, len(vals))
	for _, l := range wholeTimes(first) {
		c := newClock(l)
		for _, r := range vals {
			v, ok := c.read(e.val(r))
			if !ok {
				break
			}
			ints = append(ints, v)
		}
		if len(ints) == len(vals) {
			return typed{codec: strTime, layout: l, ints: ints}, true
		}
		ints = ints[:0]
	}
	if c := first[0]; c == '-' || isDigit(c) {
		if t, ok := e.detectNumber(vals, ints); ok {
			return t, true
		}
	}
	return e.detectHex(vals)
}

// detectField is detect for the values of a field, by its dictionary where that is shorter.
func (e *encoder) detectField(f *field) (typed, bool) {
	if f.codes == nil || len(f.dict) > len(f.vals)/2 {
		return e.detect(f.vals)
	}
	t, ok := e.detect(f.dict)
	if !ok {
		return t, false
	}
	if t.codec == strHex {
		all := make([]byte, 0, t.param*len(f.codes))
		for _, c := range f.codes {
			all = append(all, t.bytes[int(c)*t.param:][:t.param]...)
		}
		t.bytes = all
		return t, true
	}
	all := make([]int64, len(f.codes))
	for i, c := range f.codes {
		all[i] = t.ints[c]
	}
	t.ints = all
	return t, true
}

// wholeTimes finds the layouts of a value that is nothing but a time, with any offset from UTC behind it.
func wholeTimes(s []byte) (out []layout) {
	if !couldBeTime(s) {
		return nil
	}
	for _, l := range layouts {
		if _, n, ok := l.parse(s); ok && n == len(s) {
			out = append(out, l)
		}
	}
	const offset = 6 // +02:00
	if n := len(s) - offset; n >= 19 && (s[n] == '+' || s[n] == '-') && s[n+3] == ':' {
		for _, head := range []layout{"Y-M-DTh:m:sF", "Y-M-DTh:m:s.i", "Y-M-DTh:m:s.u"} {
			l := head + layout(s[n:])
			if _, n, ok := l.parse(s); ok && n == len(s) {
				out = append(out, l)
			}
		}
	}
	return out
}

func (e *encoder) detectNumber(vals []ref, ints []int64) (typed, bool) {
	for _, r := range vals {
		v, ok := parseInt(e.val(r))
		if !ok {
			break
		}
		ints = append(ints, v)
	}
	if len(ints) == len(vals) {
		return typed{codec: strInt, ints: ints}, true
	}
	ints = ints[:0]
	w := vals[0].n
	for _, r := range vals {
		v, ok := parseFixed(e.val(r))
		if !ok || r.n != w {
			break
		}
		ints = append(ints, v)
	}
	if len(ints) == len(vals) {
		return typed{codec: strInt, param: int(w), ints: ints}, true
	}
	ints = ints[:0]
	most, least, style := -1, 99, byte(decTrimmed)
	scales := e.scales[:0]
	for _, r := range vals {
		s := e.val(r)
		v, scale, ok := parseDecimal(s)
		if !ok {
			return typed{}, false
		}
		if scale > 0 && s[len(s)-1] == '0' { // a zero at the end
			if scale == 1 {
				if style == decTrimmed {
					style = decPoint
				}
			} else {
				style = decFixed
			}
		}
		ints, scales = append(ints, v), append(scales, int8(scale))
		most, least = max(most, scale), min(least, scale)
	}
	e.scales = scales
	if most < 1 || most > 18 {
		return typed{}, false
	}
	switch {
	case least == most:
		style = decFixed
	case style == decFixed, style == decPoint && least < 1:
		return typed{}, false
	}
	for i, s := range scales {
		k := most - max(int(s), 0)
		if v := ints[i]; v > (1<<62)/pow10[k] || v < -(1<<62)/pow10[k] {
			return typed{}, false
		}
		ints[i] *= pow10[k]
	}
	return typed{codec: strDecimal, param: most, style: style, ints: ints}, true
}

const maxHex = 64

func (e *encoder) detectHex(vals []ref) (typed, bool) {
	n := int(vals[0].n)
	first := e.val(vals[0])
	uuid := n == 36 && isUUID(first)
	if !uuid && (n%2 != 0 || n < 8 || n > 2*maxHex) {
		return typed{}, false
	}
	size := n / 2
	if uuid {
		size = 16
	}
	out := make([]byte, 0, size*len(vals))
	lower, upper := false, false
	for _, r := range vals {
		if int(r.n) != n {
			return typed{}, false
		}
		s := e.val(r)
		if uuid && !isUUID(s) {
			return typed{}, false
		}
		half, high := byte(0), true
		for i, c := range s {
			if uuid && (i == 8 || i == 13 || i == 18 || i == 23) {
				continue
			}
			switch {
			case isDigit(c):
				c -= '0'
			case c-'a' <= 5:
				c, lower = c-'a'+10, true
			case c-'A' <= 5:
				c, upper = c-'A'+10, true
			default:
				return typed{}, false
			}
			if high {
				half = c
			} else {
				out = append(out, half<<4|c)
			}
			high = !high
		}
	}
	if lower && upper {
		return typed{}, false
	}
	style := byte(hexLower)
	if upper {
		style = hexUpper
	}
	if uuid {
		style += uuidLower
	}
	return typed{codec: strHex, param: size, style: style, bytes: out}, true
}

// affixes returns how many bytes all values share at the start and at the end.
func (e *encoder) affixes(vals []ref) (prefix, suffix int) {
	first := e.val(vals[0])
	prefix, suffix = len(first), len(first)
	for _, r := range vals[1:] {
		s := e.val(r)
		n := min(len(s), prefix)
		prefix = 0
		for prefix < n && s[prefix] == first[prefix] {
			prefix++
		}
		n = min(len(s), suffix)
		suffix = 0
		for suffix < n && s[len(s)-1-suffix] == first[len(first)-1-suffix] {
			suffix++
		}
		if prefix == 0 && suffix == 0 {
			return 0, 0
		}
	}
	shortest := len(first)
	for _, r := range vals {
		shortest = min(shortest, int(r.n))
	}
	return prefix, min(suffix, shortest-prefix)
}

func equalRefs(buf []byte, a, b ref) bool {
	return a.n == b.n && bytes.Equal(buf[a.off:a.off+a.n], buf[b.off:b.off+b.n])
}

// scale is how many digits of ints are the fraction.
func (t *typed) scale() int {
	if t.codec == strDecimal {
		return t.param
	}
	return 0
}
