package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/sluicelog/sluice/internal/opensearchtest"
)

func TestWhatIsLoggedIsFound(t *testing.T) {
	node := opensearchtest.Node(t)
	var out bytes.Buffer
	if err := run(t.Context(), &out, node.URL, node.Stream(t)); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); strings.Count(got, "payment taken") != 3 || strings.Contains(got, "4111") {
		t.Errorf("%s", got)
	}
}

func TestWithoutOpenSearchItSaysSo(t *testing.T) {
	var out bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if err := run(ctx, &out, "http://127.0.0.1:1", "logs-otel-v1-example"); err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("error %v, output %s", err, out.String())
	}
}
