package mask

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	mail      = "ada.lovelace@example.org"
	plaintext = "hunter2-Zq81"
)

type (
	account struct {
		Name     string `json:"name"`
		Password string `json:"password,omitempty"`
		Contact  *contact
		hidden   string
	}
	contact struct {
		Mail  string            `json:"mail"`
		Extra map[string]string `json:"extra,omitempty"`
	}
	tagged struct {
		Plain  string `mask:"-"`
		Card   string `mask:"last4"`
		Owner  string `mask:"hash"`
		Gone   string `mask:"drop"`
		Badge  string `mask:"redact"`
		Unseen string `json:"-"`
	}
	stringer   struct{ text string }
	textual    struct{ text string }
	jsonic     struct{ Text string }
	valuer     struct{ v slog.Value }
	selfValuer struct{}
	badValuer  struct{}
	hider      string
	node       struct {
		Name string
		Next *node
	}
	wrapErr struct {
		text string
		in   error
	}
	badError struct{}
	fmtError struct{ detail string }
	deep     struct{ In any }
	Embedded struct{ Token string }
	embedder struct {
		Embedded
		ID int
	}
)

func (s stringer) String() string              { return s.text }
func (s textual) MarshalText() ([]byte, error) { return []byte(s.text), nil }
func (s jsonic) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"password": s.Text})
}
func (v valuer) LogValue() slog.Value         { return v.v }
func (v selfValuer) LogValue() slog.Value     { return slog.AnyValue(v) }
func (badValuer) LogValue() slog.Value        { panic("no value") }
func (hider) LogValue() slog.Value            { return slog.StringValue("hidden") }
func (e wrapErr) Error() string               { return e.text }
func (e wrapErr) Unwrap() error               { return e.in }
func (badError) Error() string                { panic("no text") }
func (e fmtError) Error() string              { return "failed" }
func (e fmtError) Format(s fmt.State, _ rune) { fmt.Fprint(s, "failed: "+e.detail) }

