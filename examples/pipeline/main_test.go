package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluicelog/sluice/examples/pipeline/internal/audio"
	"github.com/sluicelog/sluice/store"
)

func TestThePipelineEnhancesFailsAsPlannedAndBalances(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	if err := run(t.Context(), &out, 8, dir, true, ""); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"8 requests, 2 of them failed as planned", "failed 0 +", "EMAIL 8", "through both services", "gateway", "worker"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the summary lacks %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "is not delivered") {
		t.Errorf("the books do not balance:\n%s", out.String())
	}
	logs, err := store.OpenReader(filepath.Join(dir, "logs"))
	if err != nil {
		t.Fatal(err)
	}
	defer logs.Close()
	snapshot, err := logs.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snapshot.Close()
	var log []byte
	for line, err := range snapshot.Lines() {
		if err != nil {
			t.Fatal(err)
		}
		log = append(log, line.Text...)
	}
	if len(log) == 0 {
		t.Error("the store is empty")
	}
	for _, secret := range []string{"@example.com", "secret-token"} {
		if bytes.Contains(log, []byte(secret)) {
			t.Errorf("the log tells %s", secret)
		}
	}
	f, err := os.Open(filepath.Join(dir, "enhanced-00.wav"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	clip, err := audio.DecodeWAV(f, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if l := audio.Loudness(clip); l < targetLUFS-6 || l > targetLUFS+.5 {
		t.Errorf("the result has %.1f LUFS, want near %d", l, targetLUFS)
	}
}
