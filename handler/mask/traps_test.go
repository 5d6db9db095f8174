package mask

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// The traps that masks fall into, one test each.

func TestTrap_MarksAreNotMaskedAgainAndMakeNoMatchWithTheirNeighbours(t *testing.T) {
	m := New(&Options{AllKinds: true, Detector: finder{"REDACTED": "ORGANIZATION", "EMAIL": "PERSON"}})
	for _, text := range []string{
		"[EMAIL_REDACTED]", "[API_KEY_REDACTED]@example.com", "password=[PASSWORD_REDACTED]", "key [PHONE_REDACTED]1234567", "[REDACTED] 555 0123", "mob 00000000)[PHONE_REDACTED]",
		"token [PERSON_REDACTED] api_key=[HASH:3F2A-9F86D081884C7D65]", "card **** **** **** 1111 4242",
	} {
		once := m.String(text)
		if again := m.String(once); again != once || strings.Count(once, "[") < strings.Count(text, "[") {
			t.Errorf("%q became %q, then %q", text, once, again)
		}
	}
}

func TestTrap_TheMatchIsReplacedAndNotTheValue(t *testing.T) {
	const text = "order 17 of ada.lovelace@example.org shipped é to [::1]"
	if got := New(nil).String(text); got != "order 17 of [EMAIL_REDACTED] shipped é to [::1]" {
		t.Error(got)
	}
	// Neither a character nor an escape is cut in half, and JSON in a string in a string stays JSON.
	var value any = "é" + mail + "é 日本語\n\"quoted\" \\ 4111111111111111é"
	m := New(&Options{AllKinds: true})
	for depth := range 5 {
		b, err := json.Marshal(map[string]any{"body": value, "token": "é\"\\x", "n": []any{value}})
		if err != nil {
			t.Fatal(err)
		}
		got := m.String(string(b))
		if !utf8.ValidString(got) || !json.Valid([]byte(got)) || strings.Contains(got, "lovelace") || strings.Contains(got, "411111") {
			t.Fatalf("depth %d: %s", depth, got)
		}
		value = string(b)
	}
}

