package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Change is one difference between the old and the new value, an operation of a JSON Patch (RFC 6902) with the old value
// beside it. Path is a JSON Pointer (RFC 6901).
type Change struct {
	Op   string          `json:"op"` // add, remove or replace
	Path string          `json:"path"`
	Old  json.RawMessage `json:"old,omitempty"`
	New  json.RawMessage `json:"value,omitempty"`
}

// maxChanges bounds the list; past it one change replaces the whole.
const maxChanges = 1000

// diff compares two JSON values field by field. Arrays are compared as wholes.
func diff(before, after json.RawMessage) []Change {
	if len(before) == 0 && len(after) == 0 {
		return nil
	}
	var out []Change
	compare(&out, "", before, after, 0)
	if len(out) > maxChanges {
		return []Change{{"replace", "", before, after}}
	}
	return out
}

func compare(out *[]Change, path string, before, after json.RawMessage, depth int) {
	switch {
	case len(before) == 0 && len(after) == 0 || bytes.Equal(before, after):
		return
	case len(before) == 0:
		*out = append(*out, Change{Op: "add", Path: path, New: after})
		return
	case len(after) == 0:
		*out = append(*out, Change{Op: "remove", Path: path, Old: before})
		return
	}
	var a, b map[string]json.RawMessage
	if depth > 20 || json.Unmarshal(before, &a) != nil || json.Unmarshal(after, &b) != nil || a == nil || b == nil {
		*out = append(*out, Change{"replace", path, before, after})
		return
	}
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(keys)
	for _, k := range slices.Compact(keys) {
		compare(out, path+"/"+pointer.Replace(k), a[k], b[k], depth+1)
	}
}

var pointer = strings.NewReplacer("~", "~0", "/", "~1")

// raw encodes a value; what cannot be encoded is described and not lost.
func raw(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		b, _ = json.Marshal(fmt.Sprintf("!(%T: %v)", v, err))
	}
	return b
}