// TestT7_SecretsAreFoundInEveryKindOfValue holds for all encoders, and for values that the caller still owns.
func TestT7_SecretsAreFoundInEveryKindOfValue(t *testing.T) {
	req, _ := http.NewRequest("GET", "https://u:"+plaintext+"@host.example/p?token="+plaintext+"&q=1", strings.NewReader("body"))
	req.Header.Set("Authorization", "Basic "+plaintext)
	req.RemoteAddr = "203.0.113.9:4711"
	link, _ := url.Parse("https://u:" + plaintext + "@host.example/p?api_key=" + plaintext)
	cycle := &node{Name: mail}
	cycle.Next = cycle
	loop := map[string]any{"mail": mail}
	loop["self"] = loop
	text := "of " + mail
	ptr := &text
	for _, tc := range []struct {
		name  string
		value any
		want  string // of the JSON value; empty: not compared
	}{
		{"string", "see " + mail, `"see [EMAIL_REDACTED]"`},
		{"string of JSON", `{"a":"` + mail + `", "password":"` + plaintext + `","n":1.50}`, `"{\"a\":\"[EMAIL_REDACTED]\", \"password\":\"[REDACTED]\",\"n\":1.50}"`},
		{"string of JSON in JSON", `{"b":"{\"password\":\"` + plaintext + `\"}"}`, `"{\"b\":\"{\\\"password\\\":\\\"[REDACTED]\\\"}\"}"`},
		{"bytes", []byte(mail), `"[EMAIL_REDACTED]"`},
		{"bytes of JSON", []byte(`{"pwd":"` + plaintext + `"}`), `{"pwd":"[REDACTED]"}`},
		{"raw JSON", json.RawMessage(`{"z":1, "pwd":"` + plaintext + `"}`), `{"z":1,"pwd":"[REDACTED]"}`},
		{"raw JSON that is none", json.RawMessage(`{"pwd":` + mail), `"{\"pwd\":[PASSWORD_REDACTED]"`},
		{"named string", hider(plaintext), `"hidden"`},
		{"map", map[string]string{"b": "x", "a": mail, "password": plaintext}, `{"a":"[EMAIL_REDACTED]","b":"x","password":"[REDACTED]"}`},
		{"map of any", map[string]any{"a": map[string]any{"secret": plaintext}, "n": 3, "f": 1.5, "z": nil}, `{"a":{"secret":"[REDACTED]"},"f":1.5,"n":3,"z":null}`},
		{"map of int", map[int]string{7: mail, 3: "x"}, `{"3":"x","7":"[EMAIL_REDACTED]"}`},
		{"map with a secret for a key", map[string]int{mail: 1, "bob@example.org": 2}, `{"[EMAIL_REDACTED]":1,"[EMAIL_REDACTED]#2":2}`},
		{"struct", account{"n", plaintext, nil, ""}, `{"name":"n","password":"[REDACTED]","Contact":null}`},
		{"struct, unexported", account{"n", "", nil, mail}, `{"name":"n","Contact":null}`},
		{"pointer", &account{Name: "n", Contact: &contact{mail, nil}}, `{"name":"n","Contact":{"mail":"[EMAIL_REDACTED]"}}`},
		{"nested map", account{Contact: &contact{"", map[string]string{"cvv": "123"}}}, `{"name":"","Contact":{"mail":"","extra":{"cvv":"[REDACTED]"}}}`},
		{"json:-", tagged{Unseen: mail}, ``},
		{"tags", tagged{plaintext + "?", "4111111111111111", plaintext, plaintext, plaintext, ""}, ``},
		{"embedded", embedder{Embedded{plaintext}, 4}, `{"Token":"[REDACTED]","ID":4}`},
		{"slice", []string{"a", mail}, `["a","[EMAIL_REDACTED]"]`},
		{"slice of any", []any{1, mail, []byte("x"), nil, true}, `[1,"[EMAIL_REDACTED]","eA==",null,true]`},
		{"array", [2]string{mail, "b"}, `["[EMAIL_REDACTED]","b"]`},
		{"pointer to pointer", &ptr, `"of [EMAIL_REDACTED]"`},
		{"Stringer", stringer{mail}, `"[EMAIL_REDACTED]"`},
		{"TextMarshaler", textual{mail}, `"[EMAIL_REDACTED]"`},
		{"json.Marshaler", jsonic{plaintext}, `{"password":"[REDACTED]"}`},
		{"LogValuer", valuer{slog.StringValue(mail)}, `"[EMAIL_REDACTED]"`},
		{"LogValuer of a group", valuer{slog.GroupValue(slog.Any("in", valuer{slog.StringValue(mail)}))}, `{"in":"[EMAIL_REDACTED]"}`},
		{"LogValuer in a slice", []any{hider(plaintext)}, `["hidden"]`},
		{"LogValuer in a map", map[string]any{"a": valuer{slog.GroupValue(slog.String("password", plaintext), slog.Int("n", 1))}}, `{"a":{"password":"[REDACTED]","n":1}}`},
		{"error", errors.New("no " + mail), `"no [EMAIL_REDACTED]"`},
		{"error chain", fmt.Errorf("open: %w", wrapErr{"x", errors.New(mail)}), `"open: x"`},
		{"joined errors", errors.Join(errors.New("a"), errors.New(mail)), `"a\n[EMAIL_REDACTED]"`},
		{"Formatter", fmtError{mail}, `"failed"`},
		{"error in a struct", deep{errors.New(mail)}, `{"In":"[EMAIL_REDACTED]"}`},
		{"header", http.Header{"Authorization": {"Bearer " + plaintext}, "Cookie": {"a=" + plaintext}, "Accept": {"*/*"}}, `{"Accept":["*/*"],"Authorization":"[REDACTED]","Cookie":"[REDACTED]"}`},
		{"values", url.Values{"password": {plaintext}, "q": {"1"}}, `{"password":"[REDACTED]","q":["1"]}`},
		{"URL", *link, `"https://u:[REDACTED]@host.example/p?api_key=[REDACTED]"`},
		{"pointer to URL", link, `"https://u:[REDACTED]@host.example/p?api_key=[REDACTED]"`},
		{"URL in a struct", deep{link}, `{"In":"https://u:[REDACTED]@host.example/p?api_key=[REDACTED]"}`},
		{"request", req, `{"method":"GET","url":"https://u:[REDACTED]@host.example/p?token=[REDACTED]&q=1","proto":"HTTP/1.1","host":"host.example","remote_addr":"[IP_ADDRESS_REDACTED]:4711","content_length":4,"header":{"Authorization":"[REDACTED]"}}`},
		{"cycle by pointer", cycle, `{"Name":"[EMAIL_REDACTED]","Next":"[CYCLE]"}`},
		{"cycle by map", loop, `{"mail":"[EMAIL_REDACTED]","self":"[CYCLE]"}`},
		{"card as a number", struct{ N int64 }{4111111111111111}, `{"N":"[CREDIT_CARD_REDACTED]"}`},
		{"func", func() {}, `"[UNINSPECTED]"`},
		{"chan in a struct", struct {
			C chan int
			M string
		}{make(chan int), mail}, `{"C":"[UNINSPECTED]","M":"[EMAIL_REDACTED]"}`},
		{"time beside a secret", struct {
			At  time.Time
			For time.Duration
			M   string
		}{time.Unix(1, 0).UTC(), time.Second, mail}, `{"At":"1970-01-01T00:00:01Z","For":1000000000,"M":"[EMAIL_REDACTED]"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			state := func() string {
				if tc.name == "cycle by map" {
					return fmt.Sprint(len(loop), loop["mail"])
				}
				return fmt.Sprintf("%#v", tc.value)
			}
			before := state()
			for _, place := range []func(*slog.Logger){
				func(l *slog.Logger) { l.Info("m", "k", tc.value) },
				func(l *slog.Logger) { l.With("k", tc.value).Info("m") },
				func(l *slog.Logger) { l.WithGroup("g").Info("m", slog.Group("h", slog.Any("k", tc.value))) },
				func(l *slog.Logger) { l.Info("m", "k", []any{tc.value}) },
				func(l *slog.Logger) { l.Info("m", "k", map[string]any{"v": deep{tc.value}}) },
			} {
				out := printed(nil, place)
				for _, s := range []string{mail, "ada.lovelace", plaintext + " ", plaintext + `"`, plaintext + "@", plaintext + "&", "bob@", "4111111111111111", "203.0.113.9"} {
					if strings.Contains(out, s) {
						t.Errorf("%q passed:\n%s", s, out)
					}
				}
				if strings.Contains(out, "!ERROR") || strings.Contains(out, "!PANIC") {
					t.Errorf("not printable:\n%s", out)
				}
			}
			if after := state(); after != before {
				t.Errorf("the caller's value changed from %s to %s", before, after)
			}
			if tc.want != "" {
				if got, want := jsonLine(t, nil, "k", tc.value), `{"k":`+tc.want+`}`; got != want {
					t.Errorf("\n got %s\nwant %s", got, want)
				}
			}
		})
	}
}

