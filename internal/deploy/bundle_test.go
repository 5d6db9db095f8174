package deploy_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/sluicelog/sluice/handler/opensearch/bootstrap"
	"github.com/sluicelog/sluice/internal/deploy"
)

type object = map[string]any

func file(t *testing.T, name string) []byte {
	t.Helper()
	for _, f := range deploy.Files() {
		if f.Name == name {
			return f.Body
		}
	}
	t.Fatalf("%s is not made", name)
	return nil
}

func decode[T any](t *testing.T, text []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
	return v
}

type saved struct {
	ID, Type   string
	Attributes object
	References []struct{ Name, Type, ID string }
}

func bundle(t *testing.T) []saved {
	t.Helper()
	var all []saved
	for line := range bytes.Lines(file(t, "dashboards/sluice.ndjson")) {
		all = append(all, decode[saved](t, line))
	}
	return all
}

// mapped is the type of a field of the index template, "" where documents cannot be grouped by it.
type mapped struct{ kind, aggregated string }

func mapping(t *testing.T) map[string]mapped {
	t.Helper()
	var component struct {
		Template struct {
			Mappings struct{ Properties map[string]json.RawMessage }
		}
	}
	component = decode[struct {
		Template struct {
			Mappings struct{ Properties map[string]json.RawMessage }
		}
	}](t, bootstrap.Assets()[0].Body)
	out := map[string]mapped{}
	var walk func(prefix string, properties map[string]json.RawMessage)
	walk = func(prefix string, properties map[string]json.RawMessage) {
		for name, text := range properties {
			p := decode[struct {
				Type       string
				DocValues  *bool `json:"doc_values"`
				Properties map[string]json.RawMessage
			}](t, text)
			walk(prefix+name+".", p.Properties)
			if p.Type == "" {
				continue
			}
			m := mapped{kind: p.Type}
			if slices.Contains([]string{"keyword", "long", "double", "byte", "date_nanos"}, p.Type) && (p.DocValues == nil || *p.DocValues) {
				m.aggregated = p.Type
			}
			out[prefix+name] = m
		}
	}
	walk("", component.Template.Mappings.Properties)
	return out
}

func TestEveryReferenceIsInTheBundle(t *testing.T) {
	all := bundle(t)
	there := map[string]bool{}
	for _, o := range all {
		key := o.Type + " " + o.ID
		if there[key] {
			t.Errorf("%s stands twice", key)
		}
		there[key] = true
	}
	names := regexp.MustCompile(`"(?:indexRefName|panelRefName)":"([^"]+)"`)
	for _, o := range all {
		wanted := map[string]bool{}
		for _, r := range o.References {
			if !there[r.Type+" "+r.ID] {
				t.Errorf("%s refers to %s %s, which is not in the bundle", o.ID, r.Type, r.ID)
			}
			wanted[r.Name] = true
		}
		text, _ := json.Marshal(o.Attributes)
		for _, m := range names.FindAllStringSubmatch(strings.ReplaceAll(string(text), `\"`, `"`), -1) {
			if !wanted[m[1]] {
				t.Errorf("%s uses the reference %s, which it does not have", o.ID, m[1])
			}
			delete(wanted, m[1])
		}
		for name := range wanted {
			t.Errorf("%s does not use its reference %s", o.ID, name)
		}
	}
	for _, want := range []string{"index-pattern", "search", "visualization", "dashboard"} {
		if !slices.ContainsFunc(all, func(o saved) bool { return o.Type == want }) {
			t.Errorf("the bundle has no %s", want)
		}
	}
}

// queried are the fields of a text in Lucene's syntax.
func queried(query string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`([@\w.]+):(\w[\w.]*)?`).FindAllStringSubmatch(query, -1) {
		if m[1] == "_exists_" {
			out = append(out, m[2])
			continue
		}
		out = append(out, m[1])
	}
	return out
}

// fieldsOf collects the fields that a decoded file names: those that it groups or computes by, and those that it only looks at.
func fieldsOf(v any, group, look func(string)) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			fieldsOf(e, group, look)
		}
	case object:
		for key, e := range v {
			text, isText := e.(string)
			switch {
			case isText && key == "field":
				group(text)
			case isText && key == "query":
				for _, f := range queried(text) {
					look(f)
				}
			case isText && (key == "timeField" || key == "timeFieldName"):
				group(text)
			case isText && strings.HasPrefix(text, "{"):
				var inner any
				if json.Unmarshal([]byte(text), &inner) == nil {
					fieldsOf(inner, group, look)
				}
			case key == "range":
				for f := range e.(object) {
					group(f)
				}
			case key == "columns":
				for _, f := range e.([]any) {
					look(f.(string))
				}
			case key == "sort":
				group(e.([]any)[0].([]any)[0].(string))
			default:
				fieldsOf(e, group, look)
			}
		}
	}
}

