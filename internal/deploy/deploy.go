// Package deploy makes the files under deploy/ that are neither templates nor roles: saved objects of OpenSearch Dashboards,
// monitors, Grafana's provisioning, and configurations of log shippers. Every name of a field in them comes from package fields.
package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/sluicelog/sluice/internal/fields"
)

//go:generate go test . -run TestDeployHasWhatIsMade -update

// Pattern is the name of all streams of the family, as OpenSearch wants it.
const Pattern = "logs-otel-v1-*"

// Stream is the stream that shippers write to.
const Stream = "logs-otel-v1-default"

// A File is one file under deploy/.
type File struct {
	Name string // path under deploy/, with slashes
	Body []byte
}

// Files lists all files.
func Files() []File {
	files := []File{
		{"dashboards/sluice.ndjson", savedObjects()},
		{"grafana/provisioning/datasources/sluice.yaml", []byte(grafanaSource)},
		{"grafana/provisioning/dashboards/sluice.yaml", []byte(grafanaProvider)},
		{"grafana/dashboards/sluice.json", indent(grafanaDashboard())},
		{"shippers/vector.yaml", vector()},
		{"shippers/logstash.conf", logstash()},
		{"shippers/fluent-bit.yaml", fluentBit()},
		{"shippers/otel-collector.yaml", collector()},
	}
	for _, m := range monitors() {
		files = append(files, File{"monitors/" + m.id + ".json", indent(m.body())})
	}
	return files
}

// object is JSON.
type object = map[string]any

// at is where a document has a standard key.
func at(key string) string {
	if f := fields.ByKey(key); f != nil {
		return f.Document
	}
	for _, f := range fields.Extra {
		if f.Document == key || f.Document == fields.Attributes+key {
			return f.Document
		}
	}
	panic(fmt.Sprintf("deploy: %q is no standard key", key))
}

// encode makes JSON of what this package has made.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func indent(v any) []byte {
	var b bytes.Buffer
	_ = json.Indent(&b, encode(v), "", "  ") // it is JSON
	b.WriteByte('\n')
	return b.Bytes()
}
