package audit

import (
	"encoding/json"
	"testing"
	"time"
)

// FuzzEntry reads back what was written, quickly and as JSON, and survives anything else.
func FuzzEntry(f *testing.F) {
	f.Add(uint64(7), "reason", int64(12345), []byte(`{"index":1,"prev":"","session":"","recorded_at":"2026-01-02T03:04:05Z","type":"open","body":{"a":"\"}"}}`))
	f.Add(uint64(0), `"}{\`, int64(-1), []byte(`{"body":{}, "index": 3}`))
	f.Fuzz(func(t *testing.T, index uint64, text string, at int64, junk []byte) {
		body := raw(Body{Message: text})
		when := time.Unix(at%1e10, at&0xffff).UTC()
		b := appendEntry(nil, &request{typ: TypeEvent, body: body, index: index}, "prev", "session", when)
		got, err := parseEntry(b)
		var want Entry
		if jerr := json.Unmarshal(b, &want); err != nil || jerr != nil && when.Year() <= 9999 {
			t.Fatalf("%s: %v, %v", b, err, jerr)
		}
		if got.Index != index || got.Prev != "prev" || got.Session != "session" || got.Type != TypeEvent || !got.Recorded.Equal(when) || string(got.Body) != string(body) {
			t.Errorf("%s: %+v", b, got)
		}
		if string(want.Body) != string(got.Body) || want.Index != got.Index {
			t.Errorf("%+v, as JSON %+v", got, want)
		}
		_, _ = parseEntry(junk)
	})
}

// FuzzDiff applies the changes to the old value and must get the new one.
func FuzzDiff(f *testing.F) {
	f.Add(`{"a":1,"b":{"c":[1,2]}}`, `{"a":2,"b":{"d":null}}`)
	f.Add(`[1]`, `{}`)
	f.Add(`{"":{"~/":1}}`, `{"":{"~/":2}}`)
	f.Fuzz(func(t *testing.T, a, b string) {
		var before, after any
		if json.Unmarshal([]byte(a), &before) != nil || json.Unmarshal([]byte(b), &after) != nil || before == nil || after == nil {
			return
		}
		x, y := raw(before), raw(after)
		got := before
		for _, c := range diff(x, y) {
			got = apply(t, got, c)
		}
		if string(raw(got)) != string(y) {
			t.Errorf("%s to %s: %v gives %s", x, y, diff(x, y), raw(got))
		}
	})
}
