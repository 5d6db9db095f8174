package search_test

import (
	"errors"
	"fmt"

	"github.com/sluicelog/sluice/search"
)

func ExampleParse() {
	q, err := search.Parse(`level:ERROR stage:(denoise or store) -"disk full"`)
	fmt.Println(q, err)

	_, err = search.Parse(`level:ERROR AND`)
	var bad *search.SyntaxError
	if errors.As(err, &bad) {
		fmt.Println(bad.Pointed())
	}
	// Output:
	// level:ERROR AND (stage:denoise OR stage:store) AND NOT "disk full" <nil>
	// level:ERROR AND
	//                ^ the query ends, expected a condition: field:value, a word, a "phrase" or "("
}
