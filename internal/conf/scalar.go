package conf

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// ParseDuration reads what time.ParseDuration does, and whole days of 24 hours: 30d.
func ParseDuration(s string) (time.Duration, error) {
	const day = 24 * time.Hour
	if num, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.ParseInt(num, 10, 64); err == nil && n >= -int64(math.MaxInt64/day) && n <= int64(math.MaxInt64/day) {
			return time.Duration(n) * day, nil
		}
	}
	return time.ParseDuration(s)
}

// Size is a number of bytes, in text with a unit: 512, 64KiB, 100MB, 1GiB.
type Size int64

var units = []struct {
	name string
	size float64
}{
	{"", 1}, {"b", 1},
	{"k", 1 << 10}, {"kib", 1 << 10}, {"m", 1 << 20}, {"mib", 1 << 20}, {"g", 1 << 30}, {"gib", 1 << 30}, {"t", 1 << 40}, {"tib", 1 << 40},
	{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12},
}

// ParseSize reads a Size.
func ParseSize(s string) (Size, error) {
	i := strings.LastIndexFunc(s, func(r rune) bool { return unicode.IsDigit(r) || r == '.' }) + 1
	n, err := strconv.ParseFloat(s[:i], 64)
	unit := strings.ToLower(strings.TrimSpace(s[i:]))
	for _, u := range units {
		if err == nil && u.name == unit && n >= 0 && n*u.size < math.MaxInt64 {
			return Size(n * u.size), nil
		}
	}
	return 0, fmt.Errorf("size %q: want a number of bytes such as 65536, 64KiB, 100MB", s)
}

// String writes the size with the largest binary unit that divides it.
func (s Size) String() string {
	for _, u := range []struct {
		name string
		size Size
	}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if s != 0 && s%u.size == 0 {
			return strconv.FormatInt(int64(s/u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// MarshalText writes what String does.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Secret is a value that no error, log or dump shows.
type Secret string

const shown = "[REDACTED]"

// String does not tell the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return shown
}

// GoString does not tell the secret either.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// MarshalText does not tell the secret either.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Expand replaces ${NAME}, ${env:NAME} and ${env:NAME:-default} by the values that lookup finds, as OpenTelemetry's
// declarative configuration does; an unset variable without a default becomes the empty string, $$ a dollar sign.
func Expand(s string, lookup func(string) (string, bool)) (string, error) {
	if !strings.Contains(s, "$") {
		return s, nil
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '$')
		if i < 0 || i+1 == len(s) {
			b.WriteString(s)
			return b.String(), nil
		}
		b.WriteString(s[:i])
		switch s[i+1] {
		case '$':
			b.WriteByte('$')
			s = s[i+2:]
		case '{':
			end := strings.IndexByte(s[i:], '}')
			if end < 0 {
				return "", fmt.Errorf("an unclosed ${")
			}
			name, def, _ := strings.Cut(strings.TrimPrefix(s[i+2:i+end], "env:"), ":-")
			if name == "" || strings.ContainsFunc(name, notNameRune) {
				return "", fmt.Errorf("${%s} names no environment variable", name)
			}
			if v, ok := lookup(name); ok && v != "" {
				b.WriteString(v)
			} else {
				b.WriteString(def)
			}
			s = s[i+end+1:]
		default:
			b.WriteByte('$')
			s = s[i+1:]
		}
	}
}

func notNameRune(r rune) bool {
	return r != '_' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
}
