package compliance

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/sluicelog/sluice/audit"
	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write the golden files anew")

// shop makes a store with records of ten users, and an open audit log with a logger; both in dir.
func shop(t *testing.T, dir string) (*audit.Trail, *slog.Logger) {
	t.Helper()
	s, err := store.Open(filepath.Join(dir, "logs"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		at := time.Date(2026, 3, 1, 12, 0, i, 0, time.UTC).Format(time.RFC3339)
		line := fmt.Sprintf(`{"time":"%s","level":"INFO","msg":"order","user_id":"u_%d","total":%d.5,"http":{"status":200}}`, at, i%10, i)
		if i%50 == 49 {
			line = fmt.Sprintf(`{"time":"%s","level":"INFO","msg":"values masked","masked":7,"by_rule":{"EMAIL":5,"KEY":2}}`, at)
		}
		if err := s.Append([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	trail, err := audit.Open(filepath.Join(dir, "audit"), &audit.Options{Origin: "example.com/shop", CheckpointEvery: time.Hour, IdleEvery: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = trail.Close(context.Background()) })
	h, err := audit.NewHandler(nil, nil, trail)
	if err != nil {
		t.Fatal(err)
	}
	return trail, slog.New(h)
}

var (
	ids    = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}`)
	tokens = regexp.MustCompile(`[0-9a-f]{64}`)
	days   = regexp.MustCompile(`20\d\d-(\d\d)-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?`)
)

// steady takes out of a report what differs from run to run.
func steady(text string) string {
	text = tokens.ReplaceAllString(ids.ReplaceAllString(text, "ID"), "TOKEN")
	return days.ReplaceAllStringFunc(text, func(s string) string {
		if strings.HasPrefix(s, "2026-03-0") {
			return s
		}
		return "TIME"
	})
}

func TestAReportStatesWhatThereIs(t *testing.T) {
	t.Chdir(t.TempDir())
	trail, log := shop(t, ".")
	if err := audit.Log(t.Context(), log, "Profile changed", audit.Event{Action: "profile.update", Subject: "u_3", Personal: map[string]any{"mail": "ada@example.com"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := PlaceHold(t.Context(), "logs", store.Hold{Query: search.MustParse("user_id:u_3 total<30"), Reason: "case 7 | *", By: "counsel"}, log); err != nil {
		t.Fatal(err)
	}
	e := Erasure{Query: search.MustParse("user_id:u_3"), Reason: "request 7", By: "dpo", Places: []Place{StoreDir("logs")}, Trail: trail, Log: log,
		now: func() time.Time { return time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC) }}
	receipt, err := e.Run(t.Context())
	if err != nil || !receipt.Complete || receipt.Erased() != 8 || !receipt.Is(receipt.Key, "u_3") || receipt.Is(receipt.Key, "u_4") {
		t.Fatalf("%+v, %v", receipt, err)
	}
	if err := trail.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	o := &ReportOptions{
		Service: "shop", Store: "logs", Audit: "audit", Now: time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC),
		Masking: &Masking{On: true, Rules: []Rule{{"EMAIL", "redact"}, {"CREDIT_CARD", "last4"}}, Keys: []Rule{{"customer_number", "hash"}}, Entities: []string{"PERSON"}},
		Sinks: []Sink{
			{Name: "archive", Type: "store", Where: "logs", KeepFor: "30 days", MaxBytes: "1GiB", Levels: map[string]string{"debug": "1 days"}, Classes: []Class{{"level>=error", "365 days"}, {"tenant:acme", "1 days"}}},
			{Name: "console-1", Type: "console"},
		},
	}
	before := tree(t)
	r, err := NewReport(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, tree(t)); diff != "" {
		t.Errorf("the report has changed something: %s", diff)
	}
	if r.Collected.Bytes <= 0 {
		t.Errorf("%d bytes", r.Collected.Bytes)
	}
	r.Collected.Bytes = 4321 // the encoders may become better
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("u_3")) || bytes.Contains(text, []byte(receipt.Key)) {
		t.Error("the report names the subject")
	}
	golden(t, "report.json", steady(string(text))+"\n")
	golden(t, "report.md", steady(r.Markdown()))
	var back Report
	if err := json.Unmarshal(text, &back); err != nil || back.Format != ReportFormat || cmp.Diff(r.Erasures, back.Erasures) != "" {
		t.Errorf("the JSON is not read back: %v", err)
	}
}

// tree lists the files below the working directory with their sizes.
func tree(t *testing.T) (out []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			info, ierr := d.Info()
			if ierr != nil {
				return ierr
			}
			out = append(out, fmt.Sprint(path, info.Size(), info.ModTime()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var source = func() string { dir, _ := os.Getwd(); return dir }()

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join(source, "testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
}

func TestAReportOfNothingSaysSo(t *testing.T) {
	r, err := NewReport(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"No store was looked at", "No configuration was looked at", "Nothing.", "None was looked at"} {
		if !strings.Contains(r.Markdown(), want) {
			t.Errorf("%q is missing in %s", want, r.Markdown())
		}
	}
	if _, err := NewReport(t.Context(), &ReportOptions{Store: "none", Audit: "none"}); err == nil || strings.Count(err.Error(), "no such file") != 2 {
		t.Error(err)
	}
}

func TestAChangedAuditLogIsInTheReport(t *testing.T) {
	dir := t.TempDir()
	trail, log := shop(t, dir)
	if err := audit.Log(t.Context(), log, "x", audit.Event{Action: "x", Reason: "ticket"}); err != nil {
		t.Fatal(err)
	}
	if err := trail.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "audit", "entries", "*.seg"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	b, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	b[bytes.Index(b, []byte("ticket"))] = 'T'
	if err := os.WriteFile(names[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := NewReport(t.Context(), &ReportOptions{Audit: filepath.Join(dir, "audit")})
	if err != nil || r.Audit.Sound || !strings.Contains(r.Markdown(), "**is not sound**") || !strings.Contains(r.Markdown(), "entry 1: damaged") {
		t.Errorf("%v: %s", err, r.Markdown())
	}
}
