package scan

import (
	"archive/tar"
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shared returns the path of a file of the shared corpora, which are no part of the project.
func shared(t testing.TB, name string) string {
	dir := os.Getenv("SLUICE_SHARED")
	if dir == "" {
		t.Skip("SLUICE_SHARED is not set")
	}
	return filepath.Join(dir, name)
}

// TestLabelledRecords weighs the scanner on labelled records, with every kind on. A span leaks unless it is covered
// from end to end.
func TestLabelledRecords(t *testing.T) {
	f, err := os.Open(shared(t, "corpora/pii-dev.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var spans, leaks, outside, over, clean, touched int
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r struct {
			Text  string
			Spans []struct {
				Start, End int
				Type       string
				Optional   bool
			}
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		covered := make([]bool, len(r.Text))
		for _, m := range everything.Append(nil, r.Text) {
			for i := m.Start; i < m.End; i++ {
				covered[i] = true
			}
		}
		labelled := make([]bool, len(r.Text))
		required := 0
		for _, s := range r.Spans {
			whole := true
			for i := s.Start; i < s.End; i++ {
				labelled[i] = true
				whole = whole && covered[i]
			}
			if s.Optional || s.Type == "PERSON" || s.Type == "LOCATION" || s.Type == "ORGANIZATION" {
				continue
			}
			required++
			if !whole {
				leaks++
				t.Logf("%s leaks: %q in %q", s.Type, r.Text[s.Start:s.End], r.Text)
			}
		}
		lost := 0
		for i, in := range labelled {
			if !in && !isSpace(r.Text[i]) {
				outside++
				if covered[i] {
					lost++
				}
			}
		}
		if over += lost; lost > 0 {
			t.Logf("%d bytes too many: %q", lost, masked(everything, r.Text))
		}
		if spans += required; required == 0 {
			if clean++; lost > 0 {
				touched++
			}
		}
	}
	if err := lines.Err(); err != nil || spans == 0 {
		t.Fatalf("%d spans read: %v", spans, err)
	}
	leak, overMask := float64(leaks)/float64(spans), float64(over)/float64(outside)
	t.Logf("%d spans, leak %.4f, over-mask %.5f, touched %d of %d clean records", spans, leak, overMask, touched, clean)
	if leak > 0.01 || overMask > 0.005 || touched*50 > clean {
		t.Error("above the bounds: leak .01, over-mask .005, touched .02")
	}
}

// logLines returns the lines of real logs of sixteen systems, which hold hardly any personal data.
func logLines(t testing.TB) (lines []string) {
	path := shared(t, "data/logs/loghub-2k.tar.zst")
	if _, err := exec.LookPath("zstd"); err != nil {
		t.Skip("no zstd to unpack them")
	}
	cmd := exec.Command("zstd", "-dc", "--long=27", path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for files := tar.NewReader(out); ; {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(h.Name, "_2k.log") {
			continue
		}
		b, err := io.ReadAll(files)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.Split(strings.TrimSpace(string(b)), "\n")...)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestRealLogsStayAsTheyAre(t *testing.T) {
	s := New(DefaultKinds())
	lines := logLines(t)
	altered := 0
	for _, line := range lines {
		if got := masked(s, line); got != line {
			altered++
		}
	}
	t.Logf("%d of %d records altered", altered, len(lines))
	if len(lines) < 30000 || altered*1000 > len(lines) {
		t.Errorf("%d of %d records altered, more than .1%%", altered, len(lines))
	}
}

func BenchmarkRealLogs(b *testing.B) {
	lines := logLines(b)
	s := New(DefaultKinds())
	n := 0
	for _, line := range lines {
		n += len(line)
	}
	b.SetBytes(int64(n))
	b.ReportAllocs()
	dst := make([]Match, 0, 8)
	var busy time.Duration
	for b.Loop() {
		busy += cpuTime(func() {
			for _, line := range lines {
				dst = s.Append(dst[:0], line)
			}
		})
	}
	b.ReportMetric(float64(n)*float64(b.N)/busy.Seconds()/1e6, "MB/cpu-s")
}

func BenchmarkShortValues(b *testing.B) {
	s := New(DefaultKinds())
	for _, text := range []string{"denoise", "u_001234", "0191e3a4-7c1b-7d32-9a55-3f8d7b1c2e4f", "/v2/audio/aud_1234/enhance", "48kHz stereo"} {
		b.Run(strings.ReplaceAll(text, "/", "."), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				s.Append(nil, text)
			}
		})
	}
}
