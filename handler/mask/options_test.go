package mask

import (
	"log/slog"
	"strings"
	"testing"
	"time"
)

var testKey = []byte("0123456789abcdef-test")

func TestValidateNamesWhatIsWrong(t *testing.T) {
	for _, tc := range []struct {
		name string
		o    *Options
		want []string // empty: valid
	}{
		{"nil", nil, nil},
		{"zero", &Options{}, nil},
		{"all", &Options{Keys: map[string]Action{"a": Hash}, Kinds: map[string]Action{"EMAIL": Drop, "TICKET": Hash}, AllKinds: true, IP: true,
			Patterns: []Pattern{{Name: "TICKET", Regexp: `T-(\d+)`, Literals: []string{"T-"}, Action: KeepLastFour}}, HashKey: testKey, DetectorBudget: time.Second, MaxDepth: 3, MaxText: 4096}, nil},
		{"key", &Options{Keys: map[string]Action{"--": Redact}}, []string{`Keys["--"]`}},
		{"action", &Options{Keys: map[string]Action{"a": 77}}, []string{`Keys["a"]`, "77"}},
		{"kind", &Options{Kinds: map[string]Action{"E-MAIL": Redact}}, []string{`Kinds["E-MAIL"]`, "EMAIL", "CREDIT_CARD"}},
		{"hash without key", &Options{Kinds: map[string]Action{"EMAIL": Hash}}, []string{`Kinds["EMAIL"]`, "HashKey", "16"}},
		{"short key", &Options{HashKey: []byte("short")}, []string{"HashKey", "5", "16"}},
		{"regexp", &Options{Patterns: []Pattern{{Name: "A", Regexp: `ab(c`, Literals: []string{"a"}, Action: Redact}}}, []string{"Patterns[0]", "missing closing )", "at byte 0"}},
		{"regexp, later", &Options{Patterns: []Pattern{{Name: "A", Regexp: `ab[z-a]`, Literals: []string{"a"}, Action: Redact}}}, []string{"Patterns[0]", "invalid character class range", "at byte 3", "z-a"}},
		{"regexp, empty match", &Options{Patterns: []Pattern{{Name: "A", Regexp: `a*`, Literals: []string{"a"}, Action: Redact}}}, []string{"empty text"}},
		{"no literal", &Options{Patterns: []Pattern{{Name: "A", Regexp: `a+`, Literals: nil, Action: Redact}}}, []string{"literals"}},
		{"name", &Options{Patterns: []Pattern{{Name: "a b", Regexp: `a+`, Literals: []string{"a"}, Action: Redact}}}, []string{`"a b"`, "capitals"}},
		{"taken", &Options{Patterns: []Pattern{{Name: "EMAIL", Regexp: `a+`, Literals: []string{"a"}, Action: Redact}}}, []string{"EMAIL", "taken"}},
		{"ranges", &Options{DetectorBudget: time.Hour, MaxDepth: -1, MaxText: 5}, []string{"DetectorBudget is 1h0m0s, want 1ms to 10s", "MaxDepth is -1, want 1 to 100", "MaxText is 5, want 1024 to 16777216"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.o.Validate()
			if (err != nil) != (tc.want != nil) {
				t.Fatalf("error %v", err)
			}
			for _, w := range tc.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("no %q in %q", w, err)
				}
			}
			New(tc.o).String("x " + mail) // whatever is wrong, it works
		})
	}
}

func TestOptionsAreCopied(t *testing.T) {
	o := &Options{Keys: map[string]Action{"a": Redact}, Kinds: map[string]Action{"EMAIL": Hash}, HashKey: append([]byte(nil), testKey...),
		Patterns: []Pattern{{Name: "T", Regexp: `T-\d+`, Literals: []string{"T-"}, Action: Redact}}}
	m := New(o)
	before := m.String(mail + " T-1")
	delete(o.Keys, "a")
	o.Kinds["EMAIL"], o.HashKey[0], o.Patterns[0].Literals[0] = Allow, 'x', "none"
	if after := m.String(mail + " T-1"); after != before || m.judge("a").class != secret {
		t.Errorf("%s, then %s", before, after)
	}
}

