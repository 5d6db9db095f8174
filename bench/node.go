package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/sluicelog/sluice/internal/opensearchtest"
)

// Node returns the address of an OpenSearch node: OPENSEARCH_URL, or one of internal/opensearchtest.
func Node(ctx context.Context) (string, error) {
	if at := os.Getenv("OPENSEARCH_URL"); at != "" {
		return strings.TrimSuffix(at, "/"), nil
	}
	s, err := opensearchtest.Hold(ctx, false)
	if err != nil {
		return "", err
	}
	return s.URL, nil
}

// Call makes a request that is none of the measurement.
func Call(ctx context.Context, method, url, body string, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	reply, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: status %d: %.300s", method, url, resp.StatusCode, reply)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(reply, out)
}
