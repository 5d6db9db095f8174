package main

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

func capitalized(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

var legalForms = []string{"Inc", "Inc.", "Ltd", "Ltd.", "LLC", "LLP", "Corp", "Corp.", "Corporation", "Limited", "GmbH", "AG", "SE", "KG", "S.A.", "SA", "SAS", "SARL", "SpA", "BV", "NV",
	"AB", "AS", "Oy", "PLC", "Co.", "Company", "Group", "Holdings", "Pty", "& Co", "& Sons", "KK"}

var syllables = strings.Fields("ba be bi bo ca ce co da de di do dra fa fi fo ga ge glo go ha he hi ho in ka ke ki ko la le li lo lu ma me mi mo na ne ni no nu or pa pe pi po qua ra re ri ro sa se si so sta syn ta te ti to tra tri u va ve vi vo we xe ya zo zen nex lum vel ax en on ar is yx quo")
var endsOfWords = strings.Fields("tech ix ex on ia ra ly io um us soft ware net tek bit con dex lex nix rix tron gen corp systems zon za co via nova sys cor max mo ro ta to ly fy ster works base stack cast flow wave mark link")

func (g *generator) syllable(list []string) string { return list[g.rng.IntN(len(list))] }

// invented returns a name of one word that means nothing.
func (g *generator) invented() string {
	s := g.syllable(syllables)
	for range 1 + g.rng.IntN(2) {
		s += g.syllable(syllables)
	}
	if g.rng.IntN(2) == 0 {
		s += g.syllable(endsOfWords)
	}
	return capitalized(s)
}

func (g *generator) latinFamily() string {
	for {
		loc := g.locale()
		if s := g.pick(loc.last); latin(loc.last) && !strings.Contains(s, " ") {
			return s
		}
	}
}

func (g *generator) organization() string {
	w := g.lists.words
	first := func() string { return g.pick(w["orgfirst"]) }
	noun := func() string { return g.pick(w["orgnouns"]) }
	form := func() string { return legalForms[g.rng.IntN(len(legalForms))] }
	switch n := g.rng.IntN(100); {
	case n < 10:
		return g.pick(w["reals"])
	case n < 22:
		return g.invented()
	case n < 32:
		return g.invented() + " " + form()
	case n < 36:
		return g.invented() + " " + noun()
	case n < 50:
		return first() + " " + noun()
	case n < 54:
		return first() + " " + noun() + " " + form()
	case n < 56:
		return first() + " " + first() + " " + noun()
	case n < 59:
		return first() + strings.ToLower(first()) + " " + noun()
	case n < 63:
		return g.latinFamily() + " " + noun()
	case n < 68:
		return g.latinFamily() + " " + form()
	case n < 72:
		return g.latinFamily() + " & " + g.latinFamily()
	case n < 76:
		return g.latinFamily() + " & " + g.latinFamily() + " " + form()
	case n < 77:
		return g.latinFamily() + ", " + g.latinFamily() + " & " + g.latinFamily()
	case n < 78:
		return g.latinFamily() + "-" + g.latinFamily() + " " + form()
	case n < 82:
		return g.cityName() + " " + noun()
	case n < 85:
		return "University of " + g.cityName()
	case n < 87:
		return g.cityName() + " University"
	case n < 89:
		kinds := []string{"Technical University of #", "# Institute of Technology", "Bank of #", "# General Hospital", "St. # Hospital", "# High School", "# City Council", "Museum of #", "# Symphony Orchestra",
			"Institute of #", "Academy of #", "# Chamber of Commerce", "Royal # Society", "# Medical Center", "National Bank of #", "# Public Library", "# Football Club", "College of #", "Port of #", "# School of Music"}
		return strings.Replace(kinds[g.rng.IntN(len(kinds))], "#", g.cityName(), 1)
	case n < 90:
		kinds := []string{"Banco do #", "Banco de #", "Banca di #", "Banque de #", "Universidad de #", "Università di #", "Université de #", "Universität #", "Hochschule #", "Hôpital de #", "Clínica #",
			"Grupo #", "Groupe #", "Studio #", "Radio #", "Hotel #", "Café #", "Stiftung #", "Verlag #", "Sparkasse #", "Klinikum #", "Orchestre de #", "Teatro #", "Museo de #", "Société #"}
		return strings.Replace(kinds[g.rng.IntN(len(kinds))], "#", g.cityName(), 1)
	case n < 91:
		kinds := []string{"St. #'s School", "St. #'s Hospital", "Saint # Hospital", "#'s Bakery", "#'s Kitchen", "# Family Foundation", "# Memorial Hospital"}
		return strings.Replace(kinds[g.rng.IntN(len(kinds))], "#", g.given(), 1)
	case n < 92:
		return "The " + first() + " " + noun()
	case n < 94:
		return g.acronym() + " " + g.syllable([]string{"Group", "Systems", "Bank", "Partners", "Holdings", "Media", "Records", "Studios", "Logistics", "Energy", "GmbH", "Ltd", "Inc", "Labs"})
	case n < 97:
		return strings.TrimSpace(first() + " & " + first() + " " + g.syllable([]string{"", "", "Co", "Ltd", "Partners"}))
	default:
		return capitalized(strings.ToLower(first())) + capitalized(g.syllable(endsOfWords))
	}
}

func (g *generator) cityName() string {
	for {
		if s := g.lists.cities[g.rng.IntN(min(1500, len(g.lists.cities)))].name; !g.lists.held || heldBack(s) == g.holding {
			return s
		}
	}
}

func (g *generator) acronym() string {
	var b strings.Builder
	for range 2 + g.rng.IntN(2) {
		b.WriteByte(byte('A' + g.rng.IntN(26)))
	}
	return b.String()
}
