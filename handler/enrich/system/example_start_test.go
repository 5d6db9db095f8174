package system_test

import (
	"context"
	"fmt"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/enrich/system"
)

// The figures are an enricher, and a load for the sampler: sample.Options{Load: []sample.LoadSource{figures}}.
func ExampleStart() {
	figures, err := system.Start(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer figures.Close(context.Background())

	_ = enrich.Options{Enrichers: []enrich.Enricher{figures}}
	fmt.Println(figures.Snapshot().Goroutines > 0, figures.Load() >= 0)
	// Output: true true
}
