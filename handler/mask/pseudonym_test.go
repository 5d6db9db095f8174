package mask

import (
	"slices"
	"strings"
	"testing"
)

func TestRotatedKeysTellTheirTokensApart(t *testing.T) {
	old, current := []byte("the key of last year"), []byte("the key of this year")
	kinds := map[string]Action{"EMAIL": Hash}
	before := New(&Options{Kinds: kinds, HashKey: old}).String(mail)
	m := New(&Options{Kinds: kinds, HashKey: current, FormerHashKeys: [][]byte{old}})
	after := m.String(mail)
	if before[:len("[EMAIL_HASH:0000")] == after[:len("[EMAIL_HASH:0000")] {
		t.Errorf("%s and %s do not say that their keys differ", before, after)
	}
	if got := m.Pseudonyms("EMAIL", mail); !slices.Equal(got, []string{after, before}) {
		t.Errorf("got %v, want %s and %s", got, after, before)
	}
	for _, token := range []string{before, after} {
		if got := m.String("user " + token); got != "user "+token {
			t.Errorf("masked twice: %s", got)
		}
	}
	if got := New(nil).Pseudonyms("EMAIL", mail); got != nil {
		t.Errorf("without a key: %v", got)
	}
}

func TestLastFourKeepsTheFormOfANumber(t *testing.T) {
	m := New(&Options{Kinds: map[string]Action{"CREDIT_CARD": KeepLastFour, "PHONE": KeepLastFour, "IBAN": KeepLastFour},
		Keys: map[string]Action{"card": KeepLastFour, "badge": KeepLastFour}})
	for in, want := range map[string]string{
		"card 4111 1111 1111 1111 ok":        "card **** **** **** 1111 ok",
		"card 3782-822463-10005":             "card ****-******-*0005",
		"call +1 (415) 555-0154 now":         "call +* (***) ***-0154 now",
		"phone 2125550106":                   "phone ******0106",
		"phone 5550106":                      "phone [PHONE_REDACTED]", // four of seven
		"iban DE95100067254654334655":        "iban ****4655",
		"card 4111 1111 1111 1111 and 4/112": "card **** **** **** 1111 and 4/112",
	} {
		got := m.String(in)
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
		if again := m.String(got); again != got {
			t.Errorf("%q twice: %q", in, again)
		}
	}
	for in, want := range map[string]string{"4111 1111 1111 1111": "**** **** **** 1111", "hunter2!": "[REDACTED]", "correct-horse-battery": "****tery"} {
		once := jsonLine(t, &Options{Keys: map[string]Action{"card": KeepLastFour}}, "card", in)
		if !strings.Contains(once, `"`+want+`"`) {
			t.Errorf("%q under a key: %s", in, once)
		}
		if again := jsonLine(t, &Options{Keys: map[string]Action{"card": KeepLastFour}}, "card", want); again != once {
			t.Errorf("%q twice: %s", want, again)
		}
	}
}

func TestTokensMayComeFromKeysThatCanBeDestroyed(t *testing.T) {
	token := "0123456789abcdef0123456789abcdef"
	m := New(&Options{Keys: map[string]Action{"user_id": Hash}, Pseudonym: func(value string) string {
		if value != "u_1" {
			return token[:19]
		}
		return token
	}})
	got := string(m.AppendLine(nil, []byte(`{"user_id":"u_1"}`)))
	if want := `{"user_id":"[HASH:0123-456789ABCDEF0123]"}`; got != want || string(m.AppendLine(nil, []byte(got))) != want {
		t.Errorf("%s, want %s, twice", got, want)
	}
	if got := string(m.AppendLine(nil, []byte(`{"user_id":"u_2"}`))); got != `{"user_id":"[REDACTED]"}` {
		t.Errorf("without a token: %s", got)
	}
	if err := (&Options{Keys: map[string]Action{"user_id": Hash}, Pseudonym: func(string) string { return "" }}).Validate(); err != nil {
		t.Error(err)
	}
}
