package sluice_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/slogrec"
)

// show prints of what a sink was given that which is the same at each run.
func show(sink *slogrec.Recorder, keys ...string) {
	for _, r := range sink.Records() {
		fmt.Print(r.Level, " ", r.Message)
		for _, key := range keys {
			if v, ok := r.Get(key); ok {
				fmt.Print(" ", key, "=", v)
			}
		}
		fmt.Println()
	}
}

// A program opens a chain, hands its logger to log/slog, and closes it at its end. What the records pass on their way is said by the
// Config; here they are
// masked, and a sink of the program's own keeps them.
func ExampleOpen() {
	ctx := context.Background()
	sink := slogrec.New()
	stack, err := sluice.Open(ctx, sluice.Config{
		Environment: sluice.Staging,
		Service:     sluice.ServiceConfig{Name: "shop", Version: "1.4.2"},
		Queue:       &sluice.QueueConfig{Off: true}, // for the order of the lines below; leave it out in a program
		Handlers:    []slog.Handler{sink},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	log := stack.Logger() // slog.SetDefault(stack.Logger()) in a program
	log.Info("signed in", "user", "ada@example.org", "password", "hunter2")
	log.Error("card declined", "order", 1234)

	if err := stack.Close(ctx); err != nil {
		fmt.Println(err)
	}
	show(sink, "service", "user", "password", "order")
	// Output:
	// INFO signed in service=shop user=[EMAIL_REDACTED] password=[REDACTED]
	// ERROR card declined service=shop order=1234
}

// A wrong Config opens nothing. Each of its mistakes is named, with what was expected.
func ExampleOpen_wrong() {
	_, err := sluice.Open(context.Background(), sluice.Config{
		Environment: "prodution",
		Queue:       &sluice.QueueConfig{Capacity: -1},
	})
	fmt.Println(err)
	_, err = sluice.Open(context.Background(), sluice.Config{Queue: &sluice.QueueConfig{Capacity: -1}})
	fmt.Println(err)
	// Output:
	// sluice: config: environment: "prodution": want production? (allowed are development, test, staging, production, and names under environments)
	// sluice: config: queue.capacity: "-1": want from 1 to 16777216
}
