package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

func TestAnInterruptEndsACommandThatWaitsForInput(t *testing.T) {
	for _, words := range []string{"ship", "mask", "mask --explain --json"} {
		ctx, cancel := context.WithCancel(t.Context())
		in, feed := io.Pipe()
		var out, errOut bytes.Buffer
		done := make(chan int, 1)
		go func() { done <- run(ctx, env{in, &out, &errOut}, strings.Fields(words)) }()
		if _, err := io.WriteString(feed, "{\"msg\":\"to ada@example.com\"}\nlast, without an end: bob@example.com"); err != nil {
			t.Fatal(err)
		}
		cancel() // the writer keeps its end open
		select {
		case code := <-done:
			if code != exitFail || !strings.Contains(errOut.String(), "interrupted") {
				t.Errorf("sluice %s: exit %d, %s", words, code, errOut.String())
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("sluice %s goes on waiting", words)
		}
		_ = feed.Close()
	}
}

func TestLinesReadBeforeAnInterruptAreDone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in, feed := io.Pipe()
	var got []string
	done := make(chan error, 1)
	go func() {
		done <- eachLine(ctx, env{stdin: in}, nil, func(line, _ []byte) error {
			got = append(got, string(line))
			return nil
		})
	}()
	// The second write is taken when the first has been read.
	for _, part := range []string{"a\nb\nwithout an end", " yet"} {
		if _, err := io.WriteString(feed, part); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	err := <-done
	_ = feed.Close()
	if text := strings.Join(got, "|"); !errors.Is(err, context.Canceled) || !strings.HasPrefix(text, "a|b|without an end") {
		t.Errorf("%s, %v", text, err)
	}
}

func TestCompressedInputIsRead(t *testing.T) {
	const text = "{\"msg\":\"a\",\"n\":1}\nplain\n"
	dir := t.TempDir()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	gz, zst, cut := filepath.Join(dir, "a.gz"), filepath.Join(dir, "a.zst"), filepath.Join(dir, "cut.gz")
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{gz: b.Bytes(), cut: b.Bytes()[:b.Len()-4], zst: enc.EncodeAll([]byte(text), nil)} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{gz, zst} {
		if out, stderr, code := sluiceRun(t, "", "mask", name); out != text || code != exitOK {
			t.Errorf("mask %s: exit %d, %q, %s", filepath.Base(name), code, out, stderr)
		}
		if out, stderr, code := sluiceRun(t, "", "search", "--raw", "--sort", "arrival", "*", name); out != text || code != exitOK {
			t.Errorf("search %s: exit %d, %q, %s", filepath.Base(name), code, out, stderr)
		}
	}
	if out, _, code := sluiceRun(t, b.String(), "mask"); out != text || code != exitOK {
		t.Errorf("mask of standard input: exit %d, %q", code, out)
	}
	if _, stderr, code := sluiceRun(t, "", "mask", cut); code != exitFail || !strings.Contains(stderr, "cut.gz: unexpected EOF") {
		t.Errorf("a cut file: exit %d, %s", code, stderr)
	}
	if _, stderr, code := sluiceRun(t, "", "search", "*", cut); code != exitFail || !strings.Contains(stderr, "cut.gz: unexpected EOF") {
		t.Errorf("search of a cut file: exit %d, %s", code, stderr)
	}
	if _, stderr, code := sluiceRun(t, "", "ship", "--resume", filepath.Join(dir, "places"), gz); code != exitUsage || !strings.Contains(stderr, "a.gz is compressed") {
		t.Errorf("resumed: exit %d, %s", code, stderr)
	}
}

func TestADirectoryIsNoFileToRead(t *testing.T) {
	dir := t.TempDir()
	for _, words := range [][]string{{"ship", dir}, {"mask", dir}, {"search", "*", dir}} {
		if _, stderr, code := sluiceRun(t, "", words...); code != exitUsage || !strings.Contains(stderr, "is a directory") {
			t.Errorf("sluice %v: exit %d, %s", words, code, stderr)
		}
	}
}

func TestAByteOrderMarkDoesNotHideTheFirstRecord(t *testing.T) {
	const in = "\ufeff{\"time\":\"2026-03-02T08:00:00Z\",\"level\":\"WARN\",\"msg\":\"first\"}\n"
	if out, _, code := sluiceRun(t, in, "ship"); code != exitOK || out != strings.TrimPrefix(in, "\ufeff") {
		t.Errorf("ship: exit %d, %q", code, out)
	}
	path := filepath.Join(t.TempDir(), "a.jsonl")
	if err := os.WriteFile(path, []byte(in), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _, code := sluiceRun(t, "", "search", "level:warn msg:first", path); code != exitOK || !strings.Contains(out, "WARN  first") {
		t.Errorf("search: exit %d, %q", code, out)
	}
}

func TestAnInterruptEndsAShipmentWhoseSinkHangs(t *testing.T) {
	defer func(was time.Duration) { patience = was }(patience)
	patience = 50 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	sink, out := io.Pipe() // which nobody reads
	defer sink.Close()
	var errOut bytes.Buffer
	in := strings.NewReader(strings.Repeat("{\"msg\":\"a\"}\n", 20_000)) // more than the queue has places
	done := make(chan int, 1)
	go func() { done <- run(ctx, env{in, out, &errOut}, []string{"ship", "--stats"}) }()
	time.AfterFunc(500*time.Millisecond, cancel) // by then a line waits for a place, or will
	select {
	case code := <-done:
		if text := errOut.String(); code != exitFail || !strings.Contains(text, "interrupted") || !strings.Contains(text, "were not delivered") {
			t.Errorf("exit %d: %s", code, text)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it goes on waiting")
	}
}

func TestAFullDiskIsToldOnce(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full")
	}
	defer full.Close()
	for _, words := range [][]string{{"mask"}, {"mask", "--explain"}} {
		var errOut bytes.Buffer
		code := run(t.Context(), env{strings.NewReader(strings.Repeat("ada@example.com\n", 10_000)), full, &errOut}, words)
		if code != exitFail || strings.Count(errOut.String(), "no space left") != 1 {
			t.Errorf("sluice %v: exit %d: %s", words, code, errOut.String())
		}
	}
}
