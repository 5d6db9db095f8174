package freeze

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
)

// render returns what a json.Marshaler, encoding.TextMarshaler or fmt.Stringer says of itself, in this order (JSON as
// a json.RawMessage, the others as a string), and for any other value its JSON: exported fields, no locks.
func render(x any, p *plan) (out any) {
	defer func() {
		if r := recover(); r != nil {
			out = panicText(r)
		}
	}()
	switch {
	case p.json:
		return toJSON(x)
	case p.text:
		text, err := x.(encoding.TextMarshaler).MarshalText()
		if err != nil {
			return "!ERROR:" + err.Error()
		}
		return string(text)
	case p.stringer:
		return x.(fmt.Stringer).String()
	}
	return toJSON(x)
}

// toJSON returns the JSON of x, or, like slog, the text of the error.
func toJSON(x any) any {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(x); err != nil {
		return "!ERROR:" + err.Error()
	}
	return json.RawMessage(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// panicText is how log/slog shows a panic in a method of a value.
func panicText(r any) string { return fmt.Sprintf("!PANIC: %v", r) }