func TestCleanValuesPassAsTheyAre(t *testing.T) {
	clean := &account{Name: "n", Contact: &contact{"none", map[string]string{"a": "b"}}}
	err := fmt.Errorf("open: %w", fs.ErrNotExist)
	for _, v := range []any{
		clean, err, []string{"a"}, map[string]any{"a": 1, "tokens_used": 7}, []byte("x"), json.RawMessage(`{"a":[1,2]}`),
		stringer{"x"}, node{"a", &node{"b", nil}}, (*account)(nil), (*wrapErr)(nil), http.Header{"Accept": {"*/*"}},
		&url.URL{Scheme: "https", Host: "example.org"}, struct{}{}, [3]int{1, 2, 3}, account{hidden: "x"},
	} {
		c := newCapture()
		_ = NewHandler(c, nil).Handle(context.Background(), record("m", slog.Any("k", v)))
		got := attrsOf(c.last(t))[0].Value.Any()
		if !cmp.Equal(fmt.Sprintf("%T %p", got, got), fmt.Sprintf("%T %p", v, v)) {
			t.Errorf("%T: got %T %v", v, got, got)
		}
	}
}

func record(msg string, attrs ...slog.Attr) slog.Record {
	r := slog.NewRecord(time.Unix(1, 0), slog.LevelInfo, msg, 0)
	r.AddAttrs(attrs...)
	return r
}

