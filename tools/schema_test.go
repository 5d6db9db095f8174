package tools

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

func TestExamplesFollowThePublishedSchema(t *testing.T) {
	c := jsonschema.NewCompiler()
	schema, err := c.Compile("../schema.json")
	if err != nil {
		t.Fatal(err)
	}
	check := func(src []byte) error {
		var doc any
		if err := yaml.Unmarshal(src, &doc); err != nil {
			return err
		}
		text, err := json.Marshal(doc)
		if err != nil {
			return err
		}
		var v any
		if err := json.Unmarshal(text, &v); err != nil {
			return err
		}
		return schema.Validate(v)
	}
	src, err := os.ReadFile("../examples/environments/sluice.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := check(src); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"levle: info", "queue: {capacity: 0}", "queue: {overflow: drop}", "sinks: [{type: x}]", "sample: {rates: {info: 2}}"} {
		if check([]byte(wrong)) == nil {
			t.Errorf("the schema takes %s", wrong)
		}
	}
}
