package bootstrap

import (
	"bytes"
	"encoding/json"
)

// Family is the pattern of the streams that Assets are for, and their names' beginning.
const (
	Family       = "logs-otel-v1"
	familyStream = Family + "-*"
)

// familyPriority is below that of the templates that EnsureTemplate makes, which then win.
const familyPriority = 200

// An Asset is a file for an administrator who makes by hand, for all streams of the family, what EnsureTemplate makes for one.
type Asset struct {
	Name string // path, with slashes
	Path string // the request's path, for a PUT
	Body []byte // JSON
}

// Assets lists, in the order in which they are put: templates, the retention policy (for clusters with Index State
// Management), roles (for those with the security plugin). They are the files under deploy/opensearch.
func Assets() []Asset {
	o := (&Options{}).withDefaults()
	t := templates{name: Family, pattern: familyStream, priority: familyPriority, settings: settings(o.Shards, o.Replicas)}
	mapping, setting := t.components()
	return []Asset{
		asset("component-template-mappings.json", "/_component_template/"+t.mappingsName(), mapping),
		asset("component-template-settings.json", "/_component_template/"+t.settingsName(), setting),
		asset("index-template.json", "/_index_template/"+t.name, t.index()),
		asset("retention-policy.json", policies+Family, policy(familyStream, o.Retention, o.Shards)),
		asset("role-writer.json", "/_plugins/_security/api/roles/sluice_writer", writerRole(familyStream)),
		asset("role-reader.json", "/_plugins/_security/api/roles/sluice_reader", readerRole(familyStream)),
		asset("role-eraser.json", "/_plugins/_security/api/roles/sluice_eraser", eraserRole(familyStream)),
		asset("role-maker.json", "/_plugins/_security/api/roles/sluice_maker", makerRole(familyStream)),
	}
}

func asset(name, path string, v any) Asset {
	var b bytes.Buffer
	// What encode writes is JSON.
	_ = json.Indent(&b, encode(v), "", "  ")
	b.WriteByte('\n')
	return Asset{Name: "opensearch/" + name, Path: path, Body: b.Bytes()}
}
