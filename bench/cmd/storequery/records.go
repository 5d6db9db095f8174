package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// A maker makes lines of the stream, as slog's JSON handler writes them, into the records that they were. It is as sparing as a program is
// that logs: strings are pieces of the text, and groups lie in memory that reset gives to the next records.
type maker struct {
	text   string
	i      int
	stack  []slog.Attr // of the objects that are open
	groups []slog.Attr
}

// reset gives up the records that were made.
func (m *maker) reset() { m.groups = m.groups[:0] }

// record makes a line into a record.
func (m *maker) record(line string) (slog.Record, error) {
	m.text, m.i, m.stack = line, 0, m.stack[:0]
	if err := m.object(); err != nil || m.i != len(line) || len(m.stack) < 3 {
		return slog.Record{}, fmt.Errorf("the stream is not that of the generator: byte %d: %w: %s", m.i, err, line)
	}
	at, err := time.Parse(time.RFC3339Nano, m.stack[0].Value.String())
	if err != nil {
		return slog.Record{}, err
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(m.stack[1].Value.String())); err != nil {
		return slog.Record{}, err
	}
	r := slog.NewRecord(at, level, m.stack[2].Value.String(), 0)
	r.AddAttrs(m.stack[3:]...)
	return r, nil
}

// next says whether the next byte is c, and passes it.
func (m *maker) next(c byte) bool {
	if m.i < len(m.text) && m.text[m.i] == c {
		m.i++
		return true
	}
	return false
}

// object puts the members of an object on the stack.
func (m *maker) object() error {
	if !m.next('{') {
		return fmt.Errorf("want an object")
	}
	for {
		key, err := m.str()
		if err != nil || !m.next(':') {
			return fmt.Errorf("want a member: %w", err)
		}
		v, err := m.value()
		if err != nil {
			return err
		}
		m.stack = append(m.stack, slog.Attr{Key: key, Value: v})
		if m.next('}') {
			return nil
		}
		if !m.next(',') {
			return fmt.Errorf("want a comma")
		}
	}
}

func (m *maker) value() (slog.Value, error) {
	if m.i >= len(m.text) {
		return slog.Value{}, fmt.Errorf("want a value")
	}
	switch m.text[m.i] {
	case '"':
		s, err := m.str()
		return slog.StringValue(s), err
	case '{':
		from := len(m.stack)
		if err := m.object(); err != nil {
			return slog.Value{}, err
		}
		at := len(m.groups)
		m.groups = append(m.groups, m.stack[from:]...)
		m.stack = m.stack[:from]
		return slog.GroupValue(m.groups[at:len(m.groups):len(m.groups)]...), nil
	}
	n := strings.IndexAny(m.text[m.i:], ",}")
	word := m.text[m.i : m.i+max(n, 0)]
	m.i += len(word)
	if b, err := strconv.ParseBool(word); err == nil && word[0] > '9' {
		return slog.BoolValue(b), nil
	}
	if i, err := strconv.ParseInt(word, 10, 64); err == nil && word != "-0" { // which is a float64's
		return slog.Int64Value(i), nil
	}
	f, err := strconv.ParseFloat(word, 64)
	return slog.Float64Value(f), err
}

func (m *maker) str() (string, error) {
	if !m.next('"') {
		return "", fmt.Errorf("want a string")
	}
	start := m.i
	for ; m.i < len(m.text); m.i++ {
		switch m.text[m.i] {
		case '\\':
			m.i++
		case '"':
			m.i++
			if s := m.text[start : m.i-1]; strings.IndexByte(s, '\\') < 0 {
				return s, nil
			}
			var s string
			err := json.Unmarshal([]byte(m.text[start-1:m.i]), &s)
			return s, err
		}
	}
	return "", fmt.Errorf("want a quote")
}
