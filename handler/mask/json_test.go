package mask

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestLines(t *testing.T) {
	for _, tc := range []struct{ name, line, want string }{
		{"clean object", `{"time":"2026-01-02T03:04:05.000000006Z", "n":1.50e3,"big":12345678901234567890123 , "a":[ ],"e":"\u00e9\n"}`, ""},
		{"keys at every depth", `{"a":[{"b":{"password":"x"}}],"c":{"token":["x"]}}`, `{"a":[{"b":{"password":"[REDACTED]"}}],"c":{"token":"[REDACTED]"}}`},
		{"escaped key", `{"pass\u0077ord":"x"}`, `{"pass\u0077ord":"[REDACTED]"}`},
		{"scalars under a key", `{"pin":1234,"secret":true,"token":null,"pwd":"","cvv":-1.5e3}`, `{"pin":"[REDACTED]","secret":"[REDACTED]","token":null,"pwd":"","cvv":"[REDACTED]"}`},
		{"escapes", `{"a":"ada.lovelace\u0040example.org\n"}`, `{"a":"[EMAIL_REDACTED]\n"}`},
		{"key that is a secret", `{"ada.lovelace@example.org": 1, "b@example.org":2}`, `{"[EMAIL_REDACTED]": 1, "[EMAIL_REDACTED]#2":2}`},
		{"white space", " { \"a\" :\t\"ada.lovelace@example.org\" }\r", " { \"a\" :\t\"[EMAIL_REDACTED]\" }\r"},
		{"card as a number", `{"n":4111111111111111,"m":4111111111111111.5}`, `{"n":"[CREDIT_CARD_REDACTED]","m":4111111111111111.5}`},
		{"type and value", `{"type":"password","value":"x y"}`, `{"type":"password","value":"[REDACTED]"}`},
		{"type of a lexer", `{"type":"token","value":"IDENT"}`, `{"type":"token","value":"IDENT"}`},
		{"password abroad", `{"db":{"pass":"northwind7","contraseña":"hunter2"},"pass":12}`, `{"db":{"pass":"[PASSWORD_REDACTED]","contraseña":"[PASSWORD_REDACTED]"},"pass":12}`},
		{"name and value", `{"env":[{"name":"DB_PASSWORD","value":"x y"},{"name":"REGION","value":"eu"}],"name":"token"}`, `{"env":[{"name":"DB_PASSWORD","value":"[REDACTED]"},{"name":"REGION","value":"eu"}],"name":"token"}`},
		{"JSON string", `"to ada.lovelace@example.org"`, `"to [EMAIL_REDACTED]"`},
		{"JSON string, escaped", `"\"ada.lovelace@example.org\""`, `"\"[EMAIL_REDACTED]\""`},
		{"text", `to ada.lovelace@example.org`, `to [EMAIL_REDACTED]`},
		{"list as text", `["ada.lovelace@example.org", 1]`, `["[EMAIL_REDACTED]", 1]`},
		{"broken object", `{"password":"hunter2-Zq81","a":`, `{"password":"[PASSWORD_REDACTED]","a":`},
		{"number as text", `4111111111111111`, `[CREDIT_CARD_REDACTED]`},
		{"empty", ``, ``},
		{"empty object", `{}`, ``},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.want == "" {
				tc.want = tc.line
			}
			m := New(nil)
			got := string(m.AppendLine([]byte("before "), []byte(tc.line)))
			if got != "before "+tc.want {
				t.Errorf("\n got %s\nwant before %s", got, tc.want)
			}
			if again := string(m.AppendLine(nil, []byte(tc.want))); again != tc.want {
				t.Errorf("twice: %s", again)
			}
		})
	}
}

func TestDeepBracketsEnd(t *testing.T) {
	m := New(nil)
	for _, line := range []string{strings.Repeat("[", 1<<20), strings.Repeat(`{"a":`, 1<<18), `{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}"} {
		if got := m.AppendLine(nil, []byte(line)); len(got) == 0 {
			t.Errorf("nothing of %.20s", line)
		}
	}
}

func FuzzAppendLine(f *testing.F) {
	for _, s := range []string{`{"a":[1,{"password":"x"}],"b":"\ud83d\ude00\u0040"}`, `"a\"b"`, `{"a@b.co":1,"a@b.co":{}}`, `{"cookie":[1,2],"x":{"gone":1}}`,
		`[01]`, `{"a":1,}`, `{"gone":{"a":1},"n":-0.5E+3,"gone":2 }`, "{\"a\":\"\xff\"}", `{"a":"{\"pwd\":\"x\"}"}`} {
		f.Add(s)
	}
	m := New(&Options{Keys: map[string]Action{"gone": Drop, "kept": KeepLastFour, "hashed": Hash}, HashKey: testKey, MaxDepth: 4})
	f.Fuzz(func(t *testing.T, line string) {
		out := m.AppendLine(nil, []byte(line))
		w := walker{m: m, look: true}
		if _, valid := w.json(line, verdict{}, 0); valid && !json.Valid([]byte(line)) || !valid && json.Valid([]byte(line)) && strings.Count(line, "[")+strings.Count(line, "{") < maxNesting {
			t.Fatalf("%q: taken for valid: %v", line, valid)
		}
		if json.Valid([]byte(line)) && strings.Trim(line, jsonSpace)[0] == '{' && !json.Valid(out) {
			t.Fatalf("%q: masked it is no JSON: %q", line, out)
		}
		if again := m.AppendLine(nil, out); string(again) != string(out) {
			t.Errorf("%q: %q, then %q", line, out, again)
		}
	})
}
