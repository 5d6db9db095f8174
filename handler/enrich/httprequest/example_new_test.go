package httprequest_test

import (
	"log/slog"
	"os"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/enrich/httprequest"
)

// What varies in a path is taken out, so that requests of one route can be counted.
func ExampleNew() {
	h := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		switch a.Key {
		case slog.TimeKey, slog.LevelKey, "run_id", "type", "fingerprint":
			return slog.Attr{}
		}
		return a
	}})
	logger := slog.New(enrich.NewHandler(h, &enrich.Options{OmitProcess: true, Enrichers: []enrich.Enricher{httprequest.New(nil)}}))
	logger.Info("served", "type", httprequest.Type, "path", "/v2/audio/aud_77/enhance", "status", 502, "user_agent", "curl/8.5.0")
	// Output:
	// msg=served request.status_class=5xx request.route=/v2/audio/{id}/enhance request.user_agent.name=curl request.user_agent.version=8.5.0 path=/v2/audio/aud_77/enhance status=502 user_agent=curl/8.5.0
}
