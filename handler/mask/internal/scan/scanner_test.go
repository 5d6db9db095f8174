package scan

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestAppendKeepsWhatTheCallerHas(t *testing.T) {
	have := []Match{{Start: 90, End: 95, Kind: Phone, Score: 1}}
	got := New(DefaultKinds()).Append(have, "mail bob@example.com or carol@example.com")
	want := []Match{
		{Start: 90, End: 95, Kind: Phone, Score: 1},
		{Start: 5, End: 20, Kind: Email, Score: 0.9},
		{Start: 24, End: 41, Kind: Email, Score: 0.9},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestZeroScannerFindsNothing(t *testing.T) {
	var s Scanner
	if got := s.Append(nil, "bob@example.com password=hunter2 4111111111111111"); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestSetHoldsWhatItWasGiven(t *testing.T) {
	s := Set{}.With(Email, Vendor, 0, kindCount+3)
	for _, k := range append(Kinds(), 0, kindCount+3) {
		if got, want := s.Has(k), k == Email || k == Vendor; got != want {
			t.Errorf("Has(%d %v) = %v", k, k, got)
		}
	}
	if s = s.Without(Email, kindCount+3); s != (Set{}).With(Vendor) {
		t.Errorf("Without left %v", s)
	}
	for _, k := range append(NationalKinds(), IPAddress, MAC, DOB) {
		if DefaultKinds().Has(k) {
			t.Errorf("%v is on by default", k)
		}
	}
}

func TestOnlyTheKindsOfTheSetAreFound(t *testing.T) {
	for _, r := range Rules() {
		s := New(Set{}.With(Kinds()...).Without(r.Kind))
		for _, example := range r.Examples {
			for _, m := range s.Append(nil, strings.NewReplacer("«", "", "»", "").Replace(example)) {
				if m.Kind == r.Kind {
					t.Errorf("%v found in %q though it is off", m.Kind, example)
				}
			}
		}
	}
}

func TestTheKeySpeaksForTheValue(t *testing.T) {
	s := New(DefaultKinds())
	for _, test := range []struct {
		key, text string
		want      Kind
	}{
		{"phone", "2125550106", Phone},
		{"customerPhone", "2125550106", Phone},
		{"offset", "2125550106", 0},
		{"", "2125550106", 0},
		{"phone", "1693277136", 0},
		{"ssn", "123456789", SSN},
		{"rows", "123456789", 0},
		{"card_number", "4111111111111112", CreditCard},
		{"order", "4111111111111112", 0},
		{"iban", "DE06TEST18914931570030", IBAN},
	} {
		var got Kind
		if ms := s.Under(test.key).Append(nil, test.text); len(ms) > 0 {
			got = ms[0].Kind
		}
		if got != test.want {
			t.Errorf("%s=%s: got %v, want %v", test.key, test.text, got, test.want)
		}
	}
}

func TestMaskedJSONStaysJSON(t *testing.T) {
	inner := map[string]any{
		"password": "a\"b\\c\n\u00e9\\", "token": "x1<y>&z\"0123", "email": "bob@example.com", "note": "mail <carol@example.com>\n4111111111111111",
		"url": "https://u:p\"w@h/x?password=a\\b&x=\"1\"", "list": []string{"password=a\"b", `secret: 'x"y1'`}, "Authorization": "Bearer abc\"def0123456789",
		"end": "pass ", "end2": "password=", "end3": "--password", "end5": []string{"-p", "use -p"}, "end4": []string{"password:", "pwd ", "x"},
		"cookie": "sid=abc\"def0123456789; x=\"y\"", "quote": `password='it"s1`, "key": "-----BEGIN PRIVATE KEY-----\nabc\"",
	}
	text := "begin"
	for depth := range 5 {
		b, err := json.Marshal(map[string]any{"body": text, "in": inner, "password": text, "Authorization": text})
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
		got := masked(everything, text)
		if !json.Valid([]byte(got)) {
			t.Fatalf("depth %d: %s\nbecame %s", depth, text, got)
		}
		if strings.Contains(got, "bob@") || strings.Contains(got, "carol@") {
			t.Errorf("depth %d: an address is left in %s", depth, got)
		}
	}
}

func TestMasksAreNoSecrets(t *testing.T) {
	for _, mask := range []string{"[REDACTED]", "***", "****", "<redacted>", "[PASSWORD_REDACTED]", "****1111", "[EMAIL_HASH:4111111111111111]", "[HASH:0A1B2C3D4E5F6071]", "[DEPTH_LIMIT_EXCEEDED]", "[CYCLE]"} {
		for _, text := range []string{
			"password=%", "password: %", `{"password":"%"}`, `{\"token\":\"%\"}`, "https://u:%@host/x", "Authorization: Bearer %", "Authorization: %",
			"%@example.com", "--password %", "-p'%'", "card %", "phone %", "Cookie: sid=%; x=y", "api_key=%&x=1", "% 555-0123", "user:%@host:5432",
		} {
			text = strings.ReplaceAll(text, "%", mask)
			if got := masked(everything, text); got != text {
				t.Errorf("%q became %q", text, got)
			}
		}
	}
}

// What has been found no longer speaks for what follows, and its mark, which names the kind, does not either.
func TestMarksDoNotSpeakForWhatFollows(t *testing.T) {
	for _, text := range []string{"token 00000a001ABX 000000a00012bAcX", "phone 2125550106, 2125550107", "card 4111111111111111 then 4111111111111112"} {
		once := masked(everything, text)
		if twice := masked(everything, once); once == text || twice != once {
			t.Errorf("%q became %q, then %q", text, once, twice)
		}
	}
}

func check(t *testing.T, s *Scanner, text string) {
	t.Helper()
	at := 0
	for _, m := range s.Append(nil, text) {
		if m.Start < at || m.End <= m.Start || m.End > len(text) || m.Kind.String() == "" || m.Score <= 0 || m.Score > 1 {
			t.Fatalf("%q: bad match %+v after %d", text, m, at)
		}
		if utf8.ValidString(text) && !(utf8.ValidString(text[:m.Start]) && utf8.ValidString(text[m.Start:m.End])) {
			t.Fatalf("%q: match %+v cuts a character", text, m)
		}
		at = m.End
	}
}

func FuzzAppend(f *testing.F) {
	for _, r := range Rules() {
		for _, text := range append(r.Examples, r.Others...) {
			f.Add(strings.NewReplacer("«", "", "»", "").Replace(text), "")
		}
	}
	f.Add("a@b.cc", "phone")
	f.Add("mob 00000000)00000000", "") // the second hides the first
	f.Add("0\">000000", "")            // the end of a tag without its beginning
	f.Add("\\u0040\\", "key")
	f.Add("pass\":", "0") // the quote after it closes the string that it stands in
	s := New(DefaultKinds())
	f.Fuzz(func(t *testing.T, text, key string) {
		check(t, everything, text)
		check(t, s, text)
		check(t, everything.Under(key), text)
		once := masked(everything, text)
		if twice := masked(everything, once); twice != once {
			t.Errorf("masked twice: %q\nfirst %q\nthen  %q", text, once, twice)
		}
		line, err := json.Marshal(map[string]any{"m": text, "password": key, "n": []string{text, key}})
		for range 2 {
			if got := replaced(everything, string(line)); err != nil || !json.Valid([]byte(got)) {
				t.Fatalf("%s became %s", line, got)
			}
			line, err = json.Marshal(map[string]string{"body": string(line), "token": text})
		}
	})
}