func TestDepthIsLimited(t *testing.T) {
	var v any = "end"
	g := slog.String("end", "end")
	for i := range 12 {
		v = map[string]any{"d": v}
		g = slog.Group(fmt.Sprint("g", i), g)
		_ = i
	}
	want := strings.Repeat(`{"d":`, 10) + `"[DEPTH_LIMIT_EXCEEDED]"` + strings.Repeat("}", 10)
	if got := jsonLine(t, nil, "k", v); got != `{"k":`+want+`}` {
		t.Errorf("map: %s", got)
	}
	text, _ := json.Marshal(v)
	if got := New(nil).String(string(text)); got != want {
		t.Errorf("JSON text: %s", got)
	}
	if got := jsonLine(t, nil, g); strings.Count(got, "{") != 11 || !strings.Contains(got, `"g1":"[DEPTH_LIMIT_EXCEEDED]"`) {
		t.Errorf("group: %s", got)
	}
	if got := jsonLine(t, &Options{MaxDepth: 1}, "k", []any{[]any{1}}); got != `{"k":["[DEPTH_LIMIT_EXCEEDED]"]}` {
		t.Errorf("MaxDepth 1: %s", got)
	}
}

// TestT8_LogValuersThatMisbehave never loop, panic or pass.
func TestT8_LogValuersThatMisbehave(t *testing.T) {
	for _, v := range []any{selfValuer{}, badValuer{}, []any{badValuer{}}, deep{selfValuer{}}, (*valuer)(nil)} {
		line := jsonLine(t, nil, "k", v, "password", v)
		if !strings.Contains(line, `"password":"[REDACTED]"`) {
			t.Errorf("%T: %s", v, line)
		}
	}
}

func TestT8_NoLogValuerIsHandedOn(t *testing.T) {
	c := newCapture()
	l := slog.New(NewHandler(c, nil))
	l.With("w", valuer{slog.IntValue(1)}).Info("m", "a", valuer{slog.IntValue(2)}, slog.Group("g", "b", valuer{slog.AnyValue(valuer{slog.IntValue(3)})}))
	var check func(attrs []slog.Attr)
	check = func(attrs []slog.Attr) {
		for _, a := range attrs {
			switch a.Value.Kind() {
			case slog.KindLogValuer:
				t.Errorf("%s is a LogValuer", a.Key)
			case slog.KindGroup:
				check(a.Value.Group())
			}
		}
	}
	check(attrsOf(c.last(t)))
	check(c.with[0])
}

func TestMethodsThatPanicAreNotPassed(t *testing.T) {
	var buf bytes.Buffer
	slog.New(NewHandler(slog.NewJSONHandler(&buf, nil), nil)).Info("m", "e", badError{}, "d", deep{badError{}})
	if got := buf.String(); strings.Count(got, "[UNINSPECTED]") != 2 {
		t.Error(got)
	}
}

func TestGraphsWithMorePathsThanNodesEnd(t *testing.T) {
	type vertex struct{ To []*vertex }
	all := make([]*vertex, 40)
	for i := range all {
		all[i] = &vertex{}
	}
	for _, v := range all {
		v.To = all
	}
	if got := jsonLine(t, &Options{MaxDepth: 100}, "k", all[0]); len(got) > 16<<20 || !strings.Contains(got, "CYCLE") && !strings.Contains(got, "LIMIT") {
		t.Errorf("%d bytes: %.200s", len(got), got)
	}
}
