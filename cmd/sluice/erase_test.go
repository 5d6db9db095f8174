package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/sluicelog/sluice"
	"github.com/sluicelog/sluice/audit"
	"github.com/sluicelog/sluice/compliance"
	"github.com/sluicelog/sluice/handler/opensearch"
	"github.com/sluicelog/sluice/internal/opensearchtest"
)

const (
	plantedUser = "u_planted"
	plantedMail = "planted@example.com"
)

// logins logs n logins of five users, one of whom is planted.
func logins(t *testing.T, log *slog.Logger, n int) {
	t.Helper()
	for i := range n {
		id, mail := fmt.Sprintf("u_%d", i%5), "other@example.com"
		if i%5 == 3 {
			id, mail = plantedUser, plantedMail
		}
		log.Info("login", "user_id", id, "contact", mail, "order", i)
	}
}

// plantedIn returns the files below dir that hold a planted value, those that are compressed unpacked.
func plantedIn(t *testing.T, dir string) (found []string) {
	t.Helper()
	z, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if filepath.Ext(path) == ".zst" {
			if b, err = z.DecodeAll(b, nil); err != nil {
				return err
			}
		}
		if all := path + string(b); strings.Contains(all, plantedUser) || strings.Contains(all, plantedMail) {
			rel, _ := filepath.Rel(dir, path)
			found = append(found, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// everywhere writes a store, log files, a spool, dead letters and an audit log with the planted user in each.
func everywhere(t *testing.T, dir string) {
	t.Helper()
	at := func(name string) string { return filepath.Join(dir, name) }
	ctx := context.Background()
	stack, err := sluice.Open(ctx, sluice.Config{
		Environment: sluice.Test, Mask: &sluice.MaskConfig{Off: true}, OnError: func(error) {},
		Sinks: []sluice.SinkConfig{
			{Type: "store", Path: at("store")}, {Type: "json", Path: at("app.jsonl"), Rotate: sluice.RotateConfig{MaxBytes: 8 << 10}},
			{Type: "opensearch", OpenSearch: sluice.OpenSearchConfig{URLs: []string{"http://127.0.0.1:1"}, Spool: at("spool")}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	logins(t, stack.Logger(), 200)
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	_ = stack.Close(short) // the spool keeps what OpenSearch does not take
	cancel()
	letter := `{"time":"2026-01-02T03:04:05Z","stream":"s","id":"1","status":400,"document":{"attributes":{"user_id":"` + plantedUser + `"}}}` + "\n"
	if err := os.WriteFile(at("dead.jsonl"), []byte(letter+strings.ReplaceAll(letter, plantedUser, "u_1")), 0o600); err != nil {
		t.Fatal(err)
	}
	trail, err := audit.Open(at("audit"), &audit.Options{Origin: "example.com/shop"})
	if err != nil {
		t.Fatal(err)
	}
	h, err := audit.NewHandler(nil, &audit.HandlerOptions{PseudonymiseActors: true}, trail)
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{plantedUser, "u_1"} {
		e := audit.Event{Actor: audit.Actor{ID: user, Name: plantedMail}, Action: "profile.update", Subject: user, Personal: map[string]any{"mail": plantedMail}}
		if err := audit.Log(ctx, slog.New(h), "Profile changed", e); err != nil {
			t.Fatal(err)
		}
	}
	if err := trail.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestNothingOfAnErasedPersonIsLeftAnywhere(t *testing.T) {
	dir := t.TempDir()
	everywhere(t, dir)
	at := func(name string) string { return filepath.Join(dir, name) }
	before := plantedIn(t, dir)
	for _, place := range []string{"store", "app", "spool", "dead.jsonl"} {
		if !strings.Contains(strings.Join(before, " "), place) && place != "store" { // a store's segments are compressed
			t.Fatalf("%s does not hold the planted values: %v", place, before)
		}
	}
	args := []string{"erase", "--store", at("store"), "--log", at("app.jsonl"), "--spool", at("spool"), "--dead-letters", at("dead.jsonl"), "--audit", at("audit"), "--by", "dpo", "--reason", "request 7"}
	erase := func(more ...string) (compliance.Receipt, string, int) {
		t.Helper()
		out, stderr, code := sluiceRun(t, "", append(append(args[:len(args):len(args)], more...), "user_id:"+plantedUser)...)
		var r compliance.Receipt
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatalf("exit %d: %s %s", code, out, stderr)
		}
		return r, out + stderr, code
	}
	dry, text, code := erase("--dry-run")
	if code != exitOK || dry.Erased() != 0 || len(plantedIn(t, dir)) != len(before) {
		t.Errorf("dry run: exit %d %s", code, text)
	}
	r, text, code := erase()
	if code != exitOK || !r.Complete || r.Erased() != 40+40+40+1+1 || strings.Contains(text, plantedUser) {
		t.Errorf("exit %d: %s", code, text)
	}
	for i, p := range r.Found {
		if dry.Found[i].Matched != p.Matched || p.Matched != p.Erased {
			t.Errorf("%s: the dry run has %d, the receipt %+v", p.Place, dry.Found[i].Matched, p)
		}
	}
	if found := plantedIn(t, dir); found != nil {
		t.Errorf("%v hold planted values", found)
	}
	if out, _, code := sluiceRun(t, "", "search", "--store", at("store"), "--limit", "0", "--raw", "*"); code != exitOK || strings.Contains(out, plantedUser) || strings.Count(out, "\n") != 160 {
		t.Errorf("exit %d: %d records are left in the store, want 160", code, strings.Count(out, "\n"))
	}
	if out, stderr, code := sluiceRun(t, "", "verify", at("audit")); code != exitOK {
		t.Errorf("the audit log does not verify: %s %s", out, stderr)
	}
	if !r.Is(r.Key, plantedUser) || r.Is(r.Key, "u_1") {
		t.Error("the receipt is not shown to be the person's by its key")
	}
	recorded := 0
	_, err := audit.Verify(t.Context(), at("audit"), &audit.VerifyOptions{Visit: func(e *audit.Entry, payload []byte) error {
		if bytes.Contains(payload, []byte(compliance.ActionErase)) {
			recorded++
			b, err := e.Event()
			var got compliance.Receipt
			if err == nil {
				err = json.Unmarshal(b.New, &got)
			}
			if err != nil || got.ID != r.ID || got.Erased() != r.Erased() || got.Key != "" || b.Actor.ID != "dpo" {
				t.Errorf("%s %v", payload, err)
			}
		}
		return nil
	}})
	if err != nil || recorded != 1 {
		t.Errorf("%d receipts are recorded, %v", recorded, err)
	}
	if again, text, code := erase(); code != exitOK || again.Erased() != 0 {
		t.Errorf("again: exit %d %s", code, text)
	}
}

func TestAHoldKeepsAPersonsRecordsInEveryPlace(t *testing.T) {
	dir := t.TempDir()
	everywhere(t, dir)
	at := func(name string) string { return filepath.Join(dir, name) }
	hold := func(args ...string) (string, int) {
		t.Helper()
		out, stderr, code := sluiceRun(t, "", append([]string{"hold"}, args...)...)
		return out + stderr, code
	}
	common := []string{"--store", at("store"), "--audit", at("audit"), "--by", "counsel", "--reason", "case 7"}
	text, code := hold(append([]string{"place", "order<100"}, common...)...)
	var h struct{ ID string }
	if err := json.Unmarshal([]byte(text), &h); err != nil || code != exitOK {
		t.Fatalf("exit %d: %s", code, text)
	}
	if text, code := hold("list", "--store", at("store")); code != exitOK || !strings.Contains(text, `"query":"order<100"`) {
		t.Errorf("exit %d: %s", code, text)
	}
	out, stderr, code := sluiceRun(t, "", "erase", "--store", at("store"), "--log", at("app.jsonl"), "--spool", at("spool"), "--by", "dpo", "--reason", "request 7", "user_id:"+plantedUser)
	var r compliance.Receipt
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitOK {
		t.Fatalf("exit %d: %s %s", code, out, stderr)
	}
	for _, p := range r.Found {
		if p.Held != 20 || p.Erased != 20 || p.Matched != 40 {
			t.Errorf("%+v", p)
		}
	}
	if text, code := hold(append([]string{"lift", "none"}, common...)...); code != exitFail || !strings.Contains(text, "no such hold") {
		t.Errorf("exit %d: %s", code, text)
	}
	if text, code := hold(append([]string{"lift", h.ID}, common...)...); code != exitOK {
		t.Errorf("exit %d: %s", code, text)
	}
	actions := map[string]int{}
	if _, err := audit.Verify(t.Context(), at("audit"), &audit.VerifyOptions{Visit: func(e *audit.Entry, payload []byte) error {
		b, err := e.Event()
		actions[b.Action]++
		if bytes.Contains(payload, []byte("order")) {
			t.Errorf("the entry holds the query, which may name a person: %s", payload)
		}
		return err
	}}); err != nil || actions[compliance.ActionHold] != 1 || actions[compliance.ActionLift] != 1 {
		t.Errorf("%v, %v", actions, err)
	}
}

func TestAPersonIsErasedFromARealNode(t *testing.T) {
	node := opensearchtest.Node(t)
	stream := node.Stream(t)
	stack, err := sluice.Open(t.Context(), sluice.Config{Environment: sluice.Test, Mask: &sluice.MaskConfig{Off: true},
		Sinks: []sluice.SinkConfig{{Type: "opensearch", OpenSearch: sluice.OpenSearchConfig{URLs: []string{node.URL}, Stream: stream, EnsureTemplate: true, Format: string(opensearch.OTel)}}}})
	if err != nil {
		t.Fatal(err)
	}
	logins(t, stack.Logger(), 100)
	if err := stack.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	out, stderr, code := sluiceRun(t, "", "erase", "--url", node.URL, "--index", stream, "--by", "dpo", "--reason", "request 7", "user_id:"+plantedUser)
	var r compliance.Receipt
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitOK || len(r.Found) != 1 || r.Found[0].Erased != 20 || r.Found[0].Left != 0 {
		t.Fatalf("exit %d: %s %s", code, out, stderr)
	}
	if got := node.Count(t, stream); got != 80 {
		t.Errorf("%d documents are left, want 80", got)
	}
	if notes := fmt.Sprint(r.Found[0].Notes); !strings.Contains(notes, "segments merged; snapshots keep") {
		t.Error(notes)
	}
}

func TestWrongErasuresAreRefused(t *testing.T) {
	dir := storeOf(t, "{\"user_id\":\"u_1\"}\n")
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"--store", dir, "--reason", "r", "*"}, "want a query that names the subject"},
		{[]string{"--store", dir, "--reason", "r", ""}, "want a query that names the subject"},
		{[]string{"--store", dir, "--reason", "r", "NOT user_id:u_1"}, "want a query that names the subject"},
		{[]string{"--store", dir, "--reason", "r", "user_id:u_1 OR order:7"}, "want the subject's identifier"},
		{[]string{"--store", dir, "user_id:u_1"}, "want a reason"},
		{[]string{"--store", dir, "--reason", "u_1 asked", "user_id:u_1"}, "names the subject"},
		{[]string{"--reason", "r", "user_id:u_1"}, "nowhere to erase"},
		{[]string{"--store", dir, "user_id:("}, ""},
		{[]string{"--store", dir}, "want one query"},
	} {
		out, stderr, code := sluiceRun(t, "", append([]string{"erase"}, tc.args...)...)
		if code != exitUsage || !strings.Contains(stderr, tc.want) {
			t.Errorf("%q: exit %d %s%s", tc.args, code, out, stderr)
		}
	}
	if out, _, code := sluiceRun(t, "", "search", "--store", dir, "--raw", "*"); code != exitOK || strings.Count(out, "\n") != 1 {
		t.Errorf("something was erased: exit %d %s", code, out)
	}
}
