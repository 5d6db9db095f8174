package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/handler/mask"
)

func TestNamesAreMaskedBehindSecrets(t *testing.T) {
	m := withNames(mask.New(nil))
	for _, tc := range []struct{ line, want string }{
		{"mail to ingrid@example.org for Ingrid Halvorsen", "mail to [EMAIL_REDACTED] for [PERSON_REDACTED]"},
		{`{"msg":"m","author":"Ingrid Halvorsen","password":"x"}`, `{"msg":"m","author":"[PERSON_REDACTED]","password":"[REDACTED]"}`},
		{`"invoice sent to Ingrid Halvorsen\n"`, `"invoice sent to [PERSON_REDACTED]\n"`},
		{"", ""},
	} {
		if got := string(m.AppendLine(nil, []byte(tc.line))); got != tc.want {
			t.Errorf("\n got %s\nwant %s", got, tc.want)
		}
	}
	if diff := cmp.Diff(map[string]uint64{"EMAIL": 1, "KEY": 1, "PERSON": 3}, m.Stats()); diff != "" {
		t.Error(diff)
	}
}
