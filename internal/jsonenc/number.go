package jsonenc

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
)

// appendFloat appends f as encoding/json does, and NaN and the infinities as strings.
//
// Most numbers that are logged are decimals of few digits. For these: m, the nearest integer to |f|·10^6, is below 10^15,
// so m and 10^6 are exact in a float64, and m/10^6, correctly rounded, is the float64 nearest to that decimal. If it is
// |f|, the decimal reads back as f. Decimals of up to 15 digits differ as float64s, so no shorter one does.
func appendFloat(dst []byte, f float64) []byte {
	const scale = 1e6
	abs := math.Abs(f)
	if abs < 1e9 {
		m := int64(abs*scale + 0.5)
		if float64(m)/scale == abs {
			if math.Signbit(f) {
				dst = append(dst, '-')
			}
			dst = appendUint(dst, uint64(m)/scale)
			return appendFraction(dst, uint32(uint64(m)%scale)*(1e9/scale))
		}
	}
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"+Inf"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Inf"`...)
	case abs >= 1e-6 && abs < 1e21:
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	// e-09 becomes e-9.
	if n := len(dst); n >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

// appendInt appends i in decimal.
func appendInt(dst []byte, i int64) []byte {
	if i < 0 {
		return appendUint(append(dst, '-'), -uint64(i))
	}
	return appendUint(dst, uint64(i))
}

// appendUint appends u in decimal: below 10^8 in place, from the end.
func appendUint(dst []byte, u uint64) []byte {
	if u >= 1e8 {
		return strconv.AppendUint(dst, u, 10)
	}
	v := uint32(u)
	n := 1
	for limit := uint32(10); v >= limit; limit *= 10 {
		n++
	}
	start := len(dst)
	dst = slices.Grow(dst, 8)[:start+n]
	for ; n > 1; n -= 2 {
		binary.LittleEndian.PutUint16(dst[start+n-2:], pairs[v%100])
		v /= 100
	}
	if n == 1 {
		dst[start] = '0' + byte(v)
	}
	return dst
}

// appendFraction appends a point and ns billionths without zeros at the end; nothing if ns is zero.
func appendFraction(dst []byte, ns uint32) []byte {
	if ns == 0 {
		return dst
	}
	var text [10]byte
	low := ns % 10_000
	mid := ns / 10_000 % 10_000
	text[0], text[1] = '.', '0'+byte(ns/100_000_000)
	binary.LittleEndian.PutUint16(text[2:], pairs[mid/100])
	binary.LittleEndian.PutUint16(text[4:], pairs[mid%100])
	binary.LittleEndian.PutUint16(text[6:], pairs[low/100])
	binary.LittleEndian.PutUint16(text[8:], pairs[low%100])
	n := len(text)
	if low == 0 {
		n -= 4
	}
	for text[n-1] == '0' {
		n--
	}
	return append(dst, text[:n]...)
}

// pairs are the numbers below 100 in two digits.
var pairs = func() (p [100]uint16) {
	for i := range p {
		p[i] = uint16('0'+i/10) | uint16('0'+i%10)<<8
	}
	return p
}()
