// Package rescue gives a document that an index refuses another form in which the index takes it.
//
// An index refuses a document whose attribute has another type there than in documents before, or which would be one field
// too many. Then what is not among the standard fields moves to a field whose keys are values and not fields of the
// mapping. The document stays whole, and can be found by it.
package rescue

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/sluicelog/sluice/internal/fields"
)

// maxTerm bounds a string under the moved field: a node refuses more than 32,766 bytes of path and value together. A longer
// string becomes a list of pieces.
const maxTerm = 16 << 10

// maxKey bounds a key for the same reason; the rest of a longer one is cut off, and the key is kept whole beside the value.
const maxKey = 1 << 10

// attributes is the object that documents keep attributes in.
var attributes = strings.TrimSuffix(fields.Attributes, ".")

// Document returns the other form of a document in JSON. Attributes outside the standard ones, and standard ones that are
// not scalars, move from attributes to fields.Unmapped; what is there already stays. The error says that the document is no JSON object.
func Document(doc []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var root map[string]any
	if err := d.Decode(&root); err != nil {
		return nil, fmt.Errorf("rescue: document: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) || root == nil {
		return nil, errors.New("rescue: document: want one JSON object")
	}
	attrs, ok := root[attributes].(map[string]any)
	if !ok {
		attrs = map[string]any{}
		if v, ok := root[attributes]; ok {
			attrs[attributes] = v
		}
	}
	moved, _ := root[fields.Unmapped].(map[string]any)
	if moved == nil {
		moved = map[string]any{}
	}
	split(attrs, moved, fields.Attributes)
	delete(root, attributes)
	if len(attrs) > 0 {
		root[attributes] = attrs
	}
	if len(moved) > 0 {
		root[fields.Unmapped] = fit(moved)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(root); err != nil {
		return nil, fmt.Errorf("rescue: document: %w", err)
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

// split moves from attrs, which lies at prefix, what is not standard.
func split(attrs, moved map[string]any, prefix string) {
	for k, v := range attrs {
		path := prefix + k
		if standard(path, v) {
			continue
		}
		below, ok := v.(map[string]any)
		if ok && leads(path) {
			rest := map[string]any{}
			split(below, rest, path+".")
			if len(rest) > 0 {
				moved[k] = rest
			}
			if len(below) > 0 {
				continue
			}
		} else {
			moved[k] = v
		}
		delete(attrs, k)
	}
}

// standard says that the mapping has a type for the path which takes the value.
func standard(path string, v any) bool {
	f := fields.ByKey(fields.KeyPath(path))
	if f == nil || f.Document != path {
		return false
	}
	if _, object := v.(map[string]any); object {
		return f.Type == fields.Flat
	}
	switch v.(type) {
	case []any:
		return false
	}
	return f.Type != fields.Flat && f.Type != fields.Object && f.Type != fields.Dynamic && !(f.Type == fields.DateNanos && !isTime(v))
}

func isTime(v any) bool {
	s, ok := v.(string)
	return ok && len(s) >= len("2006-01-02T15:04:05Z") && s[4] == '-'
}

// leads says that the path is above a standard field.
func leads(path string) bool {
	for _, f := range fields.Table {
		if strings.HasPrefix(f.Document, path+".") {
			return true
		}
	}
	return false
}

// fit makes strings and keys no longer than a node takes.
func fit(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			e = fit(e)
			if len(k) > maxKey {
				delete(v, k)
				k, e = cut(k, maxKey), map[string]any{"key": fit(k), "value": e}
			}
			v[k] = e
		}
		return v
	case []any:
		for i, e := range v {
			v[i] = fit(e)
		}
		return v
	case string:
		if len(v) <= maxTerm {
			return v
		}
		var pieces []any
		for len(v) > 0 {
			piece := cut(v, maxTerm)
			pieces, v = append(pieces, piece), v[len(piece):]
		}
		return pieces
	}
	return v
}

// cut is the beginning of s, of at most n bytes, that ends with a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 1 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
