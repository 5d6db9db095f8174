package search

import (
	"math"
	"strings"
	"time"

	"github.com/sluicelog/sluice/level"
)

// ParseNumber reads a literal that is compared with the field's numbers: a number, a duration or a size. The latter two are
// converted to the unit that the field's name ends in, as the package documentation says.
func ParseNumber(field, text string) (Number, bool) {
	if n, ok := parseNumber(text); ok {
		return n, true
	}
	if d, ok := parseDuration(text); ok {
		return inUnit(d, unitOf(field, durationSuffixes)), true
	}
	if size, ok := parseSize(text); ok {
		return inUnit(size, unitOf(field, sizeSuffixes)), true
	}
	return Number{}, false
}

func inUnit(n, unit float64) Number { return Float(n / unit) }

var durationSuffixes = map[string]float64{
	"ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "sec": 1e9, "secs": 1e9, "seconds": 1e9,
	"min": 60e9, "minutes": 60e9, "h": 3600e9, "hours": 3600e9,
}

var sizeSuffixes = map[string]float64{
	"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}

// unitOf returns the unit that the name of the field ends in, 1 if none.
func unitOf(field string, suffixes map[string]float64) float64 {
	name := strings.ToLower(field)
	if u, ok := suffixes[name[strings.LastIndexAny(name, "_.")+1:]]; ok {
		return u
	}
	return 1
}

// parseDuration reads 1.5s, 1h30m, -15m, 2d, 1w in nanoseconds.
func parseDuration(s string) (float64, bool) {
	if n := len(s); n > 1 && (s[n-1] == 'd' || s[n-1] == 'w') {
		f, ok := parseNumber(s[:n-1])
		day := 24 * float64(time.Hour)
		if s[n-1] == 'w' {
			day *= 7
		}
		return f.Float64() * day, ok
	}
	if s == "" || s[len(s)-1] >= '0' && s[len(s)-1] <= '9' {
		return 0, false
	}
	d, err := time.ParseDuration(s)
	return float64(d), err == nil
}

var sizes = []struct {
	unit  string
	bytes float64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40}, {"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12}, {"b", 1},
}

func parseSize(s string) (float64, bool) {
	for _, u := range sizes {
		if n := len(s) - len(u.unit); n > 0 && strings.EqualFold(s[n:], u.unit) {
			f, ok := parseNumber(s[:n])
			return f.Float64() * u.bytes, ok
		}
	}
	return 0, false
}

var layouts = []struct {
	layout string
	span   time.Duration // that a literal stands for
}{
	{time.RFC3339Nano, 1}, {"2006-01-02T15:04:05.999999999", 1}, {"2006-01-02 15:04:05.999999999Z07:00", 1}, {"2006-01-02 15:04:05.999999999", 1},
	{"2006-01-02T15:04Z07:00", time.Minute}, {"2006-01-02T15:04", time.Minute}, {"2006-01-02 15:04", time.Minute},
	{"2006-01-02", 24 * time.Hour},
}

// ParseTime reads a literal that is compared with times: it stands for from up to, but not including, to. Relative ones
// count from now.
func ParseTime(text string, now time.Time) (from, to time.Time, ok bool) {
	relative, isNow := strings.CutPrefix(text, "now")
	if isNow && relative == "" {
		return now, now.Add(1), true
	}
	if relative != "" && (relative[0] == '-' || relative[0] == '+') {
		d, ok := parseDuration(relative)
		if !ok || math.Abs(d) > 100*365*24*float64(time.Hour) {
			return from, to, false
		}
		from = now.Add(time.Duration(d))
		return from, from.Add(1), true
	}
	for _, l := range layouts {
		if t, err := time.Parse(l.layout, text); err == nil {
			return t, t.Add(l.span), t.Year() > 1677 && t.Year() < 2262
		}
	}
	return from, to, false
}

func isLiteral(s string) bool {
	if _, ok := ParseNumber("", s); ok {
		return true
	}
	_, _, ok := ParseTime(s, time.Unix(0, 0))
	return ok
}

// checkRange says whether the bounds suit the field; minAt and maxAt are where they stand.
func (p *parser) checkRange(r Range, minAt, maxAt int) error {
	kind := KindOf(r.Field)
	if kind == Text {
		return p.fail(minAt, "%s is text, which has no order: expected a word or a phrase", r.Field)
	}
	for _, b := range []struct {
		Bound
		at int
	}{{r.Min, minAt}, {r.Max, maxAt}} {
		if !b.Set() {
			continue
		}
		switch kind {
		case Time:
			if _, _, ok := ParseTime(b.Value, time.Unix(0, 0)); !ok {
				return p.fail(b.at, "%.40q is no time: expected 2026-03-02T08:00:00Z, 2026-03-02, now or -15m", b.Value)
			}
		case Level:
			if _, err := level.Parse(b.Value); err != nil {
				return p.fail(b.at, "%v", err)
			}
		}
	}
	return nil
}
