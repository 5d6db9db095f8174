package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluicelog/sluice/internal/opensearchtest"
)

// commandEnv makes the test program the command itself, so that it can be killed.
const commandEnv = "SLUICE_TEST_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(commandEnv) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// process is the command as a process of its own.
type process struct {
	*exec.Cmd
	stderr bytes.Buffer
	ended  chan struct{}
}

func startCommand(t testing.TB, args ...string) *process {
	t.Helper()
	return startCommandOn(t, nil, args...)
}

// startCommandOn is startCommand with a standard input.
func startCommandOn(t testing.TB, stdin io.Reader, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0], args...), ended: make(chan struct{})}
	p.Env = append(os.Environ(), commandEnv+"=1")
	p.Cmd.Stdin, p.Cmd.Stderr = stdin, &p.stderr
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.Wait()
		close(p.ended)
	}()
	t.Cleanup(p.kill)
	return p
}

// kill ends the process by SIGKILL, if it still runs.
func (p *process) kill() {
	_ = p.Process.Kill()
	<-p.ended
}

func (p *process) killed() bool {
	status, ok := p.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled()
}

// TestKilledNodesAndShippersLeaveEveryLineOnce takes 100,000 lines, and 1,000,000 with SLUICE_LONG=1.
func TestKilledNodesAndShippersLeaveEveryLineOnce(t *testing.T) {
	if os.Getenv("SLUICE_LONG") == "" {
		t.Skip("SLUICE_LONG=1 runs it: seven starts of a node take many minutes")
	}
	total := 1_000_000
	if n, err := strconv.Atoi(os.Getenv("SLUICE_KILL_RECORDS")); err == nil {
		total = n
	}
	node := opensearchtest.Private(t, nil)
	stream := node.Stream(t)
	dir := t.TempDir()
	input, resume := filepath.Join(dir, "in.log"), filepath.Join(dir, "in.pos")
	size := writeNumbered(t, input, total)
	words := []string{"ship", "--to", "opensearch", "--url", node.URL, "--stream", stream, "--ensure-template",
		"--spool", filepath.Join(dir, "spool"), "--resume", resume, input}

	began := time.Now()
	for round := range 3 {
		before := placeIn(t, resume)
		p := startCommand(t, words...)
		awaitPlace(t, p, resume, max(before+1, size*int64(round)/4))
		time.Sleep(rand.N(20 * time.Millisecond))
		if round%2 == 0 { // the shipper outlives the node for a while, or the node the shipper
			node.Kill(t)
			time.Sleep(rand.N(300 * time.Millisecond))
			p.kill()
		} else {
			p.kill()
			node.Kill(t)
		}
		if !p.killed() {
			t.Fatalf("round %d: the shipper was done before it could be killed: %s", round, p.stderr.String())
		}
		node.Restart(t)
	}
	p := startCommand(t, words...)
	<-p.ended
	if code := p.ProcessState.ExitCode(); code != exitOK {
		t.Fatalf("the last shipper: exit %d: %s", code, p.stderr.String())
	}
	wantNumbersOnce(t, node, stream, total)
	t.Logf("%d lines, 3 nodes and 3 shippers killed, every line in the index once; %v", total, time.Since(began).Round(time.Second))
}

// writeNumbered writes numbered lines and returns their bytes.
func writeNumbered(t testing.TB, path string, total int) int64 {
	t.Helper()
	var b bytes.Buffer
	start := time.Now().Add(-time.Hour)
	for i := range total {
		fmt.Fprintf(&b, `{"time":%q,"level":"INFO","msg":"chunk processed","stage":"denoise","audio_id":"aud_%016x","n":%d}`+"\n",
			start.Add(time.Duration(i)*time.Millisecond).Format(time.RFC3339Nano), i*7919, i)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return int64(b.Len())
}

// placeIn returns the place of the one input in a file of places, 0 when there is none.
func placeIn(t testing.TB, resume string) (place int64) {
	t.Helper()
	at, err := loadPlaces(resume)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range at {
		place = n
	}
	return place
}

// awaitPlace waits until the shipper has saved a place of at least so many bytes.
func awaitPlace(t testing.TB, p *process, resume string, bytes int64) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); placeIn(t, resume) < bytes; time.Sleep(time.Millisecond) {
		select {
		case <-p.ended:
			t.Fatalf("the shipper ended early: %s", p.stderr.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("the shipper makes no progress")
		}
	}
}

// wantNumbersOnce reads the numbers of all documents.
func wantNumbersOnce(t testing.TB, node *opensearchtest.Server, stream string, total int) {
	t.Helper()
	if n := node.Count(t, stream); n != total {
		t.Errorf("%d documents, want %d", n, total)
	}
	next := 0
	for after := -1; ; {
		var page struct {
			Hits struct {
				Hits []struct{ Sort []json.Number }
			}
		}
		node.Must(t, "POST", "/"+stream+"/_search", fmt.Sprintf(
			`{"size":10000,"_source":false,"track_total_hits":false,"sort":[{"attributes.n":"asc"}],"search_after":[%d]}`, after), &page)
		if len(page.Hits.Hits) == 0 {
			break
		}
		for _, hit := range page.Hits.Hits {
			n, err := hit.Sort[0].Float64() // the index may hold it as a double
			if err != nil || int(n) != next {
				t.Fatalf("number %v (%v) where %d is due", hit.Sort[0], err, next)
			}
			next, after = next+1, int(n)
		}
	}
	if next != total {
		t.Errorf("the numbers below %d are there, want those below %d", next, total)
	}
}
