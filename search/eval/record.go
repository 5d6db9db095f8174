package eval

import (
	"bytes"
	"log/slog"
	"math"
	"time"

	"github.com/sluicelog/sluice/internal/jsonline"
	"github.com/sluicelog/sluice/search"
)

// NoTime is the time of a record without one.
const NoTime = math.MinInt64

// A Leaf is one scalar of a record: each element of a list is one. Null is none.
type Leaf struct {
	Path []byte // members of objects joined by dots
	Type search.ValueType
	Text []byte // the string without escapes, the digits of the number, true or false
}

// A Record is a line taken apart. It may be used again for the next line; it is for one goroutine at a time.
type Record struct {
	Line   []byte
	Leaves []Leaf
	Time   int64 // nanoseconds since 1970, NoTime without one
	Object bool  // the line is a JSON object

	path, arena []byte
}

// Parse takes a line apart. A line that is not one JSON object is a record whose msg is the line. The leaves point into line and
// are valid until the next call.
func (r *Record) Parse(line []byte) {
	r.Line, r.Leaves, r.path, r.arena = line, r.Leaves[:0], r.path[:0], r.arena[:0]
	s := scanner{text: line}
	s.space()
	if r.Object = s.object(r, 0) && s.atEnd(); !r.Object {
		r.Leaves = append(r.Leaves[:0], Leaf{Path: []byte("msg"), Type: search.String, Text: line})
	}
	r.Time = r.findTime()
}

// Values calls visit for every leaf of the field.
func (r *Record) Values(field string, visit func(*Leaf)) {
	for i := range r.Leaves {
		if string(r.Leaves[i].Path) == field {
			visit(&r.Leaves[i])
		}
	}
}

// timeKeys are the names of a record's time, the usual one first.
var timeKeys = []string{"time", "ts", "timestamp", "@timestamp"}

func (r *Record) findTime() int64 {
	for _, key := range timeKeys {
		for i := range r.Leaves {
			l := &r.Leaves[i]
			if string(l.Path) != key {
				continue
			}
			if ns, ok := instant(l); ok {
				return ns
			}
		}
	}
	return NoTime
}

// instant reads a leaf as a point in time.
func instant(l *Leaf) (int64, bool) {
	var v slog.Value
	switch l.Type {
	case search.String:
		if ns, ok := RFC3339(l.Text); ok {
			return ns, true
		}
		v = slog.StringValue(string(l.Text))
	case search.Numeric:
		n, ok := search.NumberOf(l.Text)
		if !ok {
			return 0, false
		}
		if i, ok := n.Int64(); ok {
			v = slog.Int64Value(i)
		} else {
			v = slog.Float64Value(n.Float64())
		}
	default:
		return 0, false
	}
	t, ok := jsonline.Time(v)
	if !ok || t.Year() < 1678 || t.Year() > 2261 {
		return 0, false
	}
	return t.UnixNano(), true
}

// RFC3339 reads a time as slog writes it, in nanoseconds since 1970, without allocating.
func RFC3339(s []byte) (int64, bool) {
	// 2026-03-02T08:00:00.123456789+01:00
	if len(s) < len("2006-01-02T15:04:05Z") || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	ok := true
	number := func(from, to int) (n int) {
		for _, c := range s[from:to] {
			if c < '0' || c > '9' {
				ok = false
			}
			n = n*10 + int(c-'0')
		}
		return n
	}
	year, month, day, hour, minute, second := number(0, 4), number(5, 7), number(8, 10), number(11, 13), number(14, 16), number(17, 19)
	i, nano := 19, 0
	if s[i] == '.' {
		from := i + 1
		for i++; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		}
		if i == from || i > from+9 {
			return 0, false
		}
		nano = number(from, i)
		for range 9 - (i - from) {
			nano *= 10
		}
	}
	offset := 0
	switch {
	case i == len(s)-1 && s[i] == 'Z':
	case i == len(s)-6 && (s[i] == '+' || s[i] == '-') && s[i+3] == ':':
		offset = number(i+1, i+3)*3600 + number(i+4, i+6)*60
		if s[i] == '-' {
			offset = -offset
		}
	default:
		return 0, false
	}
	if !ok || year < 1678 || year > 2261 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	days := daysTo(year, month) + day - 1
	if day > 28 && day > daysTo(year+month/12, month%12+1)-daysTo(year, month) {
		return 0, false
	}
	return (int64(days)*86400+int64(hour*3600+minute*60+second-offset))*int64(time.Second) + int64(nano), true
}

// daysTo counts the days from 1970 to the first of the month (of the proleptic Gregorian calendar, counted from March).
func daysTo(year, month int) int {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	inEra := year - era*400
	inYear := (153*(month-3) + 2) / 5
	return era*146097 + inEra*365 + inEra/4 - inEra/100 + inYear - 719468
}

// Value returns a leaf as a value of its field, which is an instant or a severity's name where the field is of that kind, and
// false for what cannot be one.
func (l *Leaf) Value(kind search.Kind) (search.Value, bool) {
	if kind == search.Time {
		ns, ok := instant(l)
		return search.TimeValue(ns), ok
	}
	switch l.Type {
	case search.Numeric:
		n, ok := search.NumberOf(l.Text)
		return search.NumberValue(n), ok
	case search.Boolean:
		return search.BoolValue(l.Text[0] == 't'), true
	}
	return search.StringValue(string(l.Text)), true
}

// Weight returns how many records the record stands for: count/sample_rate, of lists their least number.
func (r *Record) Weight() float64 {
	return WeightOf(r.least("count"), r.least("sample_rate"))
}

// WeightOf returns what a record with these numbers stands for; NaN is none.
func WeightOf(count, rate float64) float64 {
	if !(count > 0) || math.IsInf(count, 0) {
		count = 1
	}
	if !(rate > 0) || rate > 1 {
		rate = 1
	}
	return count / rate
}

// least returns the least number of a field, NaN without one.
func (r *Record) least(field string) float64 {
	least := math.NaN()
	for i := range r.Leaves {
		l := &r.Leaves[i]
		if l.Type != search.Numeric || string(l.Path) != field {
			continue
		}
		if n, ok := search.NumberOf(l.Text); ok && !(n.Float64() >= least) {
			least = n.Float64()
		}
	}
	return least
}

// has says whether the record has a value at the path or below it, beside what except covers.
func (r *Record) has(path string, except []string) bool {
	for i := range r.Leaves {
		p := r.Leaves[i].Path
		if !bytes.HasPrefix(p, []byte(path)) || len(p) > len(path) && p[len(path)] != '.' {
			continue
		}
		if len(except) == 0 || !search.Covers(except, string(p)) {
			return true
		}
	}
	return false
}

// AppendValues appends the values of a field, as aggregations count them.
func (r *Record) AppendValues(dst []search.Value, field string) []search.Value {
	if field == "time" {
		if r.Time != NoTime {
			dst = append(dst, search.TimeValue(r.Time))
		}
		return dst
	}
	kind := search.KindOf(field)
	for i := range r.Leaves {
		if l := &r.Leaves[i]; string(l.Path) == field {
			if v, ok := l.Value(kind); ok {
				dst = append(dst, v)
			}
		}
	}
	return dst
}
