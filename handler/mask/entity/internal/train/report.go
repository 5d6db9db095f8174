package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sluicelog/sluice/handler/mask/entity/internal/tag"
)

var nameOf = map[int]string{tag.BeginPerson: "PERSON", tag.BeginLocation: "LOCATION", tag.BeginOrganization: "ORGANIZATION"}

type tally struct{ hit, found, gold int }

func (t tally) f1() float64 {
	if t.found+t.gold == 0 {
		return 0
	}
	return 2 * float64(t.hit) / float64(t.found+t.gold)
}

// report prints scores on what was held back, on files with labels, and on files without names.
func report(c config, m *tag.Model, held []sentence) error {
	if len(held) > 0 {
		score("held-back templates and names", m, held, c.show)
	}
	for _, path := range c.score {
		texts, err := readLabelled(path)
		if err != nil {
			return err
		}
		score(filepath.Base(path), m, texts, c.show)
	}
	for _, path := range c.clean {
		if err := clean(path, m, c.show); err != nil {
			return err
		}
	}
	return nil
}

func readLabelled(path string) ([]sentence, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []sentence
	labels := map[string]int{"PERSON": tag.BeginPerson, "LOCATION": tag.BeginLocation, "ORGANIZATION": tag.BeginOrganization}
	dec := json.NewDecoder(f)
	for dec.More() {
		var x struct {
			Text  string
			Spans []struct {
				Start, End int
				Type       string
			}
		}
		if err := dec.Decode(&x); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		s := sentence{text: x.Text}
		for _, sp := range x.Spans {
			if l := labels[sp.Type]; l != 0 {
				s.spans = append(s.spans, tag.Span{Start: sp.Start, End: sp.End, Label: l})
			}
		}
		out = append(out, s)
	}
	return out, nil
}

func score(title string, m *tag.Model, texts []sentence, show int) {
	by := map[int]*tally{tag.BeginPerson: {}, tag.BeginLocation: {}, tag.BeginOrganization: {}}
	var all tally
	clean, cleanHit, covered := 0, 0, 0
	for _, s := range texts {
		found := m.Append(nil, s.text, tag.KeyOf("", s.key))
		bad := false
		for _, f := range found {
			by[f.Label].found++
			all.found++
			hit := false
			for _, g := range s.spans {
				hit = hit || g.Start == f.Start && g.End == f.End && g.Label == f.Label
			}
			if hit {
				by[f.Label].hit++
				all.hit++
			}
			bad = bad || !hit
		}
		for _, g := range s.spans {
			by[g.Label].gold++
			all.gold++
			n := 0
			for _, f := range found {
				n += max(0, min(f.End, g.End)-max(f.Start, g.Start))
			}
			if 10*n >= 8*(g.End-g.Start) {
				covered++
			}
		}
		if len(s.spans) == 0 {
			clean++
			if len(found) > 0 {
				cleanHit++
			}
		}
		if (bad || len(found) != len(s.spans)) && show > 0 {
			show--
			fmt.Printf("  %s|%s %s\n", s.key, marked(s.text, s.spans), marked(s.text, found))
		}
	}
	fmt.Printf("%s: exact F1 %.3f (PERSON %.3f LOCATION %.3f ORGANIZATION %.3f), covered %.3f, %d of %d clean hit\n", title, all.f1(),
		by[tag.BeginPerson].f1(), by[tag.BeginLocation].f1(), by[tag.BeginOrganization].f1(), float64(covered)/float64(max(1, all.gold)), cleanHit, clean)
}

func marked(s string, spans []tag.Span) string {
	out, at := "", 0
	for _, sp := range spans {
		out += s[at:sp.Start] + "«" + nameOf[sp.Label][:1] + ":" + s[sp.Start:sp.End] + "»"
		at = sp.End
	}
	return out + s[at:] + " //"
}

func clean(path string, m *tag.Model, show int) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	lines, hit := 0, 0
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 16<<20)
	seen := make(map[string]bool)
	for sc.Scan() {
		lines++
		found := m.Append(nil, sc.Text(), tag.Key{})
		if len(found) == 0 {
			continue
		}
		hit++
		what := sc.Text()[found[0].Start:found[0].End]
		if !seen[what] && show > 0 {
			seen[what] = true
			show--
			fmt.Printf("  %s\n", marked(sc.Text(), found))
		}
	}
	fmt.Printf("%s: %d of %d lines hit (%.4f)\n", filepath.Base(path), hit, lines, float64(hit)/float64(max(1, lines)))
	return sc.Err()
}
