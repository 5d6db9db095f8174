package jsonenc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
)

// encode returns the line of a record without time.
func encode(c Config, root chain.Root, with func(*Encoder) *With, attrs ...slog.Attr) (string, Notes) {
	e := New(c)
	var w *With
	if with != nil {
		w = with(e)
	}
	r := slog.NewRecord(time.Time{}, slog.LevelInfo, "m", 0)
	r.AddAttrs(attrs...)
	b := NewBuffer()
	defer b.Free()
	e.Append(b, &r, &root, w)
	return string(b.B), b.Notes
}

// encodeAttrs returns what encode writes after the message, as an object.
func encodeAttrs(c Config, attrs ...slog.Attr) (string, Notes) {
	line, notes := encode(c, chain.Root{}, nil, attrs...)
	rest, ok := bytes.CutPrefix([]byte(line), []byte(`{"level":"INFO","msg":"m"`))
	if !ok {
		return line, notes
	}
	return "{" + string(bytes.TrimPrefix(rest, []byte(","))), notes
}

// checkLine fails unless line is one line of valid JSON, an object in which, at any depth, no key is there twice.
func checkLine(t testing.TB, line []byte) {
	t.Helper()
	if !json.Valid(line) {
		t.Fatalf("not valid JSON: %.2000q", line)
	}
	if bytes.ContainsAny(line, "\n\r\u2028\u2029") || !bytes.Equal(line, bytes.ToValidUTF8(line, nil)) {
		t.Fatalf("not one line of UTF-8: %.2000q", line)
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if err := uniqueKeys(d); err != nil {
		t.Fatalf("%v in %.2000q", err, line)
	}
}

func uniqueKeys(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	open, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			token, err := d.Token()
			if err != nil {
				return err
			}
			key := token.(string)
			if seen[key] {
				return fmt.Errorf("key %q twice", key)
			}
			if key == "" || key[0] == '.' || key[len(key)-1] == '.' {
				return fmt.Errorf("key %q", key)
			}
			seen[key] = true
		}
		if err := uniqueKeys(d); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
