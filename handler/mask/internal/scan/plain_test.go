package scan

import (
	"strings"
	"testing"
)

func TestHasLongWordFindsThemAnywhere(t *testing.T) {
	for before := range 20 {
		for n := range 40 {
			text := strings.Repeat("/", before) + "ab " + strings.Repeat("x", n) + " cd"
			if got, want := hasLongWord(text), n >= long; got != want {
				t.Errorf("%q: got %v", text, got)
			}
		}
	}
}

// What is called plain is not scanned, so nothing may be found in it.
func TestPlainTextHoldsNothing(t *testing.T) {
	s := New(DefaultKinds())
	plain := 0
	for _, r := range Rules() {
		for _, text := range append(r.Examples, r.Others...) {
			text = strings.NewReplacer("«", "", "»", "").Replace(text)
			for i := range text {
				part := text[i:min(len(text), i+maxPlain)]
				if !s.isPlain(part) {
					continue
				}
				plain++
				if got := s.scan(nil, part); len(got) > 0 {
					t.Errorf("%q is called plain and holds %v", part, got)
				}
			}
		}
	}
	if plain == 0 {
		t.Error("no part of a text was plain")
	}
}
