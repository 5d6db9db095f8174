// Command masking scores the mask on the labelled corpus, and runs it over real log lines that hold nothing to mask, beside what
// is often used in its place: six regular expressions, replaced one after the other. Markdown out:
//
//	SLUICE_SHARED=DIR go run ./cmd/masking [-count 5]
//
// The corpus, its scorer, which wants python3, and the log lines, those of loghub's 16 samples, are in $SLUICE_SHARED. The two take turns;
// speeds are those of one processor, and the ratio is taken within a turn.
package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/sluicelog/sluice/handler/mask"
)

func main() {
	count := flag.Int("count", 5, "turns of the speeds")
	flag.Parse()
	shared := os.Getenv("SLUICE_SHARED")
	if shared == "" {
		fail(errors.New("SLUICE_SHARED is not set: it names the directory of the corpus and the log lines, without which there is nothing to measure"))
	}
	if err := scores(shared); err != nil {
		fail(err)
	}
	if err := speeds(shared, *count); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "masking:", err)
	os.Exit(1)
}

// A masker appends a text, masked.
type masker struct {
	name   string
	append func(dst, text []byte) []byte
}

// patterns are the six that are in many a service.
var patterns = []*regexp.Regexp{
	regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`),
	regexp.MustCompile(`\b(?:\+?1[-.]?)?\(?\d{3}\)?[-.]?\d{3}[-.]?\d{4}\b`),
	regexp.MustCompile(`\b\d{3}-\d{2}-\d{4}\b`),
	regexp.MustCompile(`\b(?:\d{4}[- ]?){3}\d{4}\b`),
	regexp.MustCompile(`\beyJ[\w-]+\.[\w-]+\.[\w-]+\b`),
	regexp.MustCompile(`\b[A-Za-z0-9_-]{32,}\b`),
}

func sixPatterns(dst, text []byte) []byte {
	for _, p := range patterns {
		text = p.ReplaceAllLiteral(text, []byte("[REDACTED]"))
	}
	return append(dst, text...)
}

func scores(shared string) error {
	corpus := filepath.Join(shared, "corpora", "pii-dev.jsonl")
	scorer := filepath.Join(shared, "corpora", "score_masking.py")
	if _, err := exec.LookPath("python3"); err != nil {
		fmt.Printf("Not scored: there is no python3 on the PATH, which the scorer is written for.\n\n")
		return nil
	}
	text, err := os.ReadFile(corpus)
	if err != nil {
		return err
	}
	all := mask.New(&mask.Options{AllKinds: true, Kinds: map[string]mask.Action{"IP_ADDRESS": mask.Redact, "DOB": mask.Redact}})
	fmt.Printf("| on the labelled corpus, names of persons, places and organisations aside | leak | partial leak | over-mask |\n|---|---|---|---|\n")
	for _, m := range []masker{{"sluice, every rule", all.AppendLine}, {"six regular expressions", sixPatterns}} {
		var masked bytes.Buffer
		for line := range bytes.Lines(text) {
			var record struct{ Text string }
			if err := json.Unmarshal(line, &record); err != nil {
				return err
			}
			b := m.append(nil, []byte(record.Text))
			if b, err = json.Marshal(string(b)); err != nil {
				return err
			}
			_, _ = masked.Write(append(b, '\n'))
		}
		s, err := score(scorer, corpus, masked.Bytes())
		if err != nil {
			return err
		}
		fmt.Printf("| %s | %.4f | %.4f | %.4f |\n", m.name, s.Leak, s.Partial, s.Over)
	}
	fmt.Println()
	return nil
}

// scored is what of the scorer's answer is printed.
type scored struct {
	Leak    float64 `json:"leak_rate"`
	Partial float64 `json:"partial_rate"`
	Over    float64 `json:"over_mask_rate"`
}

func score(scorer, corpus string, masked []byte) (s scored, err error) {
	f, err := os.CreateTemp("", "masked-*")
	if err != nil {
		return s, err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(masked)
	if err := errors.Join(err, f.Close()); err != nil {
		return s, err
	}
	out, err := exec.Command("python3", scorer, "--json", "--ignore", "PERSON,LOCATION,ORGANIZATION", corpus, f.Name()).Output()
	if err != nil {
		return s, fmt.Errorf("the scorer: %w", err)
	}
	return s, json.Unmarshal(out, &s)
}

// speeds runs the maskers over loghub's lines.
func speeds(shared string, count int) error {
	lines, size, err := loghub(filepath.Join(shared, "data", "logs", "loghub-2k.tar.zst"))
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(1)
	service := mask.New(nil)
	ways := []masker{{"sluice, as a service masks", service.AppendLine}, {"six regular expressions", sixPatterns}}
	rates, ratios, altered := make([][]float64, len(ways)), make([][]float64, len(ways)), make([]int, len(ways))
	var buf []byte
	for range count {
		for i, m := range ways {
			altered[i] = 0
			began := time.Now()
			for _, line := range lines {
				buf = m.append(buf[:0], line)
				if !bytes.Equal(buf, line) {
					altered[i]++
				}
			}
			rates[i] = append(rates[i], float64(size)/1e6/time.Since(began).Seconds())
			ratios[i] = append(ratios[i], rates[i][len(rates[i])-1]/rates[0][len(rates[0])-1])
		}
	}
	fmt.Printf("| on %d lines of 16 systems' logs | MB/s, one processor | x sluice | lines altered |\n|---|---|---|---|\n", len(lines))
	for i, m := range ways {
		fmt.Printf("| %s | %.1f | %.3f | %.1f%% |\n", m.name, median(rates[i]), median(ratios[i]), 100*float64(altered[i])/float64(len(lines)))
	}
	return nil
}

func median(xs []float64) float64 {
	xs = slices.Sorted(slices.Values(xs))
	return xs[len(xs)/2]
}

// loghub returns the lines of the samples.
func loghub(name string) (lines [][]byte, size int, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		return nil, 0, err
	}
	defer z.Close()
	for in := tar.NewReader(z); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return lines, size, nil
		}
		if err != nil {
			return nil, 0, err
		}
		if !strings.HasSuffix(h.Name, ".log") {
			continue
		}
		for sc := bufio.NewScanner(in); sc.Scan(); {
			lines, size = append(lines, bytes.Clone(sc.Bytes())), size+len(sc.Bytes())+1
		}
	}
}
