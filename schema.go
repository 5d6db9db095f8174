package sluice

import (
	_ "embed"

	"github.com/sluicelog/sluice/internal/conf"
)

// Schema is the JSON schema of the configuration file (schema.json).
//
//go:embed schema.json
var Schema []byte

// schemaOf returns the schema as the types of this version have it; a test holds schema.json to it.
func schemaOf() map[string]any {
	overlay := conf.TypeSchema(Config{})
	return conf.Schema(Config{}, "https://github.com/sluicelog/sluice/schema.json", "Sluice configuration", map[string]any{
		"file_format":  map[string]any{"const": fileFormat, "description": "format of this file"},
		"environments": map[string]any{"type": "object", "additionalProperties": overlay, "description": "overlays by environment name"},
	})
}