func TestTrap_OfALongSecretNoPartIsLeft(t *testing.T) {
	m := New(&Options{AllKinds: true})
	for in, want := range map[string]string{
		"4111111111111111 paid":                          "[CREDIT_CARD_REDACTED] paid",
		"card 4111 1111 1111 1111 and tel 555-0123 4567": "card [CREDIT_CARD_REDACTED] and tel [PHONE_REDACTED]",
		"aadhaar 2345 6789 0124":                         "aadhaar [IN_AADHAAR_REDACTED]",
		"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\nVJTUt9Us8cKj415555550100aB": "[PRIVATE_KEY_REDACTED]",
		"https://u:4155550123@h/?token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl&a=1":                           "https://u:[URL_CREDENTIALS_REDACTED]@h/?token=[JWT_REDACTED]&a=1",
	} {
		if got := m.String(in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestTrap_ACheckDigitAloneMakesNoCard(t *testing.T) {
	m := New(nil)
	clean := 0
	for i := range 2000 {
		digits := fmt.Sprintf("%d%015d", 9-i%2*8, uint64(i)*982451653%1e15) // begins with 9 or 1, as no issuer's does
		text := "block " + withCheck(digits[:15]) + " and blk_" + withCheck("4"+digits[1:15]) + " at " + withCheck("17"+digits[2:15])
		if m.String(text) == text {
			clean++
		}
	}
	if clean != 2000 {
		t.Errorf("%d of 2000 texts without a card are left alone", clean)
	}
}

func TestTrap_AWrongCheckDigitLowersAndAKeywordRaises(t *testing.T) {
	m := New(nil)
	for in, want := range map[string]string{
		"leaked ghp_C3J27XDCG2LmlZGEONYlgCtjfIZ4SOcMz9CX":  "leaked [GITHUB_TOKEN_REDACTED]", // its checksum is wrong
		"card number 4111111111111112":                     "card number [CREDIT_CARD_REDACTED]",
		"number 4111111111111112":                          "number 4111111111111112",
		"IBAN DE06TEST18914931570030":                      "IBAN [IBAN_REDACTED]",
		"reference DE06TEST18914931570030":                 "reference DE06TEST18914931570030",
		"digest 9f86d081884c7d659a2feaa0c55ad015":          "digest 9f86d081884c7d659a2feaa0c55ad015",
		"the API key 9f86d081884c7d659a2feaa0c55ad015 old": "the API key [API_KEY_REDACTED] old",
	} {
		if got := m.String(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestTrap_HostileTextTakesLinearTime counts allocated bytes instead of time: what is copied for each match would show. The
// scanner's own test compares processor time.
func TestTrap_HostileTextTakesLinearTime(t *testing.T) {
	for _, unit := range []string{"a@a.co ", "a@", "1", "eyJ", "%40", "password=x ", `{"a":`, `[`, `{"a":"b@c.de"},`, "mob 00000000)", "[", "[EMAIL_REDACTED]", "*", "\\u0040", `\"`} {
		used := func(n int) float64 {
			text := strings.Repeat(unit, n/len(unit))
			m := New(&Options{AllKinds: true, MaxText: 16 << 20})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			m.String(text)
			runtime.ReadMemStats(&after)
			return float64(after.TotalAlloc-before.TotalAlloc) / float64(n)
		}
		short, long := used(64<<10), used(1<<20)
		if long > 3*short+64 {
			t.Errorf("%q: %.0f bytes a byte for a long text, %.0f for a short one", unit, long, short)
		}
	}
}

func TestTrap_WhatExceedsTheCapIsMaskedNotPassed(t *testing.T) {
	secretAtEnd := strings.Repeat("word ", 100_000) + mail
	if got := New(nil).String(secretAtEnd); strings.Contains(got, "lovelace") || !strings.HasSuffix(got, "_BYTES_CUT]") {
		t.Errorf("…%s", got[len(got)-60:])
	}
}

func TestTrap_EveryKindOfValueIsLookedInto(t *testing.T) {
	u, _ := url.Parse("https://u:" + plaintext + "@h/p?token=" + plaintext)
	req := &http.Request{Method: "GET", URL: u, Header: http.Header{"Authorization": {"Bearer " + plaintext}}}
	cycle := &node{Name: mail}
	cycle.Next = cycle
	for name, v := range map[string]any{
		"error": errors.New(mail), "wrapped": fmt.Errorf("a: %w", errors.New(mail)), "Stringer": stringer{mail}, "bytes": []byte(mail), "RawMessage": json.RawMessage(`{"a":"` + mail + `"}`),
		"Header": req.Header, "URL": u, "Request": req, "cycle": cycle, "unexported": account{hidden: mail}, "map key": map[string]int{mail: 1}, "json:-": tagged{Unseen: mail},
	} {
		out := printed(nil, func(l *slog.Logger) { l.Info("m", "k", v) })
		if strings.Contains(out, "lovelace") || strings.Contains(out, plaintext) {
			t.Errorf("%s: %s", name, out)
		}
	}
}

func TestTrap_AttributesOfLoggersGroupsAndMessagesAreMasked(t *testing.T) {
	out := printed(nil, func(l *slog.Logger) {
		l.With("w", mail).WithGroup("g").With("x", mail).Info("to "+mail, slog.Group("h", slog.Group("i", "y", mail)))
		l.WithGroup("password").Info("m", "z", plaintext)
		l.WithGroup(mail).Info("m", "z", 1)
	})
	if strings.Contains(out, "lovelace") || strings.Contains(out, plaintext) {
		t.Error(out)
	}
}

func TestTrap_LastFourOfAShortSecretAreNotKept(t *testing.T) {
	m := New(&Options{Keys: map[string]Action{"password": KeepLastFour}})
	for secret, want := range map[string]string{"hunter2!": markRedacted, "elevenchars": markRedacted, "twelve-chars": "****hars", "12345678": markRedacted} {
		got := m.Attrs([]slog.Attr{slog.String("password", secret)})[0].Value.String()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", secret, diff)
		}
	}
}
