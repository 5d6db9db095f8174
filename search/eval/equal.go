package eval

import (
	"time"

	"github.com/sluicelog/sluice/internal/words"
	"github.com/sluicelog/sluice/level"
	"github.com/sluicelog/sluice/search"
)

// newEqual compiles field:value.
func newEqual(kind search.Kind, field, value string, now time.Time) tester {
	switch kind {
	case search.Text:
		return phrase(words.Split(value))
	case search.Time:
		from, to, ok := search.ParseTime(value, now)
		if !ok {
			return never{}
		}
		return &between{min: limit{search.Int(from.UnixNano()), true, true}, max: limit{search.Int(to.UnixNano()), true, false}, numeric: true}
	case search.Level:
		if l, ok := severity([]byte(value)); ok {
			value = level.Name(l)
		}
	}
	e := &equal{want: value, truth: value == "true", isTruth: value == "true" || value == "false"}
	e.want = value
	e.num, e.isNum = search.ParseNumber(field, value)
	return e
}

// equal is a string, the number that it reads as, or a truth value.
type equal struct {
	want           string
	num            search.Number
	isNum          bool
	truth, isTruth bool
}

func (e *equal) text(s []byte) bool                    { return string(s) == e.want }
func (e *equal) number(n search.Number, _ []byte) bool { return e.isNum && n.Compare(e.num) == 0 }
func (e *equal) boolean(b bool) bool                   { return e.isTruth && b == e.truth }

// never matches nothing.
type never struct{}

func (never) text([]byte) bool                  { return false }
func (never) number(search.Number, []byte) bool { return false }
func (never) boolean(bool) bool                 { return false }

// phrase is words side by side. Without words it matches nothing.
type phrase []string

func (phrase) number(search.Number, []byte) bool { return false }
func (phrase) boolean(bool) bool                 { return false }

func (p phrase) text(s []byte) bool {
	start, _ := p.find(s, 0)
	return start >= 0
}

// find returns the bounds of the first place at or after from where the words stand, -1 if there is none.
func (p phrase) find(s []byte, from int) (start, end int) {
	if len(p) == 0 {
		return -1, -1
	}
next:
	for start, end := words.Next(s, from); start >= 0; start, end = words.Next(s, end) {
		if !words.Equal(s[start:end], p[0]) {
			continue
		}
		last := end
		for _, w := range p[1:] {
			a, b := words.Next(s, last)
			if a < 0 {
				return -1, -1
			}
			if !words.Equal(s[a:b], w) {
				continue next
			}
			last = b
		}
		return start, last
	}
	return -1, -1
}
