package bootstrap

import (
	"strings"

	"github.com/sluicelog/sluice/internal/fields"
)

// MaxFields bounds the fields of an index, those of the table among them: each costs memory on every node.
const MaxFields = 1000

// maxKeyword is the length in characters from which a string is stored and not indexed.
const maxKeyword = 1024

// object is JSON.
type object = map[string]any

// mappings is the mapping of a document.
func mappings() object {
	properties := object{}
	for _, table := range [][]fields.Field{fields.Table, fields.Extra} {
		for _, f := range table {
			if f.Type == fields.Dynamic {
				continue
			}
			place(properties, f.Document, property(f))
			for _, alias := range f.Aliases {
				place(properties, alias, object{"type": "alias", "path": f.Document})
			}
		}
	}
	return object{
		"_meta":          object{"sluice_version": Version},
		"date_detection": false,
		"dynamic_templates": []object{
			{"stacktraces": object{"path_match": "*.stacktrace", "match_mapping_type": "string", "mapping": object{"type": "text"}}},
			{"strings": object{"match_mapping_type": "string", "mapping": keyword()}},
			// Not boolean: that type refuses a document with another word.
			{"booleans": object{"match_mapping_type": "boolean", "mapping": keyword()}},
			// Not long: a ratio whose first value is 1 would lose the fractions of the others.
			{"integers": object{"match_mapping_type": "long", "mapping": object{"type": "double"}}},
		},
		"properties": properties,
	}
}

func keyword() object { return object{"type": "keyword", "ignore_above": maxKeyword} }

func property(f fields.Field) object {
	p := object{"type": string(f.Type)}
	if f.Type != fields.Keyword {
		return p
	}
	p = keyword()
	if f.NoDoc {
		p["doc_values"] = false
	}
	return p
}

// place puts a property at its path.
func place(properties object, path string, p object) {
	first, rest, more := strings.Cut(path, ".")
	if !more {
		properties[first] = p
		return
	}
	below, ok := properties[first].(object)
	if !ok {
		below = object{"properties": object{}}
		properties[first] = below
	}
	place(below["properties"].(object), rest, p)
}
