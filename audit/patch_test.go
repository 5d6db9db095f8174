package audit

import (
	"encoding/json"
	"strings"
	"testing"
)

// apply applies one operation of a JSON Patch.
func apply(t *testing.T, doc any, c Change) any {
	t.Helper()
	var v any
	if len(c.New) > 0 {
		if err := json.Unmarshal(c.New, &v); err != nil {
			t.Fatal(err)
		}
	}
	if c.Path == "" {
		return v
	}
	at, _ := doc.(map[string]any)
	keys := strings.Split(c.Path[1:], "/")
	for i, k := range keys {
		k = strings.NewReplacer("~1", "/", "~0", "~").Replace(k)
		_, there := at[k]
		if at == nil || i == len(keys)-1 && there == (c.Op == "add") {
			t.Fatalf("%s %s does not apply to %v", c.Op, c.Path, doc)
		}
		switch {
		case i < len(keys)-1:
			at, _ = at[k].(map[string]any)
		case c.Op == "remove":
			delete(at, k)
		default:
			at[k] = v
		}
	}
	return doc
}
