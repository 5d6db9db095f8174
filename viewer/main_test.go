package viewer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/lines"
	"github.com/sluicelog/sluice/viewer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var begin = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// records are ten minutes of a service: one record a second, each tenth an error, an operation each fifth.
func records() [][]byte {
	var out [][]byte
	for i := range 600 {
		level, outcome := "INFO", "success"
		if i%10 == 0 {
			level, outcome = "ERROR", "failure"
		}
		line := fmt.Sprintf(`{"time":%q,"level":%q,"msg":"stage completed %d","service":%q,"user_id":"u%d","request_id":"r%d"`,
			begin.Add(time.Duration(i)*time.Second).Format(time.RFC3339Nano), level, i, []string{"gateway", "worker"}[i%2], i%7, i/5)
		if i%5 == 0 {
			line += fmt.Sprintf(`,"operation":"denoise","duration_ms":%d,"outcome":%q`, 100+i%50, outcome)
		}
		out = append(out, []byte(line+"}"))
	}
	return out
}

// page returns a viewer over lines.
func page(t testing.TB, source lines.Source, opts *viewer.Options) *viewer.Viewer {
	t.Helper()
	v, err := viewer.New(lines.New(source, &lines.Options{Poll: 5 * time.Millisecond}), opts)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// get asks v for path and returns the status and the body.
func get(t testing.TB, v http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	v.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

// answer is get for an answer that is to be one.
func answer[T any](t testing.TB, v http.Handler, path string) (out T) {
	t.Helper()
	status, body := get(t, v, path)
	if status != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, status, body)
	}
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		t.Fatalf("GET %s: %v in %s", path, err, body)
	}
	return out
}

type found struct {
	Rows []struct {
		ID         string
		Record     map[string]any
		Text       string
		Highlights []search.Highlight
	}
	Total  uint64
	Exact  bool
	Cursor string
}

func readAll(t testing.TB, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// slow is a searcher that never answers.
type slow struct{ search.Searcher }

func (slow) Search(ctx context.Context, _ *search.Request) (*search.Result, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// broken is a searcher that fails with a text that is nobody's business.
type broken struct{ search.Searcher }

func (broken) Search(context.Context, *search.Request) (*search.Result, error) {
	return nil, fmt.Errorf("dial tcp 10.1.2.3:9200: user admin: %s", strings.Repeat("x", 10))
}
