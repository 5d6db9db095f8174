package segment

import "bytes"

// A layout is the spelling of a point in time: digits of Y M D h m s, b the month's name, e the day padded with a space,
// i, u, n three, six, nine digits of a fraction, F a fraction as RFC 3339 with nanoseconds trims it; any other byte stands for itself.
type layout string

// layouts are tried in this order. Those with a zone stand before those without.
var layouts = []layout{
	"Y-M-DTh:m:sFZ", "Y-M-DTh:m:s.iZ", "Y-M-DTh:m:s.uZ", "Y-M-DTh:m:sZ", "Y-M-DTh:m:s.nZ",
	"Y-M-D h:m:s,i", "Y-M-D h:m:s.i", "Y-M-D h:m:s.u", "Y-M-DTh:m:s.i", "Y-M-DTh:m:s.u", "Y-M-DTh:m:s.n", "Y-M-D h:m:s.n", "Y-M-DTh:m:s", "Y-M-D h:m:s",
	"Y-M-D-h.m.s.u", "Y/M/D h:m:s.u", "Y/M/D h:m:s.i", "Y/M/D h:m:s", "y/M/D h:m:s", "YMD-h:m:s:i",
	"D/b/Y:h:m:s", "b e h:m:s Y", "b e h:m:s", "b D h:m:s Y", "b D h:m:s", "M-D h:m:s.i", "M/D/Y h:m:s",
	"Y-M-D", "h:m:s.u", "h:m:s.i", "h:m:s,i", "h:m:s",
}

const months = "JanFebMarAprMayJunJulAugSepOctNovDec"

// days returns the days from 1970-01-01 to the date (Howard Hinnant's days_from_civil).
func days(y, m, d int) int64 {
	if m <= 2 {
		y--
	}
	era := y / 400
	if y < 0 {
		era = (y - 399) / 400
	}
	yoe := y - era*400
	mp := (m + 9) % 12
	doy := (153*mp+2)/5 + d - 1
	return int64(era)*146097 + int64(yoe*365+yoe/4-yoe/100+doy) - 719468
}

// civil is the inverse of days.
func civil(z int64) (y, m, d int) {
	z += 719468
	era := z / 146097
	if z < 0 {
		era = (z - 146096) / 146097
	}
	doe := int(z - era*146097)
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d = doy - (153*mp+2)/5 + 1
	if m = mp + 3; m > 12 {
		m -= 12
	}
	y = yoe + int(era)*400
	if m <= 2 {
		y++
	}
	return y, m, d
}

