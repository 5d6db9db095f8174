package bootstrap_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sluicelog/sluice/handler/opensearch/bootstrap"
)

// Who deploys makes the stream, with an account that may; the programs that log need not.
func ExampleBootstrap_EnsureTemplate() {
	var client bootstrap.Client // of the OpenSearch sink, or any other
	b, err := bootstrap.New(client, &bootstrap.Options{
		Stream:    "logs-otel-v1-shop",
		Retention: bootstrap.Retention{RolloverAge: 12 * time.Hour, KeepFor: 90 * 24 * time.Hour},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := b.EnsureTemplate(context.Background())
	switch {
	case errors.Is(err, bootstrap.ErrNoStream):
		fmt.Println("documents came before the template:", err)
	case err != nil:
		fmt.Println(err)
	case !report.Policy:
		// This cluster has no Index State Management: one program keeps the stream within its retention.
		keeper := b.Keep(nil)
		defer func() { _ = keeper.Close(context.Background()) }()
	}
}

// Templates, retention policy and roles can be made by hand, by whoever may do so.
func ExampleAssets() {
	for _, a := range bootstrap.Assets() {
		fmt.Println("PUT", a.Path)
	}
	// Output:
	// PUT /_component_template/logs-otel-v1-mappings
	// PUT /_component_template/logs-otel-v1-settings
	// PUT /_index_template/logs-otel-v1
	// PUT /_plugins/_ism/policies/logs-otel-v1
	// PUT /_plugins/_security/api/roles/sluice_writer
	// PUT /_plugins/_security/api/roles/sluice_reader
	// PUT /_plugins/_security/api/roles/sluice_eraser
	// PUT /_plugins/_security/api/roles/sluice_maker
}
