// Command environments runs the same code with another chain per environment, from one file:
//
//	SLUICE_ENV=development go run ./examples/environments
//	SLUICE_ENV=test        go run ./examples/environments
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/sluicelog/sluice"
)

//go:embed sluice.yaml
var file []byte

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	// A service that has the file beside it calls sluice.LoadConfig("sluice.yaml").
	cfg, err := sluice.ParseConfig(file, "sluice.yaml")
	if err != nil {
		return err
	}
	stack, err := sluice.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Close(ctx)) }()
	slog.SetDefault(stack.Logger())

	slog.InfoContext(ctx, "order placed", "customer_number", "K-4711", "note", "paid with 4111 1111 1111 1111")
	slog.With("logger", "store").DebugContext(ctx, "row written", "table", "orders")
	slog.DebugContext(ctx, "below the level of this logger")
	return nil
}
