package audit_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/sluicelog/sluice/audit"
)

// What is sealed for a subject becomes unreadable when the subject is erased, and the log verifies as before.
func ExampleTrail_Erase() {
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
	err = audit.Log(ctx, slog.New(h), "Profile read", audit.Event{
		Actor: audit.Actor{ID: "clerk-7"}, Action: "profile.read", Kind: audit.KindRead,
		Subject: "person-1", Personal: map[string]any{"name": "Ada"},
	})
	fmt.Println("recorded:", err == nil)
	receipt, err := trail.Erase(ctx, "person-1", "asked to be forgotten")
	fmt.Println("tombstone at entry", receipt.Index, err)
	if err := trail.Close(ctx); err != nil {
		fmt.Println(err)
	}
	report, err := audit.Verify(ctx, dir, nil)
	fmt.Println("sound:", report.Sound, err)
	// Output:
	// recorded: true
	// tombstone at entry 2 <nil>
	// sound: true <nil>
}
