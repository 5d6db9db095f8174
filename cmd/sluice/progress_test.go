package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestProgressSaysHowFarItIsAndHowLongItWillTake(t *testing.T) {
	began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		size, bytes, lines int64
		after              time.Duration
		want               string
	}{
		"of files":          {100e6, 25e6, 60_000, 10 * time.Second, "60000 lines, 25.0 MB, 6000 lines/s, 25 %, about 30s left"},
		"at the end":        {100e6, 100e6, 10, time.Second, "10 lines, 100.0 MB, 10 lines/s, 100 %, about 0s left"},
		"of a growing file": {10e6, 20e6, 10, time.Second, "10 lines, 20.0 MB, 10 lines/s, 100 %, about 0s left"},
		"of a stream":       {0, 5e6, 1000, 2 * time.Second, "1000 lines, 5.0 MB, 500 lines/s"},
		"before anything":   {10, 0, 0, time.Second, "0 lines, 0.0 MB, 0 lines/s"},
		"at once":           {10, 10, 1, 0, ""},
	} {
		p := progress{size: c.size, bytes: c.bytes, lines: c.lines, began: began}
		if got := p.text(began.Add(c.after)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestProgressIsDrawnNowAndThenAndTakenAway(t *testing.T) {
	var out bytes.Buffer
	p := &progress{w: &out, began: time.Now().Add(-time.Minute), shown: time.Now().Add(-time.Minute)}
	for range 640 {
		p.add(10)
	}
	p.done()
	if got := out.String(); strings.Count(got, "lines/s") != 1 || !strings.HasSuffix(got, "\r\x1b[K") {
		t.Errorf("640 lines at once after a minute draw %q, want one line that is taken away", got)
	}
}

func TestWithoutATerminalThereIsNoProgress(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(env{stdout: &out, stderr: &out}, nil)
	p.add(1)
	p.done()
	if p != nil || out.Len() > 0 {
		t.Errorf("%+v, %q", p, out.String())
	}
	file := filepath.Join(t.TempDir(), "a.log")
	if err := os.WriteFile(file, make([]byte, 7), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := sizeOf([]string{file, file}); got != 14 {
		t.Errorf("two files of 7 bytes have %d", got)
	}
	if got := sizeOf([]string{file, "-"}) + sizeOf(nil); got != 0 {
		t.Errorf("standard input has %d bytes", got)
	}
}
