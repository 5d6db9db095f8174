package query_test

import (
	"fmt"
	"testing"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/lines"
	"github.com/sluicelog/sluice/search/searchtest"
	"github.com/sluicelog/sluice/store/internal/query"
)

// escaped writes s as JSON may: each of its letters as an escape.
func escaped(s string) (out string) {
	for _, c := range s {
		out += fmt.Sprintf(`\u%04x`, c)
	}
	return out
}

// A verbatim line comes back as it was written, and is found by what it means.
func TestAnEscapedSpellingIsFoundByWhatItMeans(t *testing.T) {
	for name, odd := range map[string]string{
		"value":          `"user_id":"` + escaped("wanted") + `"`,
		"part of value":  `"user_id":"wan` + escaped("t") + `ed"`,
		"in upper case":  `"user_id":"` + `\u0077\u0061nted"`,
		"key":            `"user` + escaped("_") + `id":"wanted"`,
		"key and value":  `"` + escaped("user_id") + `":"` + escaped("wanted") + `"`,
		"key of a group": `"` + escaped("http") + `":{"` + escaped("path") + `":"\/a"}`,
	} {
		t.Run(name, func(t *testing.T) {
			var records [][]byte
			for i := range 3000 { // so many that a filter knows the values
				member := fmt.Sprintf(`"user_id":"u_%04d","http":{"path":"/p/%04d"}`, i%1500, i%1200)
				if i%500 == 77 {
					member = odd
				}
				records = append(records, fmt.Appendf(nil, `{"time":"2026-03-01T12:00:%02d.%03dZ","level":"INFO","msg":"done",%s}`, i/1000, i%1000, member))
			}
			naive, s := lines.New(lines.Of(records), nil), query.New(of(view(t, records, 3000, 0)), nil)
			hits := uint64(0)
			for _, text := range []string{"user_id:wanted", "user_id:wan*", "http.path:/a", "user_id:*", "http:*", `user_id:(u_0003 OR wanted) -http.path:"/a"`, "wanted"} {
				req := &search.Request{Query: search.MustParse(text), Count: true}
				searchtest.CompareRequest(t, text, naive, s, req)
				searchtest.CompareAggregations(t, text, naive, s, req, search.Aggregations{"u": search.Terms{Field: "user_id", Size: 10}})
				res, err := s.Search(t.Context(), req)
				if err != nil {
					t.Fatal(err)
				}
				hits += res.Total
			}
			if hits == 0 {
				t.Error("nothing was found: the test says little")
			}
		})
	}
}
