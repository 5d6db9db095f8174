package eval_test

import (
	"fmt"
	"time"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/eval"
)

// A condition on one field is compiled once and asked of many values.
func ExampleNewMatcher() {
	m, err := eval.NewMatcher(search.MustParse("host:web*").Expr, time.Now())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.String([]byte("web-1")), m.String([]byte("db-1")))
	// Output: true false
}
