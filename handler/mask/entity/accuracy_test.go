package entity_test

import (
	"archive/tar"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/sluicelog/sluice/handler/mask/entity"
)

// shared returns a path below the directory of shared data, and skips the test without one.
func shared(t *testing.T, path ...string) string {
	dir := os.Getenv("SLUICE_SHARED")
	if dir == "" {
		t.Skip("SLUICE_SHARED is not set: the accuracy on corpora and real logs is not measured")
	}
	return filepath.Join(append([]string{dir}, path...)...)
}

func TestNamesInTheCorpusAreFound(t *testing.T) {
	f, err := os.Open(shared(t, "corpora", "ner-dev.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	type span struct {
		Start, End int
		Type       string
	}
	tagger := entity.NewTagger(nil)
	var hit, found, gold, clean, cleanHit int
	for dec := json.NewDecoder(f); dec.More(); {
		var x struct {
			Text  string
			Spans []span
		}
		if err := dec.Decode(&x); err != nil {
			t.Fatal(err)
		}
		got := tagger.Detect(context.Background(), x.Text, nil)
		want := make(map[span]bool)
		for _, s := range x.Spans {
			want[s] = true
		}
		for _, e := range got {
			if want[span{e.Start, e.End, e.Type}] {
				hit++
			}
		}
		found += len(got)
		gold += len(x.Spans)
		if len(x.Spans) == 0 {
			clean++
			if len(got) > 0 {
				cleanHit++
			}
		}
	}
	f1 := 2 * float64(hit) / float64(found+gold)
	t.Logf("exact F1 %.3f of %d names; %d of %d texts without one hit", f1, gold, cleanHit, clean)
	if f1 < 0.95 || float64(cleanHit) > 0.05*float64(clean) {
		t.Errorf("F1 %.3f, %d of %d clean texts hit; want 0.95 or more and 5%% or less", f1, cleanHit, clean)
	}
}

func TestRealLinesAreSeldomHit(t *testing.T) {
	f, err := os.Open(shared(t, "data", "logs", "loghub-2k.tar.zst"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f, zstd.WithDecoderMaxWindow(1<<27))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	tagger := entity.NewTagger(nil)
	lines, hits := 0, 0
	for archive := tar.NewReader(z); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(h.Name, ".log") {
			continue
		}
		n, hit := 0, 0
		for sc := bufio.NewScanner(archive); sc.Scan(); n++ {
			if len(tagger.Detect(context.Background(), sc.Text(), nil)) > 0 {
				hit++
			}
		}
		t.Logf("%s: %d of %d lines hit", h.Name, hit, n)
		if 50*hit > n {
			t.Errorf("%s: %d of %d lines hit, want 2%% or less", h.Name, hit, n)
		}
		lines, hits = lines+n, hits+hit
	}
	t.Logf("all: %d of %d lines hit", hits, lines)
	if lines < 30_000 || 200*hits > lines {
		t.Errorf("%d of %d lines hit, want 0.5%% or less of 30,000 or more", hits, lines)
	}
}

func TestWhatHasAnExceptionIsAProgram(t *testing.T) {
	tagger := entity.NewTagger(nil)
	for text, want := range map[string]int{
		"Binpac exception: binpac exception: string mismatch at rdp-protocol.pac": 0,
		"Binpac exception":                  0,
		"Maria Lopez error report was sent": 1, // of two words
		"Maria exceptionally logged in":     1,
	} {
		if got := tagger.Detect(context.Background(), text, nil); len(got) != want {
			t.Errorf("%q: %v, want %d", text, got, want)
		}
	}
}
