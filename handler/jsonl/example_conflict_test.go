package jsonl_test

import (
	"fmt"
	"log/slog"
	"math"
	"os"

	"github.com/sluicelog/sluice/handler/jsonl"
)

// Whatever is logged, the line is valid JSON without equal keys, and nothing is overwritten.
func Example_conflict() {
	h := jsonl.NewHandler(os.Stdout, nil)
	logger := slog.New(untimed{h}).With("user", "ann")
	logger.Info("merged", "user", "bob", "msg", "mine", "ratio", math.NaN(), "raw", []byte(`{"a":1, "a":2}`))
	fmt.Println(h.Stats().Renamed, "keys renamed")
	// Output:
	// {"level":"INFO","msg":"merged","user#2":"ann","user":"bob","attr.msg":"mine","ratio":"NaN","raw":{"a#2":1,"a":2}}
	// 3 keys renamed
}
