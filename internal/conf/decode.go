package conf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Document is a parsed YAML file whose root is a mapping.
type Document struct {
	root  *yaml.Node
	taken []string // keys that Take and TakeScalar were asked for
}

// Parse reads one YAML document. An empty file is an empty mapping.
func Parse(src []byte) (*Document, error) {
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var n, more yaml.Node
	if err := dec.Decode(&n); err != nil {
		if errors.Is(err, io.EOF) {
			return &Document{root: &yaml.Node{Kind: yaml.MappingNode}}, nil
		}
		return nil, syntaxError(err)
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, &Error{Line: max(more.Line, 1), Column: 1, Want: "one YAML document"}
	}
	root := n.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		root = &yaml.Node{Kind: yaml.MappingNode}
	}
	if root.Kind != yaml.MappingNode {
		return nil, &Error{Line: root.Line, Column: root.Column, Want: "a mapping of keys to values"}
	}
	return &Document{root: root}, nil
}

// syntaxError takes the line out of the text of the library's error, the only place where it tells it.
func syntaxError(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		if num, msg, ok := strings.Cut(rest, ": "); ok {
			if line, aerr := strconv.Atoi(num); aerr == nil {
				return &Error{Line: line, Column: 1, Want: "valid YAML (" + msg + ")"}
			}
		}
	}
	return &Error{Line: 1, Column: 1, Want: "valid YAML (" + text + ")"}
}

// Take removes the mapping under key of the root and returns it as a document of its own, nil if there is none.
func (d *Document) Take(key string) (*Document, error) {
	d.taken = append(d.taken, key)
	for i := 0; i+1 < len(d.root.Content); i += 2 {
		if d.root.Content[i].Value != key {
			continue
		}
		v := d.root.Content[i+1]
		d.root.Content = slices.Delete(d.root.Content, i, i+2)
		if v.Kind != yaml.MappingNode {
			return nil, &Error{Line: v.Line, Column: v.Column, Field: key, Want: "a mapping"}
		}
		return &Document{root: v}, nil
	}
	return nil, nil
}

// TakeScalar removes the scalar under key of the root and returns its text and place, "" if there is none.
func (d *Document) TakeScalar(key string) (string, Position, error) {
	d.taken = append(d.taken, key)
	for i := 0; i+1 < len(d.root.Content); i += 2 {
		if d.root.Content[i].Value != key {
			continue
		}
		v := d.root.Content[i+1]
		d.root.Content = slices.Delete(d.root.Content, i, i+2)
		if v.Kind != yaml.ScalarNode {
			return "", Position{}, &Error{Line: v.Line, Column: v.Column, Field: key, Want: "a single value"}
		}
		return v.Value, Position{v.Line, v.Column}, nil
	}
	return "", Position{}, nil
}

// Keys are the keys of the root mapping.
func (d *Document) Keys() []string {
	var keys []string
	for i := 0; i+1 < len(d.root.Content); i += 2 {
		keys = append(keys, d.root.Content[i].Value)
	}
	return keys
}

// Decode sets the fields of the struct that into points to from the document, keeping what the document does not name:
// mappings are merged, lists and scalars replaced. lookup gives the values of environment variables. It returns where each
// field stands, and all errors joined, each an *Error.
func (d *Document) Decode(into any, lookup func(string) (string, bool)) (Positions, error) {
	dec := decoder{at: Positions{}, lookup: lookup, root: d.taken}
	dec.value(d.root, reflect.ValueOf(into).Elem(), "", tags{})
	return dec.at, errors.Join(dec.errs...)
}

type decoder struct {
	at     Positions
	lookup func(string) (string, bool)
	root   []string // further keys of the root
	errs   []error
	depth  int
}

func (d *decoder) fail(n *yaml.Node, path, value, want string) {
	d.errs = append(d.errs, &Error{Line: n.Line, Column: n.Column, Field: path, Value: value, Want: want})
}

// maxDepth ends alias cycles and nesting that no configuration has.
const maxDepth = 32

var (
	durationType = reflect.TypeFor[time.Duration]()
	sizeType     = reflect.TypeFor[Size]()
	secretType   = reflect.TypeFor[Secret]()
)

