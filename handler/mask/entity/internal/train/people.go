package main

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// namer draws names.
type namer struct {
	weights []int // of locales
	total   int
	ends    map[string][]string // for made-up names: what follows three letters
	starts  []string
}

// weightOf says how often a locale is drawn: English and the larger European languages more often, other scripts less.
func weightOf(l *locale) int {
	w := 4
	switch l.name[:2] {
	case "en":
		w = 14
	case "de", "fr", "es", "it", "pt", "nl", "sv", "da", "no", "pl":
		w = 8
	}
	if latin(l.first) {
		return w
	}
	return 1
}

func latin(names []string) bool {
	n := 0
	for _, s := range names {
		if r, _ := utf8.DecodeRuneInString(s); r < 0x250 {
			n++
		}
	}
	return 2*n > len(names)
}

func newNamer(l *lists) namer {
	n := namer{ends: make(map[string][]string)}
	for i := range l.locales {
		w := weightOf(&l.locales[i])
		n.weights = append(n.weights, w)
		n.total += w
		if !latin(l.locales[i].last) {
			continue
		}
		for k, name := range l.locales[i].last {
			if k%7 != 0 || len(name) < 4 || strings.ContainsAny(name, " -'") {
				continue
			}
			rs := []rune(name + "$")
			n.starts = append(n.starts, string(rs[:3]))
			for j := 3; j < len(rs); j++ {
				key := string(rs[j-3 : j])
				n.ends[key] = append(n.ends[key], string(rs[j]))
			}
		}
	}
	return n
}

func (g *generator) locale() *locale {
	for n := g.rng.IntN(g.names.total); ; {
		for i, w := range g.names.weights {
			if n -= w; n < 0 {
				return &g.lists.locales[i]
			}
		}
	}
}

// pick draws a name that may be used now: held-back ones only for held-back sentences.
func (g *generator) pick(list []string) string {
	for range 200 {
		s := list[g.rng.IntN(len(list))]
		if !g.lists.held || heldBack(s) == g.holding {
			return s
		}
	}
	return list[0]
}

func (g *generator) given() string {
	for {
		if s := g.pick(g.locale().first); !strings.Contains(s, " ") {
			return s
		}
	}
}

func (g *generator) family() string {
	if g.rng.IntN(8) == 0 {
		return g.madeUp()
	}
	return g.pick(g.locale().last)
}

// madeUp returns a family name that nobody has.
func (g *generator) madeUp() string {
	for {
		s := g.names.starts[g.rng.IntN(len(g.names.starts))]
		for utf8.RuneCountInString(s) < 14 {
			rs := []rune(s)
			next := g.names.ends[string(rs[len(rs)-3:])]
			if len(next) == 0 {
				break
			}
			c := next[g.rng.IntN(len(next))]
			if c == "$" {
				if len(rs) >= 4 {
					return s
				}
				break
			}
			s += c
		}
	}
}

func (g *generator) person() string {
	loc := g.locale()
	if g.rng.IntN(20) == 0 && uncased(loc.first) {
		sep := ""
		if r, _ := utf8.DecodeRuneInString(loc.first[0]); r < 0x2e80 {
			sep = " "
			return g.pick(loc.first) + sep + g.pick(loc.last)
		}
		return g.pick(loc.last) + sep + g.pick(loc.first)
	}
	first, last := g.pick(loc.first), g.pick(loc.last)
	other := loc
	if !uncased(loc.first) && g.rng.IntN(3) == 0 {
		// Names travel.
		for {
			if other = g.locale(); latin(other.last) == latin(loc.last) && !uncased(other.last) {
				break
			}
		}
		last = g.pick(other.last)
	}
	if latin(loc.first) && g.rng.IntN(8) == 0 {
		last = g.madeUp()
	}
	if !latin(loc.first) {
		return first + " " + last
	}
	initial := func(s string) string { r, _ := utf8.DecodeRuneInString(s); return string(unicode.ToUpper(r)) }
	switch n := g.rng.IntN(100); {
	case n < 68:
		return first + " " + last
	case n < 72:
		return initial(first) + ". " + last
	case n < 73:
		return initial(first) + " " + last
	case n < 74:
		return initial(first) + "." + last
	case n < 77:
		return first + " " + initial(g.given()) + ". " + last
	case n < 81:
		return first + " " + g.pick(loc.first) + " " + last
	case n < 84:
		return first + " " + last + " " + g.pick(loc.last)
	case n < 86:
		return first + " " + last + "-" + g.pick(loc.last)
	case n < 88:
		return first + "-" + g.pick(loc.first) + " " + last
	case n < 92:
		particles := []string{"van", "van der", "von", "de", "de la", "del", "di", "da", "dos", "al", "bin", "ben", "el", "Van", "De", "van den", "zu", "du", "le"}
		return first + " " + particles[g.rng.IntN(len(particles))] + " " + last
	case n < 93:
		return first + " O'" + last
	case n < 94:
		return first + " Mc" + last
	case n < 95:
		return first + " " + last + " Jr."
	case n < 97:
		return first + " " + strings.ToUpper(last)
	default:
		return first + " " + last
	}
}

func uncased(names []string) bool {
	r, _ := utf8.DecodeRuneInString(names[0])
	return !unicode.IsUpper(r) && !unicode.IsLower(r)
}
