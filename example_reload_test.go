package sluice_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/slogrec"
)

// A chain is swapped while the program logs: loggers go on, no record is lost, and a Config that is wrong changes nothing.
func ExampleStack_Reload() {
	ctx := context.Background()
	sink := slogrec.New()
	cfg := sluice.Config{Environment: sluice.Staging, Level: "warn", Queue: &sluice.QueueConfig{Off: true}, Handlers: []slog.Handler{sink}}
	stack, err := sluice.Open(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	log := stack.Logger().With("stage", "denoise")
	log.Info("not seen: below the level")

	cfg.Level = "info"
	if err := stack.Reload(ctx, cfg); err != nil {
		fmt.Println(err)
	}
	log.Info("seen")

	cfg.Level = "loud"
	var wrong *sluice.ConfigError
	if err := stack.Reload(ctx, cfg); errors.As(err, &wrong) {
		fmt.Println("not reloaded, wrong is", wrong.Field)
	}
	log.Info("seen, too")
	if err := stack.Close(ctx); err != nil {
		fmt.Println(err)
	}
	show(sink)
	// Output:
	// not reloaded, wrong is level
	// INFO seen
	// INFO seen, too
}

// A level is changed without a reload, for a time, and for one logger if need be. Level is an http.Handler for the same.
func ExampleStack_Level() {
	ctx := context.Background()
	sink := slogrec.New()
	stack, err := sluice.Open(ctx, sluice.Config{Environment: sluice.Staging, Level: "warn", Handlers: []slog.Handler{sink}})
	if err != nil {
		fmt.Println(err)
		return
	}
	log := stack.Logger()
	log.Debug("not seen")
	if err := stack.Level().Set("debug"); err != nil {
		fmt.Println(err)
	}
	log.Debug("seen")
	if err := stack.Close(ctx); err != nil {
		fmt.Println(err)
	}
	show(sink)
	// Output: DEBUG seen
}
