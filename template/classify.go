package template

// kindOf classifies a token by its spelling; all is the union of the classes of its bytes. A token without a digit is
// constant, unless it is a path.
func kindOf(s string, all uint8) Kind {
	if all&isDigit == 0 {
		if all&isSlash != 0 && isRooted(s) {
			return Path
		}
		return constant
	}
	if isNumber(s) {
		return Number
	}
	if s[0]-'0' <= 9 {
		if k := measured(s); k != constant {
			return k
		}
	}
	switch {
	case all&isSlash != 0:
		return Path
	case len(s) == 36 && isUUID(s):
		return UUID
	case isHexadecimal(s, all):
		return Hex
	case isAddress(s):
		return IP
	}
	return Word
}

// isRooted says whether a token with a slash is a path although nothing in it varies.
func isRooted(s string) bool {
	return len(s) > 1 && (s[0] == '/' || s[0] == '\\' || s[0] == '~' || s[0] == '.')
}

// isNumber accepts [+-]digits[.digits][e[+-]digits].
func isNumber(s string) bool {
	i := 0
	if s[0] == '-' || s[0] == '+' {
		i++
	}
	n := digits(s[i:])
	if n == 0 {
		return false
	}
	if i += n; i < len(s) && s[i] == '.' {
		i++
		i += digits(s[i:])
	}
	if i+1 < len(s) && s[i]|0x20 == 'e' {
		j := i + 1
		if s[j] == '-' || s[j] == '+' {
			j++
		}
		if n := digits(s[j:]); n > 0 {
			i = j + n
		}
	}
	return i == len(s)
}

// digits is the number of decimal digits that s begins with.
func digits(s string) int {
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return i
		}
	}
	return len(s)
}

// measured says whether s, which begins with a digit, is a duration, a date, a time of day or both.
func measured(s string) Kind {
	n := digits(s)
	switch {
	case n == len(s) || n == 0:
		return constant
	case s[n] == ':' && n <= 2:
		if isClock(s) {
			return Timestamp
		}
	case (s[n] == '-' || s[n] == '/' || s[n] == '.') && (n == 4 || n <= 2):
		if isDate(s, n) {
			return Timestamp
		}
		fallthrough
	default:
		if isDuration(s) {
			return Duration
		}
	}
	return constant
}

// isClock accepts h:m, h:m:s with a fraction after a point and a zone.
func isClock(s string) bool {
	for part := 0; ; part++ {
		n := digits(s)
		if n == 0 || n > 2 {
			return false
		}
		if s = s[n:]; s == "" {
			return part > 0
		}
		if s[0] != ':' || part == 2 {
			break
		}
		s = s[1:]
	}
	if s[0] == '.' {
		s = s[1:]
		n := digits(s)
		if n == 0 {
			return false
		}
		s = s[n:]
	}
	return isZone(s)
}

func isZone(s string) bool {
	switch {
	case s == "", s == "Z", s == "z":
		return true
	case s[0] == '+' || s[0] == '-':
		n := digits(s[1:])
		return n == 4 && len(s) == 5 || n == 2 && (len(s) == 3 || len(s) == 6 && s[3] == ':' && digits(s[4:]) == 2)
	}
	return false
}

// isDate accepts three numbers between equal signs, the year first or last, and after it T or - and a time of day.
func isDate(s string, n int) bool {
	sign, year := s[n], n == 4
	rest := s[n+1:]
	n = digits(rest)
	if n == 0 || n > 2 || n >= len(rest) || rest[n] != sign {
		return false
	}
	rest = rest[n+1:]
	n = digits(rest)
	if year && (n == 0 || n > 2) || !year && n != 4 || sign == '.' && !year && n != 4 {
		return false
	}
	if rest = rest[n:]; rest == "" {
		return true
	}
	return len(rest) > 4 && (rest[0]|0x20 == 't' || rest[0] == '-' || rest[0] == ':') && isClock(rest[1:])
}

// isDuration accepts one or more of a decimal number and a unit.
func isDuration(s string) bool {
	for s != "" {
		n := digits(s)
		if n == 0 {
			return false
		}
		if s = s[n:]; s != "" && s[0] == '.' {
			n = digits(s[1:])
			s = s[1+n:]
		}
		switch {
		case hasPrefix(s, "ms"), hasPrefix(s, "us"), hasPrefix(s, "ns"):
			s = s[2:]
		case hasPrefix(s, "µs"), hasPrefix(s, "μs"), hasPrefix(s, "min"), hasPrefix(s, "sec"):
			s = s[3:]
		case s != "" && (s[0] == 's' || s[0] == 'm' || s[0] == 'h' || s[0] == 'd'):
			s = s[1:]
		default:
			return false
		}
	}
	return true
}

func hasPrefix(s, prefix string) bool { return len(s) >= len(prefix) && s[:len(prefix)] == prefix }

func isUUID(s string) bool {
	for i := range len(s) {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return false
			}
		} else if classes[s[i]]&(isDigit|isHex) == 0 {
			return false
		}
	}
	return true
}

func isHexadecimal(s string, all uint8) bool {
	if hasPrefix(s, "0x") || hasPrefix(s, "0X") {
		s = s[2:]
		if s == "" {
			return false
		}
	} else if all&isHex == 0 || len(s) < 8 {
		return false
	}
	for i := range len(s) {
		if classes[s[i]]&(isDigit|isHex) == 0 {
			return false
		}
	}
	return true
}

// isAddress accepts four numbers and points with or without a port, and what has two colons and hexadecimal digits alone,
// which covers IPv6 and hardware addresses.
func isAddress(s string) bool {
	colons, points, numbers := 0, 0, true
	for i := range len(s) {
		switch c := s[i]; {
		case c == ':':
			colons++
		case c == '.':
			points++
		case c-'0' > 9:
			if classes[c]&isHex == 0 {
				return false
			}
			numbers = false
		}
	}
	if colons >= 2 {
		return true
	}
	return points == 3 && numbers && s[0] != '.'
}
