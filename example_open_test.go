package sluice_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/sluicelog/sluice"
)

// shown is a sink for the examples: of a record it prints what is the same at each run. Programs use the sinks of a Config.
func shown(keys ...string) slog.Handler {
	show := map[string]bool{slog.LevelKey: true, slog.MessageKey: true}
	for _, k := range keys {
		show[k] = true
	}
	return slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if !show[a.Key] {
			return slog.Attr{}
		}
		return a
	}})
}

// A program opens a chain, hands its logger to log/slog, and closes it at its end. What the records pass on their way is said by the
// Config; here they are masked and queued, and a sink of the program's own shows them.
func ExampleOpen() {
	ctx := context.Background()
	stack, err := sluice.Open(ctx, sluice.Config{
		Environment: sluice.Staging,
		Service:     sluice.ServiceConfig{Name: "shop", Version: "1.4.2"},
		Queue:       &sluice.QueueConfig{Off: true}, // for the order of the lines below; leave it out in a program
		Handlers:    []slog.Handler{shown("service", "user", "password", "order")},
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
	// Output:
	// level=INFO msg="signed in" service=shop user=[EMAIL_REDACTED] password=[REDACTED]
	// level=ERROR msg="card declined" service=shop order=1234
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
	// sluice: config: queue.capacity: "-1": want from 1 to 10000000
}
