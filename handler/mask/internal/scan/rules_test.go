package scan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// masked returns text with each match replaced as the mask does it.
func masked(s *Scanner, text string) string {
	text, settled := Settle(text, func(text string) (string, bool) { return replaced(s, text), true })
	if !settled {
		return "[REDACTED]"
	}
	return text
}

// replaced returns text with the matches of one pass replaced.
func replaced(s *Scanner, text string) string {
	var b strings.Builder
	at := 0
	for _, m := range s.Append(nil, text) {
		b.WriteString(text[at:m.Start] + "[" + m.Kind.String() + "_REDACTED]")
		at = m.End
	}
	return b.String() + text[at:]
}

var everything = New(Set{}.With(Kinds()...))

func TestEveryKindHasARule(t *testing.T) {
	var got []Kind
	for _, r := range Rules() {
		got = append(got, r.Kind)
		if r.Description == "" || len(r.Examples) == 0 || len(r.Others) == 0 {
			t.Errorf("%v: the rule lacks a description, an example or a counter-example", r.Kind)
		}
	}
	if diff := cmp.Diff(Kinds(), got); diff != "" {
		t.Error(diff)
	}
}

func TestEveryExampleIsFoundWhole(t *testing.T) {
	for _, r := range Rules() {
		for _, example := range r.Examples {
			text := strings.NewReplacer("«", "", "»", "").Replace(example)
			want := example
			for {
				a, b := strings.Index(want, "«"), strings.Index(want, "»")
				if a < 0 {
					break
				}
				want = want[:a] + "[" + r.Kind.String() + "_REDACTED]" + want[b+len("»"):]
			}
			got := masked(everything, text)
			if got != want {
				t.Errorf("%v: %q\n got %q\nwant %q", r.Kind, text, got, want)
			}
			if again := masked(everything, got); again != got {
				t.Errorf("%v: masked twice: %q, then %q", r.Kind, got, again)
			}
		}
	}
}

func TestNoCounterExampleIsTouched(t *testing.T) {
	for _, r := range Rules() {
		for _, text := range r.Others {
			s := New(Set{}.With(r.Kind).With(DefaultKinds().kinds()...))
			if got := masked(s, text); got != text {
				t.Errorf("%v: %q became %q", r.Kind, text, got)
			}
		}
	}
}

func (s Set) kinds() (ks []Kind) {
	for _, k := range Kinds() {
		if s.Has(k) {
			ks = append(ks, k)
		}
	}
	return ks
}
