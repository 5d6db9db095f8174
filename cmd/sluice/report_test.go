package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluicelog/sluice/compliance"
)

func TestAReportTellsWhatAConfigurationKeepsAndMasks(t *testing.T) {
	dir := t.TempDir()
	everywhere(t, dir)
	conf := filepath.Join(dir, "c.yaml")
	text := `
service: {name: shop}
environment: production
mask: {keys: [customer_number], disable: [PHONE], actions: {EMAIL: last4}, rules: [{name: ORDER, pattern: 'ord-[0-9]+', literals: [ord-]}]}
audit: {path: DIR/audit, origin: example.com/shop}
sinks:
  - {name: archive, type: store, path: DIR/store, store: {keep: 720h, keep_levels: {debug: 24h}, classes: [{query: "level>=error", keep_for: 8760h}, {query: "tenant:acme"}]}}
  - {type: opensearch, opensearch: {urls: ["https://u:hunter2@search.example.com:9200"], ensure_template: true, classes: [{query: "tenant:acme", keep_for: 24h}], holds_from: DIR/store}}
`
	if err := os.WriteFile(conf, []byte(strings.ReplaceAll(text, "DIR", dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, stderr, code := sluiceRun(t, "", "report", "--config", conf, "--format", "json")
	var r compliance.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitOK {
		t.Fatalf("exit %d: %s %s", code, out, stderr)
	}
	if r.Service != "shop" || r.Collected == nil || r.Collected.Records != 200 || r.Audit == nil || !r.Audit.Sound || r.Audit.Actions["profile.update"] != 2 {
		t.Errorf("%s", out)
	}
	rules := map[string]string{}
	for _, x := range append(r.Masked.Rules, r.Masked.Keys...) {
		rules[x.Name] = x.Action
	}
	if rules["EMAIL"] != "last4" || rules["PHONE"] != "" || rules["CREDIT_CARD"] != "redact" || rules["ORDER"] != "redact" || rules["customer_number"] != "redact" || len(r.Masked.Entities) != 3 {
		t.Errorf("%+v", r.Masked)
	}
	s := r.Retained.Sinks
	if len(s) != 2 || s[0].KeepFor != "30 days" || s[0].Levels["debug"] != "1 days" || len(s[0].Classes) != 2 || s[0].Classes[1].KeepFor != "for ever" ||
		s[1].Where != "https://search.example.com:9200" || s[1].KeepFor != "30 days" || len(s[1].Classes) != 1 {
		t.Errorf("%+v", s)
	}
	if strings.Contains(out, "hunter2") {
		t.Error("the report tells a password")
	}
	if out, stderr, code = sluiceRun(t, "", "report", "--config", conf); code != exitOK || !strings.Contains(out, "## Retained") || !strings.Contains(out, "| archive | tenant:acme | for ever |") {
		t.Errorf("exit %d: %s %s", code, out, stderr)
	}
}

func TestAReportOnAChangedAuditLogExitsWithOne(t *testing.T) {
	dir := t.TempDir()
	everywhere(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "audit", "checkpoint"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, stderr, code := sluiceRun(t, "", "report", "--audit", filepath.Join(dir, "audit")); code != exitFail || !strings.Contains(out, "**is not sound**") {
		t.Errorf("exit %d: %s %s", code, out, stderr)
	}
	for _, args := range [][]string{{}, {"x"}, {"--format", "xml", "--store", dir}, {"--store", filepath.Join(dir, "none")}, {"--config", filepath.Join(dir, "none")}} {
		if _, stderr, code := sluiceRun(t, "", append([]string{"report"}, args...)...); code != exitUsage || stderr == "" {
			t.Errorf("%q: exit %d %s", args, code, stderr)
		}
	}
}
