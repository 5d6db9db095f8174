package segment

import "encoding/binary"

// A clock reads many times of one layout. Those of one minute are alike but for their last digits.
type clock struct {
	layout
	unit   int64
	parted bool   // the layout's first 17 bytes tell the minute
	point  byte   // before the fraction, 0: there is none
	digits int    // of the fraction, 0: as many as it takes
	rest   string // behind it
	minute string // the first 17 bytes of the time before
	base   int64  // seconds at its minute
}

const minuteLen = len("2006-01-02T15:04:")

func newClock(l layout) clock {
	c := clock{layout: l, unit: l.unit()}
	if len(l) < 11 || l[0] != 'Y' || l[2] != 'M' || l[4] != 'D' || l[6] != 'h' || l[8] != 'm' || l[10] != 's' {
		return c
	}
	rest := string(l[11:])
	switch {
	case rest != "" && rest[0] == 'F':
		c.point, rest = '.', rest[1:]
	case len(rest) > 1 && fractionDigits(rest[1]) > 0:
		c.point, c.digits, rest = rest[0], fractionDigits(rest[1]), rest[2:]
	}
	c.parted, c.rest = true, rest
	return c
}

// read is parse for a whole value.
func (c *clock) read(s []byte) (int64, bool) {
	if c.minute != "" && len(s) >= minuteLen+2 && string(s[:minuteLen]) == c.minute {
		if v, ok := c.seconds(s[minuteLen:]); ok {
			return v, true
		}
	}
	v, n, ok := c.parse(s)
	if !ok || n != len(s) {
		return 0, false
	}
	if c.parted && string(s[:minuteLen]) != c.minute {
		c.minute = string(s[:minuteLen])
		c.base = floorDiv(floorDiv(v, c.unit), 60) * 60
	}
	return v, true
}

// seconds reads what stands behind the minute.
func (c *clock) seconds(s []byte) (int64, bool) {
	tens, ones := s[0]-'0', s[1]-'0'
	if tens > 5 || ones > 9 {
		return 0, false
	}
	s = s[2:]
	frac := int64(0)
	if c.point != 0 {
		switch n := len(s) - len(c.rest); {
		case n == 0 && c.digits == 0:
		case n < 2 || n > 10 || c.digits > 0 && n != c.digits+1 || s[0] != c.point || c.digits == 0 && s[n-1] == '0':
			return 0, false
		default:
			v, ok := fixed(s[1:n])
			if !ok {
				return 0, false
			}
			frac, s = v, s[n:]
			if c.digits == 0 {
				frac *= pow10[10-n]
			}
		}
	}
	if string(s) != c.rest {
		return 0, false
	}
	return (c.base+int64(tens)*10+int64(ones))*c.unit + frac, true
}

// fixed reads one to nine digits.
func fixed(s []byte) (v int64, ok bool) {
	if len(s) >= 8 {
		if v, ok = eight(binary.LittleEndian.Uint64(s)); !ok {
			return 0, false
		}
		s = s[8:]
	}
	for _, c := range s {
		if c -= '0'; c > 9 {
			return 0, false
		}
		v = v*10 + int64(c)
	}
	return v, true
}

// eight reads eight digits at once: pairs, then fours, then all, each the sum of two neighbours in one product.
func eight(w uint64) (int64, bool) {
	w -= '0' * ones
	if (w|(w+6*ones))&(0xf0*ones) != 0 {
		return 0, false
	}
	w = w*10 + w>>8
	w = w & 0x00ff00ff00ff00ff * (100<<16 + 1) >> 16 & 0x0000ffff0000ffff
	return int64(w * (10000<<32 + 1) >> 32), true
}
