package audit_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/sluicelog/sluice/audit"
)

// A range of entries is handed to somebody who has nothing but the public key.
func ExampleExport() {
	dir, err := os.MkdirTemp("", "audit")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	trail, err := audit.Open(dir, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	h, err := audit.NewHandler(nil, nil, trail)
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 10 {
		if err := audit.Log(ctx, slog.New(h), "Signed in", audit.Event{Kind: audit.KindLogin, Outcome: audit.Success}); err != nil {
			fmt.Println(err)
		}
	}
	if err := trail.Close(ctx); err != nil {
		fmt.Println(err)
	}
	var evidence bytes.Buffer
	if err := audit.Export(&evidence, dir, 3, 7); err != nil {
		fmt.Println(err)
	}
	n, err := audit.CheckExport(&evidence, trail.PublicKey())
	fmt.Println(n, "entries are in the log", err)
	// Output:
	// 4 entries are in the log <nil>
}
