package entity_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sluicelog/sluice/handler/mask/entity"
)

func FuzzText(f *testing.F) {
	for _, s := range texts {
		f.Add(s.text)
	}
	for _, s := range []string{
		"Мария Иванова и 山田太郎", "J.R. O’Brien-Łukasz, 12 Elm Street, Springfield", `{"author":"Zo\u00eb \u00c5ngstr\u00f6m","a":[{"b":"\"Ingrid Halvorsen\""}]}`,
		"\xff Ingrid \xc3 Halvorsen", "[PERSON_REDACTED] and Ingrid Halvorsen [X", "A A. A. B. Van der der & & of Of", `"\ud800 Ingrid Halvorsen"`, "Hayes, Roberts & Schmidt Inc. Jr.",
	} {
		f.Add(s)
	}
	m, tagger := entity.New(&entity.Options{Cache: -1}), entity.NewTagger(&entity.Options{Cache: 16})
	f.Fuzz(func(t *testing.T, s string) {
		once := m.Text(s)
		if twice := m.Text(once); twice != once {
			t.Errorf("%q became %q, and that %q", s, once, twice)
		}
		if utf8.ValidString(s) && !utf8.ValidString(once) {
			t.Errorf("%q became %q, which is not valid UTF-8", s, once)
		}
		if json.Valid([]byte(s)) && !json.Valid([]byte(once)) {
			t.Errorf("%q became %q, which is not JSON", s, once)
		}
		at := 0
		found := tagger.DetectUnder("", "author", s, nil)
		for _, e := range found {
			if e.Start < at || e.Start >= e.End || e.End > len(s) || !utf8.RuneStart(s[e.Start]) || e.End < len(s) && !utf8.RuneStart(s[e.End]) && utf8.ValidString(s) {
				t.Errorf("%q: %v", s, found)
			}
			at = e.End
		}
	})
}

func TestTimeGrowsWithTheTextAlone(t *testing.T) {
	// Not measured, but a quadratic step would take minutes here.
	m := entity.New(nil)
	for _, s := range []string{"Ingrid ", "Ingrid Halvorsen, ", "A. ", "12 Elm Street, ", "van ", "Ada=", "山", "[A", "& "} {
		text := strings.Repeat(s, (128<<10)/len(s))
		m.Text(text)
		entity.NewTagger(nil).DetectUnder("", "author", text, nil)
	}
}