func TestActions(t *testing.T) {
	for _, tc := range []struct {
		name string
		o    Options
		args []any
		want string
	}{
		{"redact", Options{}, []any{"password", plaintext, "pin", 1234, "e", ""}, `{"password":"[REDACTED]","pin":"[REDACTED]","e":""}`},
		{"empty and nil stay", Options{}, []any{"password", "", "secret", nil}, `{"password":"","secret":null}`},
		{"last four", Options{Keys: map[string]Action{"iban": KeepLastFour, "pin": KeepLastFour}}, []any{"iban", "DE31100094630003102764", "pin", "123456"}, `{"iban":"****2764","pin":"[REDACTED]"}`},
		{"last four of a kind", Options{Kinds: map[string]Action{"CREDIT_CARD": KeepLastFour}}, []any{"t", "by 4111111111111111."}, `{"t":"by ************1111."}`},
		{"last four characters", Options{Keys: map[string]Action{"a": KeepLastFour}}, []any{"a", "aaaaaaaaaaaaéüñö"}, `{"a":"****éüñö"}`},
		{"drop", Options{Keys: map[string]Action{"gone": Drop}}, []any{"gone", 1, "a", map[string]any{"gone": "x", "b": 1}, "t", `{"gone": 1, "c": 2}`}, `{"a":{"b":1},"t":"{ \"c\": 2}"}`},
		{"drop a kind", Options{Kinds: map[string]Action{"EMAIL": Drop}}, []any{"t", "to " + mail + " now"}, `{"t":"to  now"}`},
		{"allow", Options{Keys: map[string]Action{"contact": Allow}}, []any{"contact", mail, "a", map[string]any{"contact": mail, "b": mail}}, `{"contact":"` + mail + `","a":{"b":"[EMAIL_REDACTED]","contact":"` + mail + `"}}`},
		{"allow a kind", Options{Kinds: map[string]Action{"EMAIL": Allow}}, []any{"t", mail}, `{"t":"` + mail + `"}`},
		{"allow inside of a secret", Options{Keys: map[string]Action{"status": Allow}}, []any{"password", map[string]any{"status": "x"}}, `{"password":"[REDACTED]"}`},
		{"client addresses", Options{}, []any{"client_ip", "203.0.113.9", "remote_addr", "[2001:db8::1]:443", "x-forwarded-for", "203.0.113.9, 198.51.100.2", "host", "203.0.113.9"},
			`{"client_ip":"[IP_ADDRESS_REDACTED]","remote_addr":"[[IP_ADDRESS_REDACTED]]:443","x-forwarded-for":"[IP_ADDRESS_REDACTED], [IP_ADDRESS_REDACTED]","host":"203.0.113.9"}`},
		{"no client addresses", Options{Kinds: map[string]Action{"IP_ADDRESS": Allow}}, []any{"client_ip", "203.0.113.9"}, `{"client_ip":"203.0.113.9"}`},
		{"all addresses", Options{IP: true}, []any{"host", "203.0.113.9"}, `{"host":"[IP_ADDRESS_REDACTED]"}`},
		{"phones by key", Options{}, []any{"phone", "2125550188", "mobile", 2125550188, "n", 2125550188}, `{"phone":"[PHONE_REDACTED]","mobile":"[PHONE_REDACTED]","n":2125550188}`},
		{"numbers", Options{}, []any{"n", 4111111111111111, "u", uint64(4111111111111111), "f", 4111111111111111.0, "neg", -4111111111111111, "other", 4111111111111112},
			`{"n":"[CREDIT_CARD_REDACTED]","u":"[CREDIT_CARD_REDACTED]","f":"[CREDIT_CARD_REDACTED]","neg":"[CREDIT_CARD_REDACTED]","other":4111111111111112}`},
		{"identifiers", Options{}, []any{"session_id", "Zk9qX2vB7nM4cR8tL1wP6yH3", "user_id", mail}, `{"session_id":"Zk9qX2vB7nM4cR8tL1wP6yH3","user_id":"[EMAIL_REDACTED]"}`},
		{"pattern", Options{Patterns: []Pattern{{Name: "TICKET", Regexp: `T-(\d+)`, Literals: []string{"T-"}, Action: Redact}}}, []any{"t", "see T-123 and T-x of " + mail}, `{"t":"see T-[TICKET_REDACTED] and T-x of [EMAIL_REDACTED]"}`},
		{"pattern over a kind", Options{Patterns: []Pattern{{Name: "TO", Regexp: `to \S+`, Literals: []string{"to "}, Action: Redact}}}, []any{"t", "was to " + mail + "!"}, `{"t":"was [TO_REDACTED]"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := jsonLine(t, &tc.o, tc.args...); got != tc.want {
				t.Errorf("\n got %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestHashTellsEqualFromUnequal(t *testing.T) {
	o := &Options{Keys: map[string]Action{"user_id": Hash}, Kinds: map[string]Action{"EMAIL": Hash}, HashKey: testKey}
	m := New(o)
	a, b := m.String("of "+mail), m.String("of bob@example.org")
	if a == b || a != m.String("of "+mail) || len(a) != len("of [EMAIL_HASH:0123-0123456789ABCDEF]") {
		t.Errorf("%s, %s", a, b)
	}
	digits := strings.TrimPrefix(a, "of [EMAIL_HASH:")
	if got := jsonLine(t, o, "user_id", mail); got != `{"user_id":"[HASH:`+digits+`"}` {
		t.Errorf("%s: another token under a key", got)
	}
	if got := jsonLine(t, o, "user_id", []string{mail, "x"}); strings.Count(got, "[HASH:") != 2 {
		t.Errorf("list: %s", got)
	}
	o.HashKey = []byte("another key of 16")
	if New(o).String("of "+mail) == a {
		t.Error("the key does not matter")
	}
	o.HashKey = nil
	if got := New(o).String("of " + mail); got != "of [EMAIL_REDACTED]" {
		t.Errorf("without a key: %s", got)
	}
}

func TestActionNames(t *testing.T) {
	for _, a := range []Action{Redact, KeepLastFour, Hash, Drop, Allow} {
		text, err := a.MarshalText()
		var got Action
		if err != nil || got.UnmarshalText(text) != nil || got != a {
			t.Errorf("%v: %s, %v", a, text, err)
		}
	}
	if _, err := ParseAction("shred"); err == nil || !strings.Contains(err.Error(), `"shred"`) || !strings.Contains(err.Error(), "last4") {
		t.Error(err)
	}
	if _, err := Action(9).MarshalText(); err == nil {
		t.Error("no action was written")
	}
}

func TestLongTextsAreCut(t *testing.T) {
	m := New(&Options{MaxText: 4096})
	got := m.String(strings.Repeat("word ", 700) + mail + strings.Repeat(" word", 5000))
	if strings.Contains(got, mail) || len(got) > 4096 || !strings.HasSuffix(got, "_BYTES_CUT]") || !strings.Contains(got, "[EMAIL_REDACTED]") {
		t.Errorf("%d bytes: …%s", len(got), got[len(got)-100:])
	}
	if again := m.String(got); again != got {
		t.Error("masked twice it is another text")
	}
	// Wherever the cut falls, no half of a secret is left.
	for at := 3000; at < 4200; at++ {
		if got := m.String(strings.Repeat("x ", at/2) + mail + strings.Repeat(" x", 1000)); strings.Contains(got, "ada.") {
			t.Fatalf("at %d: …%s", at, got[len(got)-60:])
		}
	}
	if got := m.String(strings.Repeat("é", 5000)); strings.Contains(got, "\uFFFD") || !strings.HasSuffix(got, "CUT]") {
		t.Errorf("a character was cut: %q", got[len(got)-40:])
	}
}

func TestStatsCountReplacements(t *testing.T) {
	h := NewHandler(newCapture(), nil)
	_ = h.Handle(t.Context(), record("of "+mail, slog.Any("password", "x"), slog.Any("a", []string{mail, mail}), slog.Any("f", func() {})))
	got := h.Masker().Stats()
	if got["EMAIL"] != 3 || got["KEY"] != 1 || got["UNINSPECTED"] != 1 || len(got) != 3 {
		t.Error(got)
	}
}
