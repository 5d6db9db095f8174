package entity

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/sluicelog/sluice/handler/mask/entity/internal/tag"
	"github.com/sluicelog/sluice/internal/maskederr"
)

// rendered is the masked form of a value: its JSON, and its text. Immutable, and printed the same by every encoder.
type rendered struct{ json, text string }

// MarshalJSON returns the JSON.
func (r rendered) MarshalJSON() ([]byte, error) { return []byte(r.json), nil }

// String returns the text.
func (r rendered) String() string { return r.text }

// any masks a value of KindAny. It is looked at as encoders print it: by its methods, as JSON, as text.
func (m *Masker) any(x any, key tag.Key, name string) (v slog.Value, changed bool) {
	if x == nil {
		return slog.Value{}, false
	}
	defer func() {
		// A method of the value panicked, or its owner changed it meanwhile.
		if recover() != nil {
			m.unseen.Add(1)
			v, changed = slog.StringValue(markUnknown), true
		}
	}()
	switch x := x.(type) {
	case error:
		return m.err(x, key)
	case json.RawMessage:
		return m.raw(x, key)
	case []byte:
		if !utf8.Valid(x) {
			return slog.Value{}, false
		}
		s, changed := m.text(string(x), key)
		return slog.StringValue(s), changed
	case rendered:
		return m.raw(json.RawMessage(x.json), key)
	}
	t := reflect.TypeOf(x)
	if m.plain.has(t) {
		return slog.Value{}, false
	}
	if t.Kind() == reflect.String && !t.Implements(jsonType) && !t.Implements(textType) && !t.Implements(stringerType) {
		s, changed := m.text(reflect.ValueOf(x).String(), key)
		return slog.StringValue(s), changed
	}
	return m.encoded(x, key, name)
}

// raw masks JSON, which may not be valid.
func (m *Masker) raw(b json.RawMessage, key tag.Key) (slog.Value, bool) {
	s := string(b)
	if !json.Valid(b) {
		s, changed := m.prose(s, key)
		return slog.StringValue(s), changed
	}
	out, changed := m.json(s, key)
	return slog.AnyValue(rendered{string(out), string(out)}), changed
}

// encoded masks a value by its JSON and its text.
func (m *Masker) encoded(x any, key tag.Key, name string) (slog.Value, bool) {
	text, textChanged := "", false
	switch s := x.(type) {
	case encoding.TextMarshaler:
		b, err := s.MarshalText()
		if err == nil {
			text, textChanged = m.text(string(b), key)
		}
	case fmt.Stringer:
		text, textChanged = m.text(s.String(), key)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(x); err != nil {
		// Encoders print the error, or %+v.
		text, textChanged = m.text(fmt.Sprintf("%+v", x), key)
		if e, changed := m.text(err.Error(), key); changed && !textChanged {
			text, textChanged = e, true
		}
		return slog.StringValue(text), textChanged
	}
	s := string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
	j := jsonWalk{m: m, s: s}
	j.value("", name, key)
	if !j.changed && !textChanged {
		return slog.Value{}, false
	}
	out := string(append(j.out, s[j.copied:]...))
	if text == "" {
		text = out
	}
	return slog.AnyValue(rendered{out, text}), true
}

// maxChain bounds how many errors of a chain are looked at.
const maxChain = 32

// err masks an error: its text and those of all that it wraps.
func (m *Masker) err(err error, key tag.Key) (slog.Value, bool) {
	if rv := reflect.ValueOf(err); rv.Kind() == reflect.Pointer && rv.IsNil() {
		return slog.Value{}, false
	}
	if key.Kind == tag.MachineKey {
		key = tag.Key{}
	}
	var chain []string
	name := fmt.Sprintf("%T", err)
	if done, ok := err.(*maskederr.Error); ok {
		chain, name = done.Chain(), done.TypeName()
	} else {
		chain = appendChain(nil, err)
	}
	some := false
	for i, s := range chain {
		var changed bool
		chain[i], changed = m.text(s, key)
		some = some || changed
	}
	if !some {
		return slog.Value{}, false
	}
	return slog.AnyValue(maskederr.New(name, chain)), true
}

func appendChain(chain []string, err error) []string {
	for ; err != nil && len(chain) < maxChain; err = errors.Unwrap(err) {
		chain = append(chain, err.Error())
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range many.Unwrap() {
				chain = appendChain(chain, e)
			}
			return chain
		}
	}
	return chain
}

var (
	jsonType     = reflect.TypeFor[json.Marshaler]()
	textType     = reflect.TypeFor[encoding.TextMarshaler]()
	stringerType = reflect.TypeFor[fmt.Stringer]()
)

// plainTypes remembers which types hold no text.
type plainTypes struct{ m sync.Map }

func (p *plainTypes) has(t reflect.Type) bool {
	if v, ok := p.m.Load(t); ok {
		return v.(bool)
	}
	v := textless(t, 0)
	p.m.Store(t, v)
	return v
}

// textless says whether values of a type are numbers, truth values and times alone.
func textless(t reflect.Type, depth int) bool {
	if t == reflect.TypeFor[time.Time]() || t == reflect.TypeFor[time.Duration]() {
		return true
	}
	if depth > 8 || t.Implements(jsonType) || t.Implements(textType) || t.Implements(stringerType) {
		return false
	}
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16,
		reflect.Uint32, reflect.Uint64, reflect.Uintptr, reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return textless(t.Elem(), depth+1)
	case reflect.Struct:
		for i := range t.NumField() {
			if !textless(t.Field(i).Type, depth+1) {
				return false
			}
		}
		return true
	}
	return false
}
