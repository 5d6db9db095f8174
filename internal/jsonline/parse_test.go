package jsonline

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/handler/jsonl"
)

// again writes the record as the JSON sink does.
func again(t *testing.T, r slog.Record) string {
	t.Helper()
	var buf bytes.Buffer
	if err := jsonl.NewHandler(&buf, &jsonl.Options{Level: slog.Level(-100)}).Handle(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSuffix(buf.Bytes(), []byte("\n")))
}

func TestALineOfSlogComesBackByteForByte(t *testing.T) {
	for _, line := range []string{
		`{"time":"2026-03-02T08:00:00.123456789Z","level":"INFO","msg":"stage completed","n":1,"f":1.5,"s":"x","b":true,"z":null}`,
		`{"time":"2026-03-02T08:00:00+02:00","level":"ERROR","msg":"m","g":{"a":1,"h":{"b":[1,{"c":2}]}},"e":{},"l":[]}`,
		`{"level":"DEBUG","msg":"","big":18446744073709551615,"neg":-9223372036854775808,"huge":123456789012345678901234567890,"exp":1e400,"money":2597.70}`,
		`{"level":"CRITICAL","msg":"unicode Łukasz ☃","esc":"a\"b\\c\nd"}`,
		`{"level":"INFO+2","msg":"between"}`,
	} {
		r, ok := Parse([]byte(line))
		if !ok {
			t.Fatalf("%s was not taken for an object", line)
		}
		if diff := cmp.Diff(line, again(t, r)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestOtherSpellingsAreUnderstood(t *testing.T) {
	for _, tc := range []struct {
		line string
		at   time.Time
		lvl  slog.Level
		msg  string
		rest int
	}{
		{`{"ts":1700000000.25,"level":"warn","message":"zap"}`, time.Unix(1700000000, 25e7), slog.LevelWarn, "zap", 0},
		{`{"timestamp":1700000000123,"severity":"notice","msg":"x"}`, time.UnixMilli(1700000000123), slog.LevelInfo + 2, "x", 0},
		{`{"@timestamp":"2023-11-14T22:13:20Z","lvl":"fatal","msg":"x"}`, time.Unix(1700000000, 0), slog.LevelError + 4, "x", 0},
		{`{"time":1700000000123456789,"level":30,"msg":"pino"}`, time.Unix(0, 1700000000123456789), slog.LevelInfo, "pino", 1},
		{`{"time":"yesterday","level":"loud","msg":5,"message":"m"}`, time.Time{}, slog.LevelInfo, "m", 3},
		{`{}`, time.Time{}, slog.LevelInfo, "", 0},
	} {
		r, ok := Parse([]byte(tc.line))
		if !ok || !r.Time.Equal(tc.at) || r.Level != tc.lvl || r.Message != tc.msg || r.NumAttrs() != tc.rest {
			t.Errorf("%s: ok %v, %v %v %q, %d attributes", tc.line, ok, r.Time, r.Level, r.Message, r.NumAttrs())
		}
	}
}

func TestWhatIsNoObjectIsTheMessage(t *testing.T) {
	for _, line := range []string{"", "plain text", `{"a":1`, `{"a":1} trailing`, `[1]`, `"text"`, "{\"a\":\"\xff\"}", `{a:1}`, `{"a":1}{"b":2}`} {
		r, ok := Parse([]byte(line))
		if ok || r.Message != line || r.NumAttrs() != 0 {
			t.Errorf("%q: ok %v, message %q", line, ok, r.Message)
		}
	}
}

func FuzzParseLosesNothing(f *testing.F) {
	f.Add([]byte(`{"time":"2026-03-02T08:00:00Z","msg":"m","g":{"":{"a":[1e5]}},"level":"x"}`))
	f.Add([]byte(`text`))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, ok := Parse(line)
		if !ok {
			if r.Message != string(line) {
				t.Errorf("message = %q, want the line %q", r.Message, line)
			}
			return
		}
		if !json.Valid(line) {
			t.Errorf("%q was taken for an object", line)
		}
	})
}
