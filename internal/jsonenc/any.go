package jsonenc

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
)

// any writes a value that is not of one of slog's own kinds. What has a JSON form of its own is embedded; errors,
// TextMarshalers and Stringers are their text; all else is what encoding/json makes of it.
func (b *Buffer) any(v any) {
	switch v := v.(type) {
	case nil:
		b.B = append(b.B, "null"...)
	case json.RawMessage:
		b.bytes(v, json.Valid(v))
	case []byte:
		t := bytes.TrimLeft(v, " \t\r\n")
		b.bytes(v, len(t) > 0 && (t[0] == '{' || t[0] == '[') && json.Valid(v))
	case slog.Level:
		b.str(levelName(v))
	default:
		text, m := render(v)
		if m == nil {
			b.str(text)
			return
		}
		b.embed(m.buf.Bytes())
		m.free()
	}
}

// bytes writes JSON as what it is and other bytes in base64.
func (b *Buffer) bytes(p []byte, isJSON bool) {
	switch {
	case isJSON:
		b.embed(p)
	case p == nil:
		b.B = append(b.B, "null"...)
	default:
		mark := ""
		if limit := b.enc.MaxValue; base64.StdEncoding.EncodedLen(len(p)) > limit {
			mark = cutMark(len(p))
			p = p[:(limit-len(mark))/4*3]
			b.Notes.Values++
		}
		b.B = base64.StdEncoding.AppendEncode(append(b.B, '"'), p)
		b.B = append(append(b.B, mark...), '"')
	}
}

// A marshaler is a json.Encoder that leaves HTML alone, and what it writes to.
type marshaler struct {
	buf  bytes.Buffer
	json *json.Encoder
}

var marshalers = sync.Pool{New: func() any {
	m := &marshaler{}
	m.json = json.NewEncoder(&m.buf)
	m.json.SetEscapeHTML(false)
	return m
}}

func (m *marshaler) free() {
	if m.buf.Cap() <= maxPooled {
		m.buf.Reset()
		marshalers.Put(m)
	}
}

// render calls the methods of v. It returns the text of v, or its JSON in a marshaler, which the caller frees. A method
// that panics gives a text: "<nil>" for one that was called on a nil pointer.
func render(v any) (text string, m *marshaler) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		m = nil
		if rv := reflect.ValueOf(v); rv.Kind() == reflect.Pointer && rv.IsNil() {
			text = "<nil>"
		} else {
			text = fmt.Sprintf("!PANIC: %v", p)
		}
	}()
	switch v := v.(type) {
	case json.Marshaler:
	case error:
		return v.Error(), nil
	case encoding.TextMarshaler:
		t, err := v.MarshalText()
		if err != nil {
			return "!ERROR: " + err.Error(), nil
		}
		return string(t), nil
	case fmt.Stringer:
		return v.String(), nil
	}
	m = marshalers.Get().(*marshaler)
	if err := m.json.Encode(v); err != nil {
		m.free()
		return "!ERROR: " + err.Error(), nil
	}
	return "", m
}
