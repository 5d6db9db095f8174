package entity_test

import (
	"context"
	"testing"
	"time"

	"github.com/sluicelog/sluice/handler/mask"
	"github.com/sluicelog/sluice/handler/mask/entity"
)

func TestEachTypeCanBeSwitchedOff(t *testing.T) {
	const text = "Ingrid Halvorsen of Okonkwo Labs called from Rotterdam"
	for _, tc := range []struct {
		keep []string
		want string
	}{
		{nil, "[PERSON_REDACTED] of [ORGANIZATION_REDACTED] called from [LOCATION_REDACTED]"},
		{[]string{entity.Person}, "Ingrid Halvorsen of [ORGANIZATION_REDACTED] called from [LOCATION_REDACTED]"},
		{[]string{entity.Location}, "[PERSON_REDACTED] of [ORGANIZATION_REDACTED] called from Rotterdam"},
		{[]string{entity.Organization}, "[PERSON_REDACTED] of Okonkwo Labs called from [LOCATION_REDACTED]"},
		{entity.Types(), text},
	} {
		if got := entity.New(&entity.Options{Keep: tc.keep}).Text(text); got != tc.want {
			t.Errorf("Keep %v:\n got %s\nwant %s", tc.keep, got, tc.want)
		}
	}
}

func TestKeysAreLookedAtOrSkippedAsTold(t *testing.T) {
	m := entity.New(&entity.Options{Skip: []string{"Author"}, Look: []string{"host"}})
	got := string(m.AppendLine(nil, []byte(`{"author":"Ingrid Halvorsen","host":"met Ingrid Halvorsen","path":"met Ingrid Halvorsen"}`)))
	want := `{"author":"Ingrid Halvorsen","host":"met [PERSON_REDACTED]","path":"met Ingrid Halvorsen"}`
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestOptionsOutOfRangeAreNamed(t *testing.T) {
	for _, o := range []*entity.Options{
		{Keep: []string{"CITY"}}, {Skip: []string{""}}, {Look: []string{""}}, {Cache: 1 << 30}, {Budget: time.Nanosecond}, {Budget: time.Hour},
	} {
		if o.Validate() == nil {
			t.Errorf("%+v: no error", o)
		}
		if got := entity.New(o).Text("met Ingrid Halvorsen"); got != "met [PERSON_REDACTED]" {
			t.Errorf("%+v: %s", o, got)
		}
	}
	for _, o := range []*entity.Options{nil, {}, {Keep: []string{"LOCATION"}, Cache: -1, Budget: time.Second}, {Keep: []string{"NRP"}, Detector: entity.NewTagger(nil)}} {
		if err := o.Validate(); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestWhatOtherMasksLeftStaysAsItIs(t *testing.T) {
	m := entity.New(nil)
	for _, s := range []string{
		"[EMAIL_REDACTED]", "[PERSON_REDACTED]", "mail to [EMAIL_REDACTED] sent", "[EMAIL_HASH:9F86D081884C7D65] signed in", "[REDACTED]", "****1111", "[UNINSPECTED]",
		"[PERSON_REDACTED] of [ORGANIZATION_REDACTED] called from [LOCATION_REDACTED]",
	} {
		if got := m.Text(s); got != s {
			t.Errorf("%s became %s", s, got)
		}
	}
}

func TestTheTaggerServesPackageMask(t *testing.T) {
	m := mask.New(&mask.Options{Detector: entity.NewTagger(nil), DetectorBudget: 10 * time.Second})
	got := string(m.AppendLine(nil, []byte(`{"msg":"mail to ingrid@example.org for Ingrid Halvorsen"}`)))
	if want := `{"msg":"mail to [EMAIL_REDACTED] for [PERSON_REDACTED]"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTheKeyDecidesWhatANameIs(t *testing.T) {
	tagger := entity.NewTagger(nil)
	for _, tc := range []struct{ group, key, text, want string }{
		{"", "city", "Victoria", entity.Location},
		{"", "author", "Victoria Okonkwo", entity.Person},
		{"", "first_name", "victoria", entity.Person},
		{"customer", "name", "Victoria Okonkwo", entity.Person},
		{"", "companyName", "Okonkwo Labs", entity.Organization},
	} {
		got := tagger.DetectUnder(tc.group, tc.key, tc.text, nil)
		if len(got) != 1 || got[0].Type != tc.want || got[0].Start != 0 || got[0].End != len(tc.text) || got[0].Score <= 0 || got[0].Score >= 1 {
			t.Errorf("%s.%s=%s: %v, want one %s", tc.group, tc.key, tc.text, got, tc.want)
		}
	}
	if got := tagger.Detect(context.Background(), "", nil); got != nil {
		t.Error(got)
	}
}

func TestStatsCountWhatWasMasked(t *testing.T) {
	m := entity.New(nil)
	for range 5 {
		m.Text("Ingrid Halvorsen called from Rotterdam")
		m.Text("no name in here")
	}
	s := m.Stats()
	if s.Masked[entity.Person] != 5 || s.Masked[entity.Location] != 5 || len(s.Masked) != 2 || s.Texts != 5 || s.Tagged+s.Cached != 5 || s.Tagged != 2 {
		t.Errorf("%+v", s)
	}
}
