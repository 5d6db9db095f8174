package conf

import (
	"reflect"
	"strconv"
)

// Schema describes the struct type of v as a JSON schema (draft 2020-12). Every scalar may also be a string with ${…}
// references, which are expanded before the value is read. extra are further properties of the root.
func Schema(v any, id, title string, extra map[string]any) map[string]any {
	t := reflect.TypeOf(v)
	s := schema(t, tags{})
	s["$schema"], s["$id"], s["title"] = "https://json-schema.org/draft/2020-12/schema", id, title
	props := s["properties"].(map[string]any)
	for k, x := range extra {
		props[k] = x
	}
	return s
}

// reference matches a string with a ${…} reference in it.
var reference = map[string]any{"type": "string", "pattern": `\$\{`}

// TypeSchema describes the type of v, for a property that Schema adds.
func TypeSchema(v any) map[string]any { return schema(reflect.TypeOf(v), tags{}) }

func schema(t reflect.Type, tg tags) map[string]any {
	s := map[string]any{}
	switch {
	case t.Kind() == reflect.Pointer:
		return schema(t.Elem(), tg)
	case t == durationType:
		s["type"], s["pattern"] = "string", `^[-+]?(0|[0-9]+d|([0-9.]+(ns|us|µs|ms|s|m|h))+)$|\$\{`
	case t == sizeType:
		s["type"], s["pattern"] = []any{"integer", "string"}, `^[0-9.]+ *([kKmMgGtT]?([iI]?[bB])?)$|\$\{`
	case t.Kind() == reflect.Struct:
		props := map[string]any{}
		for f, tg := range fields(t) {
			props[tg.name] = schema(f.Type, tg)
		}
		s["type"], s["properties"], s["additionalProperties"] = []any{"object", "null"}, props, false
	case t.Kind() == reflect.Map:
		s["type"], s["additionalProperties"] = "object", schema(t.Elem(), tags{enum: tg.enum, min: tg.min, max: tg.max})
	case t.Kind() == reflect.Slice:
		s["type"], s["items"] = "array", schema(t.Elem(), tags{enum: tg.enum, min: tg.min, max: tg.max})
	default:
		s = scalarSchema(t, tg)
	}
	if tg.doc != "" {
		s["description"] = tg.doc
	}
	return s
}

func scalarSchema(t reflect.Type, tg tags) map[string]any {
	s := map[string]any{}
	switch t.Kind() {
	case reflect.Bool:
		s["type"] = "boolean"
	case reflect.Int, reflect.Int64:
		s["type"] = "integer"
	case reflect.Float64:
		s["type"] = "number"
	default:
		s["type"] = []any{"string", "number", "boolean"}
	}
	if len(tg.enum) > 0 {
		s["enum"] = tg.enum
		delete(s, "type")
	}
	if n, err := strconv.ParseFloat(tg.min, 64); err == nil {
		s["minimum"] = n
	}
	if n, err := strconv.ParseFloat(tg.max, 64); err == nil {
		s["maximum"] = n
	}
	if t.Kind() == reflect.String && len(tg.enum) == 0 {
		return s
	}
	return map[string]any{"anyOf": []any{s, reference}}
}
