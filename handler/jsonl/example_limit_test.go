package jsonl_test

import (
	"log/slog"
	"os"
	"strings"

	"github.com/sluicelog/sluice/handler/jsonl"
)

// Cut values that are too long for a line.
func ExampleOptions_limit() {
	logger := slog.New(untimed{jsonl.NewHandler(os.Stdout, &jsonl.Options{MaxValue: 64})})
	logger.Info("request refused", "body", strings.Repeat("spam ", 200))
	// Output:
	// {"level":"INFO","msg":"request refused","body":"spam spam spam spam spam spam spam spam spam spam…[1000 bytes]"}
}