func TestEveryFieldIsInTheTemplateWithATypeThatDoesWhatIsAskedOfIt(t *testing.T) {
	fields := mapping(t)
	seen := 0
	for _, f := range deploy.Files() {
		var docs []any
		switch {
		case strings.HasSuffix(f.Name, ".ndjson"):
			for line := range bytes.Lines(f.Body) {
				docs = append(docs, decode[any](t, line))
			}
		case strings.HasSuffix(f.Name, ".json"):
			docs = append(docs, decode[any](t, f.Body))
		default:
			continue
		}
		fieldsOf(docs, func(name string) {
			seen++
			if fields[name].aggregated == "" {
				t.Errorf("%s groups or computes by %s, which the template has as %q", f.Name, name, fields[name].kind)
			}
		}, func(name string) {
			seen++
			if _, ok := fields[name]; !ok {
				t.Errorf("%s looks at %s, which the template does not have", f.Name, name)
			}
		})
	}
	if seen < 100 {
		t.Errorf("%d fields were looked at: this test sees nothing", seen)
	}
}

func TestShippersWriteIntoFieldsOfTheTemplate(t *testing.T) {
	fields := mapping(t)
	object := func(path string) bool { // an object above fields, such as attributes
		for name := range maps.Keys(fields) {
			if strings.HasPrefix(name, path+".") {
				return true
			}
		}
		return false
	}
	for name, targets := range map[string]*regexp.Regexp{
		"shippers/vector.yaml":         regexp.MustCompile(`doc\.([\w."@]+) = `),
		"shippers/logstash.conf":       regexp.MustCompile(`rename => \{ "[^"]+" => "([^"]+)"`),
		"shippers/fluent-bit.yaml":     regexp.MustCompile(`\{"[^"]+", "([^"]+)"\},`),
		"shippers/otel-collector.yaml": regexp.MustCompile(`to: '((?:resource|attributes)\["[^"]+"\])'`),
	} {
		found := targets.FindAllStringSubmatch(string(file(t, name)), -1)
		for _, m := range found {
			path := strings.Trim(strings.NewReplacer("][", ".", "[", ".", "]", "", `"`, "").Replace(m[1]), ".")
			if rest, ok := strings.CutPrefix(path, "resource."); ok && strings.Contains(name, "collector") {
				path = "resource.attributes." + rest
			}
			if _, ok := fields[path]; !ok && !object(strings.TrimSuffix(path, ".value")) { // the value of what is an object for others
				t.Errorf("%s writes %s, which the template does not have", name, path)
			}
		}
		if len(found) < 15 {
			t.Errorf("%s: %d moves found: this test sees nothing", name, len(found))
		}
	}
}

func TestYAMLIsYAML(t *testing.T) {
	n := 0
	for _, f := range deploy.Files() {
		if !strings.HasSuffix(f.Name, ".yaml") {
			continue
		}
		n++
		d := yaml.NewDecoder(bytes.NewReader(f.Body))
		var v object
		if err := d.Decode(&v); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		if err := d.Decode(&v); err != io.EOF {
			t.Errorf("%s: more than one document", f.Name)
		}
	}
	if n < 5 {
		t.Errorf("%d files of YAML", n)
	}
}

func TestBracesOfLogstashClose(t *testing.T) {
	text := string(file(t, "shippers/logstash.conf"))
	text = regexp.MustCompile(`#[^{\n]*\n`).ReplaceAllString(text, "\n")
	var open []rune
	quote := rune(0)
	for i, c := range text {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case strings.ContainsRune("{[", c):
			open = append(open, c)
		case strings.ContainsRune("}]", c):
			if len(open) == 0 || open[len(open)-1] != c-2 {
				t.Fatal(fmt.Sprintf("%q closes nothing: …%s", c, text[max(0, i-60):i+1]))
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) != 0 || quote != 0 {
		t.Errorf("left open: %q %q", string(open), quote)
	}
}
