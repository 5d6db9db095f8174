package sluice_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/sluicelog/sluice"
)

// The books say what became of every record, whatever happens. After Flush they balance.
func ExampleStack_Stats() {
	ctx := context.Background()
	stack, err := sluice.Open(ctx, sluice.Config{
		Environment: sluice.Staging,
		Sample:      &sluice.SampleConfig{Rates: map[string]float64{"debug": 0, "info": 1}},
		Level:       "debug",
		Handlers:    []slog.Handler{slog.DiscardHandler},
		Sinks:       []sluice.SinkConfig{{Type: "null"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	log := stack.Logger()
	for range 10 {
		log.Debug("frame decoded")
	}
	log.Info("stage completed")
	if err := stack.Flush(ctx); err != nil {
		fmt.Println(err)
	}
	books := stack.Stats()
	fmt.Printf("%d accepted = %d delivered + %d sampled out, balanced: %v\n", books.Accepted, books.Delivered, books.SampledOut, books.Balanced())
	if err := stack.Close(ctx); err != nil {
		fmt.Println(err)
	}
	// Output: 11 accepted = 1 delivered + 10 sampled out, balanced: true
}
