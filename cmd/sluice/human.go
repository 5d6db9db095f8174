package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sluicelog/sluice/internal/terminal"
	"github.com/sluicelog/sluice/search"
)

// Escape sequences of a terminal (ECMA-48, SGR).
const (
	sgrReset  = "\x1b[0m"
	sgrDim    = "\x1b[2m"
	sgrBold   = "\x1b[1m"
	sgrRed    = "\x1b[31m"
	sgrYellow = "\x1b[33m"
	sgrGreen  = "\x1b[32m"
)

// humanLine writes records for people: time, level, message, attributes. What a record holds never reaches the terminal as a
// control character.
type humanLine struct {
	colour bool
	buf    bytes.Buffer
}

// line returns a line that is valid until the next one.
func (h *humanLine) line(hit *search.Hit) []byte {
	h.buf.Reset()
	members, ok := orderedMembers(hit.Line)
	if !ok {
		h.text(string(hit.Line))
		return h.buf.Bytes()
	}
	take := func(key string) string {
		i := slices.IndexFunc(members, func(m member) bool { return m.key == key })
		if i < 0 {
			return ""
		}
		v := members[i].text()
		members = slices.Delete(members, i, i+1)
		return v
	}
	at, level, msg := take("time"), take("level"), take("msg")
	if !hit.Time.IsZero() {
		at = hit.Time.Format("2006-01-02 15:04:05.000")
	}
	h.styled(sgrDim, at)
	h.buf.WriteByte(' ')
	switch {
	case strings.HasPrefix(level, "ERR"), strings.HasPrefix(level, "CRIT"), strings.HasPrefix(level, "FATAL"):
		h.styled(sgrRed, level)
	case strings.HasPrefix(level, "WARN"):
		h.styled(sgrYellow, level)
	case strings.HasPrefix(level, "INFO"):
		h.styled(sgrGreen, level)
	default:
		h.styled(sgrDim, level)
	}
	if n := len("DEBUG") - utf8.RuneCountInString(level); n > 0 {
		h.buf.WriteString(strings.Repeat(" ", n))
	}
	h.buf.WriteByte(' ')
	h.styled(sgrBold, msg)
	for _, m := range members {
		h.members(m.key, m.value)
	}
	return h.buf.Bytes()
}

func (h *humanLine) styled(style, s string) {
	if h.colour && s != "" {
		h.buf.WriteString(style)
		defer h.buf.WriteString(sgrReset)
	}
	h.text(s)
}

// text writes s without what a terminal obeys.
func (h *humanLine) text(s string) { h.buf.WriteString(terminal.Clean(s, `\n`)) }

// members writes a value as key=value, groups by their members.
func (h *humanLine) members(path string, value json.RawMessage) {
	if inner, ok := orderedMembers(value); ok && len(inner) > 0 {
		for _, m := range inner {
			h.members(path+"."+m.key, m.value)
		}
		return
	}
	h.buf.WriteByte(' ')
	h.styled(sgrDim, path+"=")
	v := member{value: value}.text()
	if v == "" || strings.ContainsAny(v, " \t\n\"=") {
		quoted, err := json.Marshal(v)
		if err == nil {
			v = string(quoted)
		}
	}
	h.text(v)
}

// member is one of a JSON object.
type member struct {
	key   string
	value json.RawMessage
}

// text returns a string's content, and the JSON text of any other value.
func (m member) text() string {
	var s string
	if len(m.value) > 0 && m.value[0] == '"' && json.Unmarshal(m.value, &s) == nil {
		return s
	}
	return string(m.value)
}

// orderedMembers returns the members of a JSON object in their order.
func orderedMembers(line []byte) (members []member, ok bool) {
	d := json.NewDecoder(bytes.NewReader(line))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, false
		}
		m := member{key: key.(string)}
		if err := d.Decode(&m.value); err != nil {
			return nil, false
		}
		members = append(members, m)
	}
	return members, true
}
