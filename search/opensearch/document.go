package opensearch

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/sluicelog/sluice/internal/fields"
)

// AppendLine appends a document, as package handler/opensearch makes it, as the JSON line that a record of it is searched as. The
// error says that it is no JSON object.
func AppendLine(dst, document []byte) ([]byte, error) { return appendLine(dst, document) }

// appendLine appends a document as the JSON line that it was made of: the same attributes under the language's names, time, level and
// message first, then as the document has them.
func appendLine(dst, source []byte) ([]byte, error) {
	root := &member{}
	for _, key := range []string{"time", "level", "msg"} {
		root.at(key)
	}
	d := json.NewDecoder(bytes.NewReader(source))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return dst, errors.New("opensearch: a document is no JSON object")
	}
	if err := root.read(d, ""); err != nil {
		return dst, errors.New("opensearch: a document is no JSON object")
	}
	return root.append(dst), nil
}

// member is a member of an object on its way to a line: an object, or a value.
type member struct {
	name    string
	value   json.RawMessage
	members []*member
}

func (m *member) at(name string) *member {
	for _, c := range m.members {
		if c.name == name {
			return c
		}
	}
	c := &member{name: name}
	m.members = append(m.members, c)
	return c
}

// read puts the members of the object that d is in where the line has them.
func (m *member) read(d *json.Decoder, prefix string) error {
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		key, _ := t.(string)
		path := prefix + key
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		if raw[0] == '{' && fields.KeyPath(path) == strings.TrimPrefix(path, fields.Attributes) {
			inner := json.NewDecoder(bytes.NewReader(raw))
			if _, err := inner.Token(); err != nil {
				return err
			}
			if inner.More() {
				if err := m.read(inner, path+"."); err != nil {
					return err
				}
				continue
			}
		}
		if path == severityNumber {
			continue
		}
		at := m
		for name := range strings.SplitSeq(fields.KeyPath(path), ".") {
			at = at.at(name)
		}
		at.value = raw
	}
	_, err := d.Token()
	return err
}

func (m *member) append(dst []byte) []byte {
	dst = append(dst, '{')
	first := len(dst)
	for _, c := range m.members {
		if c.value == nil && len(c.members) == 0 {
			continue
		}
		if len(dst) > first {
			dst = append(dst, ',')
		}
		name, _ := json.Marshal(c.name) // a string: cannot fail
		dst = append(append(dst, name...), ':')
		if c.value != nil {
			dst = append(dst, c.value...)
		} else {
			dst = c.append(dst)
		}
	}
	return append(dst, '}')
}
