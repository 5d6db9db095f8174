package mask

import (
	"strings"
	"unicode/utf8"
)

// keptPrefix stands for all but the last four characters of a text.
const keptPrefix = "****"

// keepMinimumDigits is the number of digits from which the last four of a telephone number are kept.
const keepMinimumDigits = 10

// keepLastFour returns secret with all but its last four characters hidden, and "" when it is too short for that. A number keeps
// its form, each digit that is hidden a star: **** **** **** 1111, +* (***) ***-0154.
func keepLastFour(label, secret string) string {
	digits, other := 0, 0
	for i := range len(secret) {
		switch c := secret[i]; {
		case digit(c):
			digits++
		case strings.IndexByte("+-(). /", c) < 0:
			other++
		}
	}
	if other == 0 {
		if digits < KeepMinimum && (label != phoneLabel || digits < keepMinimumDigits) {
			return ""
		}
		out := []byte(secret)
		for i := range out {
			if digit(out[i]) && digits > 4 {
				out[i] = '*'
				digits--
			}
		}
		return string(out)
	}
	if utf8.RuneCountInString(secret) < KeepMinimum {
		return ""
	}
	i := len(secret)
	for range 4 {
		_, n := utf8.DecodeLastRuneInString(secret[:i])
		i -= n
	}
	return keptPrefix + secret[i:]
}

// keptLen returns the length of what keepLastFour may have left at the beginning of s, 0 for none: four stars or more with what stands
// between the digits of a number, and up to four characters.
func keptLen(s string) int {
	i, stars := 0, 0
	for i < len(s) && (s[i] == '*' || stars < 1 && i < 2 && (s[i] == '+' || s[i] == '(') || stars > 0 && strings.IndexByte("-(). /", s[i]) >= 0) {
		if s[i] == '*' {
			stars++
		}
		i++
	}
	if stars < 4 {
		return 0
	}
	for kept := 0; kept < 4 && i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r < utf8.RuneSelf && !wordRune(r) && strings.IndexByte("-(). /", s[i]) >= 0 && i+1 < len(s) && digit(s[i+1]) {
			i++ // ***-****-01-54
			continue
		}
		if !wordRune(r) {
			break
		}
		kept++
		i += n
	}
	return i
}
