package opensearch_test

import (
	"testing"

	"github.com/sluicelog/sluice/internal/opensearchtest"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/lines"
	"github.com/sluicelog/sluice/search/opensearch"
	"github.com/sluicelog/sluice/search/searchtest"
)

func TestDeletedRecordsAreThoseThatASearchFinds(t *testing.T) {
	node := opensearchtest.Node(t)
	records := searchtest.Records(25_000)
	s := searcher(t, node, fill(t, node, records))
	own := lines.New(lines.Of(records), nil)
	count := func(from search.Searcher, q string) uint64 {
		t.Helper()
		r, err := from.Search(t.Context(), &search.Request{Query: search.MustParse(q), Limit: 1, Count: true})
		if err != nil {
			t.Fatal(err)
		}
		return r.Total
	}
	all := count(own, "*")
	for _, q := range []string{"n<12000", `level:error OR level:warn`, "user_id:nobody"} {
		want := count(s, q)
		d, err := s.Delete(t.Context(), &search.Request{Query: search.MustParse(q)}, q == "n<12000")
		if err != nil || d.Records != want || d.Left != 0 || d.Purged != (q == "n<12000") {
			t.Errorf("%s: %+v, %v, want %d", q, d, err, want)
		}
		all -= want
		if left := count(s, "*"); left != all {
			t.Errorf("%s: %d records are left, want %d", q, left, all)
		}
	}
	if all == 0 || all > 13_000 {
		t.Errorf("%d are left: this test looks at little", all)
	}
}

func TestADocumentThatWasRescuedIsDeletedToo(t *testing.T) {
	node := opensearchtest.Node(t)
	index := node.Stream(t)
	node.Must(t, "PUT", "/"+index, `{"mappings":{"properties":{"unmapped":{"type":"flat_object"},"attributes":{"properties":{"customer":{"type":"long"}}}}}}`, nil)
	for _, doc := range []string{`{"attributes":{"customer":17}}`, `{"unmapped":{"customer":"c_planted"}}`, `{"unmapped":{"customer":"c_other"}}`, `{"unmapped":{"customer":{"id":"c_planted"}}}`} {
		node.Must(t, "POST", "/"+index+"/_doc", doc, nil)
	}
	s := searcher(t, node, index)
	for q, want := range map[string]uint64{"customer:c_planted": 1, "customer.id:c_planted": 1, "customer:17": 1} {
		req := &search.Request{Query: search.MustParse(q)}
		if n, err := s.Matching(t.Context(), req); err != nil || n != want {
			t.Errorf("%s: %d, %v", q, n, err)
		}
		if d, err := s.Delete(t.Context(), req, false); err != nil || d.Records != want || d.Left != 0 {
			t.Errorf("%s: %+v, %v", q, d, err)
		}
	}
	if got := node.Count(t, index); got != 1 {
		t.Errorf("%d documents are left, want the other customer's", got)
	}
}

func TestAnIndexThatIsNotThereHasNothingToDelete(t *testing.T) {
	node := opensearchtest.Node(t)
	s := searcher(t, node, node.Stream(t)+"-none")
	d, err := s.Delete(t.Context(), &search.Request{Query: search.MustParse("user_id:u_1")}, true)
	if err != nil || d != (opensearch.Deleted{}) {
		t.Errorf("%+v, %v", d, err)
	}
}
