package correlate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/sluicelog/sluice/correlate"
)

func TestReportNamesExactlyThePlacesThatLogOutsideARequest(t *testing.T) {
	before := make(map[string]uint64) // of other tests
	for _, s := range correlate.Report() {
		before[fmt.Sprint(s.File, s.Line)] = s.Count
	}
	logger := slog.New(new(recorder))
	ctx, end := correlate.Begin(context.Background())
	defer end()
	_, _, line, _ := runtime.Caller(0)
	for range 3 {
		logger.Info("no context")
	}
	logger.InfoContext(context.Background(), "an empty one")
	for range 2 {
		logger.Error("an error")
	}
	logger.InfoContext(ctx, "a request's")

	var got []string
	report := correlate.Report()
	for _, s := range report {
		if n := s.Count - before[fmt.Sprint(s.File, s.Line)]; n > 0 {
			got = append(got, fmt.Sprintf("%s:%d %d", path.Base(s.File), s.Line-line, n))
			if want := fmt.Sprintf("%s:%d %d", s.File, s.Line, s.Count); s.String() != want || !strings.Contains(report.String(), want+"\n") {
				t.Errorf("site %q is not in\n%s", want, report)
			}
		}
	}
	if want := []string{"report_test.go:2 3", "report_test.go:6 2", "report_test.go:4 1"}; !slices.Equal(got, want) {
		t.Errorf("lines and counts %v, want %v", got, want)
	}
	if text, err := json.Marshal(report); err != nil || !strings.Contains(string(text), `"line":`) {
		t.Errorf("as JSON: %s, %v", text, err)
	}
}
