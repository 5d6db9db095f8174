package geo_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"

	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/handler/enrich/geo"
)

// The address comes from the context, so a mask that hides client_ip is no obstacle.
func ExampleOpen() {
	places, err := geo.Open(&geo.Options{Files: []string{"testdata/city.mmdb", "testdata/as.mmdb"}, City: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer places.Close(context.Background())

	h := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "run_id" {
			return slog.Attr{}
		}
		return a
	}})
	logger := slog.New(enrich.NewHandler(h, &enrich.Options{OmitProcess: true, Enrichers: []enrich.Enricher{places}}))
	ctx := geo.WithAddress(context.Background(), netip.MustParseAddr("203.0.113.7"))
	logger.InfoContext(ctx, "signed in")
	logger.Info("health check", "client_ip", "10.0.0.3")
	// Output:
	// level=INFO msg="signed in" geo.country=SE geo.country_name=Sweden geo.continent=XX geo.city=Östersund geo.asn=64500 geo.as_org="Example Net"
	// level=INFO msg="health check" geo.range=private client_ip=10.0.0.3
}