func monthDays(y, m int) int {
	switch m {
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

func digits(s []byte, n int) (int, bool) {
	if len(s) < n {
		return 0, false
	}
	v := 0
	for _, c := range s[:n] {
		if c -= '0'; c > 9 {
			return 0, false
		}
		v = v*10 + int(c)
	}
	return v, true
}

// unit is the number of units of the layout's values in a second.
func (l layout) unit() int64 {
	for i := range len(l) {
		if c := l[i]; c == 'F' {
			return 1e9
		} else if w := fractionDigits(c); w > 0 {
			return pow10[w]
		}
	}
	return 1
}

func fractionDigits(c byte) int {
	switch c {
	case 'i':
		return 3
	case 'u':
		return 6
	case 'n':
		return 9
	}
	return 0
}

// dated says that the layout's values have a year.
func (l layout) dated() bool {
	return l[0] == 'Y' || l[0] == 'y' || bytes.IndexByte([]byte(l), 'Y') > 0
}

var pow10 = [19]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// parse reads the layout at the start of s: the value in units of the layout since 1970 (without a year since 2000, without
// a date since midnight) and the bytes read. What it reads format writes back.
func (l layout) parse(s []byte) (v int64, n int, ok bool) {
	y, mo, d := 2000, 1, 1
	var h, mi, sec int
	var frac int64
	i := 0
	for k := range len(l) {
		switch c := l[k]; c {
		case 'Y':
			y, ok = digits(s[i:], 4)
			i += 4
		case 'y':
			y, ok = digits(s[i:], 2)
			y += 2000
			i += 2
		case 'M':
			mo, ok = digits(s[i:], 2)
			i += 2
		case 'D':
			d, ok = digits(s[i:], 2)
			i += 2
		case 'e':
			if ok = len(s) >= i+2; ok {
				if s[i] == ' ' {
					d, ok = digits(s[i+1:], 1)
				} else if d, ok = digits(s[i:], 2); d < 10 {
					ok = false
				}
			}
			i += 2
		case 'b':
			if ok = len(s) >= i+3; ok {
				at := bytes.Index([]byte(months), s[i:i+3])
				ok = at >= 0 && at%3 == 0
				mo = at/3 + 1
			}
			i += 3
		case 'h':
			h, ok = digits(s[i:], 2)
			i += 2
		case 'm':
			mi, ok = digits(s[i:], 2)
			i += 2
		case 's':
			sec, ok = digits(s[i:], 2)
			i += 2
		case 'F':
			ok = true
			if i < len(s) && s[i] == '.' {
				j := i + 1
				for j < len(s) && j < i+10 && s[j]-'0' <= 9 {
					frac = frac*10 + int64(s[j]-'0')
					j++
				}
				w := j - i - 1
				ok = w > 0 && s[j-1] != '0'
				frac *= pow10[9-w]
				i = j
			}
		case 'i', 'u', 'n':
			w := fractionDigits(c)
			var f int
			f, ok = digits(s[i:], w)
			frac = int64(f)
			i += w
		default:
			ok = i < len(s) && s[i] == c
			i++
		}
		if !ok || i > len(s) {
			return 0, 0, false
		}
	}
	if mo < 1 || mo > 12 || d < 1 || h > 23 || mi > 59 || sec > 59 || d > 28 && d > monthDays(y, mo) {
		return 0, 0, false
	}
	secs := int64(h*3600 + mi*60 + sec)
	if l[0] != 'h' {
		at := days(y, mo, d)
		if y < 1700 || y > 2250 { // nanoseconds must fit
			return 0, 0, false
		}
		secs += at * 86400
	}
	return secs*l.unit() + frac, i, true
}

// format writes v as parse has read it.
func (l layout) format(dst []byte, v int64) []byte {
	unit := l.unit()
	secs, frac := v/unit, v%unit
	if frac < 0 {
		secs, frac = secs-1, frac+unit
	}
	day := secs / 86400
	tod := int(secs % 86400)
	if tod < 0 {
		day, tod = day-1, tod+86400
	}
	y, mo, d := 0, 0, 0
	if l[0] != 'h' {
		y, mo, d = civil(day)
	}
	two := func(v int) { dst = append(dst, byte('0'+v/10%10), byte('0'+v%10)) }
	for k := range len(l) {
		switch c := l[k]; c {
		case 'Y':
			two(y / 100)
			two(y % 100)
		case 'y':
			two(y % 100)
		case 'M':
			two(mo)
		case 'D':
			two(d)
		case 'e':
			if d < 10 {
				dst = append(dst, ' ', byte('0'+d))
			} else {
				two(d)
			}
		case 'b':
			if mo >= 1 && mo <= 12 {
				dst = append(dst, months[mo*3-3:mo*3]...)
			}
		case 'h':
			two(tod / 3600)
		case 'm':
			two(tod / 60 % 60)
		case 's':
			two(tod % 60)
		case 'F':
			if frac != 0 {
				dst = append(dst, '.')
				dst = appendFraction(dst, frac, 9)
				for dst[len(dst)-1] == '0' {
					dst = dst[:len(dst)-1]
				}
			}
		case 'i', 'u', 'n':
			dst = appendFraction(dst, frac, fractionDigits(c))
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// appendFraction writes v with leading zeros in w digits.
func appendFraction(dst []byte, v int64, w int) []byte {
	at := len(dst)
	for range w {
		dst = append(dst, '0')
	}
	for i := at + w - 1; i >= at && v > 0; i-- {
		dst[i] = byte('0' + v%10)
		v /= 10
	}
	return dst
}

// couldBeTime says whether a layout may start with these bytes: it is cheap, and rules most tokens out.
func couldBeTime(s []byte) bool {
	if len(s) < 8 {
		return false
	}
	c := s[0]
	switch {
	case c >= '0' && c <= '9':
		if s[1] < '0' || s[1] > '9' {
			return false
		}
		switch s[2] {
		case ':', '/', '-':
			return true
		}
		return len(s) >= 10 && (s[4] == '-' || s[4] == '/' || s[8] == '-')
	case c >= 'A' && c <= 'S':
		return s[3] == ' ' && len(s) >= 15
	}
	return false
}

// findTime reads the first layout that fits the start of s and ends where a token ends.
func findTime(s []byte, hint int) (id int, n int, ok bool) {
	if !couldBeTime(s) {
		return 0, 0, false
	}
	if hint >= 0 {
		if _, n, ok := layouts[hint].parse(s); ok && ends(s, n) {
			return hint, n, true
		}
	}
	for id, l := range layouts {
		if l[len(l)-2] == 'F' { // trimmed fractions are for whole values
			continue
		}
		if _, n, ok := l.parse(s); ok && ends(s, n) {
			return id, n, true
		}
	}
	return 0, 0, false
}

// ends says that no letter, digit or fraction goes on at s[n].
func ends(s []byte, n int) bool {
	if n >= len(s) {
		return true
	}
	if isAlnum(s[n]) {
		return false
	}
	return !((s[n] == '.' || s[n] == ',') && n+1 < len(s) && isDigit(s[n+1]))
}