func (d *decoder) value(n *yaml.Node, v reflect.Value, path string, tg tags) {
	if d.depth++; d.depth > maxDepth {
		d.fail(n, path, "", fmt.Sprintf("at most %d levels of nesting", maxDepth))
		return
	}
	defer func() { d.depth-- }()
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if path != "" {
		d.at[path] = Position{n.Line, n.Column}
	}
	if v.Kind() == reflect.Pointer {
		if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
			return
		}
		own := reflect.New(v.Type().Elem()) // what v points to may be shared: a preset, another copy
		if !v.IsNil() {
			own.Elem().Set(v.Elem())
		}
		v.Set(own)
		d.value(n, own.Elem(), path, tg)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.mapping(n, path, func(key, val *yaml.Node) { d.field(key, val, v, path) })
	case reflect.Map:
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		} else { // a preset's map is not ours to write to
			v.Set(cloneMap(v))
		}
		d.mapping(n, path, func(key, val *yaml.Node) {
			el := reflect.New(v.Type().Elem()).Elem()
			d.value(val, el, join(path, key.Value), tg)
			v.SetMapIndex(reflect.ValueOf(key.Value), el)
		})
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			d.fail(n, path, "", "a list")
			return
		}
		out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
		for i, c := range n.Content {
			d.value(c, out.Index(i), fmt.Sprintf("%s[%d]", path, i), tg)
		}
		v.Set(out)
	default:
		d.scalar(n, v, path)
	}
}

func (d *decoder) mapping(n *yaml.Node, path string, each func(key, val *yaml.Node)) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode {
		d.fail(n, path, "", "a mapping of keys to values")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if seen[k.Value] {
			d.fail(k, join(path, k.Value), "", "the key once")
			continue
		}
		seen[k.Value] = true
		each(k, n.Content[i+1])
	}
}

func (d *decoder) field(key, val *yaml.Node, v reflect.Value, path string) {
	names := []string{}
	for f, tg := range fields(v.Type()) {
		if tg.name == key.Value {
			d.value(val, v.FieldByIndex(f.Index), join(path, tg.name), tg)
			return
		}
		names = append(names, tg.name)
	}
	if path == "" {
		names = append(names, d.root...)
	}
	want := "one of the keys " + strings.Join(names, ", ")
	if near := Nearest(key.Value, names); near != "" {
		want = fmt.Sprintf("%s (the keys here are %s)", near, strings.Join(names, ", "))
	}
	d.fail(key, path, key.Value, want)
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.ScalarNode {
		d.fail(n, path, "", wantOf(v.Type()))
		return
	}
	text, err := Expand(n.Value, d.lookup)
	if err != nil {
		d.fail(n, path, "", "a value with complete ${env:NAME:-default} references; found "+err.Error())
		return
	}
	if err := setScalar(v, text); err != nil {
		if v.Type() == secretType {
			text = ""
		}
		d.fail(n, path, text, wantOf(v.Type()))
	}
}

func setScalar(v reflect.Value, text string) error {
	switch {
	case v.Type() == durationType:
		dur, err := ParseDuration(text)
		if err == nil {
			v.SetInt(int64(dur))
		}
		return err
	case v.Type() == sizeType:
		s, err := ParseSize(text)
		if err == nil {
			v.SetInt(int64(s))
		}
		return err
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
		return nil
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err == nil {
			v.SetBool(b)
		}
		return err
	case reflect.Int, reflect.Int64:
		i, err := strconv.ParseInt(text, 10, 64)
		if err == nil {
			v.SetInt(i)
		}
		return err
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err == nil && f != f {
			return strconv.ErrRange
		}
		if err == nil {
			v.SetFloat(f)
		}
		return err
	}
	return fmt.Errorf("unsupported type %s", v.Type())
}

func wantOf(t reflect.Type) string {
	switch {
	case t == durationType:
		return "a duration such as 500ms, 10s, 24h, 30d"
	case t == sizeType:
		return "a size in bytes such as 65536, 64KiB, 100MB"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		return "a whole number"
	case t.Kind() == reflect.Float64:
		return "a number"
	}
	return "a single value"
}

func cloneMap(v reflect.Value) reflect.Value {
	c := reflect.MakeMapWithSize(v.Type(), v.Len())
	for it := v.MapRange(); it.Next(); {
		c.SetMapIndex(it.Key(), it.Value())
	}
	return c
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
