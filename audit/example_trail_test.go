package audit_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/sluicelog/sluice/audit"
)

// A trail stands first in the chain. Log returns when the event is on disk; ordinary records pass.
func Example_trail() {
	dir, err := os.MkdirTemp("", "audit")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	trail, err := audit.Open(dir, &audit.Options{Origin: "example.com/app"})
	if err != nil {
		fmt.Println(err)
		return
	}
	h, err := audit.NewHandler(slog.DiscardHandler, nil, trail)
	if err != nil {
		fmt.Println(err)
		return
	}
	logger := slog.New(h)
	logger.Info("an ordinary record")
	err = audit.Log(ctx, logger, "Configuration changed", audit.Event{
		Actor:   audit.Actor{ID: "u1", Type: "user"},
		Action:  "config.change",
		Kind:    audit.KindUpdate,
		Target:  audit.Target{Type: "setting", ID: "retention"},
		Old:     map[string]any{"days": 30},
		New:     map[string]any{"days": 90},
		Outcome: audit.Success,
	})
	fmt.Println("recorded:", err == nil)
	if err := trail.Close(ctx); err != nil {
		fmt.Println(err)
	}
	report, err := audit.Verify(ctx, dir, &audit.VerifyOptions{PublicKey: trail.PublicKey()})
	fmt.Println("sound:", report.Sound, "entries:", report.Entries, err)
	// Output:
	// recorded: true
	// sound: true entries: 3 <nil>
}
