package enrich_test

import (
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/sluicelog/sluice/handler/enrich"
)

// An error becomes a group at the root that says what kind it is.
func Example_expandAnError() {
	h := slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTimeAndRun})
	logger := slog.New(enrich.NewHandler(h, &enrich.Options{
		OmitProcess: true,
		Stack:       enrich.StackOff, // for this page; the default has one from ERROR on
	}))

	err := fmt.Errorf("load settings: %w", &fs.PathError{Op: "open", Path: "app.yaml", Err: fs.ErrNotExist})
	logger.WithGroup("start").Error("no settings", "attempt", 1, "err", err)

	// Output:
	// {"level":"ERROR","msg":"no settings","error":{"type":"*fs.PathError","message":"load settings: open app.yaml: file does not exist","chain":["open app.yaml: file does not exist","file does not exist"],"fingerprint":"f6b405b5d403c0a5"},"start":{"attempt":1}}
}

// withoutTimeAndRun leaves out what is different each time.
func withoutTimeAndRun(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == "run_id") {
		return slog.Attr{}
	}
	return a
}
