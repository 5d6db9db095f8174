package occurrence_test

import (
	"log/slog"
	"os"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/enrich/occurrence"
)

// The second record of an error says that it is not new.
func ExampleNew() {
	h := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		switch a.Key {
		case slog.TimeKey, slog.LevelKey, "run_id", "type", "fingerprint":
			return slog.Attr{}
		}
		return a
	}})
	logger := slog.New(enrich.NewHandler(h, &enrich.Options{OmitProcess: true, Enrichers: []enrich.Enricher{occurrence.New(nil)}}))
	for part := range 2 {
		logger.Error("part lost", "type", occurrence.Type, "part", part)
	}
	// Output:
	// msg="part lost" occurrence.first_seen=true occurrence.recent=1 part=0
	// msg="part lost" occurrence.first_seen=false occurrence.recent=2 part=1
}
