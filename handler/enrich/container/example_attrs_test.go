package container_test

import (
	"fmt"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/enrich/container"
)

// The attributes are found once, at the start, and are on every record.
func ExampleAttrs() {
	opts := &enrich.Options{Service: "mixer", Attrs: container.Attrs()}
	fmt.Println(opts.Validate())
	// Output: <nil>
}
