package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sluicelog/sluice/handler/mask/entity/internal/tag"
)

// sentence is a text with its names.
type sentence struct {
	text  string
	key   string // of the attribute, empty for a message
	spans []tag.Span
}

// corpora are the labelled files that are used. sec.conll is not: its persons are the roles of a contract (Lender, Borrower).
var corpora = []string{"btc_a", "btc_b", "btc_e", "btc_f", "btc_g", "btc_h", "emerging.dev", "wikigold", "wnut17train"}

var labelOf = map[string]int{
	"PER": tag.BeginPerson, "person": tag.BeginPerson,
	"LOC": tag.BeginLocation, "location": tag.BeginLocation,
	"ORG": tag.BeginOrganization, "corporation": tag.BeginOrganization, "group": tag.BeginOrganization,
}

func readCorpora(dir string) ([]sentence, error) {
	var all []sentence
	for _, name := range corpora {
		f, err := os.Open(filepath.Join(dir, name+".conll"))
		if err != nil {
			return nil, err
		}
		var s joiner
		sc := bufio.NewScanner(f)
		for sc.Scan() {
			fields := strings.Fields(sc.Text())
			if len(fields) < 2 {
				all = s.end(all)
				continue
			}
			s.add(fields[0], fields[len(fields)-1])
		}
		all = s.end(all)
		f.Close()
		if err := sc.Err(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return all, nil
}

// joiner makes a text of the tokens of a corpus.
type joiner struct {
	text   strings.Builder
	spans  []tag.Span
	glue   bool // no space before the next token
	quoted bool
	last   string
}

func (j *joiner) add(token, label string) {
	closing := slices.Contains([]string{".", ",", ";", ":", "!", "?", ")", "]", "}", "'s", "n't", "'re", "'ve", "'m", "'ll", "'d", "...", "%", "’s"}, token)
	if token == `"` || token == "''" || token == "``" {
		token = `"`
		closing = j.quoted
		j.quoted = !j.quoted
	}
	if j.text.Len() > 0 && !j.glue && !closing {
		j.text.WriteByte(' ')
	}
	start := j.text.Len()
	j.text.WriteString(token)
	j.glue = slices.Contains([]string{"(", "[", "{", "@", "#", "$"}, token) || token == `"` && j.quoted
	_, kind, _ := strings.Cut(label, "-")
	l := labelOf[kind]
	if l != 0 {
		if n := len(j.spans); n > 0 && j.last == kind && label[0] == 'I' && j.spans[n-1].End >= start-1 {
			j.spans[n-1].End = j.text.Len()
		} else {
			j.spans = append(j.spans, tag.Span{Start: start, End: j.text.Len(), Label: l})
		}
	}
	j.last = kind
}

func (j *joiner) end(all []sentence) []sentence {
	if j.text.Len() > 0 {
		all = append(all, sentence{text: j.text.String(), spans: j.spans})
	}
	*j = joiner{}
	return all
}
