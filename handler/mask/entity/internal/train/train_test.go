package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/handler/mask/entity/internal/tag"
)

// small are lists that need no input.
func small() *lists {
	l := &lists{words: map[string][]string{}}
	l.locales = []locale{{"en", strings.Fields("Ada Grace Alan Edsger Barbara"), strings.Fields("Lovelace Hopper Turing Dijkstra Liskov Hamilton Lamport Perlman")}}
	l.cities = []city{{"Rotterdam", 650_000}, {"Lisbon", 550_000}, {"Leeds", 100_000}}
	l.regions = []string{"Bavaria"}
	l.words["orgfirst"], l.words["orgnouns"], l.words["reals"] = strings.Fields("Silver Cedar"), strings.Fields("Bank Records"), []string{"Red Cross"}
	l.words["log"] = strings.Fields("request queue worker")
	return l
}

func model(t *testing.T) ([]byte, *tag.Model) {
	t.Helper()
	l := small()
	g, err := newGenerator(7, l, false)
	if err != nil {
		t.Fatal(err)
	}
	words := l.lexicon(g, nil)
	empty, _, err := tag.Build(1, nil, [tag.Labels][tag.Labels]int32{}, 0, 14, words)
	if err != nil {
		t.Fatal(err)
	}
	lexicon, err := tag.Parse(string(empty))
	if err != nil {
		t.Fatal(err)
	}
	file, err := train(config{seed: 7, epochs: 2, rowBits: 12, lexBits: 14, cost: 5}, lexicon, g.sentences(600, 300), words)
	if err != nil {
		t.Fatal(err)
	}
	m, err := tag.Parse(string(file))
	if err != nil {
		t.Fatal(err)
	}
	return file, m
}

func TestTheSameInputsGiveTheSameFile(t *testing.T) {
	one, m := model(t)
	two, _ := model(t)
	if !bytes.Equal(one, two) {
		t.Error("two runs gave two files")
	}
	const text = "invoice sent to Grace Liskov"
	if got := m.Append(nil, text, tag.Key{}); len(got) != 1 || text[got[0].Start:got[0].End] != "Grace Liskov" || got[0].Label != tag.BeginPerson {
		t.Errorf("the model that it makes finds %v", got)
	}
}

func TestGeneratedSpansAreTheNames(t *testing.T) {
	l := small()
	g, err := newGenerator(3, l, false)
	if err != nil {
		t.Fatal(err)
	}
	l.lexicon(g, nil)
	for _, s := range g.sentences(3000, 500) {
		for _, sp := range s.spans {
			if name := s.text[sp.Start:sp.End]; name == "" || strings.TrimSpace(name) != name {
				t.Fatalf("%q: the name %q", s.text, name)
			}
		}
		if strings.Contains(s.text, "{PER}") || strings.Contains(s.text, "<n>") || strings.Contains(s.text, "{LOC}") {
			t.Fatalf("%q is not expanded", s.text)
		}
	}
}

func TestTokensOfACorpusBecomeAText(t *testing.T) {
	var j joiner
	for _, l := range []string{"( O", "Ada B-PER", "Lovelace I-PER", ") O", "lives O", "in O", "London I-LOC", ", O", "\" O", "she O", "said O", "\" O", "@ B-PER", "ada B-PER"} {
		token, label, _ := strings.Cut(l, " ")
		j.add(token, label)
	}
	all := j.end(nil)
	if want := `(Ada Lovelace) lives in London, "she said" @ada`; len(all) != 1 || all[0].text != want {
		t.Fatalf("got %v, want %s", all, want)
	}
	var names []string
	for _, sp := range all[0].spans {
		names = append(names, all[0].text[sp.Start:sp.End])
	}
	if diff := cmp.Diff([]string{"Ada Lovelace", "London", "@", "ada"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestHeldBackTemplatesAreNotTrainedOn(t *testing.T) {
	all, err := parseGrammar(positiveFile, false)
	if err != nil {
		t.Fatal(err)
	}
	part, err := parseGrammar(positiveFile, true)
	if err != nil {
		t.Fatal(err)
	}
	if len(part.heldLines) < 20 || len(part.lines)+len(part.heldLines) != len(all.lines) {
		t.Errorf("%d templates, %d and %d held back", len(all.lines), len(part.lines), len(part.heldLines))
	}
}

// TestTheModelFileCanBeMadeAgain takes a minute, and inputs that are not in the repository.
func TestTheModelFileCanBeMadeAgain(t *testing.T) {
	c := config{ner: os.Getenv("SLUICE_NER"), logs: os.Getenv("SLUICE_LOGS"), wheels: os.Getenv("SLUICE_WHEELS"), seed: 1, positives: 60000, negatives: 60000, epochs: 6, rowBits: 16, lexBits: 17, cost: 25}
	if c.ner == "" || c.logs == "" || c.wheels == "" || testing.Short() {
		t.Skip("SLUICE_NER, SLUICE_LOGS and SLUICE_WHEELS are not set: the model file is not made again")
	}
	c.out = t.TempDir() + "/model.bin"
	if err := run(c); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(c.out)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("../tag/model.bin")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("the file in the repository is not what its inputs give")
	}
}
