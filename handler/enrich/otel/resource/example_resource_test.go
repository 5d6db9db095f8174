package resource_test

import (
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/resource"

	"github.com/sluicelog/sluice/handler/enrich/otel/resource"
)

// The resource of a program's tracer names its records too.
func ExampleAttrs() {
	res := sdk.NewSchemaless(attribute.String("service.name", "shop"), attribute.String("k8s.pod.name", "shop-1"), attribute.String("cloud.region", "eu"))
	for _, a := range resource.Attrs(res) {
		fmt.Println(a)
	}
	// Output:
	// cloud_region=eu
	// pod=shop-1
	// service=shop
}
