package mask

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/handler/mask/internal/scan"
)

// maskers are masks with every action, of which each leaves something else for a second mask to see.
func maskers() map[string]*Masker {
	all := func(a Action) map[string]Action {
		kinds := make(map[string]Action)
		for _, name := range KindNames() {
			kinds[name] = a
		}
		return kinds
	}
	return map[string]*Masker{
		"default": New(nil),
		"redact":  New(&Options{AllKinds: true}),
		"last4":   New(&Options{Kinds: all(KeepLastFour)}),
		"hash":    New(&Options{Kinds: all(Hash), HashKey: testKey}),
		"drop":    New(&Options{Kinds: all(Drop)}),
		"pattern": New(&Options{Kinds: all(Drop), Patterns: []Pattern{{Name: "PAIR", Regexp: `\w+=\w*`, Literals: []string{"="}, Action: Drop}, {Name: "AB", Regexp: `a+b`, Literals: []string{"ab"}, Action: Redact}}}),
		"cut":     New(&Options{MaxText: minText}),
	}
}

func TestMaskingTwiceIsMaskingOnce(t *testing.T) {
	texts := []string{"mob 00000000)00000000", "aaaabbbb", "=x=a=b=", "mail a" + mail + "b@" + mail, `{"a":` + mail + `}`, `{"password":"x"` + mail + `}`,
		strings.Repeat("a@b.cc ", 500), strings.Repeat("\xff@b.cc\x01", 500), `{"a":"a@b.cc` + strings.Repeat("\xff", 600) + `"}`, strings.Repeat("[EMAIL_REDACTED]", 100)}
	for _, r := range scan.Rules() {
		for _, text := range append(r.Examples, r.Others...) {
			texts = append(texts, strings.NewReplacer("«", "", "»", "").Replace(text))
		}
	}
	for name, m := range maskers() {
		for _, text := range texts {
			once := m.String(text)
			if diff := cmp.Diff(once, m.String(once)); diff != "" {
				t.Errorf("%s: %.80q (-once +twice):\n%s", name, text, diff)
			}
		}
	}
}

// TestWhatDoesNotSettleIsMaskedWhole: a pattern that always finds a part of what is left takes one part a pass.
func TestWhatDoesNotSettleIsMaskedWhole(t *testing.T) {
	m := New(&Options{Patterns: []Pattern{{Name: "LAST", Regexp: `xa$`, Literals: []string{"x"}, Action: Drop}}})
	text := strings.Repeat("xa", 100)
	if got := m.String(text); got != markRedacted {
		t.Errorf("got %q", got)
	}
	if got := m.Stats()["UNSETTLED"]; got != 1 {
		t.Errorf("UNSETTLED = %d", got)
	}
}

func FuzzString(f *testing.F) {
	for _, s := range []string{"mob 00000000)00000000", "password=a b@c.de", `{"k":"v=1"}`, `"a@b.cc"`, "x=y xab aab"} {
		f.Add(s)
	}
	all := maskers()
	f.Fuzz(func(t *testing.T, text string) {
		for name, m := range all {
			once := m.String(text)
			if twice := m.String(once); twice != once {
				t.Errorf("%s: masked twice: %q\nfirst %q\nthen  %q", name, text, once, twice)
			}
			if utf8.ValidString(text) && !utf8.ValidString(once) {
				t.Errorf("%s: %q is no UTF-8 masked: %q", name, text, once)
			}
			if json.Valid([]byte(text)) && looksJSON(text) && strings.Count(text, "[")+strings.Count(text, "{") < maxNesting && len(text) < minText && !json.Valid([]byte(once)) {
				t.Errorf("%s: %q is no JSON masked: %q", name, text, once)
			}
		}
	})
}
