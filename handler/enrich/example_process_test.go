package enrich_test

import (
	"log/slog"
	"os"

	"github.com/sluicelog/sluice/handler/enrich"
)

// What the process is called, and where it runs, is on every record.
func Example_nameTheProcess() {
	h := slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == "pid" {
			a.Value = slog.IntValue(4711) // for this page
		}
		return withoutTimeAndRun(groups, a)
	}})
	logger := slog.New(enrich.NewHandler(h, &enrich.Options{
		Service: "uploader", Version: "1.4.0", Environment: "staging", Host: "box-3",
		Attrs: []slog.Attr{slog.String("region", "eu-west")},
	}))

	logger.WithGroup("job").Info("started", "workers", 4)

	// Output:
	// {"level":"INFO","msg":"started","@version":"1","service":"uploader","service_version":"1.4.0","environment":"staging","host":"box-3","process":{"pid":4711},"region":"eu-west","job":{"workers":4}}
}
