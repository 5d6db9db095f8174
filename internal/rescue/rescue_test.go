package rescue_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluicelog/sluice/internal/rescue"
)

func TestStandardFieldsStayAndTheRestMoves(t *testing.T) {
	long := strings.Repeat("é", 9<<10)
	for _, tc := range []struct{ name, doc, want string }{
		{"no attributes", `{"@timestamp":"t","body":"b"}`, `{"@timestamp":"t","body":"b"}`},
		{"standard alone", `{"attributes":{"request_id":"r","duration_ms":1.5}}`, `{"attributes":{"request_id":"r","duration_ms":1.5}}`},
		{"others", `{"body":"b","attributes":{"request_id":"r","http":"x","n":1}}`, `{"body":"b","attributes":{"request_id":"r"},"unmapped":{"http":"x","n":1}}`},
		{"below a standard group", `{"attributes":{"error":{"fingerprint":"f","code":7},"code":{"function":{"name":"f"}}}}`,
			`{"attributes":{"error":{"fingerprint":"f"},"code":{"function":{"name":"f"}}},"unmapped":{"error":{"code":7}}}`},
		{"a group where a value is standard", `{"attributes":{"operation":{"a":1},"count":[1,"x"]}}`, `{"unmapped":{"operation":{"a":1},"count":[1,"x"]}}`},
		{"a value where a group is standard", `{"attributes":{"error":"text","audit":{"old":"was","new":{"a":1}}}}`,
			`{"attributes":{"audit":{"new":{"a":1}}},"unmapped":{"error":"text","audit":{"old":"was"}}}`},
		{"a dotted key", `{"attributes":{"exception.type":"T","x.y":1}}`, `{"attributes":{"exception.type":"T"},"unmapped":{"x.y":1}}`},
		{"numbers keep their digits", `{"attributes":{"n":12345678901234567890,"f":1.10}}`, `{"unmapped":{"n":12345678901234567890,"f":1.10}}`},
		{"moved before", `{"unmapped":{"a":1},"attributes":{"b":2}}`, `{"unmapped":{"a":1,"b":2}}`},
		{"attributes that are none", `{"attributes":"text"}`, `{"unmapped":{"attributes":"text"}}`},
		{"a date that is none", `{"attributes":{"first_occurrence":"soon"}}`, `{"unmapped":{"first_occurrence":"soon"}}`},
		{"a long string", `{"attributes":{"s":"` + long + `"}}`, `{"unmapped":{"s":["` + long[:16<<10] + `","` + long[16<<10:] + `"]}}`},
		{"a long key", `{"attributes":{"` + strings.Repeat("k", 2000) + `":1}}`,
			`{"unmapped":{"` + strings.Repeat("k", 1024) + `":{"key":"` + strings.Repeat("k", 2000) + `","value":1}}}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := rescue.Document([]byte(tc.doc))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(decode(t, tc.want), decode(t, string(got))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func decode(t *testing.T, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
	return v
}

func TestWhatIsNoObjectIsRefused(t *testing.T) {
	for _, doc := range []string{"", "null", "[]", "1", `{"a":1}{"b":2}`, `{"a":`} {
		if got, err := rescue.Document([]byte(doc)); err == nil {
			t.Errorf("%q became %q", doc, got)
		}
	}
}

// scalars lists the values of a document without its strings' division into pieces.
func scalars(v any, out map[string]int) {
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			scalars(e, out)
		}
	case []any:
		for _, e := range v {
			scalars(e, out)
		}
	default:
		out[fmt.Sprint(v)]++
	}
}

func FuzzNoValueIsLost(f *testing.F) {
	f.Add(`{"attributes":{"request_id":"r","http":{"status":1},"error":{"code":7,"chain":["a"]}},"body":"b","unmapped":{"x":1}}`)
	f.Add(`{"attributes":{"audit":{"old":1,"new":{"a":[1,{"b":null}]}}}}`)
	f.Fuzz(func(t *testing.T, doc string) {
		got, err := rescue.Document([]byte(doc))
		if err != nil || len(doc) > 8<<10 {
			t.Skip()
		}
		before, after := map[string]int{}, map[string]int{}
		var in map[string]any
		d := json.NewDecoder(strings.NewReader(doc))
		d.UseNumber()
		if err := d.Decode(&in); err != nil {
			t.Fatal(err)
		}
		if _, both := in["unmapped"]; both {
			t.Skip() // one key may stand in both
		}
		scalars(in, before)
		scalars(decode(t, string(got)), after)
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s -> %s (-before +after):\n%s", doc, got, diff)
		}
	})
}
