package eval_test

import (
	"testing"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
)

func TestMatchingARecordAllocatesForFractionsAlone(t *testing.T) {
	line := []byte(`{"time":"2026-03-02T11:30:00.5Z","level":"WARN","msg":"Disk FULL on /dev/sda1","stage":"denoise","duration_ms":850.5,"http":{"status":500},"tags":["a","b"]}`)
	q := search.MustParse(`"disk full" level>=warn stage:denoise duration_ms>500 http.status:500 tags:b -host:web*`)
	p, err := eval.Compile(q.Expr, now)
	if err != nil {
		t.Fatal(err)
	}
	var r eval.Record
	r.Parse(line)
	if !p.Match(&r) {
		t.Fatal("the record does not match")
	}
	if n := testing.AllocsPerRun(100, func() {
		r.Parse(line)
		p.Match(&r)
	}); n > 1 { // strconv reads them from a string
		t.Errorf("%v allocations", n)
	}
}
