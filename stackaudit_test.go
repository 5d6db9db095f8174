package sluice_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/audit"
	"github.com/sluicelog/sluice/slogrec"
)

const auditYAML = `
level: error
mask: {keys: [customer_number]}
sample: {rates: {info: 0}}
audit:
  path: DIR/audit
  key_dir: DIR/keys
  origin: example.com/shop
  files: [DIR/second/audit.jsonl]
  witness_files: [DIR/witness]
  require_all: true
  pseudonymise_actors: true
  deadline: 30s
sinks: [{type: json}]
`

func auditConfig(t *testing.T, dir string) sluice.Config {
	t.Helper()
	clearEnv(t)
	cfg, err := sluice.ParseConfig([]byte(strings.ReplaceAll(auditYAML, "DIR", dir)), "c.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestAnAuditRecordPassesTheChainAndIsOnDisk(t *testing.T) {
	dir := t.TempDir()
	cfg := auditConfig(t, dir)
	var out bytes.Buffer
	cfg.Stdout, cfg.OnError = &out, func(err error) { t.Error(err) }
	rec := slogrec.New()
	cfg.Handlers = []slog.Handler{rec}
	s, err := sluice.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	log := s.Logger().With("logger", "admin").WithGroup("g")
	log.Error("an ordinary record", "n", 1)
	err = audit.Log(t.Context(), log, "Price changed", audit.Event{
		Actor: audit.Actor{ID: "u_ada", Type: "user"}, Action: "price.change", Target: audit.Target{Type: "item", ID: "7"}, Outcome: audit.Success,
		Reason: "asked by ada@example.com", Old: map[string]any{"password": "hunter2", "price": 1}, New: map[string]any{"customer_number": "K-4711", "price": 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	if st := s.Stats(); st.Audit == nil || st.Audit.Recorded != 1 || st.Audit.Failed != 0 || st.Audit.Entries != 2 || st.Audit.Unhealthy != "" {
		t.Errorf("%+v", st.Audit)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := s.Stats(); !st.Balanced() {
		t.Error(st.String())
	}
	if err := audit.Log(t.Context(), log, "too late", audit.Event{Action: "x"}); !errors.Is(err, audit.ErrNotRecorded) {
		t.Errorf("after Close: %v", err)
	}

	r, err := audit.Verify(t.Context(), filepath.Join(dir, "audit"), nil)
	if err != nil || !r.Sound || r.Entries != 3 || r.Covered != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	second, err := os.ReadFile(filepath.Join(dir, "second", "audit.jsonl"))
	if err != nil || bytes.Count(second, []byte("\n")) != 1 || !bytes.Contains(second, []byte("price.change")) {
		t.Errorf("the second sink has %s, %v", second, err)
	}
	var entries []byte
	if _, err = audit.Verify(t.Context(), filepath.Join(dir, "audit"), &audit.VerifyOptions{Visit: func(_ *audit.Entry, p []byte) error {
		entries = append(entries, p...)
		return nil
	}}); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"hunter2", "K-4711", "ada@example.com", "u_ada"} {
		if strings.Contains(string(entries)+string(second), secret) {
			t.Errorf("the audit log tells %q", secret)
		}
	}
	// Every checkpoint is with the sinks, the last one too, though INFO is neither logged nor kept; the event itself is not.
	anchors, err := audit.ReadAnchors(&out)
	if err != nil || len(anchors) < 2 || anchors[len(anchors)-1].Size != 3 {
		t.Errorf("%d anchors in the log, %v", len(anchors), err)
	}
	for _, x := range rec.Records() {
		if x.Message == "Price changed" {
			t.Error("the event is among the chain's records")
		}
	}
	f, err := os.Open(filepath.Join(dir, "witness"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if seen, err := audit.ReadAnchors(f); err != nil || len(seen) != len(anchors) {
		t.Errorf("%d checkpoints at the witness, %d with the sinks, %v", len(seen), len(anchors), err)
	}
	if _, err := os.Stat(filepath.Join(dir, "keys", "signing.key")); err != nil {
		t.Error(err)
	}
}

func TestAnAuditThatCannotBeWrittenFailsClosedOrOpenAsConfigured(t *testing.T) {
	for _, open := range []bool{false, true} {
		dir := t.TempDir()
		cfg := auditConfig(t, dir)
		cfg.Stdout = &bytes.Buffer{}
		a := *cfg.Audit
		a.FailOpen, a.Deadline, cfg.Audit = open, time.Second, &a
		var reported []error
		cfg.OnError = func(err error) { reported = append(reported, err) }
		s, err := sluice.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, "second", "audit.jsonl")); err != nil {
			t.Fatal(err)
		}
		err = audit.Log(t.Context(), s.Logger(), "x", audit.Event{Action: "x"})
		if open != (err == nil) || !open && (!errors.Is(err, audit.ErrNotRecorded) || !strings.Contains(err.Error(), "audit.jsonl")) {
			t.Errorf("fail_open %v: %v", open, err)
		}
		if st := s.Stats(); st.Audit.Failed != 1 || !strings.Contains(st.Audit.Unhealthy, "audit.jsonl") {
			t.Errorf("%+v", st.Audit)
		}
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if open && len(reported) == 0 {
			t.Error("nobody is told")
		}
	}
}

func TestAReloadKeepsTheAuditLogAndRefusesAnother(t *testing.T) {
	dir := t.TempDir()
	cfg := auditConfig(t, dir)
	cfg.Stdout, cfg.OnError = &bytes.Buffer{}, func(err error) { t.Error(err) }
	s, err := sluice.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	log := s.Logger()
	fresh := auditConfig(t, dir)
	fresh.Stdout, fresh.OnError, fresh.Level = cfg.Stdout, cfg.OnError, "info"
	if err := s.Reload(t.Context(), fresh); err != nil {
		t.Fatal(err)
	}
	if err := audit.Log(t.Context(), log, "x", audit.Event{Action: "x"}); err != nil {
		t.Error(err)
	}
	other := fresh
	other.Audit = nil
	var wrong *sluice.ConfigError
	if err := s.Reload(t.Context(), other); !errors.As(err, &wrong) || wrong.Field != "audit" {
		t.Errorf("a reload without the audit log: %v", err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	// What has the log at its opening is told, and nothing is left open.
	locked, err := audit.Open(filepath.Join(dir, "audit"), &audit.Options{Origin: "example.com/shop", KeyDir: filepath.Join(dir, "keys")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sluice.Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "sluice: audit: ") {
		t.Errorf("a second writer: %v", err)
	}
	if err := locked.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNoErrorOfTheAuditSectionTellsItsKey(t *testing.T) {
	clearEnv(t)
	const key = "sup3rs3cr3tkeysup3rs3cr3tkey"
	for _, src := range []string{
		"audit: {path: x, master_key: " + key + "}", "audit: {path: x, master_key: " + key + ", deadline: soon}",
		"audit: {path: x, master_key: [" + key + "]}", "audit: {master_key: " + key + "}",
	} {
		_, err := sluice.ParseConfig([]byte(src), "c.yaml")
		if err == nil || strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", src, err)
		}
	}
	cfg, err := sluice.ParseConfig([]byte("audit: {path: x, master_key: "+strings.Repeat("ab", 32)+"}"), "c.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.ToLower(strings.Join([]string{cfg.Audit.MasterKey.String(), cfg.Audit.MasterKey.GoString()}, " ")); strings.Contains(text, "abab") {
		t.Error(text)
	}
}
