package main

import (
	"strconv"
	"strings"
)

func (g *generator) place() string {
	for {
		var s string
		switch n := g.rng.IntN(100); {
		case n < 20:
			s = g.lists.regions[g.rng.IntN(len(g.lists.regions))]
		case n < 55:
			s = g.lists.cities[g.rng.IntN(min(700, len(g.lists.cities)))].name
		default:
			s = g.lists.cities[g.rng.IntN(len(g.lists.cities))].name
		}
		if !g.lists.held || heldBack(s) == g.holding {
			return s
		}
	}
}

var streets = []string{"# Street", "# Road", "# Avenue", "# Lane", "# Drive", "# Court", "# Boulevard", "# Way", "# Close", "# Square", "# Terrace", "# Crescent",
	"Rue de #", "Rue #", "Avenue de #", "Avenue #", "Place #", "Via #", "Viale #", "Piazza #", "Corso #", "Calle #", "Calle de #", "Avenida #", "Paseo #", "Plaza #", "Rua #", "Rua de #", "ulica #", "Ulica #"}

var endings = []string{"strasse", "straße", "gasse", "straat", "gatan", "gade", "allee", "platz", "vej"}

func (g *generator) street() string {
	number := strconv.Itoa(1 + g.rng.IntN(250))
	name := g.madeUp()
	switch g.rng.IntN(3) {
	case 0:
		name = g.lists.words["orgfirst"][g.rng.IntN(len(g.lists.words["orgfirst"]))]
	case 1:
		name = g.family()
	}
	town := ", " + g.place()
	if g.rng.IntN(6) == 0 {
		town = ""
	}
	if g.rng.IntN(4) == 0 {
		return capitalized(strings.ToLower(name)) + endings[g.rng.IntN(len(endings))] + " " + number + town
	}
	s := strings.Replace(streets[g.rng.IntN(len(streets))], "#", name, 1)
	if strings.HasPrefix(s, name) || g.rng.IntN(3) == 0 {
		return number + " " + s + town
	}
	return s + " " + number + town
}
