package bootstrap

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Version is that of the templates: it grows when the mapping or the settings change.
const Version = 1

// maker is the mark of templates and policies that this package made.
const maker = "sluice"

// mark is the _meta of an index template.
type mark struct {
	ManagedBy string `json:"managed_by"`
	Version   int    `json:"version"`
	Hash      string `json:"hash"`
}

// templates are what a stream is made of.
type templates struct {
	name     string // of the index template; components are named after it
	pattern  string
	priority int
	settings object
}

func (t templates) mappingsName() string { return t.name + "-mappings" }
func (t templates) settingsName() string { return t.name + "-settings" }

func (b *Bootstrap) templates() templates {
	return templates{name: b.opts.Stream, pattern: b.opts.Stream, priority: b.opts.Priority, settings: settings(b.opts.Shards, b.opts.Replicas)}
}

func settings(shards int, replicas *int) object {
	s := object{
		"index.number_of_shards":           shards,
		"index.codec":                      "best_compression",
		"index.refresh_interval":           "500ms", // of OpenSearch's 1 s halves the time until a record is found
		"index.mapping.total_fields.limit": MaxFields,
		"index.mapping.ignore_malformed":   true,
		"index.query.default_field":        []string{"body", "attributes.exception.message"},
	}
	if replicas != nil {
		s["index.number_of_replicas"] = *replicas
	} else {
		s["index.auto_expand_replicas"] = "0-1"
	}
	return s
}

// components are the bodies of the two component templates.
func (t templates) components() (mapping, setting object) {
	meta := object{"managed_by": maker, "version": Version}
	return object{"version": Version, "_meta": meta, "template": object{"mappings": mappings()}},
		object{"version": Version, "_meta": meta, "template": object{"settings": t.settings}}
}

// index is the body of the index template.
func (t templates) index() object {
	return object{
		"index_patterns": []string{t.pattern}, "data_stream": object{}, "priority": t.priority, "version": Version,
		"composed_of": []string{t.mappingsName(), t.settingsName()},
		"_meta":       mark{ManagedBy: maker, Version: Version, Hash: t.hash()},
	}
}

// hash tells templates of other content apart.
func (t templates) hash() string {
	mapping, setting := t.components()
	sum := sha256.Sum256(encode([]any{t.pattern, t.priority, mapping, setting}))
	return hex.EncodeToString(sum[:8])
}

// encode writes what is made in this package, which always has a form in JSON.
func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("bootstrap: %v", err))
	}
	return text
}
