package provider_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/enrich/provider"
)

// Records that carry user_id get what a slow source knows of the user.
func Example_lookUpUsers() {
	lookUp := provider.Func(func(_ context.Context, key string) ([]slog.Attr, error) {
		return []slog.Attr{slog.String("plan", "pro"), slog.String("region", "eu")}, nil
	})
	users, err := provider.Cached("user", "user_id", lookUp, &provider.Options{
		Budget: time.Second, // generous, so that this page reads the same every time
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer users.Close(context.Background())

	h := slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == "run_id") {
			return slog.Attr{}
		}
		return a
	}})
	logger := slog.New(enrich.NewHandler(h, &enrich.Options{
		OmitProcess: true,
		Enrichers:   []enrich.Enricher{users},
	}))
	logger.Info("signed in", "user_id", "u-1")
	logger.Info("uploaded", "user_id", "u-1")
	s := users.Stats()
	fmt.Println("hits:", s.Hits, "misses:", s.Misses, "fetches:", s.Fetches)

	// Output:
	// {"level":"INFO","msg":"signed in","user":{"plan":"pro","region":"eu"},"user_id":"u-1"}
	// {"level":"INFO","msg":"uploaded","user":{"plan":"pro","region":"eu"},"user_id":"u-1"}
	// hits: 1 misses: 1 fetches: 1
}
