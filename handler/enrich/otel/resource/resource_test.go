package resource_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/resource"

	"github.com/sluicelog/sluice/handler/enrich/otel/resource"
)

func TestAttributesHaveTheRecordsKeys(t *testing.T) {
	res := sdk.NewSchemaless(attribute.String("service.name", "ingest"), attribute.String("deployment.environment.name", "production"), attribute.String("k8s.pod.name", "p-1"),
		attribute.String("host.arch", "amd64"), attribute.Int("cpus", 4), attribute.StringSlice("process.command_args", []string{"--password=hunter2"}),
		attribute.StringSlice("tags", []string{"a"}), attribute.String("telemetry.sdk.name", "x"))
	want := "[cpus=4 environment=production host_arch=amd64 pod=p-1 service=ingest tags=[a]]"
	if got := fmt.Sprint(resource.Attrs(res)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if resource.Attrs(nil) != nil {
		t.Error("a nil resource has attributes")
	}
	if got := fmt.Sprint(resource.Attrs(sdk.NewSchemaless(attribute.String("service.name", "unknown_service:x")))); got != "[]" {
		t.Error(got)
	}
}

func TestDetectKnowsTheEnvironment(t *testing.T) {
	t.Setenv("OTEL_SERVICE_NAME", "mixer")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "team=audio,k8s.node.name=n-1")
	attrs, err := resource.Detect(t.Context(), detector(func(context.Context) (*sdk.Resource, error) {
		return sdk.NewSchemaless(attribute.String("cloud.region", "eu-1"), attribute.String("service.name", "other")), nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(attrs)
	for _, want := range []string{"service=mixer", "team=audio", "node=n-1", "host=", "cloud_region=eu-1", "os_type="} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
}

func TestADetectorThatHangsIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		began := time.Now()
		attrs, err := resource.Detect(t.Context(), detector(func(context.Context) (*sdk.Resource, error) { <-block; return nil, nil }))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != resource.Timeout || len(attrs) == 0 {
			t.Errorf("%v after %v: %v", err, time.Since(began), attrs)
		}
		close(block)
	})
}

type detector func(context.Context) (*sdk.Resource, error)

func (d detector) Detect(ctx context.Context) (*sdk.Resource, error) { return d(ctx) }
